// What follows from what was measured and charted: the reflex that counts, and how long magnesium acts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

struct Legs : Rig {
    Legs() { watch(); }
    [[nodiscard]] std::optional<double> value(Signal which) const
    {
        const WardView seen = view();
        for (const SignalView& one : seen.beds[0].signals)
            if (one.signal == which) return one.value;
        return std::nullopt;
    }
    [[nodiscard]] std::optional<double> reflex() const { return value(Signal::reflex); }
};

TEST(Reflex, TheNewestOfKneeAndArmCounts)
{
    Legs rig;
    rig.chart(ValueEntry{Signal::reflex_knee, 1}, 10min);
    rig.chart(ValueEntry{Signal::reflex_arm, 2}, 5min);
    EXPECT_EQ(rig.reflex(), 2);
    rig.chart(ValueEntry{Signal::reflex_knee, 3}, 1min);
    EXPECT_EQ(rig.reflex(), 3);
}

TEST(Reflex, AnEpiduralLeavesTheArmAndWithoutOneNothing)
{
    Legs rig;
    rig.chart(ValueEntry{Signal::reflex_arm, 2}, 10min);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, 5min);
    ASSERT_EQ(rig.reflex(), 0);
    rig.chart(ValueEntry{Signal::epidural, 1});
    EXPECT_EQ(rig.reflex(), 2) << "the arm's, though it is older";

    Legs knee;
    knee.chart(ValueEntry{Signal::reflex_knee, 2});
    knee.chart(ValueEntry{Signal::epidural, 1});
    EXPECT_EQ(knee.reflex(), std::nullopt) << "legs say nothing now";
}

TEST(Reflex, OneThatADeviceHasNothingToSayOfIsNone)
{
    Legs rig;
    Observation nothing;
    nothing.bed = BedId{0};
    nothing.source = SourceId{0};
    nothing.signal = Signal::reflex_knee;
    nothing.validity = Validity::not_available;
    rig.step(nothing);
    EXPECT_EQ(rig.reflex(), std::nullopt);
    EXPECT_THAT(rig.events("reflex-absent"), IsEmpty());
}

// The urine of other hours than the last four, and a creatinine as it should be, keep magnesium no longer.
TEST(OnBoard, TwelveHoursWhateverTheUrineOfSixAndANormalCreatinineSay)
{
    Legs rig;
    rig.use_pack("p.toml", std::string{small_pack} + R"(
[[rule]]
id = "urine-low"
title = "Urine low"
message = "Low urine"
prompt = "Examine."
source = "test"
priority = "medium"
when = "sum(urine, 6h) < 150 mL"
)");
    rig.chart(IntramuscularEntry{5, {}});
    rig.chart(ValueEntry{Signal::creatinine, 60});
    for (int hour = 0; hour < 12; ++hour) {
        EXPECT_EQ(rig.view().beds[0].mg_on_board, "yes") << hour;
        rig.pass(1h);
        rig.chart(UrineEntry{10, rig.now().wall - 1h});
    }
    rig.chart(ValueEntry{Signal::creatinine, 61});
    EXPECT_EQ(rig.view().beds[0].mg_on_board, "no");
}

TEST(OnBoard, ADayOnceItIsChartedThatHerKidneysFail)
{
    Legs rig;
    rig.chart(IntramuscularEntry{5, {}});
    rig.pass(2h);
    rig.chart(ValueEntry{Signal::creatinine, 60});
    rig.chart(ValueEntry{Signal::renal_impairment, 1});
    rig.pass(11h);
    EXPECT_EQ(rig.view().beds[0].mg_on_board, "yes");
    EXPECT_EQ(rig.value(Signal::mg_on_board), 1) << "as the rules see it";
    rig.pass(11h);
    EXPECT_EQ(rig.view().beds[0].mg_on_board, "no");
    EXPECT_EQ(rig.value(Signal::mg_on_board), 0);
}

// No infusion has such a dose: what the magnesium estimate knows is incomplete from then on, and it says so.
TEST(Course, ADoseOrRateThatIsNoneLeavesTheRecordIncomplete)
{
    Legs charted;
    charted.chart(InfusionRateEntry{1, {}});
    EXPECT_FALSE(charted.view().beds[0].prediction.course.incomplete_since());
    charted.pass(1min);
    charted.chart(InfusionRateEntry{100'000, {}});
    ASSERT_TRUE(charted.view().beds[0].prediction.course.incomplete_since());
    EXPECT_EQ(*charted.view().beds[0].prediction.course.incomplete_since(), charted.now().steady);

    Legs pumped;
    pumped.observe(Signal::pump_rate, 100'000, 1);
    EXPECT_TRUE(pumped.view().beds[0].prediction.course.incomplete_since());
}

} // namespace
} // namespace magwatch::test
