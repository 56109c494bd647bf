// What a restart must not forget, in one small file that is there whole or not at all.
//
// Blocks for a write to disk. A file that cannot be read is moved aside and said so: a watch that starts anew is
// better than none.
#pragma once

#include <map>
#include <string>

#include "tools/deadman/watch.hpp"

namespace magwatch::deadman {

using States = std::map<std::string, Saved>; // by the name of the ward

struct ReadState {
    States states;
    std::string wrong; // in words; "" = read, or there was none
};
[[nodiscard]] ReadState read_state(const std::string& folder);
// "" or why it was not written.
[[nodiscard]] std::string write_state(const std::string& folder, const States& states);

} // namespace magwatch::deadman
