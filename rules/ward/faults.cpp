// Technical alarms and checks due: every way of not knowing is an alarm condition of its own.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// Goals G3 and G4 of the reliability bar; all design values.
constexpr Duration silent_max = 30s;           // of a source whose period is not known or is short
constexpr Duration silent_min = 5s;            // three polls of a fast device, but never less
constexpr Duration frozen_with_counter = 60s;  // the liveness counter stands still
constexpr Duration frozen_without = 300s;      // every number is the same
constexpr Duration trouble_for = 30s;          // refusals for this long are a fault
constexpr Duration trouble_over = 60s;         // and none for this long is none
constexpr Duration unread_for = 1h;            // a result that could not be read, unless a good one comes
constexpr Duration preparation_answer = 10min; // BEHAVIOUR "Watching"

// What only staff can say: never charted, it stays unknown, and no sensor mends that.
constexpr SignalMask said_by_staff =
    mask(Signal::reflex) | mask(Signal::sedated) | mask(Signal::post_ictal) | mask(Signal::symptoms);

// A rule about a vital sign that nothing but vital signs, gates and flags decide: that it is unknown means a vital sign
// is.
bool judged_by_vitals(const Rule& rule)
{
    if ((rule.reads & said_by_staff) != 0) return false;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        if ((rule.reads & mask(signal)) == 0) continue;
        const SignalKind kind = info(signal).kind;
        if (kind != SignalKind::continuous && kind != SignalKind::derived && kind != SignalKind::flag) return false;
    }
    return rule.kind == AlarmKind::physiological;
}

} // namespace

Duration silent_after(const SourceConfiguration& source)
{
    if (source.period <= Duration{}) return silent_max;
    if (source.period > 5s) return source.period * 4;
    return std::clamp(source.period * 3, silent_min, silent_max);
}

// A fault that is present, with what makes it particular at this bed.
AlarmText Ward::State::alarm_told(BedId bed, BedFault fault) const
{
    AlarmText alarm = info(fault).alarm;
    if (fault == BedFault::uncommissioned || fault == BedFault::commission_lost) {
        std::string names;
        for (const std::string& one : untrusted(bed, fault == BedFault::commission_lost))
            names += (names.empty() ? "" : ", ") + one;
        alarm.message = names + (fault == BedFault::commission_lost ? " no longer" : " not") +
                        " commissioned: relies on charted checks";
    } else if (fault == BedFault::signals_lost) {
        alarm.message = beds[bed.value].lost_signals;
    } else if (fault == BedFault::infusion_record && beds[bed.value].watch->infusion.rate_unknown_since()) {
        alarm.title = "Pump not heard";
        alarm.message = "Pump not heard: rate unknown";
        alarm.prompt = "Look at the pump. Chart its rate, or the stop.";
    }
    return alarm;
}

void Ward::State::set_fault(const Moment& now, BedId bed, BedFault fault, bool present, Instant& next)
{
    Slot& slot = beds[bed.value].faults[static_cast<std::size_t>(fault)];
    slot.truth = present ? RuleTruth{Truth::yes, Truth::no} : RuleTruth{Truth::no, Truth::yes};
    const FaultInfo& about = info(fault);
    if (present) {
        const AlarmText alarm = alarm_told(bed, fault);
        advance_slot(now, bed, slot, about.policy, alarm);
        // One more of the same: who looks now is told what is wrong now.
        const auto open = episodes.find(slot.episode);
        if (open != episodes.end() && open->second.alarm.message != alarm.message) {
            open->second.alarm.title = alarm.title;
            open->second.alarm.message = alarm.message;
            open->second.alarm.prompt = alarm.prompt;
            publish(bed);
        }
    } else {
        advance_slot(now, bed, slot, about.policy, about.alarm);
    }
    if (const auto at = deadline(about.policy, slot.condition)) next = std::min(next, *at);
}

namespace {

// Moves `next` forward to `t`, if that is still to come.
void look_again(Instant& next, Instant now, Instant t)
{
    if (t > now) next = std::min(next, t);
}

} // namespace

