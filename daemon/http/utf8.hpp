// What counts as text that people may send and screens may show. Pure.
#pragma once

#include <string_view>

namespace magwatch::http
{

// UTF-8 without control characters, line separators and bidirectional marks: nothing that could
// forge a line of a log, steer a terminal or turn text around on a screen.
[[nodiscard]] bool is_plain_text(std::string_view text);

} // namespace magwatch::http
