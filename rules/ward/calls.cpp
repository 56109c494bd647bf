// Who is told: episodes join calls, calls ring people, answers come back.
#include <algorithm>

#include "rules/ward/session_alarm.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// A technical call of one bed waits so long for those of other beds: one switch that fails is one page (goal G11
// gives 5 s; design value).
constexpr Duration gather_for = 2s;

// A call rings less often between two starts: 16 hours at one a minute, and people who page again each 10 s.
constexpr std::uint32_t rings_of_a_start = 8000;
constexpr std::uint32_t starts_counted = 500'000; // of those that fit

// As many calls may have rung without the disk: a page waits for it for 200 ms (design value).
constexpr int calls_unrecorded = 10;

} // namespace

const LadderPolicy& Ward::State::policy(const Call& call) const
{
    const auto usable = [this](const LadderPolicy& p) -> const LadderPolicy& {
        return p.rungs.empty() ? configuration.high : p;
    };
    for (const SpecialPolicy& special : configuration.policies) {
        if (special.fits(call.kind, call.priority, call.grade)) return usable(special.ladder);
    }
    if (call.kind == AlarmKind::technical) return usable(configuration.technical);
    return call.priority == Priority::high ? configuration.high : usable(configuration.medium);
}

CallId& Ward::State::call_slot(BedId bed, AlarmKind kind)
{
    Bed* at = find(bed);
    if (at == nullptr) return ward_call;
    return kind == AlarmKind::physiological ? at->physiological : at->technical;
}

bool Ward::State::join_call(Episode& episode)
{
    const AlarmText& alarm = episode.alarm;
    if (alarm.priority == Priority::low) return false;
    CallId& slot = call_slot(episode.bed, alarm.kind);
    auto open = calls.find(slot);
    if (Call* flood = flood_call(); open == calls.end() && flood != nullptr && alarm.kind == AlarmKind::technical &&
                                    episode.bed != no_bed) {
        join_flood(*flood, episode.bed);
        open = calls.find(slot);
    }
    if (open == calls.end()) {
        Call call;
        call.id = new_serial();
        call.number = new_number();
        call.code = new_code();
        call.bed = episode.bed;
        call.kind = alarm.kind;
        call.priority = alarm.priority;
        call.grade = alarm.grade;
        call.together = alarm.together;
        slot = episode.call = call.id;
        calls.emplace(call.id, call);
        return true;
    }
    Call& call = open->second;
    episode.call = call.id;
    const bool higher = alarm.priority > call.priority || alarm.grade > call.grade;
    call.priority = std::max(call.priority, alarm.priority);
    call.grade = std::max(call.grade, alarm.grade);
    call.together = call.together || alarm.together;
    return higher;
}

void Ward::State::ring_call(const Moment& now, const Episode& episode, bool worse)
{
    const auto found = calls.find(episode.call);
    if (found == calls.end()) return;
    Call& call = found->second;
    const AlarmText& alarm = episode.alarm;
    // A person asks for people: neither the wait of medium alarms nor quiet hours hold it.
    if (alarm.rule == info(SessionAlarm::concerned).id) {
        LadderPolicy at_once = policy(call);
        at_once.first_after = {};
        const bool fresh = call.next == Instant::never();
        return send(now, call, fresh ? open_call(call, at_once, now.steady) : new_finding(call, at_once, now.steady),
                    episode.id);
    }
    const bool of_a_bed = alarm.kind == AlarmKind::technical && call.bed != no_bed;
    if (call.next == Instant::never()) {
        const Duration hold = std::max(quiet_hold(call, now), of_a_bed ? gather_for : Duration{});
        return send(now, call, open_call(call, policy(call), now.steady, hold), episode.id);
    }
    if (worse && of_a_bed && call.state == CallState::waiting) {
        call.next = std::min(call.next, now.steady + gather_for);
        return;
    }
    // A new sign of toxicity always rings; one more technical finding rings only if it is worse.
    const bool sign = alarm.kind == AlarmKind::physiological && alarm.priority == Priority::high;
    if (worse || sign) send(now, call, new_finding(call, policy(call), now.steady), episode.id);
}

Duration Ward::State::quiet_hold(const Call& call, const Moment& now) const
{
    const LadderPolicy& ladder = policy(call);
    for (const QuietHours& one : quiet) {
        if (one.name != ladder.quiet) continue;
        for (const Interval& hours : one.hours)
            if (hours.holds(now.wall)) return std::min(hours.to - now.wall, ladder.quiet_hold);
    }
    return {};
}