// Looks at everything that may keep us from telling how this patient is, and says when to look again.
void Ward::State::review(const Moment& now, BedId id)
{
    if (replaying != Replaying::no) return;
    Bed& bed = beds[id.value];
    Instant next = Instant::never();
    if (bed.watch) {
        review_sources(now, id, next);
        review_signals(now, id, next);
        review_infusion(now, id, next);
        set_fault(now, id, BedFault::unwatched, false, next);
        review_bedside(now, id, next);
        review_commissioning(now, id, next);
    } else {
        const bool live = bed.live_at != Instant{} && now.steady - bed.live_at < silent_max;
        if (live) look_again(next, now.steady, bed.live_at + silent_max);
        set_fault(now, id, BedFault::unwatched, live || bed.live_flow, next);
    }
    bed.review = next;
}

// A pump that is not heard hides no breathing, so it climbs no further: the rate is not known then, and
// review_infusion tells that.
void Ward::State::review_sources(const Moment& now, BedId id, Instant& next)
{
    Bed& bed = beds[id.value];
    const Watch& watch = *bed.watch;
    bool silent = false, pump_silent = false, frozen = false;
    for (auto& link : bed.links) {
        if (!link.expected || link.source.value >= source_names.size()) continue;
        const SourceConfiguration& source = source_names[link.source.value];
        if (source.kind == SourceKind::staff) continue;
        const Duration limit = silent_after(source);
        link.silent = now.steady - link.sampled >= limit;
        look_again(next, now.steady, link.sampled + limit);
        const bool counts = source.liveness || link.has_liveness;
        const Duration still = counts ? frozen_with_counter : std::max(frozen_without, limit * 5);
        const Instant moved = counts ? link.counted : link.changed;
        const bool vitals = watch.expected != 0 || source.kind == SourceKind::pump;
        // A pump repeats its rate for hours; only a counter shows that it froze.
        const bool judged = counts || (vitals && source.kind != SourceKind::pump);
        link.frozen = judged && !link.silent && now.steady - moved >= still;
        look_again(next, now.steady, moved + still);
        const bool pump = source.kind == SourceKind::pump;
        (pump ? pump_silent : silent) |= link.silent;
        frozen = frozen || link.frozen;
    }
    const auto on_board = watch.infusion.on_board(now.steady, on_board_length(watch, now.steady));
    set_fault(now, id, BedFault::silent, silent, next);
    set_fault(now, id, BedFault::pump_silent, pump_silent, next);
    set_fault(now, id, BedFault::silent_long, silent && on_board.value_or(true), next);
    set_fault(now, id, BedFault::frozen, frozen, next);
}

// One cause, one alarm: what a monitor does not send that is silent or frozen needs no alarm of its own. What another
// one at the same bed does not send any more does.
bool Ward::State::told_by_source(const Bed& bed, const SignalState& signal) const
{
    const SourceLink* link = known_link(bed, signal.source);
    return link != nullptr && link->expected && (link->silent || link->frozen);
}

void Ward::State::review_signals(const Moment& now, BedId id, Instant& next)
{
    Bed& bed = beds[id.value];
    const Watch& watch = *bed.watch;
    // A source that came back may take a moment to bring all of its signals. One that was missing for as long before
    // the silence has had its moment.
    const auto complete = [&](const SignalState& signal) {
        const SourceLink* found = known_link(bed, signal.source);
        if (found == nullptr || signal.source.value >= source_names.size()) return Instant{};
        const Duration moment = silent_after(source_names[signal.source.value]);
        return found->quiet_from - signal.received >= moment ? Instant{} : found->back + moment;
    };
    std::string lost;
    bool told = false, trouble = false;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        if ((watch.expected & mask(signal)) != 0) {
            const Instant gone = watch.patient.latest(signal).received + watch.patient.fresh_for(signal);
            if (const auto stale = watch.patient.stale_at(signal, now.steady))
                look_again(next, now.steady, *stale);
            // An explicitly missing value counts as lost only once it has been missing for as long as it
            // may be: real monitors drop a value for seconds, twice an hour.
            else if (now.steady < gone)
                look_again(next, now.steady, gone);
            else if (const Instant whole = complete(watch.patient.latest(signal)); now.steady < whole)
                look_again(next, now.steady, whole);
            else if (told_by_source(bed, watch.patient.latest(signal)))
                told = true;
            else
                lost += (lost.empty() ? "" : ", ") + std::string{info(signal).title};
        }
        const Trouble& t = watch.trouble[s];
        const bool laboratory = info(signal).kind == SignalKind::laboratory;
        const Duration over = laboratory ? unread_for : trouble_over;
        if (t.count < (laboratory ? 1U : 3U) || now.steady - t.last >= over) continue;
        trouble = trouble || laboratory || now.steady - t.since >= trouble_for;
        look_again(next, now.steady, t.since + trouble_for);
        look_again(next, now.steady, t.last + over);
    }
    if (!lost.empty()) bed.lost_signals = "No " + lost;
    set_fault(now, id, BedFault::signals_lost, !lost.empty(), next);
    set_fault(now, id, BedFault::implausible, trouble, next);

    bool cannot_judge = false;
    if (watch.evaluation && watch.expected != 0 && !told && lost.empty()) {
        for (std::size_t r = 0; r < watch.pack->rules.size() && !cannot_judge; ++r) {
            const bool expected = (watch.pack->rules[r].reads & watch.expected) != 0;
            cannot_judge = expected && watch.evaluation->truth(r).raise == Truth::unknown &&
                           judged_by_vitals(watch.pack->rules[r]);
        }
        look_again(next, now.steady, now.steady + 60s);
    }
    set_fault(now, id, BedFault::unknown, cannot_judge, next);
}

