// What staff do: watch a bed, answer a call, acknowledge, pause.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// A pause of the ward's own signal always ends (BEHAVIOUR; reliability P9: at most 2 min).
constexpr Duration pause_max = 2min;
// After the last magnesium a watch ends only with a second person (BEHAVIOUR, a design value).
constexpr Duration two_person_for = 24h;

} // namespace

void Ward::State::apply(const Moment& now, const Action& action)
{
    const bool named = !std::holds_alternative<SomebodyHere>(action.what);
    if (action.person.empty() && named)
        return reply(now, action.request, false, "who does this? 'by' is missing");
    std::visit([&](const auto& what) { do_action(now, action, what); }, action.what);
}

void Ward::State::do_action(const Moment& now, const Action& action, const WatchStart& start)
{
    Bed* bed = find(start.bed);
    if (bed == nullptr) return reply(now, action.request, false, "no such bed");
    if (bed->watch) return reply(now, action.request, false, "this bed is already watched");
    bed->watch = std::make_unique<Watch>();
    Watch& watch = *bed->watch;
    watch.by = action.person;
    watch.since = now;
    watch.calcium = start.calcium_at_bed;
    watch.hammer = start.hammer_at_bed;
    watch.oxygen = start.oxygen_at_bed;
    watch.associated = now.steady;
    watch.infusion_next = Instant::never();
    watch.pack = pack;
    set_up_patient(watch);
    watch.rules.resize(pack ? pack->rules.size() : 0);
    watch.checks.resize(pack ? pack->checks.size() : 0);
    if (pack) watch.evaluation.emplace(*pack);
    for (auto& link : bed->links) {
        // What is bound to this bed must speak from now on; what was only heard before belongs to the past.
        const bool bound = link.source.value < source_names.size() && sources[link.source.value].configured &&
                           bed_named(source_names[link.source.value].bed) == start.bed;
        link.expected = bound;
        link.silent = link.frozen = false;
        link.sampled = link.changed = link.counted = now.steady;
        link.beside.clear(); // it was said of somebody else
    }
    for (const auto& fact : start.facts) {
        watch.patient.accept(fact.signal, fact.value, now.steady, now.steady, no_source);
    }
    for (const auto& fact : start.facts) note_fact(now, start.bed, fact.signal, fact.value, action.person);
    watch.infusion.advance(now.steady);
    watch.chart.base.infusion.advance(now.steady);
    for (const auto& fact : start.facts) {
        Entry entry;
        entry.bed = start.bed;
        entry.person = action.person;
        entry.what = fact;
        (void)list(now, entry, now.wall);
    }
    derive_infusion(watch, now.steady);
    derive_reflex(watch, Signal::epidural);
    evaluate(now, start.bed, ~SignalMask{0});
    review_checks(now, start.bed);
    review_session(now, start.bed);
    bed->review = now.steady;
    review(now, start.bed);
    refresh_next(*bed, now.steady);
    publish(start.bed);
    reply(now, action.request, true, "watching " + place(start.bed));
}

void Ward::State::do_action(const Moment& now, const Action& action, const WatchTransfer& transfer)
{
    Bed* from = find(transfer.from);
    Bed* to = find(transfer.to);
    if (from == nullptr || to == nullptr) return reply(now, action.request, false, "no such bed");
    if (!from->watch) return reply(now, action.request, false, "the bed she leaves is not watched");
    if (to->watch) return reply(now, action.request, false, "the bed she goes to is already watched");
    to->watch = std::move(from->watch);
    from->live_at = {};
    from->live_flow = false;
    // Alarms of the patient go with her; alarms of devices stay with the bed and end there.
    for (auto& slot : from->faults) {
        if (slot.open()) close_episode(now, slot.episode, action.person);
        slot = {};
    }
    for (auto& slot : to->faults) {
        if (slot.open()) close_episode(now, slot.episode, action.person);
        slot = {};
    }
    for (auto& [id, episode] : episodes) {
        if (episode.bed == transfer.from) episode.bed = transfer.to;
    }
    for (auto& [id, call] : calls) {
        if (call.bed == transfer.from) call.bed = transfer.to;
    }
    send_after(now, transfer.to);
    std::swap(from->physiological, to->physiological);
    std::swap(from->technical, to->technical);
    Watch& watch = *to->watch;
    doubt_association(now.steady, watch);
    watch.expected = 0;
    SignalMask changed = 0;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        const SignalKind kind = info(signal).kind;
        if (kind != SignalKind::continuous && kind != SignalKind::flag && kind != SignalKind::pump) continue;
        watch.patient.forget(signal); // measured by the devices of the bed she left
        changed |= mask(signal);
    }
    watch.pumps.lose(now.steady, [](SourceId, Signal) { return true; });
    if (watch.infusion.pump_heard()) lose_pump(watch, now.steady);
    changed |= derive_infusion(watch, now.steady);
    for (auto& link : to->links) {
        link.sampled = link.changed = link.counted = now.steady;
        link.beside.clear();
    }
    evaluate(now, transfer.to, changed);
    review_session(now, transfer.to);
    for (const BedId id : {transfer.from, transfer.to}) {
        beds[id.value].review = now.steady;
        review(now, id);
        refresh_next(beds[id.value], now.steady);
        publish(id);
    }
    reply(now, action.request, true, "moved to " + place(transfer.to) + ": confirm bed, devices and patient");
}

