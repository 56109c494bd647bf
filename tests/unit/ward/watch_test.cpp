// Watching a bed, moving it and ending it: what goes with her, what stays, and what of another bed is left alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

constexpr BedId bed_1{0}, bed_2{1};
constexpr std::uint16_t monitor_1 = 0, pump_1 = 1, monitor_2 = 2;

std::vector<std::string> ringing_at(const Rig& rig, const std::string& bed)
{
    std::vector<std::string> rules;
    const WardView view = rig.view();
    for (const EpisodeView& one : view.episodes)
        if (one.bed == bed) rules.push_back(one.rule);
    return rules;
}

EpisodeId id_of(const Rig& rig, const std::string& rule)
{
    const WardView view = rig.view();
    for (const EpisodeView& one : view.episodes)
        if (one.rule == rule) return one.id;
    return {};
}

TEST(Transfer, LeavesTheAlarmsAndCallsOfOtherBedsWhereTheyAre)
{
    Rig rig;
    Configuration three = Rig::configuration();
    three.beds.push_back({"bed-3", "Ward L4 Bed 3"});
    rig.step(three);
    rig.watch(0);
    rig.watch(1);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 0);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 1);
    rig.act(WatchTransfer{bed_1, BedId{2}});
    ASSERT_TRUE(rig.reply()->accepted);
    EXPECT_THAT(ringing_at(rig, "bed-1"), IsEmpty());
    EXPECT_THAT(ringing_at(rig, "bed-2"), ElementsAre("reflex-absent"));
    EXPECT_THAT(ringing_at(rig, "bed-3"), Contains("reflex-absent"));
    std::vector<std::string> called;
    const WardView view = rig.view();
    for (const CallView& call : view.calls) called.push_back(call.bed);
    EXPECT_THAT(called, testing::UnorderedElementsAre("bed-2", "bed-3"));
}

TEST(Transfer, EndsTheAlarmThatNobodyWatchesTheBedSheComesTo)
{
    Rig rig;
    rig.watch(0);
    rig.stream(Signal::hr, 80, 130, monitor_2, 1);
    ASSERT_THAT(ringing_at(rig, "bed-2"), ElementsAre("technical.unwatched"));
    rig.act(WatchTransfer{bed_1, bed_2});
    ASSERT_TRUE(rig.reply()->accepted);
    EXPECT_THAT(ringing_at(rig, "bed-2"), Not(Contains("technical.unwatched")));
    EXPECT_EQ(rig.events("technical.unwatched").back(), "cleared");
}

// The pump stays at the bed: what runs in her now nobody can see, until the pump of the new bed or a person says it.
TEST(Transfer, ThePumpOfTheBedSheLeftTellsNothingOfHerAnyMore)
{
    Rig rig;
    rig.watch(0);
    rig.stream(Signal::pump_rate, 1, 60, pump_1);
    rig.act(WatchTransfer{bed_1, bed_2});
    EXPECT_FALSE(rig.view().beds[1].infusion_rate);
    EXPECT_TRUE(rig.view().beds[1].rate_unknown_since);
    EXPECT_EQ(rig.view().beds[1].mg_on_board, "yes");
    rig.stream(Signal::pump_rate, 1, 61, pump_1);
    EXPECT_FALSE(rig.view().beds[1].infusion_rate);
    EXPECT_THAT(ringing_at(rig, "bed-2"), Contains("technical.infusion_record"));
}

TEST(Transfer, GivesTheDevicesOfTheNewBedTheirTimeToSpeak)
{
    Rig rig;
    rig.watch(1);
    rig.stream(Signal::hr, 80, 5, monitor_2, 1);
    rig.act(WatchEnd{bed_2, "home", "charge"});
    rig.watch(0);
    rig.pass(1h);
    rig.act(WatchTransfer{bed_1, bed_2});
    rig.stream(Signal::hr, 80, 20, monitor_2, 1);
    EXPECT_THAT(rig.events("technical.silent"), IsEmpty());
}

