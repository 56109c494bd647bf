// Do bed, devices and patient still belong together? Asked after whatever may have parted them: a transfer
// (watch.cpp), another device, a device that was away, a while in which nobody watched (hazard D8). Until a person
// confirms it alarms page as ever, by bed.
#include <algorithm>
#include <cmath>

#include "rules/ward/state.hpp"

namespace magwatch {

using namespace std::chrono_literals;

namespace {

// Long enough for a monitor to be taken to another bed. Design value.
constexpr Duration away = 10min;
// Two devices that measure the same are that far apart for moments only. Design value.
constexpr Duration apart_for = 60s;

bool stands_at_a_bed(SourceKind kind) { return kind == SourceKind::monitor || kind == SourceKind::pump; }

} // namespace

void Ward::State::doubt_association(Instant now, Watch& watch)
{
    watch.confirmed = false;
    watch.associated = now;
}

void Ward::State::doubt_after_gap(Instant now, const Started& started)
{
    if (started.unwatched_known && started.unwatched < away) return;
    for (Bed& bed : beds) {
        if (bed.watch) doubt_association(now, *bed.watch);
    }
}

// `before` is null for a source that is new.
void Ward::State::doubt_after_rebinding(Instant now, const SourceConfiguration* before,
                                        const SourceConfiguration& after)
{
    const bool same = before != nullptr && before->bed == after.bed && before->place == after.place;
    if (same || !stands_at_a_bed(after.kind)) return;
    const auto bed = bed_named(after.bed);
    if (bed && beds[bed->value].watch) doubt_association(now, *beds[bed->value].watch);
}

// `before`: who said until now what it says; null where nothing that it says is believed.
void Ward::State::doubt_after_hearing(Instant now, Watch& watch, const SourceLink& from, const SignalState* before)
{
    const auto at_the_bed = [this](SourceId source) {
        return source.value < source_names.size() && stands_at_a_bed(source_names[source.value].kind);
    };
    if (!at_the_bed(from.source)) return;
    // First heard, and it says what another one said until now: hers was taken away, or this one is not hers.
    const bool others = before != nullptr && before->source != from.source && at_the_bed(before->source);
    const bool another = !from.expected && others;
    const bool was_away = from.expected && now - from.sampled >= away;
    if (another || was_away) doubt_association(now, watch);
}

// The rules hear the other one. That two devices tell two things of one patient is asked about, once.
void Ward::State::take_beside(const Moment& now, Watch& watch, SourceLink& from, const Observation& observation)
{
    if (observation.validity != Validity::valid) return; // the other one has it
    const Signal signal = observation.signal;
    auto one = std::find_if(from.beside.begin(), from.beside.end(),
                            [&](const Beside& known) { return known.signal == signal; });
    if (one == from.beside.end()) one = from.beside.insert(one, {signal, observation.value, {}, false});
    one->value = observation.value;
    const auto most = apart_at(signal);
    if (!most || std::abs(watch.patient.latest(signal).value - observation.value) <= *most) {
        one->apart = {};
        one->asked = false;
        return;
    }
    if (one->apart == Instant{}) one->apart = now.steady;
    if (one->asked || now.steady - one->apart < apart_for) return;
    one->asked = true;
    doubt_association(now.steady, watch);
    review(now, observation.bed);
}

} // namespace magwatch
