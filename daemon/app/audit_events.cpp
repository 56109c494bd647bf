#include "daemon/app/audit_events.hpp"

namespace magwatch {

audit::Event daemon_event(std::string action, std::string body, std::string outcome)
{
    audit::Event event;
    event.station = "daemon";
    event.action = std::move(action);
    event.outcome = std::move(outcome);
    event.body = std::move(body);
    return event;
}

audit::TrailLimits audit_limits(const Config& config)
{
    audit::TrailLimits limits;
    limits.keep = config.journal.keep_audit;
    limits.max_bytes = config.journal.max_audit_bytes;
    return limits;
}

AuditView audit_view(const audit::Status& status)
{
    return {status.reason.empty() && !status.late, status.head.sequence,
            status.head.sequence > 0 ? status.head.hash : std::string{}, status.lost};
}

std::string audit_words(const audit::Status& status)
{
    if (!status.reason.empty()) return "The audit trail is not being kept: " + status.reason;
    if (status.late) return "The audit trail is not being kept: it waits for the disk";
    if (!status.damage.empty()) return "The audit trail is not as it was written: " + status.damage;
    return "";
}

} // namespace magwatch
