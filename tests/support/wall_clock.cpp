// Clocks that a test sets: preloaded into a program, it adds an offset to what the program is told of CLOCK_REALTIME,
// and another one to CLOCK_BOOTTIME.
//
// MAGWATCH_TEST_CLOCK names a file of two numbers of eight bytes, nanoseconds each: whoever writes them sets the clocks
// of every program that maps the file, at once. The first alone is somebody who sets the time: steady clocks and the
// kernel's timers go on as they did. Both together, by the same amount, are a machine that slept: CLOCK_MONOTONIC stood
// still meanwhile. Not covered are waits until a wall time, of which the daemon has none. No part of magwatch.
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// Of CLOCK_REALTIME, and of CLOCK_BOOTTIME after it.
const volatile std::int64_t* offsets()
{
    static const volatile std::int64_t* const shared = []() -> const volatile std::int64_t* {
        const char* path = std::getenv("MAGWATCH_TEST_CLOCK");
        const int file = path != nullptr ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (file < 0) abort(); // a test that believes that its clock is set must not run with another
        void* at = mmap(nullptr, 2 * sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
        if (at == MAP_FAILED) abort();
        close(file);
        return static_cast<const volatile std::int64_t*>(at);
    }();
    return shared;
}

bool is_wall(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

void add(timespec& t, std::int64_t ns)
{
    const std::int64_t sum = static_cast<std::int64_t>(t.tv_nsec) + ns % second_ns;
    const std::int64_t carry = sum < 0 ? -1 : sum / second_ns;
    t.tv_sec += ns / second_ns + carry;
    t.tv_nsec = sum - carry * second_ns;
}

} // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* t) noexcept
{
    const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, t));
    if (result == 0 && is_wall(clock)) add(*t, offsets()[0]);
    if (result == 0 && clock == CLOCK_BOOTTIME) add(*t, offsets()[1]);
    return result;
}

int gettimeofday(timeval* t, void* /*zone*/) noexcept
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    *t = {now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t* t) noexcept
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (t != nullptr) *t = now.tv_sec;
    return now.tv_sec;
}

} // extern "C"
