#include "daemon/config/duty_times.hpp"

#include <array>
#include <chrono>
#include <ctime>

#include <fmt/format.h>

namespace magwatch {
namespace {

constexpr std::int64_t day_s = 86'400;

std::tm clock_at(std::int64_t utc)
{
    const std::time_t time = utc;
    std::tm local{};
    localtime_r(&time, &local);
    return local;
}
std::int64_t offset_at(std::int64_t utc) { return clock_at(utc).tm_gmtoff; }

// `local`: seconds from 1970 to the same reading of a clock, as if that were UTC. mktime() is not asked: which of two
// instants it takes depends on what it was asked before.
std::int64_t utc_of(std::int64_t local)
{
    const std::int64_t before = offset_at(local - day_s), after = offset_at(local + day_s);
    if (offset_at(local - before) == before) return local - before;
    if (offset_at(local - after) == after) return local - after;
    // The clocks skip it: the instant at which they do lies between the two readings.
    std::int64_t low = local - after, high = local - before;
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        (offset_at(middle) == before ? low : high) = middle;
    }
    return high;
}

std::int64_t day_number(int year, int month, int day)
{
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    return std::chrono::sys_days{date}.time_since_epoch().count();
}

std::int64_t floor_seconds(WallTime at)
{
    return std::chrono::floor<std::chrono::seconds>(Duration{at.ms}).count();
}

WallTime wall(std::int64_t utc) { return {utc * 1000}; }

// Every occurrence that begins on a local day of [first, last].
std::vector<Interval> occurrences(const WeeklyHours& hours, std::int64_t first, std::int64_t last)
{
    std::vector<Interval> found;
    for (std::int64_t day = first; day <= last; ++day) {
        const auto weekday = static_cast<std::size_t>(((day + 3) % 7 + 7) % 7); // day 0 was a Thursday
        if (!hours.days[weekday]) continue;
        const std::int64_t next = hours.to <= hours.from ? 1 : 0;
        const Interval when{wall(utc_of(day * day_s + hours.from * 60)),
                            wall(utc_of((day + next) * day_s + hours.to * 60))};
        if (when.from.ms < when.to.ms) found.push_back(when);
    }
    return found;
}

// What is left of the shifts outside `cut`.
std::vector<Shift> without(const std::vector<Shift>& shifts, Interval cut)
{
    std::vector<Shift> left;
    for (const Shift& shift : shifts) {
        if (shift.when.to <= cut.from || shift.when.from >= cut.to) {
            left.push_back(shift);
            continue;
        }
        if (shift.when.from < cut.from) left.push_back({{shift.when.from, cut.from}, shift.person});
        if (shift.when.to > cut.to) left.push_back({{cut.to, shift.when.to}, shift.person});
    }
    return left;
}

Roster expand(const RosterConfig& config, std::int64_t first, std::int64_t last)
{
    Roster roster{config.name, {}, config.last_resort};
    for (const ShiftConfig& shift : config.shifts)
        for (const Interval& when : occurrences(shift.hours, first, last))
            roster.shifts.push_back({when, shift.person});
    std::vector<Shift> instead;
    const Interval known{wall(utc_of(first * day_s)), wall(utc_of((last + 1) * day_s))};
    for (const DutyOverride& one : config.overrides) {
        const Interval when{instant_of(one.from), instant_of(one.to)};
        if (when.to <= known.from || when.from >= known.to || when.to <= when.from) continue;
        roster.shifts = without(roster.shifts, when);
        instead.push_back({when, one.person});
    }
    roster.shifts.insert(roster.shifts.end(), instead.begin(), instead.end());
    return roster;
}

std::int64_t local_day(WallTime now)
{
    const std::tm today = clock_at(floor_seconds(now));
    return day_number(today.tm_year + 1900, today.tm_mon + 1, today.tm_mday);
}

std::string day_and_time(const std::tm& at)
{
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return fmt::format("{} {} {} {:02}:{:02}", days[static_cast<std::size_t>(at.tm_wday)], at.tm_mday,
                       months[static_cast<std::size_t>(at.tm_mon)], at.tm_hour, at.tm_min);
}

std::string words(const Interval& gap)
{
    const std::tm from = clock_at(floor_seconds(gap.from)), to = clock_at(floor_seconds(gap.to));
    const bool same_day = from.tm_yday == to.tm_yday && from.tm_year == to.tm_year;
    return fmt::format("{} to {}", day_and_time(from),
                       same_day ? fmt::format("{:02}:{:02}", to.tm_hour, to.tm_min) : day_and_time(to));
}

} // namespace

WallTime instant_of(const LocalTime& local)
{
    tzset();
    return wall(utc_of(day_number(local.year, local.month, local.day) * day_s + local.hour * 3600 + local.minute * 60 +
                       local.second));
}

Rosters duty_times(const std::vector<RosterConfig>& rosters, const std::vector<QuietConfig>& quiet, WallTime now)
{
    tzset();
    const std::int64_t today = local_day(now);
    // What began a day earlier may reach into the first day.
    const std::int64_t first = today - 2, last = today + roster_days_ahead;
    Rosters out;
    for (const RosterConfig& roster : rosters) out.rosters.push_back(expand(roster, first, last));
    for (const QuietConfig& one : quiet) out.quiet.push_back({one.name, occurrences(one.hours, first, last)});
    return out;
}

std::optional<std::string> first_gap(const RosterConfig& roster, WallTime now,
                                     const std::vector<RosterChange>& changes)
{
    const Rosters expanded = duty_times({roster}, {}, now);
    const auto gaps = uncovered(expanded.rosters.front(), changes, {now, now + roster_checked_ahead});
    if (gaps.empty()) return std::nullopt;
    return fmt::format("{}: nobody from {}", roster.name, words(gaps.front()));
}

} // namespace magwatch
