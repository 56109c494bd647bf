// Technical alarms that are known for a while: no sound and no page until a time, and visible all along.
//
// Never one that is high, never one about the patient, and while magnesium acts or may act none that says that nobody
// can tell how she is: with those, sound and pages are all that stands between a fault and a silent gap.
#include <algorithm>
#include <utility>

#include "rules/ward/session_alarm.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

bool is(const Episode& episode, BedFault fault) { return episode.alarm.rule == info(fault).alarm.rule; }
bool is(const Episode& episode, WardFault fault) { return episode.alarm.rule == info(fault).alarm.rule; }

// It is about the bed's things and papers. All else that a bed has is a way of not knowing how she is. A device that is
// not commissioned hides nothing: its bed relies on charted checks, and those become overdue.
bool tells_no_blindness(const Episode& episode)
{
    return is(episode, BedFault::preparation) || is(episode, BedFault::cuff_arm) ||
           is(episode, BedFault::uncommissioned) || is(episode, BedFault::commission_lost) ||
           episode.alarm.rule == info(SessionAlarm::not_screened).id;
}

bool is_length(std::string_view number, std::string_view unit)
{
    if (number.empty() || number.find_first_not_of("0123456789.") != std::string_view::npos) return false;
    while (!unit.empty() && std::string_view{",.;"}.find(unit.back()) != std::string_view::npos) unit.remove_suffix(1);
    for (const std::string_view known : {"ms", "s", "min", "h", "day", "days"})
        if (unit == known) return true;
    return false;
}

std::string_view take_word(std::string_view& words)
{
    const std::size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    return word;
}

// What a ward's alarm is about, as its words list it. How long it has lasted is no part of that; a number in a name is.
std::vector<std::string> listed(std::string_view words)
{
    std::vector<std::string> out;
    std::string one;
    while (!words.empty()) {
        std::string_view word = take_word(words);
        const bool length = is_length(word, words.substr(0, words.find(' ')));
        if (length) word = take_word(words);
        const bool ends = !word.empty() && word.back() == ';';
        const bool last = words.empty() || ends;
        if (ends) word.remove_suffix(1);
        if (!length) {
            one += (one.empty() ? "" : " ");
            one += word;
        }
        if (last) out.push_back(std::exchange(one, {}));
    }
    return out;
}

std::string minutes_text(Duration length) { return std::to_string(length.count() / 60'000) + " min"; }

} // namespace

bool Ward::State::may_act(BedId id, Instant now) const
{
    const Bed& bed = beds[id.value];
    if (!bed.watch) return bed.live_flow;
    return bed.watch->infusion.on_board(now, on_board_length(*bed.watch, now)).value_or(true);
}

std::string Ward::State::why_not_shelved(const Episode& episode, Instant now) const
{
    if (episode.alarm.kind != AlarmKind::technical) return "an alarm about the patient cannot be shelved";
    if (episode.alarm.priority == Priority::high) return "an alarm of high priority cannot be shelved";
    if (episode.latched() || episode.orphan) return "its cause is over: acknowledge it instead";
    if (is(episode, WardFault::gap) || is(episode, WardFault::loop_late) || is(episode, WardFault::inbox_overflow))
        return "nobody was watching: this ends by itself and cannot be shelved";
    if (episode.bed.value >= beds.size() || tells_no_blindness(episode) || !may_act(episode.bed, now)) return "";
    const auto& watch = beds[episode.bed.value].watch;
    // A pump that was taken away after the stop tells nothing that anybody waits for.
    if (watch && watch->infusion.stop_declared() && is(episode, BedFault::pump_silent)) return "";
    return "magnesium acts or may act, and this alarm says that nobody can tell how she is: it cannot be shelved";
}

std::vector<std::string> Ward::State::subjects(const Episode& episode) const
{
    std::vector<std::string> out;
    for (std::size_t i = 0; i < faults.size(); ++i) {
        if (faults[i].episode != episode.id) continue;
        for (std::string& one : listed(fault_details[i])) out.push_back(std::move(one));
    }
    if (episode.bed.value >= beds.size()) return out;
    const Bed& bed = beds[episode.bed.value];
    if (is(episode, BedFault::uncommissioned)) return untrusted(episode.bed, false);
    if (is(episode, BedFault::commission_lost)) return untrusted(episode.bed, true);
    const bool silent = is(episode, BedFault::silent) || is(episode, BedFault::pump_silent);
    if (silent || is(episode, BedFault::frozen)) {
        for (const SourceLink& link : bed.links) {
            if (silent ? link.silent : link.frozen) out.push_back(source_name(link.source));
        }
    } else if (is(episode, BedFault::signals_lost)) {
        std::string_view rest = bed.lost_signals; // "No Heart rate, SpO2"
        rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(", "), rest.size());
            out.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 2, rest.size()));
        }
    }
    return out;
}

