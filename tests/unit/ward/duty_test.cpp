// Who is on call, as the ward asks it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Interval from_now(const Rig& rig, Duration from, Duration to) { return {rig.now().wall + from, rig.now().wall + to}; }

Rosters doctors(const Rig& rig)
{
    return {{{"on-call", {{from_now(rig, -1h, 1h), "midwife"}, {from_now(rig, 1h, 2h), "charge"}}, "doctor"}}, {}};
}

// The ward of the rig, where a roster is the only rung.
void use_roster(Rig& rig)
{
    Configuration c = Rig::configuration();
    c.high.rungs = {{{"on-call"}}};
    rig.step(doctors(rig));
    rig.step(c);
    rig.watch();
}

std::string paged(Rig& rig)
{
    rig.effects.clear();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    for (const Page& page : rig.pages())
        if (page.kind == AlarmKind::physiological) return page.key.person;
    return "";
}

TEST(OnCall, ARosterOnARungPagesWhoHasTheDuty)
{
    Rig rig;
    use_roster(rig);
    EXPECT_EQ(paged(rig), "midwife");
}

TEST(OnCall, TheNextShiftIsPagedWhenItHasBegun)
{
    Rig rig;
    use_roster(rig);
    rig.pass(1h);
    EXPECT_EQ(paged(rig), "charge");
}

TEST(OnCall, ANewSignReachesAlsoWhoHadTheDutyWhenTheyWereTold)
{
    Rig rig;
    use_roster(rig);
    rig.pass(1h - 30s);
    ASSERT_EQ(paged(rig), "midwife");
    rig.pass(31s);
    rig.effects.clear();
    rig.chart(InfusionRateEntry{4, {}});
    rig.pass(5s);
    std::vector<std::string> people;
    for (const Page& page : rig.pages())
        if (page.reason == PageReason::new_sign) people.push_back(page.key.person);
    EXPECT_THAT(people, testing::ElementsAre("charge", "midwife"));
}

TEST(OnCall, BeyondEveryShiftTheLastResortIsPaged)
{
    Rig rig;
    use_roster(rig);
    rig.pass(3h);
    EXPECT_EQ(paged(rig), "doctor");
}

TEST(OnCall, WhoLeftTheConfigurationIsReplacedByTheLastResort)
{
    Rig rig;
    use_roster(rig);
    rig.step(Rosters{{{"on-call", {{from_now(rig, -1h, 1h), "gone"}}, "doctor"}}, {}});
    EXPECT_EQ(paged(rig), "doctor");
}

TEST(RosterChange, HoldsForItsTimeAndThroughARestart)
{
    Rig rig;
    use_roster(rig);
    rig.act(ChangeRoster{"on-call", "doctor", from_now(rig, 0s, 10min), "swapped"}, "charge");
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    auto loaded = Ward::load(as_text(rig.ward.save()));
    ASSERT_TRUE(loaded);
    rig.ward = std::move(*loaded);
    EXPECT_EQ(paged(rig), "doctor");
}

TEST(RosterChange, OutlastsAWallClockThatIsWrongForAWhile)
{
    Rig rig;
    use_roster(rig);
    rig.act(ChangeRoster{"on-call", "doctor", from_now(rig, 0s, 30min), "swapped"}, "charge");
    const Rosters rosters = doctors(rig);
    const Moment right = rig.now();
    rig.jump({right.steady, right.wall + 24h * 400});
    rig.step(rosters); // the hours of the weeks to come are worked out anew
    rig.jump(right);
    rig.step(rosters);
    EXPECT_EQ(paged(rig), "doctor");
}

TEST(RosterChange, IsForgottenADayAfterItsTime)
{
    Rig rig;
    rig.step(doctors(rig));
    rig.act(ChangeRoster{"on-call", "doctor", from_now(rig, 0s, 30min), "swapped"}, "charge");
    rig.pass(24h + 30min - 1ms);
    rig.step(doctors(rig));
    EXPECT_EQ(rig.view().roster_changes.size(), 1U);
    rig.pass(1ms);
    rig.step(doctors(rig));
    EXPECT_THAT(rig.view().roster_changes, testing::IsEmpty());
}

