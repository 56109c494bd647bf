// Time as the core sees it: never read from a clock here, always handed in.
//
// Pure. Ward time is steady: it counts suspend, goes on across restarts of the daemon (see
// rules/ward/continuation.hpp) and never runs backwards. Wall time stands beside it for display and
// records only; no decision about freshness or a delay may read it.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>

namespace magwatch {

// Resolution of all ward time. A millisecond is far below any clinical delay and keeps journals small.
using Duration = std::chrono::duration<std::int64_t, std::milli>;

// A point on the ward's steady time line.
struct Instant {
    std::int64_t ms = 0;
    friend constexpr auto operator<=>(Instant, Instant) = default;
    friend constexpr Instant operator+(Instant t, Duration d) { return {t.ms + d.count()}; }
    friend constexpr Instant operator-(Instant t, Duration d) { return {t.ms - d.count()}; }
    friend constexpr Duration operator-(Instant a, Instant b) { return Duration{a.ms - b.ms}; }
    static constexpr Instant never() { return {std::numeric_limits<std::int64_t>::max()}; }
};

// UTC, milliseconds since 1970-01-01T00:00:00Z.
struct WallTime {
    std::int64_t ms = 0;
    friend constexpr auto operator<=>(WallTime, WallTime) = default;
    friend constexpr WallTime operator+(WallTime t, Duration d) { return {t.ms + d.count()}; }
    friend constexpr WallTime operator-(WallTime t, Duration d) { return {t.ms - d.count()}; }
    friend constexpr Duration operator-(WallTime a, WallTime b) { return Duration{a.ms - b.ms}; }
};

// One read of both clocks. The two belong together: effects take their times from it alone.
struct Moment {
    Instant steady;
    WallTime wall;

    // The same moment seen at another instant: wall time moves along with steady time.
    [[nodiscard]] constexpr Moment at(Instant t) const { return {t, wall + (t - steady)}; }
    // When a wall time of this boot happened on the ward's time line.
    [[nodiscard]] constexpr Instant instant_of(WallTime t) const { return steady + (t - wall); }

    template <class Archive> void archive(Archive& a) { a(steady.ms, wall.ms); }
};

// Whether two instants that were reckoned from wall times are of one time. Both clocks are cut to milliseconds, and a
// wall clock that is being set right runs a little faster or slower: what instant_of() says of one wall time differs
// from moment to moment. People and laboratories tell no two times apart that are as near as this.
[[nodiscard]] constexpr bool same_time(Instant a, Instant b)
{
    return (a < b ? b - a : a - b) <= Duration{10};
}

} // namespace magwatch