void Ward::State::review_infusion(const Moment& now, BedId id, Instant& next)
{
    const Watch& watch = *beds[id.value].watch;
    const auto on_board = watch.infusion.on_board(now.steady, on_board_length(watch, now.steady));
    const bool unheard = watch.infusion.pump_heard() && !watch.infusion.pump_fresh() && on_board.value_or(true) &&
                         !watch.infusion.stop_declared();
    const bool rate_unknown = unheard || watch.infusion.contradicted();
    set_fault(now, id, BedFault::infusion_record, !on_board || rate_unknown, next);
}

// What staff were asked at the start.
void Ward::State::review_bedside(const Moment& now, BedId id, Instant& next)
{
    const Watch& watch = *beds[id.value].watch;
    const auto answered = [](const std::optional<bool>& a) { return a.has_value(); };
    const bool all = answered(watch.calcium) && answered(watch.hammer) && answered(watch.oxygen);
    const bool lacking = (watch.calcium && !*watch.calcium) || (watch.hammer && !*watch.hammer) ||
                         (watch.oxygen && !*watch.oxygen);
    const Instant answer_by = watch.since.steady + preparation_answer;
    if (!all) look_again(next, now.steady, answer_by);
    set_fault(now, id, BedFault::preparation, lacking || (!all && now.steady >= answer_by), next);
    set_fault(now, id, BedFault::association, !watch.confirmed, next);
    set_fault(now, id, BedFault::cuff_arm, watch.cuff_arm.suspected(), next);
}

namespace {

// Over as soon as it is told. Another one while the first is still shown says how long, or how far, of its own.
bool is_event(WardFault fault)
{
    return fault == WardFault::gap || fault == WardFault::loop_late || fault == WardFault::clock_jumped;
}

} // namespace

AlarmText Ward::State::alarm_told(WardFault fault) const
{
    AlarmText alarm = info(fault).alarm;
    const std::string& detail = fault_details[static_cast<std::size_t>(fault)];
    if (!detail.empty()) alarm.message = detail;
    return alarm;
}

void Ward::State::set_fault(const Moment& now, WardFault fault, bool present, std::string detail)
{
    const auto index = static_cast<std::size_t>(fault);
    Slot& slot = faults[index];
    if (present && is_event(fault)) slot.condition = {};
    slot.truth = present ? RuleTruth{Truth::yes, Truth::no} : RuleTruth{Truth::no, Truth::yes};
    if (present) fault_details[index] = std::move(detail);
    const AlarmText alarm = alarm_told(fault);
    // Another cause of the same fault: who looks now is told what is wrong now.
    const auto open = episodes.find(slot.episode);
    const bool same = present && !is_event(fault) && open != episodes.end();
    if (same && open->second.alarm.message != alarm.message) {
        open->second.alarm.message = alarm.message;
        publish(no_bed);
    }
    advance_slot(now, no_bed, slot, info(fault).policy, alarm);
}

void Ward::State::apply(const Moment& now, const ShellStatus& status)
{
    if (static_cast<std::size_t>(status.fault) >= shell_fault_count) return;
    // That every channel answers the shell's question says nothing of pages that it refuses.
    if (status.fault == ShellFault::channel && !status.present && failing_channel()) return;
    set_fault(now, ward_fault(status.fault), status.present, status.detail);
}

} // namespace magwatch
