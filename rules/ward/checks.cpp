// Checks that staff chart: when each is due, and overdue.
#include <algorithm>

#include "rules/ward/session_alarm.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

// When an infusion that ran was stopped; nothing while it runs, or when nobody knows.
std::optional<Instant> stopped(const PatientState& patient)
{
    const SignalState& infusing = patient.latest(Signal::infusing);
    const bool ran = infusing.has_previous && infusing.previous > 0;
    const bool known = infusing.has_value && infusing.validity == Validity::valid;
    if (!ran || !known || infusing.value > 0) return std::nullopt;
    return infusing.value_at;
}

// When any of its signals last answered it. That no reflex can be tested is an answer to "have you looked?", but to no
// question before a dose.
std::optional<Instant> answered(const Check& check, const PatientState& patient, bool before_dose = false)
{
    std::optional<Instant> last;
    for (const Signal signal : check.signals) {
        if (before_dose && signal == Signal::reflex_untestable) continue;
        const SignalState& state = patient.latest(signal);
        if (state.has_value && (!last || state.value_at > *last)) last = state.value_at;
    }
    return last;
}

// The interval of the pack in force at an instant.
Duration of_pack(const Check& check, const Watch& watch, Instant at)
{
    const auto stop = stopped(watch.patient);
    if (stop && at >= *stop && at - *stop < check.after_stop.length) return check.after_stop.every;
    const auto began = watch.infusion.first_dose();
    if (!began) return check.every;
    Duration end{};
    for (const CheckPhase& phase : check.phases) {
        end += phase.length;
        if (at - *began < end) return phase.every;
    }
    return check.every;
}

// A planned session may ask for denser checks of what is seen at the bedside; urine and blood take their time.
bool at_a_glance(const Check& check)
{
    constexpr std::array slow{Signal::urine, Signal::mg, Signal::creatinine, Signal::calcium};
    return std::none_of(check.signals.begin(), check.signals.end(), [&](Signal signal) {
        return std::find(slow.begin(), slow.end(), signal) != slow.end();
    });
}

// A sample for the laboratory is asked for when its own gate opens, however long magnesium has run by then.
bool of_laboratory(const Check& check)
{
    return std::all_of(check.signals.begin(), check.signals.end(),
                       [](Signal signal) { return info(signal).kind == SignalKind::laboratory; });
}

// The interval in force at an instant: what the session asks for is never exceeded.
Duration interval(const Check& check, const Watch& watch, Instant at, std::optional<Duration> session)
{
    const Duration every = of_pack(check, watch, at);
    return session && at_a_glance(check) ? std::min(every, *session) : every;
}

AlarmText overdue_text(const Check& check)
{
    AlarmText alarm;
    alarm.rule = overdue_rule(check);
    alarm.title = check.title + " overdue";
    alarm.message = check.title + " overdue";
    alarm.prompt = "Check now and chart it.";
    alarm.kind = AlarmKind::technical;
    alarm.priority = Priority::medium;
    return alarm;
}

// What is given so soon after the first dose belongs to the load (design value; the second part of a load into vein
// and muscle follows the first within 20 min).
constexpr Duration load_length = std::chrono::minutes{30};

// A sum that the pack judges must be known once magnesium was given for as long as it looks back.
bool covered(const Check& check, const PatientState& patient, Duration since_first)
{
    for (std::size_t i = 0; i < patient.window_count(); ++i) {
        const Window& window = patient.window(i);
        const WindowSpec& spec = window.spec();
        const bool sums = spec.kind == WindowKind::sum || spec.kind == WindowKind::covered;
        if (!sums || since_first < spec.length) continue;
        if (std::find(check.signals.begin(), check.signals.end(), spec.signal) == check.signals.end()) continue;
        if (!window.value()) return false;
    }
    return true;
}

// A sign of toxicity in what this check looks at.
bool withholds(const Rule& rule, const Check& check)
{
    if (rule.kind != AlarmKind::physiological || rule.grade == 0) return false;
    SignalMask looked_at = 0;
    for (const Signal signal : check.signals) {
        looked_at |= mask(signal);
        if (signal == Signal::reflex_knee || signal == Signal::reflex_arm) looked_at |= mask(Signal::reflex);
    }
    return (rule.reads & looked_at) != 0;
}

// As urgent as the sign.
AlarmText withheld_text(Priority priority)
{
    AlarmText alarm = alarm_text(info(SessionAlarm::dose_withheld));
    alarm.priority = priority;
    return alarm;
}

std::string joined(const std::vector<std::string>& parts)
{
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
    return out;
}

} // namespace

std::string overdue_rule(const Check& check) { return "check." + check.id; }

