// When a value that stays away becomes lost. Pure.
#pragma once

#include <chrono>

#include "rules/base/instant.hpp"

namespace magwatch {

// A signal that is fresh for `usual_freshness` or less is lost after this, whatever its own limit; others at their
// limit. So nothing is lost earlier (BEHAVIOUR.md: breathing lost).
inline constexpr Duration lost_after_usual = std::chrono::seconds{20};
inline constexpr Duration usual_freshness = std::chrono::seconds{30};

} // namespace magwatch