void Ward::State::leave_call(const Moment& now, CallId id, const std::string& person, const std::string& over_words)
{
    const auto found = calls.find(id);
    const bool others = std::any_of(episodes.begin(), episodes.end(),
                                    [&](const auto& item) { return item.second.call == id; });
    if (found == calls.end()) return;
    if (others) return unreached.empty() ? void() : judge_owner(now);
    const auto forget = [id](CallId& slot) {
        if (slot == id) slot = {};
    };
    forget(ward_call);
    for (Bed& bed : beds) {
        forget(bed.physiological);
        forget(bed.technical);
    }
    const Call over = std::move(found->second);
    calls.erase(found);
    note_reached(now, id, true);
    effects->push_back(CancelPages{now, id});
    std::erase_if(relays, [id](const Relay& relay) { return relay.page.key.call == id; });
    const std::string closed = person.empty() ? "Alarm over" : "Alarm over, closed by " + person;
    follow_up(now, over, PageReason::ended, over_words.empty() ? closed : over_words, {person});
}

// What a page says, the gravest first. What is new comes before all: the rest was told, and may be cut.
std::vector<std::string> Ward::State::words(const Call& call, EpisodeId first) const
{
    std::vector<const Episode*> found;
    for (const auto& [key, episode] : episodes) {
        if (episode.call == call.id) found.push_back(&episode);
    }
    std::stable_sort(found.begin(), found.end(), [first](const Episode* a, const Episode* b) {
        if ((a->id == first) != (b->id == first)) return a->id == first;
        if (a->condition != b->condition) return a->condition;
        if (a->alarm.priority != b->alarm.priority) return a->alarm.priority > b->alarm.priority;
        return a->alarm.grade > b->alarm.grade;
    });
    std::vector<std::string> words;
    for (const Episode* episode : found) {
        if (std::find(words.begin(), words.end(), episode->alarm.message) == words.end()) {
            words.push_back(episode->alarm.message);
        }
    }
    if (call.merged > 0) tell_beds(call, words);
    return words;
}

// Nobody may take a page that was lost with the process for one of another bed: its number and its code do not come
// again at once.
void Ward::State::skip_numbers()
{
    for (int i = 0; i < calls_unrecorded; ++i) {
        (void)new_number();
        (void)take_code();
    }
}

std::uint32_t Ward::State::new_number()
{
    const std::uint32_t number = next_number;
    next_number = next_number >= 9999 ? 1001 : next_number + 1;
    return number;
}

std::uint16_t Ward::State::take_code()
{
    const std::uint16_t code = next_code;
    next_code = code >= last_code ? first_code : static_cast<std::uint16_t>(code + 1);
    return code;
}

std::uint16_t Ward::State::new_code()
{
    const auto taken = [this](std::uint16_t code) {
        return std::any_of(calls.begin(), calls.end(), [&](const auto& item) { return item.second.code == code; });
    };
    // With more calls open than codes the later ones have none, and are answered in the other ways.
    for (std::uint16_t tried = first_code; tried <= last_code; ++tried) {
        const std::uint16_t code = take_code();
        if (!taken(code)) return code;
    }
    return 0;
}

void Ward::State::call_moves(const Moment& now, CallId id)
{
    const auto found = calls.find(id);
    if (found == calls.end()) return;
    Call& call = found->second;
    if (call.state == CallState::waiting) merge_flood(now, call);
    send(now, call, call_due(call, policy(call), now.steady));
}

void Ward::State::coming(const Moment& now, Call& call, const std::string& person)
{
    if (call.state == CallState::attended) {
        // It moves nothing, and is kept all the same: this person was told that it is.
        if (call.person != person) note_answer(call, person, Responsibility::accepted, now.steady);
        return;
    }
    const bool known = call.state == CallState::accepted && call.person == person;
    answer_coming(call, policy(call), person, now.steady);
    note_answer(call, person, Responsibility::accepted, now.steady);
    effects->push_back(CancelPages{now, call.id});
    if (!known) follow_up(now, call, PageReason::taken, person + " is coming", {person});
}

// Said again (a double tap, a reply that came twice, one that was not confirmed) it is no news: each would take the
// call up by a rung.
void Ward::State::cannot(const Moment& now, Call& call, const std::string& person)
{
    const bool again = std::any_of(call.told.begin(), call.told.end(), [&](const Told& told) {
        return told.person == person && told.answer == Responsibility::declined && told.answered > told.newest;
    });
    if (again) return;
    note_answer(call, person, Responsibility::declined, now.steady);
    send(now, call, answer_cannot(call, policy(call), person, now.steady));
}

