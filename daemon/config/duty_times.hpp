// Hours by the ward's clocks -> instants: shifts, overrides and quiet hours of the coming weeks.
//
// Reads the machine's time zone (TZ, /etc/localtime) and nothing else; any thread. A time that the clocks skip is the
// instant at which they do; of a time that they show twice it is the first. So local times that follow each other never
// run backwards, and a shift that ends when another begins leaves no gap, on either night.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/config/config.hpp"
#include "rules/escalation/roster.hpp"

namespace magwatch {

inline constexpr Duration roster_checked_ahead = std::chrono::hours{24 * 14}; // BEHAVIOUR: every minute of 14 days
inline constexpr int roster_days_ahead = 35; // what the ward is told of; a daemon that nobody looks after lasts as long

[[nodiscard]] WallTime instant_of(const LocalTime& local);

// From the day before `now` to 35 days after it. The same for the whole of a local day.
[[nodiscard]] Rosters duty_times(const std::vector<RosterConfig>& rosters, const std::vector<QuietConfig>& quiet,
                                 WallTime now);

// The first time of the next 14 days at which neither a shift nor an override nor a change by staff covers the roster:
// "obstetrician: nobody from Sat 28 Nov 08:00 to 20:00". Nothing if every minute has somebody.
[[nodiscard]] std::optional<std::string> first_gap(const RosterConfig& roster, WallTime now,
                                                   const std::vector<RosterChange>& changes = {});

} // namespace magwatch
