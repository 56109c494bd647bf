#include "adapters/pagers/pcd_message.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "adapters/monitors/hl7/ack.hpp"
#include "adapters/monitors/hl7/message.hpp"
#include "adapters/monitors/hl7/time.hpp"
#include "adapters/pagers/mail_message.hpp"
#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {
namespace {

constexpr std::string_view profile = "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.4.1^ISO";
constexpr std::string_view node = "1.0.0.0."; // OBX-4: one system, its facets after it
constexpr hl7::Limits limits{std::size_t{64} << 10, 200, 5'000, 200, false};

std::string escaped(std::string_view text)
{
    std::string out;
    hl7::append_escaped(out, text, hl7::Separators{});
    return out;
}

// A segment by its fields' numbers; what is not given stays empty.
std::string segment(std::string_view name, const std::vector<std::pair<std::size_t, std::string>>& fields)
{
    std::string out{name};
    std::size_t at = 0;
    for (const auto& [number, value] : fields) {
        for (; at < number; ++at) out += '|';
        out += value;
    }
    return out + '\r';
}

std::string header(const PcdManager& manager, const PcdEnvelope& envelope, bool simulation)
{
    return fmt::format("MSH|^~\\&|magwatch^{}^EUI-64|{}|{}|{}|{}||ORU^R40^ORU_R40|{}|{}|2.6|{}||AL|NE||"
                       "UNICODE UTF-8|||{}\r",
                       manager.system_id, escaped(manager.ward), escaped(manager.application),
                       escaped(manager.facility), hl7::hl7_time(envelope.at), envelope.control_id,
                       simulation ? "T" : "P", envelope.sequence, profile);
}

std::string place(const PcdManager& manager, std::string_view bed, std::string_view where)
{
    // Nobody's identity: "patient unknown" is said where the standard has a field for it.
    return segment("PID", {{31, "Y"}}) +
           segment("PV1", {{2, "I"}, {3, fmt::format("{}^^{}^^^^^^{}", escaped(manager.ward), escaped(bed),
                                                     escaped(where))}});
}

struct Facets {
    std::string event, text, phase, state, priority, type, time;
};

std::string facets(const PcdManager& manager, const Facets& of)
{
    const std::string equipment = fmt::format("magwatch^^{}^EUI-64", manager.system_id);
    const std::string flags = fmt::format("A~{}~{}", of.priority, of.type);
    const std::array<std::array<std::string_view, 3>, 8> rows{{
        {"ST", of.event, of.text},
        {"CWE", "68480^MDC_ATTR_ALERT_SOURCE^MDC", "0^MDCX_DEV_MAGNESIUM_WATCH^MDC"},
        {"ST", "68481^MDC_ATTR_EVENT_PHASE^MDC", of.phase},
        {"ST", "68482^MDC_ATTR_ALARM_STATE^MDC", of.state},
        {"ST", "68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC", "enabled"},
        {"ST", "68484^MDC_ATTR_ALARM_PRIORITY^MDC", of.priority},
        {"ST", "68485^MDC_ATTR_ALERT_TYPE^MDC", of.type},
        {"ST", "68546^MDC_ATTR_ALERT_TEXT^MDC", of.text},
    }};
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out += segment("OBX", {{1, std::to_string(i + 1)}, {2, std::string{rows[i][0]}}, {3, std::string{rows[i][1]}},
                               {4, std::string{node} + std::to_string(i + 1)}, {5, std::string{rows[i][2]}},
                               {8, i == 0 ? flags : ""}, {11, "F"}, {14, of.time}, {18, equipment}});
    return out;
}

std::string phase_word(PcdPhase phase)
{
    switch (phase) {
    case PcdPhase::start: return "start";
    case PcdPhase::update: return "update";
    case PcdPhase::escalate: return "escalate";
    case PcdPhase::end: return "end";
    }
    return "update";
}

std::string priority_word(Priority priority)
{
    switch (priority) {
    case Priority::low: return "PL";
    case Priority::medium: return "PM";
    case Priority::high: return "PH";
    }
    return "PH";
}

std::optional<PcdEvent> event_of(std::string_view word)
{
    constexpr std::array<std::pair<std::string_view, PcdEvent>, 8> known{{
        {"Received", PcdEvent::received}, {"Delivered", PcdEvent::delivered}, {"Read", PcdEvent::read},
        {"Accepted", PcdEvent::accepted}, {"Rejected", PcdEvent::rejected}, {"Cancelled", PcdEvent::cancelled},
        {"Undeliverable", PcdEvent::undeliverable}, {"Timeout", PcdEvent::timeout},
    }};
    for (const auto& [name, event] : known)
        if (name == word) return event;
    return std::nullopt;
}

// The word of a coded field, in whichever component it stands.
std::optional<PcdEvent> event_of_field(std::string_view field, const hl7::Separators& separators)
{
    for (std::size_t i = 1; i <= 2; ++i)
        if (const auto event = event_of(hl7::trim(hl7::part(field, i, separators.component)))) return event;
    return std::nullopt;
}

const hl7::Segment* first(const std::vector<hl7::Segment>& segments, const char (&name)[4])
{
    for (const hl7::Segment& one : segments)
        if (one.is(name)) return &one;
    return nullptr;
}

std::vector<hl7::Segment> segments_of(const hl7::Message& message)
{
    std::vector<hl7::Segment> all;
    for (std::size_t i = 0; i < message.size(); ++i) all.push_back(message[i]);
    return all;
}

} // namespace

std::vector<std::string> mistakes(const PcdManager& manager)
{
    std::vector<std::string> found;
    if (!is_host_name(manager.host)) found.emplace_back("host must be a name or an address");
    if (manager.port == 0) found.emplace_back("port must not be 0");
    const auto hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
    if (manager.system_id.size() != 16 || !std::all_of(manager.system_id.begin(), manager.system_id.end(), hexadecimal))
        found.emplace_back("system_id must be an EUI-64: 16 digits of 0-9 A-F, unique in the world");
    if (!manager.allow_plain && !is_loopback_host(manager.host))
        found.emplace_back("MLLP is not encrypted: go through a tunnel on this machine, or say allow_plain = true");
    return found;
}

std::string pcd04_report(const PcdManager& manager, const PcdReport& report, const PcdEnvelope& envelope)
{
    const Page& page = report.page;
    const auto id = [&](std::uint32_t number, char separator) {
        return fmt::format("{0}.{1}{2}magwatch{2}{3}{2}EUI-64", page.key.call.text(), number, separator,
                           manager.system_id);
    };
    const std::string time = hl7::hl7_time(report.at);
    const bool technical = page.kind == AlarmKind::technical;
    Facets of;
    of.event = technical ? "196660^MDC_EVT_INOP^MDC" : "0^MDCX_EVT_MAGNESIUM^MDC";
    of.text = escaped(report.text);
    of.phase = phase_word(report.phase);
    of.state = report.phase == PcdPhase::end ? "inactive" : "active";
    of.priority = priority_word(page.priority);
    of.type = technical ? "ST" : "SP";
    of.time = time;
    const std::string parent = report.number == 1 ? "" : "^" + id(1, '&');
    return header(manager, envelope, page.simulation) + place(manager, page.bed_alias, page.place) +
           segment("OBR", {{1, "1"}, {3, id(report.number, '^')}, {4, "196616^MDC_EVT_ALARM^MDC"}, {7, time},
                           {29, parent}}) +
           facets(manager, of);
}

std::string pcd04_watchdog(const PcdManager& manager, bool active, const PcdEnvelope& envelope)
{
    const std::string time = hl7::hl7_time(envelope.at);
    Facets of{"196614^MDC_EVT_ACTIVE^MDC", "magwatch is there", active ? "update" : "end",
              active ? "active" : "inactive", "PN", "SP", time};
    const std::string id = fmt::format("watchdog.{}^magwatch^{}^EUI-64", envelope.control_id, manager.system_id);
    const std::string seconds = std::to_string(pcd_confirm.count() / 1000);
    return header(manager, envelope, false) + place(manager, "", "") +
           segment("OBR", {{1, "1"}, {3, id}, {4, "196616^MDC_EVT_ALARM^MDC"}, {7, time}}) + facets(manager, of) +
           segment("OBX", {{1, "9"}, {2, "NM"}, {3, "67860^MDC_ATTR_CONFIRM_TIMEOUT^MDC"}, {4, std::string{node} + "9"},
                           {5, seconds}, {6, "264320^MDC_DIM_SEC^MDC"}, {11, "F"}});
}

std::string mllp_framed(std::string_view message)
{
    std::string out{'\x0B'};
    out += message;
    return out + "\x1C\r";
}

std::variant<PcdAck, PcdMistake> parse_pcd_ack(std::string_view message)
{
    hl7::Message parsed;
    if (parsed.parse(message, limits) != hl7::ParseFault::none) return PcdMistake{"no HL7"};
    const auto segments = segments_of(parsed);
    const hl7::Segment* msa = first(segments, "MSA");
    if (msa == nullptr) return PcdMistake{"no acknowledgement"};
    PcdAck ack{std::string{hl7::trim(msa->field(2))}, Verdict::refused, std::string{hl7::trim(msa->field(1))}};
    if (ack.code == "CA" || ack.code == "AA") ack.verdict = Verdict::accepted;
    else if (ack.code == "CE" || ack.code == "AE") ack.verdict = Verdict::retry;
    else if (ack.code != "CR" && ack.code != "AR") return PcdMistake{"an acknowledgement without its code"};
    return ack;
}

std::variant<PcdStatus, PcdMistake> parse_pcd05(std::string_view message)
{
    hl7::Message parsed;
    if (parsed.parse(message, limits) != hl7::ParseFault::none) return PcdMistake{"no HL7"};
    const hl7::Separators& separators = parsed.separators();
    const std::string_view type = parsed.header(9);
    if (hl7::part(type, 1, separators.component) != "ORA" || hl7::part(type, 2, separators.component) != "R41")
        return PcdMistake{"another message"};
    // A test of the manager's must not stop a ward's page.
    if (parsed.header(11) == "T" || parsed.header(11) == "D") return PcdMistake{"a test or training message"};
    const auto segments = segments_of(parsed);
    const hl7::Segment* msa = first(segments, "MSA");
    PcdStatus status;
    status.message_id = parsed.header(10);
    if (msa != nullptr) status.control_id = hl7::trim(msa->field(2));
    if (status.control_id.empty()) return PcdMistake{"a status of no report"};
    for (const hl7::Segment& one : segments) {
        if (!one.is("PRT")) continue;
        const auto event = event_of_field(one.field(3), separators);
        if (!event) return PcdMistake{"a status that PCD-05 does not know"};
        status.participants.push_back(
            {*event, std::string{hl7::trim(hl7::part(one.field(5), 1, separators.component))}});
    }
    if (status.participants.empty()) return PcdMistake{"a status without participants"};
    return status;
}

std::string pcd05_ack(std::string_view message, PcdTaken taken, const PcdEnvelope& envelope)
{
    hl7::Message parsed;
    (void)parsed.parse(message, limits);
    hl7::Acknowledgement answer;
    if (taken == PcdTaken::refused) answer = {hl7::Verdict::rejected, hl7::ErrorCode::unknown_key, "not taken"};
    if (taken == PcdTaken::not_stored) answer = {hl7::Verdict::error, hl7::ErrorCode::internal, "not stored"};
    const std::string time = hl7::hl7_time(envelope.at);
    std::string out;
    hl7::append_ack(out, parsed, answer, true, {"magwatch", "", time, envelope.control_id});
    return out;
}

} // namespace magwatch::adapters
