// The parts of the Modbus benchmark: devices in a process of their own, a bare client and our
// adapter.
#pragma once

#include <cstdint>

namespace magwatch::bench
{

inline constexpr int registers = 16;

struct Polled {
    std::uint64_t polls = 0;
    double seconds = 0;     // elapsed
    double cpu_seconds = 0; // of the polling process
    [[nodiscard]] double cpu_us_per_poll() const
    {
        return polls > 0 ? cpu_seconds * 1e6 / static_cast<double>(polls) : 0;
    }
    [[nodiscard]] double polls_per_second() const
    {
        return seconds > 0 ? static_cast<double>(polls) / seconds : 0;
    }
};

double cpu_seconds(); // used by this process so far
double clock_seconds();

// Opens `devices` ports on the loopback address and answers on them until the parent goes away.
// Writes the first port to `ready` (a pipe) once all listen. Never returns.
[[noreturn]] void run_simulator(int devices, int ready);

// Closed loop, one request in flight for each device. A bare epoll loop that checks the transaction
// alone: no deadlines, no decoding.
Polled run_floor(const std::uint16_t* ports, int devices, double seconds);

// The adapter with a map of all 16 registers, decoded to 16 observations a poll.
Polled run_adapter(const std::uint16_t* ports, int devices, double seconds);

} // namespace magwatch::bench
