#include "rules/escalation/roster.hpp"

#include <algorithm>
#include <cstdlib>

namespace magwatch {

std::string_view name(DutySource source)
{
    switch (source) {
    case DutySource::shift: return "shift";
    case DutySource::change: return "change";
    case DutySource::last_resort: return "last_resort";
    }
    std::abort();
}

Duty on_duty(const Roster& roster, const std::vector<RosterChange>& changes, WallTime at)
{
    const auto changed = std::find_if(changes.rbegin(), changes.rend(), [&](const RosterChange& change) {
        return change.roster == roster.name && change.when.holds(at);
    });
    if (changed != changes.rend()) return {{changed->person}, DutySource::change};
    Duty duty{{}, DutySource::shift};
    for (const Shift& shift : roster.shifts) {
        const bool known = std::find(duty.people.begin(), duty.people.end(), shift.person) != duty.people.end();
        if (shift.when.holds(at) && !known) duty.people.push_back(shift.person);
    }
    if (duty.people.empty()) return {{roster.last_resort}, DutySource::last_resort};
    return duty;
}

std::optional<WallTime> next_handover(const Roster& roster, const std::vector<RosterChange>& changes, WallTime at)
{
    std::optional<WallTime> next;
    const auto look = [&](WallTime edge) {
        if (edge.ms > at.ms && (!next || edge.ms < next->ms)) next = edge;
    };
    for (const Shift& shift : roster.shifts) {
        look(shift.when.from);
        look(shift.when.to);
    }
    for (const RosterChange& change : changes) {
        if (change.roster != roster.name) continue;
        look(change.when.from);
        look(change.when.to);
    }
    return next;
}

std::vector<Interval> uncovered(const Roster& roster, const std::vector<RosterChange>& changes, Interval within)
{
    std::vector<Interval> covered;
    for (const Shift& shift : roster.shifts) covered.push_back(shift.when);
    for (const RosterChange& change : changes)
        if (change.roster == roster.name) covered.push_back(change.when);
    std::sort(covered.begin(), covered.end(),
              [](const Interval& a, const Interval& b) { return a.from.ms < b.from.ms; });
    std::vector<Interval> gaps;
    WallTime reached = within.from;
    for (const Interval& one : covered) {
        if (one.to.ms <= reached.ms) continue;
        if (one.from.ms >= within.to.ms) break;
        if (one.from.ms > reached.ms) gaps.push_back({reached, one.from});
        reached = one.to;
    }
    if (reached.ms < within.to.ms) gaps.push_back({reached, within.to});
    return gaps;
}

} // namespace magwatch