void Ward::State::acknowledgement_over(const Moment& now, EpisodeId id)
{
    const auto found = episodes.find(id);
    if (found == episodes.end()) return; // what ran out before it ended it
    Episode& episode = found->second;
    episode.acknowledged = false;
    emit(now, episode, AlarmEvent::expired, episode.acknowledged_by);
    publish(episode.bed);
    const auto call = calls.find(episode.call);
    if (call == calls.end() || call->second.state == CallState::calling) return;
    send(now, call->second, persists(call->second, policy(call->second), now.steady));
}

void Ward::State::here(const Moment& now, Call& call, const std::string& person)
{
    const LadderPolicy& ladder = policy(call);
    const bool answered = call.state == CallState::accepted || call.state == CallState::attended;
    const bool known = answered && call.person == person;
    answer_here(call, ladder, person, now.steady);
    note_answer(call, person, Responsibility::attended, now.steady);
    const CallId id = call.id;
    effects->push_back(CancelPages{now, id});
    if (!known) follow_up(now, call, PageReason::taken, person + " is at the bed", {person});
    std::vector<EpisodeId> seen;
    for (auto& [key, episode] : episodes) {
        if (episode.call != id) continue;
        episode.acknowledged = true;
        episode.acknowledged_by = person;
        episode.acknowledged_until = now.steady + ladder.acknowledged;
        emit(now, episode, AlarmEvent::attended, person);
        if (episode.latched() || episode.orphan) seen.push_back(key);
    }
    for (const auto key : seen) close_episode(now, key, person);
}

// A count, a test or a tap at the bed: whoever was coming is here, and whoever is here is still busy. What was done
// before the call, or longer ago than there is time to come, says nothing of it; nor what was done at one bed of a call
// about many.
void Ward::State::bedside_act(const Moment& now, BedId bed, const std::string& person, Instant at)
{
    for (const CallId id : {beds[bed.value].physiological, beds[bed.value].technical}) {
        const auto call = calls.find(id);
        if (call == calls.end() || call->second.bed != bed) continue;
        if (at < call->second.since || now.steady - at > policy(call->second).attend) continue;
        if (call->second.state == CallState::accepted || call->second.state == CallState::attended) {
            here(now, call->second, person);
        }
    }
}

// A step of the checklist is about the alarm itself: whoever taps it is at the bed, though nobody had answered. A count
// may be charted late and from elsewhere, so that it says so only of somebody who was coming.
void Ward::State::treated(const Moment& now, BedId bed, const std::string& person)
{
    const auto call = calls.find(beds[bed.value].physiological);
    if (call != calls.end() && call->second.state == CallState::calling) here(now, call->second, person);
    else bedside_act(now, bed, person, now.steady);
}

bool Ward::State::paused(BedId bed, Instant now) const
{
    return bed.value < beds.size() && beds[bed.value].paused_until > now;
}

bool Ward::State::sounding(const Call& call, Instant now) const
{
    if (paused(call.bed, now)) return false;
    return std::any_of(episodes.begin(), episodes.end(), [&](const auto& item) {
        return item.second.call == call.id && !item.second.acknowledged;
    });
}

// After an interruption an unanswered call rings at once, as a new repetition that says for how long
// nobody watched; an answered one keeps its deadlines.
void Ward::State::resume_calls(const Moment& now, Duration unwatched)
{
    std::vector<CallId> open;
    for (const auto& [id, call] : calls) open.push_back(id);
    for (const auto id : open) {
        const auto found = calls.find(id);
        if (found == calls.end()) continue; // one that came before it reached somebody
        Call& call = found->second;
        // The ward's own call that this start has opened rings by itself, and its words are how long that was.
        if (id.incarnation == incarnation && call.bed == no_bed) continue;
        // What rang before the interruption and never reached the disk has left under keys that must not come again.
        const std::uint32_t starts = std::min(incarnation - std::min(incarnation, id.incarnation), starts_counted);
        call.repetition = std::max(call.repetition, starts * rings_of_a_start);
        if (call.state != CallState::calling) {
            // Deadlines that passed while nobody watched run out now, once.
            call.next = std::max(call.next, now.steady + Duration{1});
            continue;
        }
        // Whatever of it leaves, now, on the next channel or after one more restart, says how long; also of a time
        // before that nobody may have heard of.
        Duration untold = unwatched;
        for (const PageRecord& record : pages)
            if (record.page.key.call == id && !record.resolved) untold = std::max(untold, record.page.unwatched);
        send(now, call, call_restarted(call, policy(call), now.steady), {}, untold);
    }
}

} // namespace magwatch
