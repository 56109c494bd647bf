// The checks of everything that a configuration names: the same for the daemon and `magwatch config check`.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "adapters/pagers/sms_callback.hpp"
#include "adapters/pagers/sms_template.hpp"
#include "daemon/config/config_reader.hpp"
#include "daemon/http/certificate.hpp"

namespace magwatch {

// Register maps, rule packs, zones and bed patterns, each judged by the part that will use it.
// A pack's cases run with it, unless the text comes from where they have already passed (the last good one).
enum class PackTests { run, passed_before };
[[nodiscard]] ConfigChecks config_checks(PackTests tests = PackTests::run);

// The channel that a gateway's configuration asks for, without its secret: one that is named counts as given.
[[nodiscard]] adapters::SmsGateway sms_gateway(const SmsGatewayConfig& config);
[[nodiscard]] adapters::SmsCallback sms_callback(const SmsCallbackConfig& config);

// Certificate and key of a board with TLS, or why they cannot be served with. Reads files.
[[nodiscard]] std::variant<http::Certificate, std::string> read_certificate(const HttpConfig& http);

// Periods and liveness of Modbus sources come from their maps.
void complete_sources(Config& config);

} // namespace magwatch
