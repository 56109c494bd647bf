// Wall times as texts of wire formats. Pure.
#pragma once

#include <string>

#include "rules/base/instant.hpp"

namespace magwatch::adapters {

// ISO 8601 (also RFC 3339), UTC, milliseconds: "2026-11-21T02:14:05.123Z".
[[nodiscard]] std::string iso_8601(WallTime time);

} // namespace magwatch::adapters