void Ward::State::do_action(const Moment& now, const Action& action, const WatchConfirm& confirm)
{
    Bed* bed = find(confirm.bed);
    if (bed == nullptr || !bed->watch) return reply(now, action.request, false, "this bed is not watched");
    bed->watch->confirmed = true;
    bed->watch->associated = now.steady;
    if (confirm.calcium_at_bed) bed->watch->calcium = confirm.calcium_at_bed;
    if (confirm.hammer_at_bed) bed->watch->hammer = confirm.hammer_at_bed;
    if (confirm.oxygen_at_bed) bed->watch->oxygen = confirm.oxygen_at_bed;
    review(now, confirm.bed);
    refresh_next(*bed, now.steady);
    publish(confirm.bed);
    reply(now, action.request, true, "confirmed");
}

void Ward::State::do_action(const Moment& now, const Action& action, const WatchEnd& end)
{
    Bed* bed = find(end.bed);
    if (bed == nullptr || !bed->watch) return reply(now, action.request, false, "this bed is not watched");
    for (const auto& [id, episode] : episodes) {
        if (episode.bed == end.bed && episode.alarm.priority == Priority::high) {
            return reply(now, action.request, false, "a high alarm is open: " + episode.alarm.title);
        }
    }
    if (end.reason.empty()) return reply(now, action.request, false, "a reason is needed");
    if (bed->watch->antidote && bed->watch->antidote->list.open())
        return reply(now, action.request, false, "the calcium gluconate checklist is open: close it first");
    Watch& watch = *bed->watch;
    watch.infusion.advance(now.steady);
    const auto last_dose = watch.infusion.last_dose();
    const bool recent = last_dose && now.steady - *last_dose < two_person_for;
    if (recent && (end.second_person.empty() || end.second_person == action.person)) {
        return reply(now, action.request, false,
                     "magnesium was given within 24 h: a second person must confirm the end of the watch");
    }
    std::vector<EpisodeId> open;
    for (const auto& [id, episode] : episodes) {
        if (episode.bed == end.bed) open.push_back(id);
    }
    for (const auto id : open) close_episode(now, id, action.person);
    bed->watch.reset();
    for (auto& slot : bed->faults) slot = {};
    bed->live_at = {};
    bed->live_flow = false;
    bed->paused_until = {};
    bed->review = Instant::never();
    refresh_next(*bed, now.steady);
    publish(end.bed);
    reply(now, action.request, true, "watch ended");
}

void Ward::State::do_action(const Moment& now, const Action& action, const Acknowledge& acknowledge)
{
    const auto found = episodes.find(acknowledge.episode);
    if (found == episodes.end()) return reply(now, action.request, false, "no such open alarm");
    Episode& episode = found->second;
    const auto call = calls.find(episode.call);
    const Duration lasts =
        call != calls.end() ? policy(call->second).acknowledged : configuration.high.acknowledged;
    episode.acknowledged = true;
    episode.acknowledged_by = action.person;
    episode.acknowledged_until = now.steady + lasts;
    emit(now, episode, AlarmEvent::acknowledged, action.person);
    publish(episode.bed);
    reply(now, action.request, true, "acknowledged; returns if the cause persists");
    if (episode.latched() || episode.orphan) return close_episode(now, acknowledge.episode, action.person);
    if (call == calls.end()) return;
    const bool all = std::all_of(episodes.begin(), episodes.end(), [&](const auto& item) {
        return item.second.call != episode.call || item.second.acknowledged;
    });
    if (!all) return;
    coming(now, call->second, action.person);
}

void Ward::State::do_action(const Moment& now, const Action& action, const Answer& answer)
{
    const auto found = calls.find(answer.call);
    if (found == calls.end()) {
        const bool known = std::any_of(pages.begin(), pages.end(), [&](const PageRecord& record) {
            return record.page.key.call == answer.call;
        });
        if (known) return reply(now, action.request, true, "this call is over");
        // Long ago, or a page that left just before a crash and came into no record: its cause may stand.
        const std::string& phone = configuration.callback;
        return reply(now, action.request, false,
                     "this page is not known here; ring " + (phone.empty() ? "the ward" : phone));
    }
    Call& call = found->second;
    const BedId bed = call.bed; // "here" may end the call
    switch (answer.kind) {
    case AnswerKind::coming: coming(now, call, action.person); break;
    case AnswerKind::cannot: cannot(now, call, action.person); break;
    case AnswerKind::here: here(now, call, action.person); break;
    }
    publish(bed);
    reply(now, action.request, true, "answer recorded");
}

// A code is short, and a call is over before its code comes again: only who was told may use it.
void Ward::State::do_action(const Moment& now, const Action& action, const AnswerCode& answer)
{
    const std::uint64_t said = hash_said(answer.code, answer.kind);
    if (key_used(now, action.request, answer.key, said)) return;
    keys.remember(answer.key, said);
    const auto found = std::find_if(calls.begin(), calls.end(), [&](const auto& item) {
        const Call& call = item.second;
        return call.code == answer.code && call.code != 0 &&
               std::any_of(call.told.begin(), call.told.end(),
                           [&](const Told& told) { return told.person == action.person; });
    });
    if (found == calls.end())
        return reply(now, action.request, false,
                     "no open call with the code " + std::to_string(answer.code) + " was sent to " + action.person);
    do_action(now, action, Answer{found->first, answer.kind});
}

void Ward::State::do_action(const Moment& now, const Action& action, const PauseAudio& pause)
{
    Bed* bed = find(pause.bed);
    if (bed == nullptr) return reply(now, action.request, false, "no such bed");
    const Duration length = pause.length <= Duration{} ? pause_max : std::min(pause.length, pause_max);
    bed->paused_until = now.steady + length;
    refresh_next(*bed, now.steady);
    publish(pause.bed);
    reply(now, action.request, true, "audio paused; it returns by itself");
}

} // namespace magwatch
