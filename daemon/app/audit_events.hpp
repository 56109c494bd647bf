// What the audit trail says of the daemon itself, and what a trail that is not kept says to the ward.
//
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "daemon/audit/audit.hpp"
#include "daemon/config/config.hpp"
#include "daemon/http/published.hpp"
#include "rules/escalation/page.hpp"

namespace magwatch {

// A row of the daemon's own: "daemon.started" and such, with what is to be known of it as a JSON object.
[[nodiscard]] audit::Event daemon_event(std::string action, std::string body, std::string outcome = "noted");

// An answer that came back by a channel: a reply key, a two-way pager. The channel says who; the ward does not reply.
[[nodiscard]] audit::Event channel_answer(const PageKey& page, AnswerKind kind);
// One that was nobody's, or of no page of ours. `kind`: of the channel.
[[nodiscard]] audit::Event channel_refused(std::string_view kind);

[[nodiscard]] audit::TrailLimits audit_limits(const Config& config);
[[nodiscard]] AuditView audit_view(const audit::Status& status);
// Why technical.audit rings; "" = it does not.
[[nodiscard]] std::string audit_words(const audit::Status& status);

} // namespace magwatch
