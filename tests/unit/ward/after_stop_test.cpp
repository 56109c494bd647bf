#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint16_t pump = 1;

// A patient whose pump speaks every ten seconds.
struct Stopping : Rig {
    Stopping() { watch(); }
    void pumping(double grams_per_hour, Duration length)
    {
        for (Duration d{}; d < length; d += 10s) {
            observe(Signal::pump_rate, grams_per_hour, pump);
            pass(10s);
        }
    }
    void decide() { chart(DecisionEntry{"after_stop", "restart at half the rate at 6"}); }
    [[nodiscard]] std::vector<std::string> events(const std::string& rule) const
    {
        auto all = Rig::events(rule);
        std::erase(all, "escalated");
        return all;
    }
    [[nodiscard]] BedView bed() const { return view().beds.at(0); }
    [[nodiscard]] Duration due() const { return bed().checks.at(0).due - now().wall; }
};

TEST(StoppedUnplanned, IsToldAfterTwoMinutesAndOverWhenItRunsOrAStopIsCharted)
{
    Stopping ward;
    ward.pumping(1, 1h);
    ward.pumping(0, 110s);
    EXPECT_THAT(ward.events("session.stopped"), IsEmpty()) << "a syringe is changed in less";
    ward.pumping(0, 20s);
    EXPECT_THAT(ward.events("session.stopped"), ElementsAre("raised"));
    ward.pumping(1, 1min);
    EXPECT_THAT(ward.events("session.stopped"), ElementsAre("raised", "cleared"));
    ward.pumping(0, 3min);
    ward.chart(InfusionStopEntry{});
    EXPECT_THAT(ward.events("session.stopped"), ElementsAre("raised", "cleared", "raised", "cleared"));
}

TEST(StoppedUnplanned, APumpThatNeverRanOrIsLostHasNotStopped)
{
    Stopping ward;
    ward.pumping(0, 10min);
    EXPECT_THAT(ward.events("session.stopped"), IsEmpty());
    ward.pumping(1, 1h);
    ward.pass(10min);
    EXPECT_THAT(ward.events("session.stopped"), IsEmpty());
    EXPECT_THAT(ward.events("technical.infusion_record"), ElementsAre("raised")) << "the rate is unknown: that is told";
    ward.pumping(0, 3min);
    EXPECT_THAT(ward.events("session.stopped"), ElementsAre("raised")) << "it came back, and had stopped";
}

TEST(StoppedUnplanned, ThePlannedEndTheWholeDoseOrTheEndOfABolusIsPlanned)
{
    Stopping end;
    SessionEntry plan;
    plan.indication = Indication::pre_eclampsia;
    plan.grams_per_hour = 1;
    plan.expected_end = end.now().wall + Duration{2h};
    end.chart(plan);
    end.pumping(1, 2h - 15min);
    end.pumping(0, 10min);
    EXPECT_THAT(end.events("session.stopped"), IsEmpty());

    Stopping early;
    plan.expected_end = early.now().wall + Duration{2h};
    early.chart(plan);
    early.pumping(1, 2h - 15min - 10s);
    early.pumping(0, 10min);
    EXPECT_THAT(early.events("session.stopped"), ElementsAre("raised"));

    Stopping dose;
    plan = {};
    plan.indication = Indication::wellness;
    plan.grams = 1;
    dose.chart(plan);
    dose.pumping(1, 57min + 10s);
    dose.pumping(0, 10min);
    EXPECT_THAT(dose.events("session.stopped"), IsEmpty());

    Stopping less;
    less.chart(plan);
    less.pumping(1, 56min);
    less.pumping(0, 10min);
    EXPECT_THAT(less.events("session.stopped"), ElementsAre("raised"));

    Stopping bolus;
    bolus.chart(BolusEntry{4, 20min, {}});
    bolus.pumping(12, 20min);
    bolus.pumping(0, 10min);
    EXPECT_THAT(bolus.events("session.stopped"), IsEmpty());

    Stopping forgotten; // the maintenance that was to follow the load
    plan = {};
    plan.indication = Indication::pre_eclampsia;
    plan.grams_per_hour = 1;
    forgotten.chart(plan);
    forgotten.chart(BolusEntry{4, 20min, {}});
    forgotten.pumping(12, 20min);
    forgotten.pumping(0, 10min);
    EXPECT_THAT(forgotten.events("session.stopped"), ElementsAre("raised"));
}

TEST(AfterStop, NoSeniorDecisionWithinHalfAnHourIsTold)
{
    Stopping ward;
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(1h);
    ward.chart(ValueEntry{Signal::reflex_knee, 0});
    ward.chart(InfusionStopEntry{});
    ASSERT_TRUE(ward.bed().after_stop);
    EXPECT_EQ(ward.bed().after_stop->watch_until - ward.now().wall, Duration{6h});
    ward.pass(30min - 1s);
    EXPECT_THAT(ward.events("session.decision"), IsEmpty());
    ward.pass(1s);
    EXPECT_THAT(ward.events("session.decision"), ElementsAre("raised"));
    EXPECT_FALSE(ward.bed().after_stop->decided);
    ward.decide();
    EXPECT_THAT(ward.events("session.decision"), ElementsAre("raised", "cleared"));
    EXPECT_TRUE(ward.bed().after_stop->decided);
}

