// What a commissioning record is bound to: the bytes of a register map, or what an HL7 profile says; and where and as
// what the device is asked.
//
// Pure. A map's fingerprint is the SHA-256 of its file, as `sha256sum` prints it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/monitors/modbus/register_map.hpp"
#include "daemon/commissioning/readings.hpp"
#include "daemon/config/config.hpp"

namespace magwatch {

[[nodiscard]] std::string fingerprint_of(std::string_view text);
// Everything of a profile that gives its values another bed, code, unit, time or meaning; one thing a line.
[[nodiscard]] std::string profile_text(const Hl7SourceConfig& profile);
// "Modbus TCP 192.0.2.7:502, unit 1, monitor of bed-3"
[[nodiscard]] std::string place_of(const ModbusDeviceConfig& device);
// What the map can send, each once, with the smallest step in which it tells it.
[[nodiscard]] std::vector<SourceSignal> signals_of(const adapters::modbus::RegisterMap& map);
// How every device of the configuration tells its values; of maps that can be read.
[[nodiscard]] std::vector<RegisterForm> register_forms(const Config& config);

} // namespace magwatch
