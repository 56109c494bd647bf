#include "daemon/config/duty_times.hpp"

#include <cstdlib>
#include <ctime>

#include <gmock/gmock.h>

#include "rules/base/archive.hpp"

namespace magwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The zone of this process, for as long as a test runs.
class Zone
{
public:
    explicit Zone(const char* name)
    {
        setenv("TZ", name, 1);
        tzset();
    }
    ~Zone()
    {
        unsetenv("TZ");
        tzset();
    }
    Zone(const Zone&) = delete;
    Zone& operator=(const Zone&) = delete;
};

WallTime utc(int year, int month, int day, int hour, int minute = 0)
{
    std::tm at{};
    at.tm_year = year - 1900;
    at.tm_mon = month - 1;
    at.tm_mday = day;
    at.tm_hour = hour;
    at.tm_min = minute;
    return {timegm(&at) * 1000LL};
}

WeeklyHours hours(int from, int to) { return {{true, true, true, true, true, true, true}, from * 60, to * 60}; }
WeeklyHours only(std::size_t day, int from, int to)
{
    WeeklyHours one = hours(from, to);
    one.days.fill(false);
    one.days[day] = true;
    return one;
}

RosterConfig days_and_nights()
{
    RosterConfig roster{"obstetrician", "head", false, {}, {}};
    roster.shifts = {{"dora", hours(8, 20)}, {"nils", hours(20, 8)}};
    return roster;
}

std::vector<std::string> on(const RosterConfig& config, WallTime at)
{
    return on_duty(duty_times({config}, {}, at).rosters.at(0), {}, at).people;
}

Duration length_of_night(const RosterConfig& config, WallTime within)
{
    const Rosters made = duty_times({config}, {}, within);
    for (const Shift& shift : made.rosters.at(0).shifts)
        if (shift.person == "nils" && shift.when.holds(within)) return shift.when.to - shift.when.from;
    return {};
}

struct Night {
    const char* zone;
    WallTime before, in, after; // noon before, in the changed hour, noon after: UTC
    int length;                 // of the night shift 20:00 to 08:00, in minutes
};

class ChangeOfClocks : public ::testing::TestWithParam<Night>
{
};

TEST_P(ChangeOfClocks, LeavesNoGapAndNoOverlap)
{
    const Night& night = GetParam();
    const Zone zone{night.zone};
    const RosterConfig roster = days_and_nights();
    EXPECT_EQ(length_of_night(roster, night.in), std::chrono::minutes{night.length});
    EXPECT_THAT(on(roster, night.in), ElementsAre("nils"));
    const Rosters made = duty_times({roster}, {}, night.before);
    EXPECT_THAT(uncovered(made.rosters.at(0), {}, {night.before, night.after}), IsEmpty());
    for (WallTime at = night.before; at < night.after; at = at + std::chrono::minutes{1})
        ASSERT_THAT(on_duty(made.rosters.at(0), {}, at).people, SizeIs(1)) << at.ms;
}

// Where a shift ends and the next one begins within the hour that is skipped, or that is there twice.
TEST_P(ChangeOfClocks, MayHandOverInTheChangedHour)
{
    const Night& night = GetParam();
    const Zone zone{night.zone};
    for (int minute = 0; minute < 240; minute += 15) {
        RosterConfig roster = days_and_nights();
        roster.shifts = {{"dora", {}}, {"nils", {}}};
        roster.shifts[0].hours.from = roster.shifts[1].hours.to = minute;
        roster.shifts[0].hours.to = roster.shifts[1].hours.from = 20 * 60;
        const Rosters made = duty_times({roster}, {}, night.before);
        EXPECT_THAT(uncovered(made.rosters.at(0), {}, {night.before, night.after}), IsEmpty()) << minute;
        for (WallTime at = night.before; at < night.after; at = at + std::chrono::minutes{5})
            ASSERT_THAT(on_duty(made.rosters.at(0), {}, at).people, SizeIs(1)) << minute << " " << at.ms;
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, ChangeOfClocks,
    ::testing::Values(
        Night{"Europe/London", utc(2027, 3, 27, 12), utc(2027, 3, 28, 1), utc(2027, 3, 28, 12), 660},
        Night{"Europe/London", utc(2026, 10, 24, 12), utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 12), 780},
        Night{"America/New_York", utc(2027, 3, 13, 17), utc(2027, 3, 14, 7), utc(2027, 3, 14, 16), 660},
        Night{"America/New_York", utc(2026, 10, 31, 16), utc(2026, 11, 1, 6, 30), utc(2026, 11, 1, 17), 780},
        Night{"Australia/Lord_Howe", utc(2026, 10, 3, 2), utc(2026, 10, 3, 15, 45), utc(2026, 10, 4, 1), 690}),
    [](const auto& one) { return "Night" + std::to_string(one.index); });

