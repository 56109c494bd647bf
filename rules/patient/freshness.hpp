// How long a value is believed, and when one that stays away becomes lost. Pure.
#pragma once

#include <chrono>

#include "rules/base/instant.hpp"

namespace magwatch {

// A signal that is fresh for `usual_freshness` or less is lost after this, whatever its own limit; others at their
// limit. So nothing is lost earlier (BEHAVIOUR.md: breathing lost).
inline constexpr Duration lost_after_usual = std::chrono::seconds{20};
inline constexpr Duration usual_freshness = std::chrono::seconds{30};

// A limit too long for the time line never ends.
[[nodiscard]] inline Instant believed_until(Instant base, Duration limit)
{
    Instant out = Instant::never();
    if (__builtin_add_overflow(base.ms, limit.count(), &out.ms)) return Instant::never();
    return out;
}

} // namespace magwatch
