#include "rules/escalation/call.hpp"

#include <algorithm>
#include <cstdlib>

namespace magwatch {
namespace {

void add_person(std::vector<std::string>& people, const std::string& person)
{
    if (std::find(people.begin(), people.end(), person) == people.end()) people.push_back(person);
}

// A ladder with no waits would ring without end at one instant.
Duration at_least_a_second(Duration d) { return std::max(d, Duration{1000}); }

std::uint16_t last_rung(const LadderPolicy& policy)
{
    return static_cast<std::uint16_t>(policy.rungs.empty() ? 0 : policy.rungs.size() - 1);
}

// The rungs that ring at once with this one.
std::uint16_t group_begin(const LadderPolicy& policy, std::uint16_t rung)
{
    while (rung > 0 && policy.rungs[rung].together) --rung;
    return rung;
}
std::uint16_t group_end(const LadderPolicy& policy, std::uint16_t rung)
{
    while (rung < last_rung(policy) && policy.rungs[rung + 1U].together) ++rung;
    return rung;
}

// Everybody of the rungs [from, to].
std::vector<std::string> people_of(const LadderPolicy& policy, std::size_t from, std::size_t to)
{
    std::vector<std::string> people;
    for (std::size_t i = from; i <= to; ++i)
        for (const auto& person : policy.rungs[i].people) add_person(people, person);
    return people;
}

// Who was told, whatever ladder and whoever's duty it was then. Who cannot come waits for no news.
void add_told(std::vector<std::string>& people, const Call& call)
{
    for (const Told& one : call.told)
        if (one.answer != Responsibility::declined) add_person(people, one.person);
}

// Rings the current rung, or all up to it, and sets the time of the next move.
Ring ring(Call& call, const LadderPolicy& policy, Instant now, PageReason reason, bool everybody_told)
{
    call.rung = std::min(call.rung, last_rung(policy));
    call.state = CallState::calling;
    call.rang = true;
    call.person.clear();
    Ring out{reason, {}};
    Duration wait = policy.wait;
    if (!policy.rungs.empty()) {
        const bool all = call.together || everybody_told;
        const std::uint16_t first = all ? std::uint16_t{0} : group_begin(policy, call.rung);
        call.rung = group_end(policy, call.rung);
        const Duration own = policy.rungs[call.rung].wait;
        if (own > Duration{}) wait = own;
        out.people = people_of(policy, first, call.rung);
    }
    call.next = now + at_least_a_second(wait);
    if (everybody_told) add_told(out.people, call);
    return out;
}

Ring ring_next(Call& call, const LadderPolicy& policy, Instant now, PageReason reason)
{
    if (!call.rang) return ring(call, policy, now, reason, false); // answered before anybody was paged
    if (call.rung < last_rung(policy)) {
        ++call.rung;
        return ring(call, policy, now, reason, false);
    }
    ++call.repetition;
    return ring(call, policy, now, reason == PageReason::next_rung ? PageReason::repeat : reason, false);
}

// Once more, and nothing of the ladder comes later by it.
Ring ring_beside(Call& call, const LadderPolicy& policy, Instant now, PageReason reason, bool everybody_told)
{
    const Instant next = call.next;
    ++call.repetition;
    Ring out = ring(call, policy, now, reason, everybody_told);
    call.next = std::min(call.next, next);
    return out;
}

} // namespace

Ring open_call(Call& call, const LadderPolicy& policy, Instant now, Duration hold)
{
    call.since = now;
    if (call.priority != Priority::high) hold = std::max(hold, policy.first_after);
    else if (call.kind == AlarmKind::physiological) hold = {};
    if (hold > Duration{}) {
        call.state = CallState::waiting;
        call.next = now + hold;
        return {};
    }
    call.rung = call.together ? last_rung(policy) : std::uint16_t{0};
    return ring(call, policy, now, PageReason::first, false);
}

Ring call_due(Call& call, const LadderPolicy& policy, Instant now)
{
    switch (call.state) {
    case CallState::waiting: return ring(call, policy, now, PageReason::first, false);
    case CallState::calling: return ring_next(call, policy, now, PageReason::next_rung);
    case CallState::accepted: return ring_next(call, policy, now, PageReason::not_attended);
    case CallState::attended: return persists(call, policy, now);
    }
    std::abort();
}

Ring new_finding(Call& call, const LadderPolicy& policy, Instant now)
{
    const bool first = call.state == CallState::waiting;
    if (call.together) call.rung = last_rung(policy);
    if (!first) ++call.repetition;
    return ring(call, policy, now, first ? PageReason::first : PageReason::new_sign, true);
}

Ring persists(Call& call, const LadderPolicy& policy, Instant now)
{
    ++call.repetition;
    return ring(call, policy, now, PageReason::persists, true);
}

Ring call_restarted(Call& call, const LadderPolicy& policy, Instant now)
{
    ++call.repetition;
    return ring(call, policy, now, PageReason::restart, true);
}

Ring ring_again(Call& call, const LadderPolicy& policy, Instant now)
{
    call.again = now;
    if (call.state == CallState::waiting) return call_due(call, policy, now);
    return ring_beside(call, policy, now, PageReason::again, false);
}

Ring call_moved(Call& call, const LadderPolicy& policy, Instant now)
{
    if (call.state == CallState::waiting) return {};
    if (call.state != CallState::attended) return ring_beside(call, policy, now, PageReason::moved, true);
    ++call.repetition;
    Ring others{PageReason::moved, {}};
    for (const Told& one : call.told) {
        if (one.person != call.person && one.answer != Responsibility::declined) others.people.push_back(one.person);
    }
    return others;
}

Ring answer_cannot(Call& call, const LadderPolicy& policy, const std::string& person, Instant now)
{
    // Somebody else's "cannot" does not undo that a person is coming or here.
    const bool answered = call.state == CallState::accepted || call.state == CallState::attended;
    if (call.state == CallState::waiting || (answered && call.person != person)) return {};
    // Nobody is left to turn to but those who are called already: they are called again in time. If each "cannot" rang
    // them all at once, their answers would call each other without end.
    if (!answered && call.rung >= last_rung(policy)) return {};
    return ring_next(call, policy, now, PageReason::declined);
}

void note_answer(Call& call, const std::string& person, Responsibility answer, Instant now)
{
    for (Told& told : call.told) {
        if (told.person != person) continue;
        told.answer = answer;
        told.answered = now;
    }
}

void answer_coming(Call& call, const LadderPolicy& policy, const std::string& person, Instant now)
{
    if (call.state == CallState::attended) return;
    // Who says it again, or says it too, is not at the bed either: the first word's time runs on.
    if (call.state != CallState::accepted) call.next = now + at_least_a_second(policy.attend);
    call.state = CallState::accepted;
    call.person = person;
}

void answer_here(Call& call, const LadderPolicy& policy, const std::string& person, Instant now)
{
    call.state = CallState::attended;
    call.person = person;
    call.next = now + at_least_a_second(policy.acknowledged);
}

std::string_view name(Responsibility responsibility)
{
    switch (responsibility) {
    case Responsibility::undefined: return "undefined";
    case Responsibility::accepted: return "accepted";
    case Responsibility::declined: return "declined";
    case Responsibility::attended: return "attended";
    }
    std::abort();
}

std::string_view name(CallState state)
{
    switch (state) {
    case CallState::waiting: return "waiting";
    case CallState::calling: return "calling";
    case CallState::accepted: return "accepted";
    case CallState::attended: return "attended";
    }
    std::abort();
}

} // namespace magwatch