TEST(DutyTimes, AreTheClocksOfTheWardInSummerAndInWinter)
{
    const Zone zone{"Europe/London"};
    EXPECT_EQ(instant_of({2026, 7, 1, 8, 0, 0}), utc(2026, 7, 1, 7));
    EXPECT_EQ(instant_of({2026, 12, 24, 8, 0, 0}), utc(2026, 12, 24, 8));
    EXPECT_EQ(instant_of({2027, 3, 28, 1, 30, 0}), utc(2027, 3, 28, 1)); // never shown: when the clocks skip it
    EXPECT_EQ(instant_of({2026, 10, 25, 1, 30, 0}), utc(2026, 10, 25, 0, 30)); // shown twice: the first
    EXPECT_THAT(on(days_and_nights(), utc(2026, 7, 1, 7)), ElementsAre("dora"));
    EXPECT_THAT(on(days_and_nights(), utc(2026, 7, 1, 6, 59)), ElementsAre("nils"));
}

TEST(DutyTimes, AnOverrideReplacesTheShiftsInItsTimeAlone)
{
    const Zone zone{"UTC"};
    RosterConfig roster = days_and_nights();
    roster.overrides = {{"eve", {2026, 12, 24, 12, 0, 0}, {2026, 12, 25, 2, 0, 0}}};
    EXPECT_THAT(on(roster, utc(2026, 12, 24, 11)), ElementsAre("dora"));
    EXPECT_THAT(on(roster, utc(2026, 12, 24, 12)), ElementsAre("eve"));
    EXPECT_THAT(on(roster, utc(2026, 12, 25, 1)), ElementsAre("eve"));
    EXPECT_THAT(on(roster, utc(2026, 12, 25, 2)), ElementsAre("nils"));
    EXPECT_EQ(first_gap(roster, utc(2026, 12, 20, 0)), std::nullopt);
}

TEST(DutyTimes, StayTheSameForAWholeDayOfTheWard)
{
    const Zone zone{"America/New_York"};
    const auto bytes = [](WallTime at) { return to_bytes(duty_times({days_and_nights()}, {{"night", hours(22, 7)}}, at)); };
    EXPECT_EQ(bytes(utc(2026, 11, 22, 5)), bytes(utc(2026, 11, 23, 4, 59)));
    EXPECT_NE(bytes(utc(2026, 11, 22, 5)), bytes(utc(2026, 11, 23, 5)));
}

TEST(DutyTimes, ReachFromYesterdayOverFiveWeeks)
{
    const Zone zone{"UTC"};
    const WallTime now = utc(2026, 11, 22, 3);
    const Rosters made = duty_times({days_and_nights()}, {}, now);
    const Interval all{now - std::chrono::hours{24}, now + std::chrono::hours{24 * 35}};
    EXPECT_THAT(uncovered(made.rosters.at(0), {}, all), IsEmpty());
}

TEST(RosterGap, IsNamedWithItsWeekdayByTheClocksOfTheWard)
{
    const Zone zone{"Europe/London"};
    RosterConfig roster = days_and_nights();
    roster.shifts[0].hours.days = {true, true, true, true, true, false, true};
    EXPECT_EQ(first_gap(roster, utc(2026, 11, 22, 3)), "obstetrician: nobody from Sat 28 Nov 08:00 to 20:00");
    EXPECT_EQ(first_gap(roster, utc(2026, 8, 1, 3)), "obstetrician: nobody from Sat 1 Aug 08:00 to 20:00");
    roster.overrides = {{"eve", {2026, 11, 28, 8, 0, 0}, {2026, 11, 28, 20, 0, 0}}};
    EXPECT_EQ(first_gap(roster, utc(2026, 11, 22, 3)), "obstetrician: nobody from Sat 5 Dec 08:00 to 20:00");
}

TEST(RosterGap, OfOneMinuteIsFoundAndAfterFourteenDaysNobodyLooks)
{
    const Zone zone{"UTC"};
    RosterConfig roster = days_and_nights();
    roster.shifts[1].hours.to = 7 * 60 + 59;
    EXPECT_EQ(first_gap(roster, utc(2026, 11, 22, 12)), "obstetrician: nobody from Mon 23 Nov 07:59 to 08:00");
    roster = {"obstetrician", "head", false, {}, {}};
    roster.overrides = {{"eve", {2026, 11, 1, 0, 0, 0}, {2026, 12, 6, 12, 0, 0}}};
    EXPECT_EQ(first_gap(roster, utc(2026, 11, 22, 12)), std::nullopt);
    EXPECT_EQ(first_gap(roster, utc(2026, 11, 22, 13)), "obstetrician: nobody from Sun 6 Dec 12:00 to 13:00");
}

TEST(RosterGap, IsClosedByAChangeOfStaff)
{
    const Zone zone{"UTC"};
    RosterConfig roster = days_and_nights();
    roster.shifts = {{"dora", only(0, 0, 0)}}; // the whole of Monday
    EXPECT_EQ(first_gap(roster, utc(2026, 11, 23, 12)), "obstetrician: nobody from Tue 24 Nov 00:00 to Mon 30 Nov 00:00");
    const std::vector<RosterChange> changes{
        {"obstetrician", "eve", {utc(2026, 11, 24, 0), utc(2026, 11, 25, 0)}, "ill", "charge"}};
    EXPECT_EQ(first_gap(roster, utc(2026, 11, 23, 12), changes),
              "obstetrician: nobody from Wed 25 Nov 00:00 to Mon 30 Nov 00:00");
}

} // namespace
} // namespace magwatch