TEST(RosterChange, IsTakenBack)
{
    Rig rig;
    use_roster(rig);
    rig.act(ChangeRoster{"on-call", "doctor", from_now(rig, 0s, 10min), "swapped"}, "charge");
    rig.act(ChangeRoster{"on-call", "", from_now(rig, 0s, 0s), ""}, "charge");
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_EQ(paged(rig), "midwife");
}

TEST(RosterChange, IsRefusedWithTheReason)
{
    Rig rig;
    use_roster(rig);
    const auto refused = [&](ChangeRoster change) {
        rig.act(std::move(change), "charge");
        EXPECT_FALSE(rig.reply()->accepted);
        return rig.reply()->text;
    };
    EXPECT_THAT(refused({"other", "doctor", from_now(rig, 0s, 1h), ""}), HasSubstr("no such roster"));
    EXPECT_THAT(refused({"on-call", "nobody", from_now(rig, 0s, 1h), ""}), HasSubstr("nobody of this name"));
    EXPECT_THAT(refused({"on-call", "doctor", from_now(rig, 1h, 1h), ""}), HasSubstr("before it begins"));
    EXPECT_THAT(refused({"on-call", "doctor", from_now(rig, -2h, -1h), ""}), HasSubstr("before it begins"));
    EXPECT_THAT(refused({"on-call", "doctor", from_now(rig, 0s, 24h * 14 + 1ms), ""}), HasSubstr("14 days"));
    rig.act(ChangeRoster{"on-call", "doctor", from_now(rig, 0s, 24h * 14), ""}, "charge");
    EXPECT_TRUE(rig.reply()->accepted);
}

TEST(OnCall, WhoIsNamedTwiceIsPagedOnce)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.high.rungs = {{{"midwife", "nights", "midwife"}}};
    rig.step(c);
    rig.step(Rosters{{{"nights", {{{rig.now().wall, rig.now().wall + 1h}, "midwife"},
                                  {{rig.now().wall, rig.now().wall + 1h}, "charge"}}, "doctor"}}, {}});
    rig.watch();
    rig.effects.clear();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    std::vector<std::string> people;
    for (const Page& page : rig.pages()) people.push_back(page.key.person);
    EXPECT_THAT(people, testing::ElementsAre("midwife", "charge"));
}

TEST(OnCall, ADutyOfSomebodyWithoutAChannelGoesToTheLastResortToo)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.people.push_back({"runner", {}});
    c.high.rungs = {{{"nights"}}};
    rig.step(c);
    rig.step(Rosters{{{"nights", {{{rig.now().wall, rig.now().wall + 1h}, "runner"}}, "doctor"}}, {}});
    rig.watch();
    rig.effects.clear();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    std::vector<std::string> people;
    for (const Page& page : rig.pages()) people.push_back(page.key.person);
    EXPECT_THAT(people, testing::ElementsAre("doctor"));
    ChangeRoster change;
    change.roster = "nights";
    change.to_person = "runner";
    change.when = {rig.now().wall, rig.now().wall + 1h};
    rig.act(change);
    EXPECT_THAT(rig.reply()->text, testing::HasSubstr("nobody of this name has a channel"));
}

TEST(RosterChange, TakingOneBackLeavesTheOthersAndAThousandAreKept)
{
    Rig rig;
    rig.step(Rosters{{{"nights", {}, "doctor"}, {"days", {}, "doctor"}}, {}});
    const auto change = [&](const std::string& roster, WallTime from, WallTime to, const std::string& person) {
        ChangeRoster one;
        one.roster = roster;
        one.to_person = person;
        one.when = {from, to};
        rig.act(one);
    };
    change("days", rig.now().wall, rig.now().wall + 1h, "charge");
    change("nights", rig.now().wall, rig.now().wall + 1h, "charge");
    change("nights", rig.now().wall + 2h, rig.now().wall + 3h, "midwife");
    change("nights", rig.now().wall + 2h, {}, ""); // from then on
    EXPECT_EQ(rig.reply()->text, "1 change(s) of nights taken back");
    EXPECT_EQ(rig.view().roster_changes.size(), 2U);
    for (int i = 0; i < 1005; ++i) change("days", rig.now().wall, rig.now().wall + 1h + Duration{i}, "midwife");
    ASSERT_EQ(rig.view().roster_changes.size(), 1000U);
    EXPECT_EQ(rig.view().roster_changes.back().when.to, rig.now().wall + 1h + Duration{1004}) << "the newest is there";
}

} // namespace
} // namespace magwatch::test