void Ward::State::review_checks(const Moment& now, BedId id)
{
    if (replaying != Replaying::no) return;
    Watch& watch = *beds[id.value].watch;
    watch.checks_next = Instant{};
    const auto session = session_checks(watch, now.steady);
    for (std::size_t i = 0; i < watch.checks.size(); ++i) {
        const Check& check = watch.pack->checks[i];
        CheckState& state = watch.checks[i];
        const bool asked = check.needs.empty() || watch.evaluation->ask(check.needs) != Truth::no;
        if (!asked) {
            state.due = Instant::never();
        } else if (state.due == Instant::never()) {
            state.due = now.steady + interval(check, watch, now.steady, session);
        }
        // The beginning of magnesium, and its end, make the next one due sooner.
        for (const auto& since : {watch.infusion.first_dose(), stopped(watch.patient)}) {
            if (!asked || !since || of_laboratory(check)) continue;
            const Instant from = std::max(*since, answered(check, watch.patient).value_or(*since));
            state.due = std::min(state.due, from + of_pack(check, watch, from));
        }
        // So does a new plan, from now on.
        if (session && asked) {
            state.due = std::min(state.due, now.steady + interval(check, watch, now.steady, session));
        }
        const bool overdue = asked && now.steady >= state.due + check.overdue_after;
        state.slot.truth = overdue ? RuleTruth{Truth::yes, Truth::no} : RuleTruth{Truth::no, Truth::yes};
        if (overdue || state.slot.condition.present()) advance_slot(now, id, state.slot, {}, overdue_text(check));
    }
}

void Ward::State::check_done(const Moment& now, BedId id, Signal signal)
{
    if (replaying != Replaying::no || !pack || (pack->check_signals & mask(signal)) == 0) return;
    Watch& watch = *beds[id.value].watch;
    bool ended = false;
    for (std::size_t i = 0; i < watch.checks.size(); ++i) {
        const Check& check = watch.pack->checks[i];
        if (std::find(check.signals.begin(), check.signals.end(), signal) == check.signals.end()) continue;
        CheckState& state = watch.checks[i];
        if (state.due == Instant::never()) continue;
        // From when it was seen; what is no value answers nothing.
        const auto from = answered(check, watch.patient);
        if (!from) continue;
        state.due = *from + interval(check, watch, *from, session_checks(watch, now.steady));
        watch.checks_next = Instant{};
        ended = ended || state.slot.condition.present();
    }
    if (ended) review_checks(now, id);
}

std::vector<std::optional<Instant>> Ward::State::check_answers(const Watch& watch)
{
    std::vector<std::optional<Instant>> out;
    for (std::size_t i = 0; i < watch.checks.size(); ++i)
        out.push_back(answered(watch.pack->checks[i], watch.patient));
    return out;
}

// A check that was never done is due as long after the first magnesium, or the start of the watch, as it would be.
void Ward::State::due_anew(Watch& watch, const std::vector<std::optional<Instant>>& answers_before, const Moment& now)
{
    for (std::size_t i = 0; i < watch.checks.size(); ++i) {
        const Check& check = watch.pack->checks[i];
        CheckState& state = watch.checks[i];
        const auto answer = answered(check, watch.patient);
        const bool lost = answers_before[i] && (!answer || *answer < *answers_before[i]);
        if (!lost || state.due == Instant::never()) continue;
        const Instant from = answer.value_or(watch.infusion.first_dose().value_or(watch.since.steady));
        state.due = std::min(state.due, from + interval(check, watch, from, session_checks(watch, now.steady)));
    }
    watch.checks_next = Instant{};
}

// A dose is recorded whatever was checked. What should have been checked before it is overdue at once, and a sign
// for which the dose was to be withheld is an alarm of its own, also when the sign's alarm was answered long before.
// The load is given before anything can have been watched: of that the reply alone tells.
std::string Ward::State::checks_before_dose(const Moment& now, BedId id, Instant at)
{
    if (replaying != Replaying::no) return "";
    Watch& watch = *beds[id.value].watch;
    const Instant first = watch.infusion.first_dose().value_or(at);
    const bool load = at - first <= load_length;
    std::vector<std::string> missing, against;
    Priority gravest = Priority::medium;
    for (std::size_t i = 0; i < watch.checks.size(); ++i) {
        const Check& check = watch.pack->checks[i];
        if (check.before_dose <= Duration{}) continue;
        const auto done = answered(check, watch.patient, true);
        const bool recent = done && at - *done <= check.before_dose;
        if (!recent || (!load && !covered(check, watch.patient, at - first))) {
            missing.push_back(check.title);
            if (!load) watch.checks[i].due = std::min(watch.checks[i].due, now.steady - check.overdue_after);
            watch.checks_next = Instant{};
        }
        for (std::size_t r = 0; r < watch.pack->rules.size(); ++r) {
            const Rule& rule = watch.pack->rules[r];
            if (load || !withholds(rule, check) || watch.evaluation->truth(r).raise != Truth::yes) continue;
            if (std::find(against.begin(), against.end(), rule.title) != against.end()) continue;
            against.push_back(rule.title);
            gravest = std::max(gravest, rule.priority);
        }
    }
    if (!against.empty()) {
        Slot& slot = watch.session_slots["session.dose-withheld"];
        slot.truth = RuleTruth{Truth::yes, Truth::no};
        advance_slot(now, id, slot, {}, withheld_text(gravest));
    }
    std::string text;
    if (!missing.empty()) text += "; not checked before this dose: " + joined(missing);
    if (!against.empty()) text += "; this dose was to be withheld: " + joined(against);
    return text;
}

} // namespace magwatch
