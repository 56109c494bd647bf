// RFC 3339 times of the API. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/base/instant.hpp"

namespace magwatch::http
{

// "2026-11-21T02:14:05.123Z"; years 1970 to 9999.
[[nodiscard]] std::string format_time(WallTime time);

// "2026-11-21T02:14:05Z", with "T" or a space, with or without seconds' fraction, with "Z" or an
// offset. A time without "Z" or offset is refused: whose local time it is cannot be told.
[[nodiscard]] std::optional<WallTime> parse_time(std::string_view text);

} // namespace magwatch::http
