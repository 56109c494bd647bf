// What screens and metrics are shown of a ward.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> beds_of(const WardView& view)
{
    std::vector<std::string> names;
    for (const BedView& bed : view.beds) names.push_back(bed.alias);
    return names;
}

TEST(View, ShowsBedsOfTheConfigurationAndWhoeverIsStillWatched)
{
    Rig rig;
    rig.watch(1);
    Configuration one = Rig::configuration();
    one.beds.pop_back();
    rig.step(one); // the shell asks before it takes a watched bed away; the ward shows her all the same
    EXPECT_THAT(beds_of(rig.view()), ElementsAre("bed-1", "bed-2"));
    rig.act(WatchEnd{BedId{1}, "home", "charge"});
    EXPECT_THAT(beds_of(rig.view()), ElementsAre("bed-1"));
}

// Who only judges whether somebody is told is given that, and nothing that costs time.
TEST(View, ASignThatNeverHadAValueWasNeverAnything)
{
    Rig rig;
    rig.watch();
    rig.step(RefusedValue{BedId{0}, SourceId{0}, true, Signal::rr, Refusal::no_value});
    const auto beds = rig.view().beds;
    const SignalView& rr = the(beds[0], Signal::rr);
    EXPECT_FALSE(rr.value);
    EXPECT_EQ(rr.last_at.ms, 0) << "not 0 at some time";
}

TEST(View, OfAlarmsAloneHasThemTheCallsAndTheValues)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const WardView alarms = rig.ward.view(rig.now(), Ward::Shown::alarms);
    const WardView all = rig.view();
    EXPECT_EQ(alarms.beds_watched, 1U);
    EXPECT_EQ(alarms.episodes.size(), all.episodes.size());
    EXPECT_EQ(alarms.calls.size(), all.calls.size());
    EXPECT_EQ(alarms.beds[0].signals.size(), all.beds[0].signals.size());
    EXPECT_THAT(alarms.pages, IsEmpty());
    EXPECT_THAT(alarms.beds[0].checks, IsEmpty());
    EXPECT_FALSE(all.beds[0].checks.empty());
    const WardView calls = rig.ward.view(rig.now(), Ward::Shown::calls);
    ASSERT_FALSE(all.calls.empty());
    EXPECT_EQ(calls.calls.size(), all.calls.size());
    EXPECT_THAT(calls.beds, IsEmpty());
    EXPECT_THAT(calls.episodes, IsEmpty());
}

TEST(View, ASourceIsAsOldAsTheWatchedBedThatHeardItLastAndFrozenIfItStandsStillAtOne)
{
    Rig rig;
    rig.watch(0);
    rig.watch(1);
    rig.stream(Signal::hr, 80, 5, 0, 1);
    rig.stream(Signal::hr, 80, 3, 0, 0);
    ASSERT_TRUE(rig.view().sources[0].age);
    EXPECT_EQ(*rig.view().sources[0].age, 4s) << "what is told of bed 2 came before the three seconds of bed 1";
    rig.act(WatchEnd{BedId{1}, "home", "charge"});
    EXPECT_EQ(*rig.view().sources[0].age, 1s) << "of a bed that nobody watches nothing is awaited";
    rig.watch(1);
    for (int i = 0; i < 310; ++i) {
        rig.observe(Signal::hr, 80, 0, 0);
        rig.observe(Signal::hr, 80 + i % 3, 0, 1);
        rig.pass(1s);
    }
    EXPECT_TRUE(rig.view().sources[0].frozen) << "it stands still at bed 1";
    EXPECT_FALSE(rig.view().sources[1].frozen);
}

TEST(View, APlanShowsWhenItEndsIfItSays)
{
    Rig rig;
    rig.watch();
    SessionEntry plan;
    plan.indication = Indication::pre_eclampsia;
    plan.grams_per_hour = 1;
    plan.expected_end = rig.now().wall + 24h;
    rig.chart(plan);
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(1h);
    ASSERT_TRUE(rig.view().beds[0].session);
    EXPECT_EQ(rig.view().beds[0].session->expected_end, plan.expected_end);
    plan.expected_end = {};
    rig.chart(plan);
    EXPECT_FALSE(rig.view().beds[0].session->expected_end);
}

TEST(View, TrustsNoBedThatIsNotThereAndKnowsNothingAgainstASourceThatNobodyNamed)
{
    Rig rig;
    Configuration ward = Rig::configuration();
    ward.mode = Mode::ward;
    ward.sources[0].fingerprint = "f1";
    ward.sources[0].place = "here";
    rig.step(ward);
    CommissionRecord record;
    record.device = "monitor-1";
    record.fingerprint = "f1";
    record.place = "here";
    record.by = "A. Engineer";
    record.role = "biomedical engineer";
    record.remark = "first commissioning";
    record.at = rig.now().wall;
    record.pairs = {{"bed-1", Signal::hr, "70", 70, record.at, 1},
                    {"bed-1", Signal::hr, "90", 90, record.at, 1},
                    {"bed-1", Signal::hr, "none", std::nullopt, record.at, 1}};
    rig.act(Commission{record}, record.by);
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    EXPECT_TRUE(rig.ward.trusts(BedId{0}, SourceId{0}, Signal::hr));
    EXPECT_FALSE(rig.ward.trusts(BedId{99}, SourceId{0}, Signal::hr));
    EXPECT_TRUE(rig.ward.trusts(BedId{0}, SourceId{77}, Signal::hr));
}

} // namespace
} // namespace magwatch::test
