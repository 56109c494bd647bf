// Checks that staff chart: when each is due, and overdue.
#include <algorithm>

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

// When any of its signals last answered it.
std::optional<Instant> answered(const Check& check, const PatientState& patient)
{
    std::optional<Instant> last;
    for (const Signal signal : check.signals) {
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

// The interval in force at an instant: what the session asks for is never exceeded.
Duration interval(const Check& check, const Watch& watch, Instant at, std::optional<Duration> session)
{
    const Duration every = of_pack(check, watch, at);
    return session && at_a_glance(check) ? std::min(every, *session) : every;
}

AlarmText overdue_text(const Check& check)
{
    AlarmText alarm;
    alarm.rule = "check." + check.id;
    alarm.title = check.title + " overdue";
    alarm.message = check.title + " overdue";
    alarm.prompt = "Check now and chart it.";
    alarm.kind = AlarmKind::technical;
    alarm.priority = Priority::medium;
    return alarm;
}

} // namespace

void Ward::State::review_checks(const Moment& now, BedId id)
{
    Watch& watch = *beds[id.value].watch;
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
            if (!asked || !since) continue;
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
    if (!pack || (pack->check_signals & mask(signal)) == 0) return;
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
        ended = ended || state.slot.condition.present();
    }
    if (ended) review_checks(now, id);
}

// A dose is recorded whatever was checked; what should have been checked before it is overdue at once.
std::string Ward::State::checks_before_dose(const Moment& now, BedId id, Instant at)
{
    Watch& watch = *beds[id.value].watch;
    std::string missing;
    for (std::size_t i = 0; i < watch.checks.size(); ++i) {
        const Check& check = watch.pack->checks[i];
        if (check.before_dose <= Duration{}) continue;
        const auto done = answered(check, watch.patient);
        if (done && at - *done <= check.before_dose) continue;
        missing += (missing.empty() ? "" : ", ") + check.title;
        watch.checks[i].due = std::min(watch.checks[i].due, now.steady - check.overdue_after);
    }
    return missing;
}

} // namespace magwatch
