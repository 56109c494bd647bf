// Text inside HTML and XML. Pure.
#pragma once

#include <string>
#include <string_view>

namespace magwatch::adapters {

// For texts and quoted attributes of both; characters that XML cannot hold become blanks.
[[nodiscard]] std::string escape_markup(std::string_view text);

} // namespace magwatch::adapters
