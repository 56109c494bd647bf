#include "runtime/clock_watch.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/timex.h>

namespace magwatch {

ClockFindings ClockWatch::check(const ClockReading& now)
{
    ClockFindings findings;
    if (!last_) {
        last_ = reference_ = now;
        return findings;
    }
    const Duration passed = now.boottime - last_->boottime;
    if (passed > stopped_limit) {
        findings.stopped = passed;
        findings.suspended = std::max(Duration{0}, passed - (now.monotonic - last_->monotonic));
    }
    const Duration drift = (now.wall - reference_.wall) - (now.boottime - reference_.boottime);
    if (drift > wall_jump_limit || drift < -wall_jump_limit) {
        findings.wall_jump = drift;
        reference_ = now;
    } else if (now.boottime - reference_.boottime >= reference_age) {
        reference_ = now;
    }
    last_ = now;
    return findings;
}

Synchronisation read_synchronisation()
{
    timex state{};
    state.modes = 0;
    const int result = adjtimex(&state);
    if (result < 0) return Synchronisation::unknown;
    return result == TIME_ERROR || (state.status & STA_UNSYNC) != 0
               ? Synchronisation::unsynchronised
               : Synchronisation::synchronised;
}

} // namespace magwatch
