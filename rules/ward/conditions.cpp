// Truths to alarm conditions to episodes.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

AlarmText text_of(const Rule& rule)
{
    return {rule.id,       rule.title, rule.message,  rule.prompt,  rule.kind,
            rule.priority, rule.grade, rule.latching, rule.together};
}

} // namespace

void Ward::State::evaluate(const Moment& now, BedId bed, SignalMask changed)
{
    Watch& watch = *beds[bed.value].watch;
    if (!watch.evaluation || replaying != Replaying::no) return;
    watch.evaluation->evaluate(*watch.pack, watch.patient, now.steady, changed,
                               [&](std::size_t rule, const RuleTruth&) { advance_rule(now, bed, rule); });
}

void Ward::State::advance_rule(const Moment& now, BedId bed, std::size_t index)
{
    Watch& watch = *beds[bed.value].watch;
    Slot& slot = watch.rules[index];
    const Rule& rule = watch.pack->rules[index];
    const bool delayed = slot.condition.delayed();
    const ConditionEvent event = advance({rule.hold, rule.clear_hold}, slot.condition,
                                         watch.evaluation->truth(index), now.steady);
    watch.delays += static_cast<std::uint32_t>(slot.condition.delayed()) - static_cast<std::uint32_t>(delayed);
    if (event == ConditionEvent::became_active) raise(now, bed, slot, text_of(rule));
    if (event == ConditionEvent::became_clear) condition_over(now, slot);
}

void Ward::State::advance_slot(const Moment& now, BedId bed, Slot& slot, const ConditionPolicy& policy,
                               const AlarmText& alarm)
{
    const ConditionEvent event = advance(policy, slot.condition, slot.truth, now.steady);
    if (event == ConditionEvent::became_active) raise(now, bed, slot, alarm);
    if (event == ConditionEvent::became_clear) condition_over(now, slot);
}

void Ward::State::raise(const Moment& now, BedId bed, Slot& slot, AlarmText alarm)
{
    const EpisodeId latched = slot.episode; // still open, and here again: a new true start is a new episode
    Episode episode;
    episode.id = new_serial();
    episode.bed = bed;
    episode.alarm = std::move(alarm);
    episode.since = now;
    slot.episode = episode.id;
    ++raised;
    Episode& stored = episodes.emplace(episode.id, std::move(episode)).first->second;
    // Who follows the alarm to its pages finds the call in its first transition.
    const bool worse = join_call(stored);
    emit(now, stored, AlarmEvent::raised, "");
    if (Bed* at = find(bed); at != nullptr && at->watch && grave(stored)) {
        at->watch->bedside.toxic = now.steady;
        if (at->watch->bedside.stopped) at->watch->session_next = now.steady; // the watch after the stop begins anew
        antidote_for(now, *at->watch, stored);
    }
    // A new alarm breaks a pause.
    if (Bed* at = find(bed); at != nullptr && stored.alarm.priority == Priority::high) at->paused_until = Instant{};
    ring_call(now, stored, worse);
    close_episode(now, latched, "");
    publish(bed);
}

void Ward::State::condition_over(const Moment& now, Slot& slot)
{
    const auto found = episodes.find(slot.episode);
    if (found == episodes.end()) return;
    Episode& episode = found->second;
    episode.condition = false;
    episode.alarm.latching = episode.alarm.latching || correcting;
    if (correcting || (episode.alarm.latching && !episode.acknowledged)) {
        emit(now, episode, AlarmEvent::latched, "");
        publish(episode.bed);
        return;
    }
    const EpisodeId id = slot.episode;
    close_episode(now, id, "");
}

void Ward::State::close_episode(const Moment& now, EpisodeId id, const std::string& person)
{
    const auto found = episodes.find(id);
    if (found == episodes.end()) return;
    emit(now, found->second, AlarmEvent::cleared, person);
    const CallId call = found->second.call;
    const BedId bed = found->second.bed;
    episodes.erase(found);
    shelves.erase(id);
    // Whoever kept it open forgets it.
    const auto forget = [&](Slot& slot) {
        if (slot.episode == id) slot.episode = {};
    };
    if (Bed* at = find(bed)) {
        for (auto& slot : at->faults) forget(slot);
        if (at->watch) {
            for (auto& slot : at->watch->rules) forget(slot);
            for (auto& check : at->watch->checks) forget(check.slot);
            for (auto& item : at->watch->session_slots) forget(item.second);
        }
    } else {
        for (auto& slot : faults) forget(slot);
    }
    leave_call(now, call, person);
    publish(bed);
}

void Ward::State::emit(const Moment& now, const Episode& episode, AlarmEvent event, const std::string& person)
{
    AlarmTransition transition;
    transition.at = now;
    transition.episode = episode.id;
    transition.call = episode.call;
    if (const auto call = calls.find(episode.call); call != calls.end()) transition.number = call->second.number;
    transition.bed = episode.bed;
    transition.rule = episode.alarm.rule;
    transition.kind = episode.alarm.kind;
    transition.priority = episode.alarm.priority;
    transition.grade = episode.alarm.grade;
    transition.event = event;
    transition.message = episode.alarm.message;
    transition.person = person;
    effects->push_back(std::move(transition));
}

} // namespace magwatch
