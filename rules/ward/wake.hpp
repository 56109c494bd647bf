// Virtual time: a ward that is woken exactly when it wants to be. For replays, simulations and tests; the daemon's
// loop waits for a real clock instead. Pure.
#pragma once

#include <algorithm>

#include "rules/ward/ward.hpp"

namespace magwatch {

// Goes on to `end` and calls `wake` at each deadline up to it, when `now` is there; `wake` steps the ward.
template <class Wake> void wake_until(const Ward& ward, Moment& now, Instant end, const Wake& wake)
{
    while (const auto due = ward.next_deadline()) {
        if (*due > end) break;
        now = now.at(std::max(*due, now.steady));
        wake();
    }
    if (end > now.steady) now = now.at(end);
}

} // namespace magwatch
