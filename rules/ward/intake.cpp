// What devices, laboratories and gateways say.
#include <algorithm>

#include "rules/patient/freshness.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration clock_off = 60s; // of a device, either way: more is told (design value)

// Whether its value is the one that the same device said before.
bool said_before(const SourceLink& from, const Watch& watch, const Observation& observation)
{
    if (is_pump(observation.signal))
        return watch.pumps.said(observation.source, observation.signal) == observation.value;
    const SignalState& latest = watch.patient.latest(observation.signal);
    if (latest.source == observation.source) return latest.value == observation.value;
    return std::any_of(from.beside.begin(), from.beside.end(), [&](const Beside& one) {
        return one.signal == observation.signal && one.value == observation.value;
    });
}

bool is_numeric_vital(Signal signal) { return info(signal).kind == SignalKind::continuous; }

// Whether the device had no usable word on the signal before either, and numbers of it stand as values: then saying so
// again moves nothing. Else a monitor that stands still with one probe off would never be found.
bool missed_before(const SourceLink& from, const Watch& watch, Signal signal, Validity validity, Instant now,
                   Duration silent)
{
    const SignalState& latest = watch.patient.latest(signal);
    const bool mine = !latest.has_value || latest.source == from.source;
    const bool beside = std::any_of(from.beside.begin(), from.beside.end(),
                                    [&](const Beside& one) { return one.signal == signal; });
    if (mine ? !latest.seen || latest.validity != validity : beside) return false;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const SignalState& other = watch.patient.latest(static_cast<Signal>(s));
        const bool number = is_numeric_vital(static_cast<Signal>(s)) && other.has_value && other.source == from.source;
        if (number && other.validity == Validity::valid && (from.frozen || now - other.received < silent)) return true;
    }
    return false;
}

// A laboratory's result or an entry: nobody need send the next one, and one that cannot be used says nothing against
// the last.
bool comes_once(Signal signal)
{
    const SignalKind kind = info(signal).kind;
    return kind == SignalKind::laboratory || kind == SignalKind::charted || kind == SignalKind::fact;
}

// Refusals that mean "the device sends nonsense", not "the device has no reading".
bool is_nonsense(Refusal reason)
{
    switch (reason) {
    case Refusal::code_mismatch:
    case Refusal::missing_unit:
    case Refusal::unknown_unit:
    case Refusal::not_a_number:
    case Refusal::implausible: return true;
    default: return false;
    }
}

} // namespace

SourceLink& Ward::State::link(Bed& bed, SourceId source)
{
    const auto at = std::lower_bound(bed.links.begin(), bed.links.end(), source,
                                     [](const SourceLink& l, SourceId id) { return l.source < id; });
    if (at != bed.links.end() && at->source == source) return *at;
    SourceLink fresh;
    fresh.source = source;
    return *bed.links.insert(at, fresh);
}

const SourceLink* Ward::State::known_link(const Bed& bed, SourceId source)
{
    const auto found = std::find_if(bed.links.begin(), bed.links.end(),
                                    [&](const SourceLink& one) { return one.source == source; });
    return found == bed.links.end() ? nullptr : &*found;
}

