// The last configuration that was in force, with every file it named: what a cold start in bad weather runs.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/config_reader.hpp"
#include "rules/base/archive.hpp"

namespace magwatch {

inline constexpr const char* last_good_name = "configuration"; // of the journal's blob

// Of the file's text and of every file that it names, wherever they lie: two configurations with the same one decide
// alike. `magwatch doctor` compares the file's with that of the daemon.
[[nodiscard]] std::string configuration_hash(const Config& config);

[[nodiscard]] Bytes pack_last_good(const Config& config);
// Nothing if the bytes are damaged or the configuration in them is no longer accepted.
[[nodiscard]] std::optional<Config> unpack_last_good(const Bytes& bytes);
// The files in it, the configuration first: path and text. A pack stands alone: what it extends is merged into it.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> last_good_files(const Bytes& bytes);

} // namespace magwatch