TEST(WatchEnd, AsksForHerAlarmsAloneAndEndsNoOthers)
{
    Rig rig;
    rig.watch(0);
    rig.watch(1);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 1);
    rig.chart(ValueEntry{Signal::sbp, 80}, {}, 0);
    ASSERT_THAT(ringing_at(rig, "bed-1"), ElementsAre("systolic"));
    rig.act(WatchEnd{bed_1, "home", "charge"});
    EXPECT_TRUE(rig.reply()->accepted) << "a medium alarm, and another's high one, are no reason to stay: "
                                       << rig.reply()->text;
    EXPECT_THAT(ringing_at(rig, "bed-1"), IsEmpty());
    EXPECT_EQ(rig.events("systolic").back(), "cleared");
    EXPECT_THAT(ringing_at(rig, "bed-2"), ElementsAre("reflex-absent"));
}

TEST(Watch, ABoundMonitorMustSpeakAndOneThatWasTakenOutOfTheConfigurationNeedNot)
{
    Rig rig;
    Configuration bound = Rig::configuration();
    bound.sources[0].bed = "bed-1";
    rig.step(bound);
    rig.watch(0);
    rig.pass(1min);
    EXPECT_THAT(ringing_at(rig, "bed-1"), Contains("technical.silent"));
    rig.act(WatchEnd{bed_1, "other bed", "charge"});
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    bound.sources.erase(bound.sources.begin());
    rig.step(bound);
    rig.watch(0);
    rig.pass(1min);
    EXPECT_THAT(ringing_at(rig, "bed-1"), Not(Contains("technical.silent")));
}

// It would ring at high for as long as magnesium acts, and nobody could end the watch.
TEST(Watch, AMonitorThatIsTakenOutOfTheConfigurationMeanwhileIsNotWaitedForAndItsSignsAreLost)
{
    Rig rig;
    Configuration bound = Rig::configuration();
    bound.sources[0].bed = "bed-1";
    rig.step(bound);
    rig.watch(0);
    rig.stream(Signal::rr, 16, 10);
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(5min);
    ASSERT_THAT(ringing_at(rig, "bed-1"), IsSupersetOf({"technical.silent", "technical.silent_long"}));
    bound.sources.erase(bound.sources.begin());
    rig.step(bound);
    rig.pass(1min);
    EXPECT_THAT(ringing_at(rig, "bed-1"), Not(Contains("technical.silent")));
    EXPECT_THAT(ringing_at(rig, "bed-1"), Not(Contains("technical.silent_long")));
    EXPECT_THAT(ringing_at(rig, "bed-1"), Contains("technical.signals_lost"));
}

TEST(Acknowledge, OfAnAlarmThatRingsNobodyExpiresAndStillPagesNobody)
{
    Rig rig;
    rig.step(DeviceStatus{SourceId{monitor_1}, true, 10min});
    const EpisodeId clock = id_of(rig, "technical.device_clock");
    ASSERT_NE(clock, EpisodeId{});
    rig.act(Acknowledge{clock});
    EXPECT_TRUE(rig.reply()->accepted);
    rig.pass(1h);
    EXPECT_THAT(rig.events("technical.device_clock"), ElementsAre("raised", "acknowledged", "expired"));
    EXPECT_THAT(rig.pages(), IsEmpty());
    EXPECT_THAT(rig.view().calls, IsEmpty());
}

TEST(Pause, WithoutALengthIsTheLongestThatThereIs)
{
    Rig rig;
    rig.act(PauseAudio{bed_1, {}});
    rig.pass(2min - 1ms);
    EXPECT_TRUE(rig.view().beds[0].audio_paused);
    rig.pass(1ms);
    EXPECT_FALSE(rig.view().beds[0].audio_paused);
}

} // namespace
} // namespace magwatch::test
