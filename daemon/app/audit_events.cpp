#include "daemon/app/audit_events.hpp"

#include <nlohmann/json.hpp>

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

audit::Event channel_answer(const PageKey& page, AnswerKind kind)
{
    audit::Event event;
    event.actor = page.person;
    event.proof = "channel";
    event.station = "channel " + page.channel;
    event.action = "reply";
    event.object = page.call.text();
    event.outcome = "noted";
    event.body = nlohmann::json{{"answer", name(kind)}, {"page", page.text()}}.dump();
    return event;
}

audit::Event channel_refused(std::string_view kind)
{
    audit::Event event;
    event.proof = "none";
    event.station = "channel " + std::string{kind};
    event.action = "reply";
    event.outcome = "refused";
    event.body = nlohmann::json{{"result", "not an answer of ours"}}.dump();
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
