#include "tools/magwatch/builtin_conditions.hpp"

#include <algorithm>
#include <array>

#include "rules/alarm/rule_tests.hpp"
#include "rules/ward/session_alarm.hpp"

namespace magwatch::cli
{
namespace
{

constexpr Priority medium = Priority::medium;
constexpr Priority high = Priority::high;

// When each technical fault is present; its text, priority and delay are the ward's own.
struct FaultWords {
    const char *id, *when;
};
constexpr std::array fault_words = {
    FaultWords{"technical.silent",
               "a monitor of the bed says nothing for 3 of its periods (at least 5 s, at most 30 "
               "s), 4 if its period is longer than 5 s, 30 s if its period is not known"},
    FaultWords{"technical.silent_long",
               "a monitor of the bed is silent while magnesium is or may be on board"},
    FaultWords{"technical.frozen",
               "a device's counter stands still for 60 s or, of a monitor without a counter, all "
               "values stay the same for 5 min (longer for a slow one)"},
    FaultWords{"technical.signals_lost", "a vital sign that was there is missing for longer than a "
                                         "value holds, though its device speaks"},
    FaultWords{
        "technical.implausible",
        "at least 3 values of a signal are refused over 30 s, the last one less than 60 s ago"},
    FaultWords{
        "technical.unknown",
        "a rule that vital signs alone decide cannot be judged, though none of them is lost"},
    FaultWords{"technical.infusion_record", "nobody knows whether or how fast magnesium runs: "
                                            "nothing is charted, or the pump is not heard"},
    FaultWords{"technical.unwatched", "a bed without a watch has live data or a running infusion"},
    FaultWords{"technical.preparation",
               "calcium gluconate, reflex hammer or oxygen is not at the bed, or nobody has said "
               "whether they are 10 min after the watch began"},
    FaultWords{"technical.association",
               "after a transfer, with another device, after a device was away for 10 min or after "
               "10 min in which nobody watched, nobody has confirmed for 10 min that bed, devices and "
               "patient belong together"},
    FaultWords{"technical.pump_silent",
               "a pump of the bed says nothing for as long as a monitor may"},
    FaultWords{"technical.cuff_arm",
               "in each of 3 measurements of the pressure, one after the other, the oxygen "
               "saturation was lost or fell by 3 % in the last minute before it arrived"},
    FaultWords{"technical.uncommissioned",
               "on a ward, a device of the bed was never compared with its own screen: its values are "
               "shown as unverified and used by no rule"},
    FaultWords{"technical.commission_lost",
               "on a ward, a device of the bed was commissioned, and its map, profile or address changed "
               "since, or its record was revoked"},
    FaultWords{"technical.journal", "records cannot be saved, or the journal was damaged"},
    FaultWords{"technical.journal_slow", "the disk takes long to save records"},
    FaultWords{"technical.disk_low", "the journal's disk is nearly full"},
    FaultWords{"technical.disk_critical", "the journal's disk is full"},
    FaultWords{"technical.clock_unsynchronised", "the system's clock is not synchronised"},
    FaultWords{"technical.clock_jumped", "the wall clock was moved"},
    FaultWords{"technical.loop_late", "magwatch was held up and did not look at its beds in time"},
    FaultWords{"technical.inbox_overflow",
               "more came than could be taken, and samples were dropped"},
    FaultWords{"technical.history", "the history of vital signs is not being saved"},
    FaultWords{"technical.configuration",
               "a new configuration or rule pack was refused and the old one runs on, or a part of "
               "the one in force cannot be used"},
    FaultWords{"technical.channel", "a pager channel fails"},
    FaultWords{"technical.gap", "magwatch comes back and nobody was watching meanwhile"},
    FaultWords{"technical.fallback", "the configuration was refused at the start: the last good "
                                     "one, or the built-in minimal pack, runs"},
    FaultWords{"technical.no_owner", "an alarm has nobody to be paged"},
    FaultWords{"technical.device_clock", "a device's clock is off by more than a minute"},
    FaultWords{"technical.backup", "[journal] backup_within is set, and the last good backup is older"},
    FaultWords{"technical.restored",
               "the records are those of a backup and what came after it is missing; for 12 h"},
    FaultWords{"technical.board", "[http] boards_expected is set, beds are watched, and fewer boards read the live stream"},
    FaultWords{"technical.audit",
               "the disk does not take the audit trail, or what was there at the start was not as it was written"},
    FaultWords{"technical.certificate", "the certificate of [http] ends within 30 days, again at 7 days and 1 day, or has ended"},
};

AlarmText alarm_of(std::string id, std::string title, std::string message, std::string prompt,
                   Priority priority, AlarmKind kind)
{
    // As the ward's own: what is found about a session is of grade 1 and latches if it is high.
    const bool grave = priority == high && kind == AlarmKind::physiological;
    return {std::move(id),
            std::move(title),
            std::move(message),
            std::move(prompt),
            kind,
            priority,
            static_cast<std::uint8_t>(grave ? 1 : 0),
            grave,
            false};
}

std::optional<BuiltinCondition> of_session(std::string_view id)
{
    const auto all = session_alarms();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.id == id; });
    if (found == all.end()) return std::nullopt;
    BuiltinCondition out;
    out.alarm = alarm_text(*found);
    out.policy.hold = found->hold;
    out.when = found->when;
    for (const std::string_view cell : found->cells) {
        if (!cell.empty()) out.cells.emplace_back(cell);
    }
    out.source = out.cells.empty()
                     ? "design"
                     : "that of each cell of the table of indications; the rest design";
    if (found->for_good) out.until = "somebody has seen it";
    return out;
}