TEST(AfterStop, ADecisionInTimeIsEnoughAndOneFromBeforeTheStopIsNot)
{
    Stopping ward;
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(1h);
    ward.decide();
    ward.chart(ValueEntry{Signal::reflex_knee, 0});
    ward.pass(1min);
    ward.chart(InfusionStopEntry{});
    ward.pass(31min);
    EXPECT_THAT(ward.events("session.decision"), ElementsAre("raised"));

    Stopping timely;
    timely.chart(InfusionRateEntry{1, {}});
    timely.pass(1h);
    timely.chart(ValueEntry{Signal::reflex_knee, 0});
    timely.chart(InfusionStopEntry{});
    timely.pass(29min);
    timely.decide();
    timely.pass(1h);
    EXPECT_THAT(timely.events("session.decision"), IsEmpty());
}

TEST(AfterStop, AStopWithoutToxicityIsAnEnd)
{
    Stopping ward;
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(1h);
    ward.chart(ValueEntry{Signal::reflex_knee, 0});
    ward.chart(ValueEntry{Signal::reflex_knee, 2});
    for (const auto& e : ward.view().episodes) ward.act(Acknowledge{e.id});
    ward.pass(61min);
    ward.chart(InfusionStopEntry{});
    ward.pass(2h);
    EXPECT_FALSE(ward.bed().after_stop);
    EXPECT_THAT(ward.events("session.decision"), IsEmpty());
}

TEST(AfterStop, ChecksComeEveryFifteenMinutesForSixHours)
{
    Stopping ward;
    ward.pumping(1, 2h);
    ward.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_EQ(ward.due(), Duration{1h});
    ward.pumping(0, 10s); // the pump was stopped, and nobody charted it
    EXPECT_EQ(ward.due(), Duration{15min - 10s});
    ward.decide();
    for (int i = 0; i < 23; ++i) {
        ward.pass(15min);
        ward.chart(ValueEntry{Signal::reflex_knee, 2});
        EXPECT_LE(ward.due(), Duration{15min}) << i;
    }
    ward.pass(15min);
    ward.chart(ValueEntry{Signal::reflex_knee, 2});
    EXPECT_EQ(ward.due(), Duration{1h});
    EXPECT_FALSE(ward.bed().after_stop);
}

TEST(AfterStop, ASignThatComesBackBeginsTheWatchAnew)
{
    Stopping ward;
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(1h);
    ward.chart(ValueEntry{Signal::reflex_knee, 0});
    ward.chart(InfusionStopEntry{});
    ward.pass(2h);
    ward.chart(ValueEntry{Signal::reflex_knee, 2});
    for (const auto& e : ward.view().episodes) ward.act(Acknowledge{e.id});
    ward.pass(2h);
    ward.chart(ValueEntry{Signal::reflex_knee, 0});
    ward.pass(1s);
    EXPECT_EQ(ward.bed().after_stop->watch_until - ward.now().wall, Duration{6h} - 1s);
}

TEST(AfterStop, SurvivesASnapshotAndARestart)
{
    Stopping ward;
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(1h);
    ward.chart(ValueEntry{Signal::reflex_knee, 0});
    ward.chart(InfusionStopEntry{});
    const Bytes saved = ward.ward.save();
    auto loaded = Ward::load({reinterpret_cast<const char*>(saved.data()), saved.size()});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->save(), saved);
    ward.ward = std::move(*loaded);
    ward.pass(30min);
    EXPECT_THAT(ward.events("session.decision"), ElementsAre("raised"));
}

TEST(StoppedUnplanned, AtTheEndOfABolusThatTheMaintenanceWasToFollow)
{
    Stopping ward;
    ward.chart(InfusionRateEntry{1, {}});
    ward.chart(BolusEntry{4, 20min, {}});
    ward.pumping(12, 20min);
    ward.pumping(0, 3min);
    EXPECT_THAT(ward.events("session.stopped"), ElementsAre("raised")) << "1 g/h was charted to go on";
}

TEST(StoppedUnplanned, IsOverWhenNoMagnesiumActsAnyMore)
{
    Stopping ward;
    ward.pumping(1, 10min);
    ward.pumping(0, 12h);
    EXPECT_THAT(ward.events("session.stopped"), ElementsAre("raised", "cleared"));
}

// Without a grade an alarm says nothing of toxicity, however urgent it is.
TEST(AfterStop, AHighAlarmWithoutAGradeIsNoToxicity)
{
    Rig rig;
    std::string text = small_pack;
    const std::size_t at = text.find("grade = 1\nlatching = true\nwhen = \"reflex < 1\"");
    ASSERT_NE(at, std::string::npos);
    rig.use_pack("no-grade.toml", text.erase(at, 10));
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.chart(InfusionStopEntry{});
    rig.pass(1h);
    EXPECT_EQ(rig.events("reflex-absent").front(), "raised");
    EXPECT_FALSE(rig.view().beds[0].after_stop);
    EXPECT_THAT(rig.events("session.decision"), IsEmpty());
}

TEST(AfterStop, TheToxicityOfAnotherPatientIsNotHers)
{
    Rig rig;
    rig.watch(0);
    rig.watch(1);
    rig.chart(InfusionRateEntry{1, {}}, {}, 0);
    rig.chart(InfusionRateEntry{1, {}}, {}, 1);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 1);
    rig.chart(InfusionStopEntry{}, {}, 0);
    rig.chart(InfusionStopEntry{}, {}, 1);
    EXPECT_FALSE(rig.view().beds[0].after_stop);
    EXPECT_TRUE(rig.view().beds[1].after_stop);
}

// The alarm rang longer ago than the time for which a stop is thought to be because of it.
TEST(AfterStop, AnAlarmThatStillRingsMakesAnyStopOneBecauseOfIt)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.pass(5h);
    rig.chart(InfusionStopEntry{});
    EXPECT_TRUE(rig.view().beds[0].after_stop);
}

} // namespace
} // namespace magwatch::test
