// What a restart must not forget, in one small file that is there whole or not at all.
//
// Blocks for the disk. A file that cannot be understood is moved aside and said so: a watch that starts anew is better
// than none.
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

struct Written {
    std::string wrong;      // in words; "" = it is on the disk
    bool misplaced = false; // there is no such folder, or it is not ours: a mistake of a person, not of the disk
};
[[nodiscard]] Written write_state(const std::string& folder, const States& states);

} // namespace magwatch::deadman
