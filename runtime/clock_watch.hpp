// Finds what clocks and machines do to time: a wall clock that jumps, a machine that slept, a loop
// that stood still, a wall clock that nobody keeps right.
//
// ClockWatch is pure (readings are handed in) and not thread-safe; read_synchronisation() asks the
// kernel.
#pragma once

#include <optional>

#include "rules/base/instant.hpp"
#include "runtime/clock.hpp"

namespace magwatch {

// Design values of reliability D6 and D7.
inline constexpr Duration wall_jump_limit{2'000};
inline constexpr Duration stopped_limit{5'000};

struct ClockFindings {
    std::optional<Duration> wall_jump; // the wall clock moved against the steady one by this much
    std::optional<Duration> stopped;   // nothing ran for this long (boottime between two checks)
    Duration suspended{};              // how much of it the machine slept
};

class ClockWatch
{
public:
    // Call once a turn of the loop, which never sleeps longer than a second.
    [[nodiscard]] ClockFindings check(const ClockReading& now);

private:
    // A slew of many small steps must add up to a jump: the wall clock is compared with where it
    // stood up to a minute ago. The kernel slews by at most 0.5 ms/s, 30 ms a minute, far below the
    // limit.
    static constexpr Duration reference_age{60'000};

    std::optional<ClockReading> last_;
    ClockReading reference_;
};

enum class Synchronisation : std::uint8_t { synchronised, unsynchronised, unknown };

// Whether something keeps the kernel's wall clock right (adjtimex, read only); `unknown` where the
// kernel may not be asked.
[[nodiscard]] Synchronisation read_synchronisation();

} // namespace magwatch