void Ward::State::apply(const Moment& now, const Observation& observation)
{
    ++observations;
    if (observation.source.value < sources.size()) ++sources[observation.source.value].observations;
    Bed* bed = find(observation.bed);
    if (bed == nullptr) return;
    if (!trusted(observation.bed, observation.source, observation.signal))
        return hear_untrusted(now, observation.bed, observation.source, observation.signal, observation.value,
                              observation.origin == Origin::device);
    if (observation.source.value < sources.size()) sources[observation.source.value].believed = true;
    if (!bed->watch) {
        if (observation.origin == Origin::device && observation.validity == Validity::valid) {
            if (is_numeric_vital(observation.signal)) bed->live_at = now.steady;
            if (observation.signal == Signal::pump_flow || observation.signal == Signal::pump_rate) {
                // One that stands hides none that runs.
                if (observation.value > 0) bed->live_pump = observation.source;
                if (bed->live_pump == observation.source) bed->live_flow = observation.value > 0;
            }
            if (bed->review == Instant::never()) bed->review = now.steady;
            refresh_next(*bed, now.steady);
        }
        return;
    }
    if (observation.origin == Origin::device) {
        take_device(now, observation.bed, observation);
    } else if (observation.validity == Validity::valid) {
        const WallTime at = observation.observed.ms == 0 ? now.wall : observation.observed;
        if (observation.corrected || is_out_of_turn(now, observation, at)) {
            if (observation.corrected) bed->watch->trouble[static_cast<std::size_t>(observation.signal)] = {};
            take_in_turn(now, observation, at);
        } else {
            const std::string said =
                take_charted(now, observation.bed, observation.signal, observation.value, at, std::nullopt, false);
            if (said != "already recorded") {
                (void)list(now, observation, at);
                bound_chart(observation.bed);
            }
        }
    } else {
        take_withdrawn(now, observation);
    }
    refresh_next(*bed, now.steady);
}

// A continuous numeric of a source slower than 5 s stays fresh for four of its periods (BEHAVIOUR).
void Ward::State::set_fresh_for(Watch& watch, Signal signal, SourceId source)
{
    const SignalKind kind = info(signal).kind;
    if (kind != SignalKind::continuous && kind != SignalKind::flag && kind != SignalKind::pump) return;
    for (const auto& item : configuration.freshness) {
        if (item.signal == signal) return;
    }
    const Duration period = source.value < source_names.size() ? source_names[source.value].period : Duration{};
    watch.patient.set_fresh_for(signal, std::max(info(signal).fresh_for, period > 5s ? period * 4 : Duration{}));
}

void Ward::State::take_device(const Moment& now, BedId id, const Observation& observation)
{
    Bed& bed = beds[id.value];
    Watch& watch = *bed.watch;
    const Signal signal = observation.signal;
    SourceLink& from = link(bed, observation.source);
    const SignalState& before = watch.patient.latest(signal);
    const bool was_quiet = from.silent || !from.expected;
    if (was_quiet) doubt_after_hearing(now.steady, watch, from, &before);
    from.expected = true;
    if (was_quiet) from.quiet_from = from.sampled;
    from.sampled = now.steady;
    // What was not heard did not stand still: a source that comes back starts afresh.
    if (was_quiet) from.back = from.changed = from.counted = now.steady;
    if (signal == Signal::liveness) {
        if (!from.has_liveness || from.liveness != observation.value) from.counted = now.steady;
        from.has_liveness = true;
        from.liveness = observation.value;
    } else if (observation.validity == Validity::valid
                   ? !said_before(from, watch, observation)
                   : !missed_before(from, watch, signal, observation.validity, now.steady, silent_limit(from.source))) {
        from.changed = now.steady;
    }
    const bool thaws = from.frozen && (from.changed == now.steady || from.counted == now.steady);
    if (was_quiet || thaws) review(now, id);
    if (from.frozen && signal != Signal::liveness) return; // a copy of the past is not an observation
    const bool good = observation.validity == Validity::valid;
    if (before.source != observation.source) {
        const bool graver = good && is_graver(signal, observation.value, before.value);
        if (!graver && told_by_another(bed, signal, observation.source, now.steady))
            return take_beside(now, watch, from, observation);
        hand_over(bed, from, signal, before);
        set_fresh_for(watch, signal, observation.source);
    }
    SignalMask changed = mask(signal);
    const auto word = good ? std::optional{observation.value} : std::nullopt;
    const bool denied = observation.validity == Validity::invalid;
    if (is_pump(signal) && (good || denied)) hear_pump(now.steady, watch, observation.source, signal, word);
    const auto together = is_pump(signal) ? watch.pumps.together(signal, now.steady) : std::nullopt;
    if (good) {
        watch.trouble[static_cast<std::size_t>(signal)] = {};
        const double value = together.value_or(observation.value);
        watch.patient.accept(signal, value, now.steady, now.steady, observation.source);
        if (is_numeric_vital(signal)) watch.expected |= mask(signal);
        note_measured(watch.chart.measured, {signal, observation.value, now.steady, observation.source});
    } else if (!together || !denied) {
        watch.patient.reject(signal, observation.validity, now.steady);
    }
    if (is_pump(signal)) changed |= derive_infusion(watch, now.steady);
    changed |= derive_reflex(watch, signal);
    evaluate(now, id, changed);
    if (signal == Signal::spo2) {
        watch.cuff_arm.oxygen(now.steady, word);
    } else if (signal == Signal::sbp && good) {
        if (watch.cuff_arm.pressure(now.steady, observation.observed, observation.value)) review(now, id);
    }
    if (is_pump(signal)) review_session(now, id);
    check_done(now, id, signal);
    // A fault of this bed may be over: look at once rather than at the next deadline.
    const auto present = [&](BedFault fault) {
        return bed.faults[static_cast<std::size_t>(fault)].truth.raise == Truth::yes;
    };
    const bool rate_changed = is_pump(signal) && (changed & mask(Signal::infusion_rate)) != 0;
    if (rate_changed || present(BedFault::signals_lost) || present(BedFault::implausible) ||
        (is_pump(signal) && present(BedFault::infusion_record))) {
        review(now, id);
    }
}

