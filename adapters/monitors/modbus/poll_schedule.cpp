#include "adapters/monitors/modbus/poll_schedule.hpp"

#include <algorithm>

namespace magwatch::adapters::modbus
{
namespace
{

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_retry = 1s;
constexpr std::chrono::milliseconds longest_retry = 10s;
constexpr unsigned main_every = 4; // tries of a silent unit that go over the shared connection

std::chrono::nanoseconds retry_after(unsigned failures, double chance)
{
    const auto doublings = std::min(failures - 1, 6U);
    const auto base = std::min(first_retry * (1 << doublings), longest_retry);
    const double factor = 0.8 + 0.4 * chance;
    return std::chrono::nanoseconds{static_cast<std::int64_t>(
        static_cast<double>(std::chrono::nanoseconds{base}.count()) * factor)};
}

} // namespace

void PollSchedule::add_unit(Time first, std::span<const Duration> intervals)
{
    Unit unit;
    for (const Duration interval : intervals) unit.slots.push_back({first, interval});
    units_.push_back(std::move(unit));
}

Lane PollSchedule::lane_of(const Unit& unit) const
{
    if (one_wire_ || unit.failures == 0 || units_.size() == 1 || unit.failures % main_every == 0)
        return Lane::main;
    return Lane::probe;
}

std::optional<PollSchedule::Due> PollSchedule::earliest(Lane lane, Which which) const
{
    std::optional<Due> best;
    for (std::size_t u = 0; u < units_.size(); ++u) {
        const Unit& unit = units_[u];
        if (unit.busy || lane_of(unit) != lane) continue;
        if (which != Which::all && (unit.failures > 0) != (which == Which::silent)) continue;
        // A silent unit is asked for its first group alone.
        const std::size_t groups =
            unit.failures > 0 ? std::min<std::size_t>(1, unit.slots.size()) : unit.slots.size();
        for (std::size_t g = 0; g < groups; ++g) {
            const Time at = unit.failures > 0 ? unit.retry : unit.slots[g].due;
            if (best && at >= best->at) continue;
            best = Due{static_cast<std::uint16_t>(u), static_cast<std::uint16_t>(g), at,
                       unit.failures > 0};
        }
    }
    return best;
}

std::optional<PollSchedule::Due> PollSchedule::next(Lane lane, Time now) const
{
    if (one_wire_) {
        const auto healthy = earliest(lane, Which::healthy);
        const auto silent = earliest(lane, Which::silent);
        const bool waited = silent && silent->at + longest_retry <= now && !probed_last_;
        if (healthy && healthy->at <= now && !waited) return healthy;
    }
    const auto best = earliest(lane, Which::all);
    return best && best->at <= now ? best : std::nullopt;
}

PollSchedule::Time PollSchedule::wake(Lane lane, Time now) const
{
    const auto best = earliest(lane);
    return best ? std::min(best->at, now + 1h) : now + 1h;
}

bool PollSchedule::has_silent() const
{
    return std::any_of(units_.begin(), units_.end(), [](const Unit& u) { return u.failures > 0; });
}

void PollSchedule::begin(const Due& due)
{
    units_[due.unit].busy = true;
    probed_last_ = due.probe;
}

std::uint64_t PollSchedule::answered(const Due& due, Time now)
{
    Unit& unit = units_[due.unit];
    unit.busy = false;
    if (unit.failures > 0) {
        // Back again: everything it has is wanted now, the polled group from its next slot on.
        unit.failures = 0;
        for (Slot& slot : unit.slots) slot.due = now;
        unit.slots[due.group].due = now + unit.slots[due.group].interval;
        return 0;
    }
    Slot& slot = unit.slots[due.group];
    if (slot.interval <= 0ms) {
        slot.due = now;
        return 0;
    }
    slot.due += slot.interval;
    if (slot.due > now) return 0;
    const auto skipped = (now - slot.due) / std::chrono::nanoseconds{slot.interval} + 1;
    slot.due += skipped * slot.interval;
    return static_cast<std::uint64_t>(skipped);
}

void PollSchedule::failed(const Due& due, Time now, double chance)
{
    Unit& unit = units_[due.unit];
    unit.busy = false;
    unit.failures += 1;
    unit.retry = now + retry_after(unit.failures, chance);
}

} // namespace magwatch::adapters::modbus
