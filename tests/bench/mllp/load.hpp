// The load: connections that each send a message, wait for its answer and send the next, with
// unique control ids and the time of now. An answer counts if it is AA or CA and names the
// message's control id.
#pragma once

#include <cstdint>

namespace magwatch::bench
{

struct LoadResult {
    double per_second = 0;
    double p50_us = 0, p99_us = 0, max_us = 0; // from sent to answered
    std::uint64_t answered = 0;
    std::uint64_t unanswered = 0; // wrong, negative, or the connection was lost
};

// Runs for `seconds` after a quarter of a second of warming up. Throws std::runtime_error if it
// cannot connect.
LoadResult run_load(std::uint16_t port, unsigned connections, double seconds);

} // namespace magwatch::bench
