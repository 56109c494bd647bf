#include "runtime/clock.hpp"

#include <fstream>
#include <time.h>
#include <utility>

#include "rules/base/assert.hpp"

namespace magwatch {

namespace {

std::int64_t nanoseconds(clockid_t id)
{
    timespec t{};
    MAGWATCH_ASSERT(clock_gettime(id, &t) == 0);
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

Duration to_ms(std::int64_t ns)
{
    return Duration{ns / 1'000'000};
}

} // namespace

ClockReading read_clocks()
{
    // Preempted between two reads, the clocks would seem to disagree: read again, a few times.
    constexpr std::int64_t together_ns = 1'000'000;
    ClockReading reading;
    for (int attempt = 0; attempt < 4; ++attempt) {
        const std::int64_t before = nanoseconds(CLOCK_BOOTTIME);
        const std::int64_t monotonic = nanoseconds(CLOCK_MONOTONIC);
        const std::int64_t wall = nanoseconds(CLOCK_REALTIME);
        const std::int64_t after = nanoseconds(CLOCK_BOOTTIME);
        reading = {to_ms(before), to_ms(monotonic), WallTime{to_ms(wall).count()}};
        if (after - before <= together_ns) break;
    }
    return reading;
}

std::string read_boot_id()
{
    std::ifstream file{"/proc/sys/kernel/random/boot_id"};
    std::string id;
    std::getline(file, id);
    return id;
}

Moment SystemClock::now()
{
    const ClockReading reading = read_clocks();
    const Duration apart{reading.wall.ms - reading.boottime.count()};
    // Each of the two is cut to milliseconds on its own: how far they seem apart changes by one from read to read.
    if (!apart_ || std::chrono::abs(apart - *apart_) > Duration{1}) apart_ = apart;
    return {Instant{(reading.boottime + offset_).count()}, WallTime{(reading.boottime + *apart_).count()}};
}

LastMoment last_sign_of_life(LastMoment started, const std::optional<Moment>& written)
{
    if (!written) return started;
    const Duration lived = written->steady - started.ward;
    if (lived <= Duration{0}) {
        started.unseen = -lived;
        return started;
    }
    // Within one start ward time and boottime differ by a constant.
    return {written->steady, started.boottime + lived, written->wall, std::move(started.boot_id), {}};
}

ContinuedTime continue_time(const std::optional<LastMoment>& last, const ClockReading& now,
                            const std::string& boot_id)
{
    if (!last) return {Duration{first_ward_instant.ms} - now.boottime, Duration{0}, true};
    Duration gap{0};
    bool known = false;
    if (!boot_id.empty() && last->boot_id == boot_id) {
        gap = now.boottime - last->boottime;
        known = gap >= Duration{0};
    } else {
        gap = now.wall - last->wall;
        known = gap >= Duration{0} && gap <= longest_believed_stop;
    }
    if (!known) gap = Duration{0};
    return {Duration{last->ward.ms} + gap - now.boottime, known ? gap + last->unseen : gap, known};
}

} // namespace magwatch
