// What happens in the box, in words, for whoever follows a seed.
#pragma once

#include <functional>
#include <string>

#include "rules/ward/input.hpp"

namespace magwatch::box {

// "0 03:12:05.120": days, hours, minutes, seconds since the start.
[[nodiscard]] std::string time_text(Duration since_start);
// A line for what people said and what the shell told; nothing for values of devices.
void trace_input(const Input& input, const std::function<void(const std::string&)>& line);

} // namespace magwatch::box
