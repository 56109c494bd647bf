#include "daemon/app/recorder.hpp"

#include <algorithm>
#include <cmath>

#include "daemon/history/event_words.hpp"

namespace magwatch {
namespace {

constexpr double pump_noise = 0.05; // a measured flow is never quite steady; this share of it is no change
constexpr std::size_t most_calls = 1024;

} // namespace

const std::string* Recorder::alias(BedId bed) const
{
    const BedConfiguration* configured = ward_.bed_configuration(bed);
    return configured != nullptr ? &configured->alias : nullptr;
}

void Recorder::note(BedId bed, HistoryEvent event)
{
    const std::string* name = alias(bed);
    if (name == nullptr) return; // of the ward as a whole: no bed's past
    event.bed = *name;
    history_.add_event(std::move(event));
}

void Recorder::note(BedId bed, WallTime at, std::string_view kind, std::string text)
{
    note(bed, HistoryEvent{"", at, std::string{kind}, std::move(text), "", ""});
}

void Recorder::observed(const Observation& observation, WallTime now)
{
    if (observation.validity != Validity::valid || observation.signal == Signal::liveness) return;
    const std::string* bed = alias(observation.bed);
    if (bed == nullptr) return;
    // A clock that is ahead makes no minute of the future, which would wait for its end.
    const WallTime at = observation.observed.ms != 0 ? std::min(observation.observed, now) : now;
    history_.add(*bed, name(observation.signal), at, observation.value);
    if (info(observation.signal).kind == SignalKind::pump) pump_ran(observation, at);
    if (observation.origin != Origin::device)
        note(observation.bed, event_of(Entry{"", observation.bed, "", at,
                                             ValueEntry{observation.signal, observation.value}, 0}, at));
}

void Recorder::pump_ran(const Observation& observation, WallTime at)
{
    if (observation.signal == Signal::pump_concentration) return;
    const auto [known, first] = pumps_.try_emplace({observation.bed.value, observation.signal}, observation.value);
    const double before = first ? 0 : known->second;
    const bool switched = (before > 0) != (observation.value > 0);
    if (!switched && std::fabs(observation.value - before) <= pump_noise * before) return;
    known->second = observation.value;
    note(observation.bed, at, event_kind::infusion,
         std::string{info(observation.signal).title} + ' ' +
             quantity_text(observation.value, info(observation.signal).unit));
}

void Recorder::decided(const Input& input, const EffectBuffer& effects, const Moment& now)
{
    if (const auto* entry = std::get_if<Entry>(&input)) {
        if (was_taken(entry->request, effects)) {
            if (!std::holds_alternative<StrikeEntry>(entry->what)) entered(*entry, now.wall);
            if (entry->corrects != EntryId{}) corrected(*entry, now);
        }
    } else if (const auto* action = std::get_if<Action>(&input)) {
        if (was_taken(action->request, effects)) done(*action, now);
    }
    for (const Effect& effect : effects) {
        if (const auto* transition = std::get_if<AlarmTransition>(&effect)) {
            if (auto event = event_of(*transition)) note(transition->bed, std::move(*event));
        } else if (const auto* sent = std::get_if<SendPage>(&effect)) {
            rang(*sent);
        }
    }
}

void Recorder::entered(const Entry& entry, WallTime now)
{
    note(entry.bed, event_of(entry, now));
    const std::string* bed = alias(entry.bed);
    if (bed == nullptr) return;
    for (const ChartedValue& one : charted_values(entry, now)) history_.add(*bed, name(one.signal), one.at, one.value);
}

// What this entry struck through: one entry, or both of one cuff.
void Recorder::corrected(const Entry& entry, const Moment& now)
{
    const Entry* instead = std::holds_alternative<StrikeEntry>(entry.what) ? nullptr : &entry;
    const WardView view = ward_.view(now);
    for (const BedView& bed : view.beds) {
        if (!(bed.id == entry.bed) || !bed.chart) continue;
        for (const ChartEntry& one : *bed.chart) {
            if (!one.struck || one.struck->at != now.wall || one.struck->reason != entry.reason) continue;
            const Entry struck{"", entry.bed, "", one.at, one.what, 0};
            note(entry.bed, correction_of(struck, instead, now.wall));
        }
    }
}

void Recorder::done(const Action& action, const Moment& now)
{
    if (const auto* start = std::get_if<WatchStart>(&action.what)) {
        note(start->bed, now.wall, event_kind::watch_start, "watch started");
    } else if (const auto* end = std::get_if<WatchEnd>(&action.what)) {
        note(end->bed, now.wall, event_kind::watch_end, "watch ended");
    } else if (const auto* transfer = std::get_if<WatchTransfer>(&action.what)) {
        note(transfer->from, now.wall, event_kind::watch_end, "moved to another bed");
        note(transfer->to, now.wall, event_kind::watch_start, "moved here from another bed");
    } else if (const auto* open = std::get_if<ProtocolOpen>(&action.what)) {
        note(open->bed, now.wall, event_kind::checklist, "checklist opened: " + std::string{name(open->branch)});
    } else if (const auto* close = std::get_if<ProtocolClose>(&action.what)) {
        note(close->bed, now.wall, event_kind::checklist, "checklist closed");
    } else if (const auto* tap = std::get_if<ProtocolTap>(&action.what)) {
        tapped(*tap, now);
    } else if (const auto* somebody = std::get_if<SomebodyHere>(&action.what)) {
        note(somebody->bed, now.wall, event_kind::here, "somebody is here, without a name");
    }
}

// The site's file knows what kind of step it is; a tap is seldom enough to look.
void Recorder::tapped(const ProtocolTap& tap, const Moment& now)
{
    const WardView view = ward_.view(now);
    std::string kind;
    for (const BedView& bed : view.beds) {
        if (!(bed.id == tap.bed) || !bed.checklist) continue;
        for (const StepView& step : bed.checklist->steps) {
            if (step.id == tap.step) kind = step.kind;
        }
    }
    note(tap.bed, event_of(tap, kind == name(StepKind::give), now.wall));
    if (kind != name(StepKind::stop) || tap.act != StepAct::done) return;
    entered(Entry{"", tap.bed, "", now.wall, InfusionStopEntry{}, 0}, now.wall);
}

// One event for each time that a call rings, not for each telephone.
void Recorder::rang(const SendPage& sent)
{
    const PageKey& key = sent.page.key;
    auto event = event_of(sent);
    if (!event) return;
    if (rang_.size() >= most_calls) rang_.clear();
    const std::pair ring{key.rung, key.repetition};
    const auto [known, first] = rang_.try_emplace(key.call, ring);
    if (!first && known->second == ring) return;
    known->second = ring;
    note(sent.page.bed, std::move(*event));
}

} // namespace magwatch
