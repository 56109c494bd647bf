// How full the disk is, in the three steps that matter: at `low` the history shrinks, at `critical`
// only the journal writes. disk_level() is pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace magwatch {

enum class DiskLevel : std::uint8_t { ok, low, critical };

struct DiskSpace {
    std::uint64_t free = 0, total = 0; // bytes that we may use, and all
};
[[nodiscard]] std::optional<DiskSpace> read_disk_space(const std::string& directory);

// Low below 10 %, critical below 2 % (reliability M6); a level is left a tenth of its limit above
// it, so that an alarm does not flutter.
[[nodiscard]] DiskLevel disk_level(const DiskSpace& space, DiskLevel before);

} // namespace magwatch