void Ward::State::do_action(const Moment& now, const Action& action, const Shelve& shelve)
{
    const auto found = episodes.find(shelve.episode);
    if (found == episodes.end()) return reply(now, action.request, false, "no such open alarm");
    Episode& episode = found->second;
    std::string why = why_not_shelved(episode, now.steady);
    if (static_cast<std::size_t>(shelve.reason) >= shelve_reasons.size()) why = "a reason is needed";
    else if (shelve.reason == ShelveReason::other && shelve.note.empty()) why = "say in the note why";
    else if (shelve.note.size() > note_longest) why = "the note is too long";
    else if (shelve.length < shelved_shortest || shelve.length > shelved_longest)
        why = "an alarm is shelved for 5 to 240 minutes: it always comes back";
    if (!why.empty()) return reply(now, action.request, false, why);
    shelves[episode.id] = {action.person, shelve.reason,    shelve.note, now.steady + shelve.length,
                           episode.bed,   subjects(episode)};
    emit(now, episode, AlarmEvent::shelved, action.person);
    const CallId call = episode.call;
    episode.call = {};
    const std::string length = minutes_text(shelve.length);
    leave_call(now, call, action.person, "Shelved for " + length + " by " + action.person);
    publish(episode.bed);
    reply(now, action.request, true, "shelved for " + length + "; it stays visible and comes back by itself");
}

void Ward::State::do_action(const Moment& now, const Action& action, const Unshelve& back)
{
    if (!shelves.contains(back.episode)) return reply(now, action.request, false, "this alarm is not shelved");
    unshelve(now, back.episode, action.person);
    reply(now, action.request, true, "it sounds and pages again");
}

void Ward::State::judge_shelves(const Moment& now)
{
    std::vector<EpisodeId> over;
    for (const auto& one : shelves) {
        const EpisodeId id = one.first;
        const Shelf& shelf = one.second; // clang 14 lets no lambda see a structured binding
        const Episode& episode = episodes.at(id);
        const auto about = subjects(episode);
        const bool more = std::any_of(about.begin(), about.end(), [&](const std::string& what) {
            return std::find(shelf.about.begin(), shelf.about.end(), what) == shelf.about.end();
        });
        const bool forbidden = !why_not_shelved(episode, now.steady).empty();
        if (shelf.until <= now.steady || more || forbidden || episode.bed != shelf.bed) over.push_back(id);
    }
    for (const EpisodeId id : over) unshelve(now, id, "");
}

// As an alarm that begins: a call of its own, or the bed's; whoever has answered that one hears that there is more.
void Ward::State::unshelve(const Moment& now, EpisodeId id, const std::string& person)
{
    shelves.erase(id);
    Episode& episode = episodes.at(id);
    episode.acknowledged = false;
    const bool worse = join_call(episode);
    emit(now, episode, AlarmEvent::unshelved, person);
    publish(episode.bed);
    const auto call = calls.find(episode.call);
    if (call == calls.end()) return; // of low priority
    const CallState state = call->second.state;
    if (state == CallState::accepted || state == CallState::attended)
        return send(now, call->second, persists(call->second, policy(call->second), now.steady), id);
    ring_call(now, episode, worse);
}

} // namespace magwatch
