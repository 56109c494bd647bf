// Who is on call: rosters as intervals of UTC, changes made at night, and a last resort.
//
// Pure. The shell knows time zones and turns shifts ("weekdays 08:00 to 20:00") into intervals; here is only what they
// mean at an instant of wall time. A roster always answers: where no shift covers the time, and where a clock has run
// out of every shift, its last resort does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch {

struct Interval {
    WallTime from, to; // `to` is not in it
    [[nodiscard]] bool holds(WallTime at) const { return at.ms >= from.ms && at.ms < to.ms; }
    template <class Archive> void archive(Archive& a) { a(from, to); }
};

struct Shift {
    Interval when;
    std::string person;
    template <class Archive> void archive(Archive& a) { a(when, person); }
};

struct Roster {
    std::string name; // "obstetrician"
    std::vector<Shift> shifts;
    std::string last_resort; // a person, always there
    template <class Archive> void archive(Archive& a) { a(name, shifts, last_resort); }
};

// Somebody else has the duty for a while; the newest that covers a time holds.
struct RosterChange {
    std::string roster, person;
    Interval when;
    std::string reason, by;
    Instant forget = Instant::never(); // by ward time, since a wall clock may be wrong for a while
    template <class Archive> void archive(Archive& a)
    {
        a(roster, person, when, reason, by);
        if (a.format() >= 12) a(forget);
    }
};

struct QuietHours {
    std::string name;
    std::vector<Interval> hours;
    template <class Archive> void archive(Archive& a) { a(name, hours); }
};

// Why somebody has the duty.
enum class DutySource : std::uint8_t { shift, change, last_resort };
[[nodiscard]] std::string_view name(DutySource source);

struct Duty {
    std::vector<std::string> people; // never empty; two shifts may overlap
    DutySource source = DutySource::last_resort;
};
[[nodiscard]] Duty on_duty(const Roster& roster, const std::vector<RosterChange>& changes, WallTime at);

// The next instant after `at` at which on_duty() may answer otherwise; nothing if it never will.
[[nodiscard]] std::optional<WallTime> next_handover(const Roster& roster, const std::vector<RosterChange>& changes,
                                                    WallTime at);

// Times within [from, to) that no shift and no change covers, in order.
[[nodiscard]] std::vector<Interval> uncovered(const Roster& roster, const std::vector<RosterChange>& changes,
                                              Interval within);

} // namespace magwatch