std::optional<BuiltinCondition> of_fault(std::string_view id)
{
    const auto words = std::find_if(fault_words.begin(), fault_words.end(),
                                    [&](const auto& one) { return one.id == id; });
    if (words == fault_words.end()) return std::nullopt;
    const auto make = [&](const FaultInfo& fault) {
        BuiltinCondition out;
        out.alarm = fault.alarm;
        out.policy = fault.policy;
        out.when = words->when;
        out.source = "design";
        return out;
    };
    for (std::size_t i = 0; i < bed_fault_count; ++i) {
        if (info(static_cast<BedFault>(i)).alarm.rule == id)
            return make(info(static_cast<BedFault>(i)));
    }
    for (std::size_t i = 0; i < ward_fault_count; ++i) {
        if (info(static_cast<WardFault>(i)).alarm.rule == id)
            return make(info(static_cast<WardFault>(i)));
    }
    return std::nullopt;
}

bool rings(const Question& question)
{
    return question.concern == Concern::block || question.concern == Concern::warn;
}

std::optional<BuiltinCondition> of_screening(const Pack& pack, std::string_view id)
{
    constexpr std::string_view head = "screening.", tail = ".running";
    if (!id.starts_with(head)) return std::nullopt;
    const bool running = id.ends_with(tail);
    std::string_view name = id.substr(head.size());
    if (running) name.remove_suffix(tail.size());
    const Question* question = pack.sessions.question(name);
    if (question == nullptr || (running && (question->priority != high || !rings(*question))))
        return std::nullopt;
    BuiltinCondition out;
    const Priority priority = running ? high : std::min(question->priority, medium);
    out.alarm = alarm_of(std::string{id}, question->title, question->message, question->prompt,
                         priority, AlarmKind::physiological);
    out.source = question->source;
    out.rings = rings(*question);
    out.when = "'" + question->ask + "' is answered yes and no decision about '" + question->id +
               "' is recorded";
    if (running) {
        out.when += ", and magnesium runs or may run";
    } else if (question->priority == high) {
        out.when += ", while no magnesium runs (then: " + std::string{id} + ".running)";
    }
    return out;
}

std::optional<BuiltinCondition> of_bag(const Pack& pack, std::string_view id)
{
    const auto& components = pack.sessions.components;
    const auto found = std::find_if(components.begin(), components.end(),
                                    [&](const Component& one) { return "bag." + one.id == id; });
    if (found == components.end()) return std::nullopt;
    BuiltinCondition out;
    out.alarm = alarm_of(std::string{id}, found->title, found->message, found->prompt,
                         found->priority, AlarmKind::physiological);
    out.source = found->source;
    std::string words;
    for (const auto& word : found->words) words += (words.empty() ? "'" : ", '") + word + "'";
    out.when = "the planned bag holds a component named with any of " + words +
               ", and no decision about '" + std::string{id} + "' is recorded";
    return out;
}

std::string schedule(const Check& check)
{
    std::string out;
    for (const CheckPhase& phase : check.phases) {
        out += (out.empty() ? "" : ", then ") + std::string{"every "} + length_text(phase.every) +
               " for " + length_text(phase.length);
    }
    if (!out.empty()) out += " from the first magnesium on, then ";
    out += "every " + length_text(check.every);
    if (check.after_stop.length > Duration{}) {
        out += "; every " + length_text(check.after_stop.every) + " for " +
               length_text(check.after_stop.length) + " after a stop";
    }
    if (check.before_dose > Duration{})
        out += "; and in the " + length_text(check.before_dose) + " before each later dose";
    return out;
}

std::optional<BuiltinCondition> of_check(const Pack& pack, std::string_view id)
{
    const auto found = std::find_if(pack.checks.begin(), pack.checks.end(),
                                    [&](const Check& one) { return "check." + one.id == id; });
    if (found == pack.checks.end()) return std::nullopt;
    BuiltinCondition out;
    out.alarm = alarm_of(std::string{id}, found->title + " overdue", found->title + " overdue",
                         "Check now and chart it.", medium, AlarmKind::technical);
    out.source = found->source;
    const auto& items = pack.outline.checks;
    const auto item = std::find_if(items.begin(), items.end(),
                                   [&](const PackItem& one) { return one.id == found->id; });
    if (item != items.end()) out.item = &*item;
    out.when = "it is not charted " + length_text(found->overdue_after) +
               " after it was due (due " + schedule(*found) +
               "; a planned session or a stop for toxicity can ask for it more often)";
    if (out.item != nullptr && out.item->field("needs") != nullptr)
        out.when += ", unless '" + std::string{out.item->value("needs")} + "' is known to be false";
    out.until = "it is charted";
    for (const Signal signal : found->signals) out.reads |= mask(signal);
    return out;
}

} // namespace

std::optional<BuiltinCondition> builtin_condition(const Pack& pack, std::string_view id)
{
    if (auto out = of_session(id)) return out;
    if (auto out = of_fault(id)) return out;
    if (auto out = of_check(pack, id)) return out;
    if (auto out = of_bag(pack, id)) return out;
    return of_screening(pack, id);
}

std::vector<std::string> builtin_conditions(const Pack& pack)
{
    std::vector<std::string> out;
    for (const SessionAlarmInfo& one : session_alarms()) out.emplace_back(one.id);
    for (const Question& one : pack.sessions.questions) {
        out.push_back("screening." + one.id);
        if (rings(one) && one.priority == high) out.push_back("screening." + one.id + ".running");
    }
    for (const Component& one : pack.sessions.components) out.push_back("bag." + one.id);
    for (const Check& one : pack.checks) out.push_back("check." + one.id);
    for (const FaultWords& one : fault_words) out.emplace_back(one.id);
    return out;
}

} // namespace magwatch::cli