// What all pumps at the bed give counts. Where one of them cannot be told, nothing new is said until the sum changes.
void Ward::State::hear_pump(Instant now, Watch& watch, SourceId pump, Signal signal, std::optional<double> word)
{
    const Instant until = believed_until(now, watch.patient.fresh_for(signal));
    if (word) watch.pumps.say(pump, signal, *word, now, until);
    else watch.pumps.deny(pump, signal, now);
    const auto rate = watch.pumps.rate();
    const auto& told = watch.chart.pump;
    const bool known = rate && rate->until > now;
    const bool other = rate && !told.empty() && told.back().grams_per_hour != rate->grams_per_hour;
    if (known || (other && watch.infusion.pump_heard())) {
        if (watch.infusion.pump(rate->grams_per_hour, now, rate->until - now))
            watch.course.stop(watch.infusion.bolus_at());
        note_pump(watch.chart.pump, rate->grams_per_hour, now, rate->until - now);
    }
    if (!known && (rate || !word) && watch.infusion.pump_heard()) lose_pump(watch, now);
}

// What the device said that was heard until now is kept as its own: it may stand still.
void Ward::State::hand_over(Bed& bed, SourceLink& to, Signal signal, const SignalState& before)
{
    if (!is_told_by_one(signal)) return;
    const auto of_signal = [&](const Beside& one) { return one.signal == signal; };
    Beside kept{signal, before.value, {}, false};
    const auto mine = std::find_if(to.beside.begin(), to.beside.end(), of_signal);
    if (mine != to.beside.end()) {
        kept.apart = mine->apart;
        kept.asked = mine->asked;
        to.beside.erase(mine);
    }
    const auto from = std::find_if(bed.links.begin(), bed.links.end(),
                                   [&](const SourceLink& link) { return link.source == before.source; });
    if (!before.has_value || from == bed.links.end()) return;
    std::erase_if(from->beside, of_signal);
    from->beside.push_back(kept);
}

Duration Ward::State::silent_limit(SourceId source) const
{
    return source.value < source_names.size() ? silent_after(source_names[source.value]) : Duration{};
}

