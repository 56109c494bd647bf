#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/escalation/roster.hpp"

namespace magwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Interval hours(std::int64_t from, std::int64_t to)
{
    return {WallTime{from * 3'600'000}, WallTime{to * 3'600'000}};
}
constexpr WallTime hour(std::int64_t h) { return WallTime{h * 3'600'000}; }

Roster roster() { return {"doctor", {{hours(0, 8), "night"}, {hours(8, 20), "day"}}, "switchboard"}; }

TEST(Roster, AnswersAtBothSidesOfAHandover)
{
    EXPECT_THAT(on_duty(roster(), {}, WallTime{hour(8).ms - 1}).people, ElementsAre("night"));
    EXPECT_THAT(on_duty(roster(), {}, hour(8)).people, ElementsAre("day"));
}

TEST(Roster, GivesItsLastResortWhereNoShiftIs)
{
    for (const WallTime at : {hour(20), hour(1000), WallTime{-1}}) {
        const Duty duty = on_duty(roster(), {}, at);
        EXPECT_THAT(duty.people, ElementsAre("switchboard"));
        EXPECT_EQ(duty.source, DutySource::last_resort);
    }
}

TEST(Roster, TwoShiftsAtOnceAreTwoPeople)
{
    Roster r = roster();
    r.shifts.push_back({hours(6, 10), "extra"});
    r.shifts.push_back({hours(6, 10), "extra"});
    EXPECT_THAT(on_duty(r, {}, hour(9)).people, ElementsAre("day", "extra"));
}

TEST(Roster, TheNewestChangeHolds)
{
    const std::vector<RosterChange> changes = {{"doctor", "first", hours(2, 12), "", ""},
                                               {"doctor", "second", hours(3, 4), "", ""},
                                               {"midwife", "other", hours(0, 20), "", ""}};
    EXPECT_THAT(on_duty(roster(), changes, hour(1)).people, ElementsAre("night"));
    EXPECT_THAT(on_duty(roster(), changes, hour(2)).people, ElementsAre("first"));
    EXPECT_THAT(on_duty(roster(), changes, hour(3)).people, ElementsAre("second"));
    EXPECT_THAT(on_duty(roster(), changes, hour(4)).people, ElementsAre("first"));
    EXPECT_EQ(on_duty(roster(), changes, hour(4)).source, DutySource::change);
}

// Of another roster's changes and of shifts after the time that is asked for nothing is said.
TEST(Roster, LooksAtItsOwnChangesAndTheTimeAskedFor)
{
    const std::vector<RosterChange> changes{{"midwife", "other", hours(2, 3), "ill", "a"}, {"doctor", "late", hours(20, 22), "ill", "a"}};
    EXPECT_EQ(next_handover(roster(), changes, hour(1))->ms, hour(8).ms);
    EXPECT_EQ(next_handover(roster(), changes, hour(20))->ms, hour(22).ms);
    const auto gaps = uncovered(roster(), changes, hours(10, 24));
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].from.ms, hour(22).ms);
    EXPECT_TRUE(uncovered(roster(), {}, hours(1, 6)).empty()) << "the day begins later";
    Roster gap = roster();
    gap.shifts[1].when = hours(12, 20);
    const auto before = uncovered(gap, {}, hours(1, 10));
    ASSERT_EQ(before.size(), 1U);
    EXPECT_EQ(before[0].to.ms, hour(10).ms);
}

TEST(Roster, KnowsWhenItHandsOver)
{
    EXPECT_EQ(next_handover(roster(), {}, hour(1)), hour(8));
    EXPECT_EQ(next_handover(roster(), {{"doctor", "first", hours(2, 12), "", ""}}, hour(1)), hour(2));
    EXPECT_EQ(next_handover(roster(), {}, hour(20)), std::nullopt);
}

TEST(Roster, FindsEveryGap)
{
    EXPECT_THAT(uncovered(roster(), {}, hours(0, 20)), IsEmpty());
    const auto gaps = uncovered(roster(), {{"doctor", "first", hours(22, 23), "", ""}}, hours(-2, 24));
    ASSERT_EQ(gaps.size(), 3U);
    EXPECT_EQ(gaps[0].from, hour(-2));
    EXPECT_EQ(gaps[0].to, hour(0));
    EXPECT_EQ(gaps[1].from, hour(20));
    EXPECT_EQ(gaps[1].to, hour(22));
    EXPECT_EQ(gaps[2].from, hour(23));
    EXPECT_EQ(gaps[2].to, hour(24));
    // A long shift behind which a short one lies.
    const Roster nested{"r", {{hours(0, 10), "a"}, {hours(2, 3), "b"}, {hours(10, 12), "c"}}, "z"};
    EXPECT_THAT(uncovered(nested, {}, hours(0, 12)), IsEmpty());
}

} // namespace
} // namespace magwatch
