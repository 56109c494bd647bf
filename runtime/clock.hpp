// The one place that reads clocks, and how ward time goes on across restarts and reboots.
//
// Ward time is CLOCK_BOOTTIME (steady, counts suspend) plus an offset that continue_time() chooses
// at start; wall time is CLOCK_REALTIME of the same read. Milliseconds. Clock::now() may be called
// from one thread; continue_time() is pure.
#pragma once

#include <optional>
#include <string>

#include "rules/base/instant.hpp"

namespace magwatch {

class Clock
{
public:
    virtual ~Clock() = default;
    // Both clocks in one read. Steady time never runs backwards.
    [[nodiscard]] virtual Moment now() = 0;
};

// What the machine's clocks say, without any offset.
struct ClockReading {
    Duration boottime{};  // since boot, counts suspend
    Duration monotonic{}; // since boot, stops in suspend
    WallTime wall;
};
[[nodiscard]] ClockReading read_clocks();

// /proc/sys/kernel/random/boot_id, or "" where it cannot be read (then every start counts as a new
// boot).
[[nodiscard]] std::string read_boot_id();

class SystemClock final : public Clock
{
public:
    explicit SystemClock(Duration offset = Duration{0}) : offset_{offset} {}
    [[nodiscard]] Moment now() override;
    [[nodiscard]] Duration offset() const { return offset_; }

private:
    Duration offset_;
    std::optional<Duration> apart_; // of wall time and boottime, held until it changes by more than reading them does
};

// Time that moves when it is told to. For tests and for programs under virtual time.
class FakeClock final : public Clock
{
public:
    explicit FakeClock(Moment start) : now_{start} {}
    [[nodiscard]] Moment now() override { return now_; }
    void advance(Duration by) { now_ = now_.at(now_.steady + by); }
    void jump_wall(Duration by) { now_.wall = now_.wall + by; }

private:
    Moment now_;
};

// The last sign of life in the journal.
struct LastMoment {
    Instant ward;
    Duration boottime{};
    WallTime wall;
    std::string boot_id;
    Duration unseen{}; // nobody had watched for so long by then: a start that ended before it wrote a word
};
// `started`: the last start. `written`: the newest that stands in the journal, whoever wrote it; nullopt: nothing does.
[[nodiscard]] LastMoment last_sign_of_life(LastMoment started, const std::optional<Moment>& written);

struct ContinuedTime {
    Duration offset{};    // for SystemClock: ward time = boottime + offset
    Duration unwatched{}; // how long nobody watched
    bool known = true;    // false: the clocks cannot tell how long, and unwatched is 0
};

// Where the ward's first start puts its time line: far enough from zero that no look-back of a rule
// reaches below it.
inline constexpr Instant first_ward_instant{7LL * 24 * 3600 * 1000};
// A stop longer than this is not believed of a wall clock (a dead battery says 1970 or 2000).
inline constexpr Duration longest_believed_stop{30LL * 24 * 3600 * 1000};

// Same boot: ward time goes on by boottime. Another boot: by the wall difference if that is 0 to 30
// days, else it stands still and the length of the gap is unknown. `last` is nullopt at the very
// first start.
[[nodiscard]] ContinuedTime continue_time(const std::optional<LastMoment>& last,
                                          const ClockReading& now, const std::string& boot_id);

} // namespace magwatch
