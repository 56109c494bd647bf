// A secret that the program makes for itself and keeps over restarts. Blocking; no thread.
#pragma once

#include <cstddef>
#include <string>

namespace magwatch {

// The `size` random bytes of the file at `path` (mode 0600), which are made if it does not hold so many. If they cannot
// be kept there, they live as long as the caller. "" if there is no randomness to be had.
[[nodiscard]] std::string read_or_make_key(const std::string& path, std::size_t size);

} // namespace magwatch
