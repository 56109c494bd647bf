// What people do about a call besides answering it: page again, ring somebody up, say that somebody is there.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

constexpr std::size_t name_longest = 64;
constexpr std::size_t told_most = 64; // people of one call

constexpr const char* call_over = "this call is not open any more";

} // namespace

void Ward::State::do_action(const Moment& now, const Action& action, const CallAgain& again)
{
    const auto found = calls.find(again.call);
    if (found == calls.end()) return reply(now, action.request, false, call_over);
    Call& call = found->second;
    const Duration since = now.steady - call.again;
    if (call.again != Instant{} && since < again_after) {
        const auto left = std::to_string((again_after - since).count() / 1000 + 1);
        return reply(now, action.request, false, "paged again a moment ago: wait " + left + " s");
    }
    const BedId bed = call.bed;
    send(now, call, ring_again(call, policy(call), now.steady)); // may end it
    publish(bed);
    reply(now, action.request, true, "paged again");
}

void Ward::State::do_action(const Moment& now, const Action& action, const CallPhoned& phoned)
{
    const auto found = calls.find(phoned.call);
    if (found == calls.end()) return reply(now, action.request, false, call_over);
    if (phoned.to.empty()) return reply(now, action.request, false, "who was rung up?");
    if (phoned.to.size() > name_longest) return reply(now, action.request, false, "the name is too long");
    Call& call = found->second;
    const BedId bed = call.bed;
    auto told = std::find_if(call.told.begin(), call.told.end(),
                             [&](const Told& one) { return one.person == phoned.to; });
    const bool paged = told != call.told.end();
    if (!paged) {
        if (call.told.size() >= told_most) return reply(now, action.request, false, "too many people were told");
        told = call.told.insert(call.told.end(), Told{phoned.to, call.rung, now.steady, {}, {}, false, now.steady});
    }
    told->by_phone = true;
    if (phoned.coming.value_or(false)) {
        coming(now, call, phoned.to);
    } else if (phoned.coming && paged) {
        cannot(now, call, phoned.to);
    } else if (phoned.coming) {
        // Somebody who was never paged leaves no gap in the ladder.
        note_answer(call, phoned.to, Responsibility::declined, now.steady);
    }
    publish(bed);
    reply(now, action.request, true, "recorded");
}

// Nobody's word: it restarts no timer, ends no paging and clears nothing.
void Ward::State::do_action(const Moment& now, const Action& action, const SomebodyHere& somebody)
{
    Bed* bed = find(somebody.bed);
    if (bed == nullptr) return reply(now, action.request, false, "no such bed");
    if (somebody.station.size() > name_longest) return reply(now, action.request, false, "the station is too long");
    bed->somebody = Somebody{now.steady, somebody.station};
    publish(somebody.bed);
    reply(now, action.request, true, "shown: somebody is here. It answers no call");
}

} // namespace magwatch
