// Who is polled next behind one address, and how silent units are left in peace without being
// forgotten.
//
// Pure: time and chance are handed in. Healthy units keep a fixed cadence that does not drift: a
// slot that was missed is skipped, not made up for. A unit that does not answer is asked again
// after 1, 2, 4 and 8 s, then every 10 s, each -20 to +20 %, so that a ward coming back after a
// power cut is not asked in one instant (design values: well inside the 30 s after which a value is
// stale). Behind an address with several units (a gateway) the silent ones are asked on a second
// connection, so that they cost the others one reply timeout when they fall silent, and one more on
// every fourth try: some gateways serve a single connection only. On a serial line there is one wire
// for all: there a silent unit is asked when no other is due, or when it has waited for 10 s, and
// never twice in a row while another is due.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch::adapters::modbus
{

enum class Lane : std::uint8_t { main, probe };

class PollSchedule
{
public:
    using Time = std::chrono::steady_clock::time_point;

    struct Due {
        std::uint16_t unit = 0;  // in the order of add_unit
        std::uint16_t group = 0; // of its intervals
        Time at;                 // when it should happen
        bool probe = false;      // the unit was silent
    };

    // All units share one serial line: there is no second lane.
    void use_one_wire() { one_wire_ = true; }
    // Intervals of the unit's groups, fastest first; 0 = again at once.
    void add_unit(Time first, std::span<const Duration> intervals);

    // What the lane should do now: the one longest due.
    [[nodiscard]] std::optional<Due> next(Lane lane, Time now) const;
    // When the lane should ask again if nothing is due. At most an hour ahead.
    [[nodiscard]] Time wake(Lane lane, Time now) const;
    // Whether the lane has a silent unit to ask at all.
    [[nodiscard]] bool has_silent() const;

    // From begin until answered or failed nothing else of the unit is due.
    void begin(const Due& due);
    // The unit answered. Returns how many slots were skipped because the last poll took so long.
    std::uint64_t answered(const Due& due, Time now);
    // It did not. `chance` is uniform in [0, 1).
    void failed(const Due& due, Time now, double chance);

    [[nodiscard]] unsigned failures(std::uint16_t unit) const { return units_[unit].failures; }

private:
    struct Slot {
        Time due;
        Duration interval{};
    };
    struct Unit {
        std::vector<Slot> slots;
        unsigned failures = 0;
        Time retry; // while failures > 0
        bool busy = false;
    };
    [[nodiscard]] Lane lane_of(const Unit& unit) const;
    enum class Which : std::uint8_t { all, healthy, silent };
    [[nodiscard]] std::optional<Due> earliest(Lane lane, Which which = Which::all) const;
    std::vector<Unit> units_;
    bool one_wire_ = false;
    bool probed_last_ = false;
};

} // namespace magwatch::adapters::modbus
