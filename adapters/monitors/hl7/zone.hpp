// The time zone of a source that sends local times without an offset.
//
// Pure: no zone files. A zone is a fixed offset ("+01:00", "-0500", "Z") or a POSIX TZ rule
// ("GMT0BST,M3.5.0/1,M10.5.0": the second line of `tail -1 /usr/share/zoneinfo/Europe/London`). In
// the hour that occurs twice in autumn the later instant (standard time) is taken: a value seems
// newer, never older.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "rules/base/instant.hpp"

namespace magwatch::adapters::hl7
{

class Zone
{
public:
    Zone() = default; // UTC
    [[nodiscard]] static Zone fixed(std::chrono::minutes east_of_utc);
    // nullopt: neither an offset nor a POSIX rule.
    [[nodiscard]] static std::optional<Zone> from(std::string_view text);
    // A local time, given as if it were UTC, to UTC.
    [[nodiscard]] WallTime to_utc(WallTime local) const;

private:
    // Day `day` (0 Sunday) of week `week` (5: the last) of `month`, `at` after midnight, local
    // time.
    struct Change {
        unsigned month = 0, week = 0, day = 0;
        std::chrono::seconds at{};
    };
    [[nodiscard]] static std::optional<Change> change_from(std::string_view text);
    [[nodiscard]] static WallTime instant_of(const Change& change, std::chrono::year year);

    std::chrono::seconds standard_{}; // east of UTC
    bool has_summer_ = false;
    std::chrono::seconds summer_{};
    Change summer_begins_, summer_ends_;
};

} // namespace magwatch::adapters::hl7