bool Ward::State::told_by_another(const Bed& bed, Signal signal, SourceId source, Instant now) const
{
    if (!is_told_by_one(signal)) return false;
    const SignalState& latest = bed.watch->patient.latest(signal);
    if (!latest.has_value || latest.validity != Validity::valid || latest.source == source) return false;
    // A slow one does not outlast the silence of a quick one; what stayed at the bed which she left is heard no more.
    const Duration own = silent_limit(source);
    const SourceLink* link = known_link(bed, latest.source);
    return link != nullptr && link->expected && !link->frozen && latest.source.value < source_names.size() &&
           now - latest.received < std::min(own, silent_after(source_names[latest.source.value]));
}

std::string Ward::State::take_charted(const Moment& now, BedId id, Signal signal, double value, WallTime at_wall,
                                      std::optional<WallTime> since, bool corrected,
                                      std::optional<bool> from_infusion_arm)
{
    Watch& watch = *beds[id.value].watch;
    Instant at = std::min(now.instant_of(at_wall), now.steady);
    const SignalState& latest = watch.patient.latest(signal);
    const bool again = latest.has_value && same_time(latest.value_at, at);
    if (again) at = std::max(at, latest.value_at);
    if (again && latest.value == value) return "already recorded";
    if (replaying == Replaying::no) watch.trouble[static_cast<std::size_t>(signal)] = {};
    if (latest.has_value && latest.value_at > at) return "kept as history: a newer value is known";
    if (again && signal == Signal::urine && !corrected) return "kept as history: urine of this time is known";
    if (now.steady - at > watch.patient.fresh_for(signal)) return "kept as history: older than its limit";
    if (again && corrected) watch.patient.forget(signal); // corrected: the newest value is replaced, not added
    SignalMask doubted = 0;
    std::string doubt;
    if (signal == Signal::mg) {
        doubt = note_level(watch, value, at, from_infusion_arm, doubted);
        note_in_antidote(now, id, StepKind::sample, "the chart", "", at);
    }
    // What is charted is as old as its event, whenever it was typed; but a level arrives now, and what was charted
    // between its draw and now was not charted in the knowledge of it.
    const auto from = since ? std::optional{now.instant_of(*since)} : std::nullopt;
    const Instant received = info(signal).kind == SignalKind::laboratory ? now.steady : at;
    watch.patient.accept_volume(signal, value, at, received, no_source, from);
    SignalMask changed = mask(signal) | derive_reflex(watch, signal) | doubted;
    if (signal == Signal::creatinine || signal == Signal::urine) changed |= derive_infusion(watch, now.steady);
    evaluate(now, id, changed);
    check_done(now, id, signal);
    review_checks(now, id); // what is charted opens the gates of checks: their time runs from now
    review(now, id);
    review_session(now, id);
    publish(id);
    return "recorded" + doubt;
}

// A device's next value may be good; a result of the laboratory that cannot be read is not sent again by itself.
void Ward::State::note_trouble(const Moment& now, BedId id, Signal signal)
{
    Trouble& trouble = beds[id.value].watch->trouble[static_cast<std::size_t>(signal)];
    if (trouble.count++ == 0) trouble.since = now.steady;
    trouble.last = now.steady;
    const bool at_once = info(signal).kind == SignalKind::laboratory;
    if (trouble.count == 3 || at_once) beds[id.value].review = now.steady;
    if (at_once) review(now, id);
}

