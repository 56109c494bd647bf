// Who is on call: rosters from the configuration, changes that staff made at night.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

constexpr Duration kept_after = std::chrono::hours{24}; // a change whose time is over: for whoever asks what it was
constexpr std::size_t roster_changes_max = 1000; // far above what two weeks hold; the oldest give way

} // namespace

const Roster* Ward::State::find_roster(const std::string& roster) const
{
    const auto found = std::find_if(rosters.begin(), rosters.end(), [&](const Roster& r) { return r.name == roster; });
    return found == rosters.end() ? nullptr : &*found;
}

const Person* Ward::State::find_person(const std::string& person) const
{
    const auto found = std::find_if(configuration.people.begin(), configuration.people.end(),
                                    [&](const Person& p) { return p.name == person; });
    return found == configuration.people.end() ? nullptr : &*found;
}

std::vector<std::string> Ward::State::people_for(const std::vector<std::string>& names, WallTime at) const
{
    std::vector<std::string> people;
    const auto add = [&people](const std::string& person) {
        if (std::find(people.begin(), people.end(), person) == people.end()) people.push_back(person);
    };
    for (const std::string& one : names) {
        const Roster* roster = find_roster(one);
        if (roster == nullptr) {
            add(one);
            continue;
        }
        bool reachable = false;
        for (const std::string& person : on_duty(*roster, roster_changes, at).people) {
            const Person* known = find_person(person);
            reachable = reachable || (known != nullptr && !known->channels.empty());
            add(person);
        }
        // Who has the duty may have left the configuration since.
        if (!reachable) add(roster->last_resort);
    }
    return people;
}

void Ward::State::apply(const Moment& now, const Rosters& next)
{
    rosters = next.rosters;
    quiet = next.quiet;
    // Not by the wall clock: one that is wrong for a moment must not take away what a person changed.
    std::erase_if(roster_changes, [&](const RosterChange& change) { return change.forget <= now.steady; });
    publish(no_bed);
}

void Ward::State::do_action(const Moment& now, const Action& action, const ChangeRoster& change)
{
    if (find_roster(change.roster) == nullptr)
        return reply(now, action.request, false, "no such roster: '" + change.roster + "'");
    if (change.to_person.empty()) {
        const auto taken_back = std::erase_if(roster_changes, [&](const RosterChange& one) {
            return one.roster == change.roster && one.when.to > change.when.from;
        });
        publish(no_bed);
        return reply(now, action.request, true,
                     std::to_string(taken_back) + " change(s) of " + change.roster + " taken back");
    }
    const Person* person = find_person(change.to_person);
    if (person == nullptr || person->channels.empty())
        return reply(now, action.request, false, "nobody of this name has a channel: '" + change.to_person + "'");
    if (change.when.to <= change.when.from || change.when.to <= now.wall)
        return reply(now, action.request, false, "the time of the change is over before it begins");
    if (change.when.to - change.when.from > roster_change_longest)
        return reply(now, action.request, false, "a change lasts at most 14 days: longer ones belong into the roster");
    if (roster_changes.size() >= roster_changes_max) roster_changes.erase(roster_changes.begin());
    const Instant forget = now.steady + (change.when.to - now.wall) + kept_after;
    roster_changes.push_back({change.roster, change.to_person, change.when, change.reason, action.person, forget});
    publish(no_bed);
    reply(now, action.request, true, change.to_person + " has the duty of " + change.roster);
}

} // namespace magwatch