void Ward::State::apply(const Moment& now, const RefusedValue& value)
{
    ++refused;
    if (value.source.value < sources.size()) ++sources[value.source.value].refused;
    Bed* bed = find(value.bed);
    if (bed == nullptr || !bed->watch) return;
    Watch& watch = *bed->watch;
    if (value.reason == Refusal::too_late || value.reason == Refusal::duplicate ||
        value.reason == Refusal::test_data || value.reason == Refusal::setting ||
        value.reason == Refusal::unknown_code) {
        return; // no sample of this moment: neither a sign of life nor of trouble
    }
    const Signal about = value.has_signal ? value.signal : Signal::liveness;
    const bool once = value.has_signal && comes_once(value.signal);
    if (!trusted(value.bed, value.source, about)) return hear_untrusted(now, value.bed, value.source, about, 0, !once);
    if (once) {
        if (is_nonsense(value.reason)) note_trouble(now, value.bed, value.signal);
        return refresh_next(*bed, now.steady);
    }
    SourceLink& from = link(*bed, value.source);
    const bool was_quiet = from.silent || !from.expected;
    // A device that comes back may have nothing usable to say at first: no probe is on her yet.
    if (was_quiet) doubt_after_hearing(now.steady, watch, from, &watch.patient.latest(about));
    from.expected = true;
    from.sampled = now.steady;
    const auto validity = value.reason == Refusal::no_value ? Validity::not_available : Validity::invalid;
    const bool again = value.has_signal && missed_before(from, watch, value.signal, validity, now.steady,
                                                         silent_limit(value.source));
    if (was_quiet || !again) from.changed = now.steady;
    const bool thaws = from.frozen && from.changed == now.steady;
    bool rate_changed = false;
    if (value.has_signal && !told_by_another(*bed, value.signal, value.source, now.steady)) {
        // The device speaks of this signal but has nothing usable: that is "lost", not silence.
        if (is_pump(value.signal)) hear_pump(now.steady, watch, value.source, value.signal, std::nullopt);
        if (!is_pump(value.signal) || !watch.pumps.together(value.signal, now.steady))
            watch.patient.reject(value.signal, validity, now.steady);
        if (is_nonsense(value.reason)) note_trouble(now, value.bed, value.signal);
        SignalMask changed = mask(value.signal);
        if (is_pump(value.signal)) changed |= derive_infusion(watch, now.steady);
        evaluate(now, value.bed, changed);
        if (is_pump(value.signal)) review_session(now, value.bed);
        rate_changed = (changed & mask(Signal::infusion_rate)) != 0;
    }
    // That the rate is not known any more is told from when it is not.
    if (was_quiet || rate_changed || thaws) review(now, value.bed);
    refresh_next(*bed, now.steady);
}

void Ward::State::apply(const Moment& now, const DeviceStatus& status)
{
    if (status.source.value >= sources.size()) return;
    Source& source = sources[status.source.value];
    source.connected = status.connected;
    source.clock_offset = status.clock_offset;
    judge_clocks(now);
    publish(no_bed);
}

// A wrong device clock is told; it decides nothing (freshness goes by receive time).
void Ward::State::judge_clocks(const Moment& now)
{
    std::string names;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const Duration offset = sources[i].clock_offset;
        if (sources[i].configured && (offset > clock_off || offset < -clock_off))
            names += (names.empty() ? "" : ", ") + source_names[i].name;
    }
    const bool wrong = !names.empty();
    set_fault(now, WardFault::device_clock, wrong, wrong ? "Device clock wrong: " + names : "");
}

// Decides nothing; the adapter asks for it when it starts.
void Ward::State::apply(const Moment&, const MessageSeen& message)
{
    if (message.source.value >= sources.size()) return;
    if (messages.size() <= message.source.value) messages.resize(message.source.value + 1U);
    MessageMemory& memory = messages[message.source.value];
    if (memory.ring.size() < messages_kept) {
        memory.ring.push_back(message);
        return;
    }
    memory.ring[memory.oldest] = message;
    memory.oldest = static_cast<std::uint32_t>((memory.oldest + 1) % messages_kept);
}

std::vector<MessageSeen> Ward::messages_seen(SourceId source) const
{
    std::vector<MessageSeen> seen;
    if (source.value >= state_->messages.size()) return seen;
    const MessageMemory& memory = state_->messages[source.value];
    for (std::size_t i = 0; i < memory.ring.size(); ++i) {
        seen.push_back(memory.ring[(memory.oldest + i) % memory.ring.size()]);
    }
    return seen;
}

} // namespace magwatch
