// What the ward keeps of what was given, for the prediction.
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;

struct Given : Rig {
    Given() { watch(); }
    [[nodiscard]] const PredictionInput prediction(std::size_t bed = 0) const { return view().beds.at(bed).prediction; }
    [[nodiscard]] Course course() const { return prediction().course; }
    [[nodiscard]] double grams() const
    {
        return course().grams(Instant{}, now().steady, true);
    }
};

TEST(WardCourse, FollowsTheChart)
{
    Given ward;
    ward.chart(BolusEntry{4, 20min, {}});
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(1h);
    EXPECT_NEAR(ward.grams(), 4 + 40.0 / 60, 0.01) << "the infusion begins when the bolus ends";
    EXPECT_FALSE(ward.course().incomplete_since());
    ward.chart(InfusionStopEntry{});
    ward.pass(1h);
    EXPECT_NEAR(ward.grams(), 4 + 40.0 / 60, 0.01);
    ward.chart(IntramuscularEntry{5, {}});
    EXPECT_NEAR(ward.grams(), 9 + 40.0 / 60, 0.01);
}

TEST(WardCourse, ADoseChartedLateWasGivenThen)
{
    Given ward;
    ward.pass(1h);
    ward.chart(BolusEntry{4, 20min, {}}, 40min);
    ASSERT_TRUE(ward.course().first_dose());
    EXPECT_EQ(ward.now().steady - *ward.course().first_dose(), 40min);
    EXPECT_NEAR(ward.grams(), 4, 0.01);
}

TEST(WardCourse, APumpKnowsBetterAndItsSilenceIsMarked)
{
    Given ward;
    ward.stream(Signal::pump_rate, 2, 1800, 1);
    ward.chart(InfusionRateEntry{9, {}}); // what somebody writes beside it
    ward.stream(Signal::pump_rate, 1, 1800, 1);
    EXPECT_NEAR(ward.grams(), 1.5, 0.01);
    EXPECT_LE(ward.course().pieces().size(), 3U) << "the same rate, told every second, is one piece";
    EXPECT_FALSE(ward.course().incomplete_since());
    ward.pass(10min);
    const auto since = ward.course().incomplete_since();
    ASSERT_TRUE(since);
    EXPECT_LE(ward.now().steady - *since, 10min);
    EXPECT_GT(ward.now().steady - *since, 8min);
    ward.chart(InfusionStopEntry{});
    const double before = ward.grams();
    ward.pass(1h);
    EXPECT_NEAR(ward.grams(), before, 0.001);
}

TEST(WardCourse, GoesWithHerAndSurvivesARestart)
{
    Given ward;
    ward.chart(BolusEntry{4, 20min, {}});
    ward.pass(10min);
    const Bytes bytes = ward.ward.save();
    auto restored = Ward::load(as_text(bytes));
    ASSERT_TRUE(restored);
    const auto course = ward.course();
    ASSERT_FALSE(course.pieces().empty());
    const auto again = restored->view(ward.now()).beds.at(0).prediction.course;
    EXPECT_TRUE(std::equal(course.pieces().begin(), course.pieces().end(), again.pieces().begin(), again.pieces().end()));
    WatchTransfer transfer;
    transfer.from = BedId{0};
    transfer.to = BedId{1};
    ward.act(transfer);
    EXPECT_FALSE(ward.prediction(0).course.first_dose());
    EXPECT_TRUE(ward.prediction(1).course.first_dose());
}

TEST(WardCourse, KnowsTheWomanAsFarAsSheIsCharted)
{
    Given ward;
    EXPECT_FALSE(ward.prediction().weight_kg);
    EXPECT_FALSE(ward.prediction().creatinine_umol_l);
    ward.chart(ValueEntry{Signal::weight, 81});
    ward.chart(ValueEntry{Signal::creatinine, 95});
    EXPECT_EQ(ward.prediction().weight_kg, 81);
    EXPECT_EQ(ward.prediction().creatinine_umol_l, 95);
}

TEST(WardCourse, ABolusThatThePumpGivesCountsAsThePumpGivesIt)
{
    Given ward;
    ward.stream(Signal::pump_rate, 9, 300, 1);
    ward.chart(BolusEntry{4, 20min, {}}, 5min); // 12 g/h, and the pump is slower
    ward.stream(Signal::pump_rate, 9, 900, 1);
    EXPECT_NEAR(ward.grams(), 3, 0.01);
    EXPECT_NEAR(ward.view().beds[0].dose_total, 3, 0.01);
}

TEST(WardCourse, AStopThatIsChartedLateTakesNothingFromWhatThePumpTold)
{
    Given ward;
    ward.stream(Signal::pump_rate, 2, 1800, 1);
    ward.chart(InfusionRateEntry{2, {}});
    ward.chart(InfusionStopEntry{}, 15min);
    EXPECT_EQ(ward.reply()->text, "kept as history: what is charted of a later time holds");
    EXPECT_NEAR(ward.grams(), 1, 0.01);
    EXPECT_FALSE(ward.course().incomplete_since());
}

TEST(WardCourse, ABolusThatWasBegunAfterTheStopRunsToItsEnd)
{
    Given ward;
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(1h);
    ward.chart(BolusEntry{4, 20min, {}});
    ward.pass(5min);
    ward.chart(InfusionStopEntry{}, 10min);
    EXPECT_TRUE(ward.view().beds[0].infusing);
    ward.pass(1h);
    EXPECT_NEAR(ward.grams(), 5, 0.01);
    EXPECT_NEAR(ward.view().beds[0].dose_total, 5, 0.01);
    EXPECT_FALSE(ward.view().beds[0].infusing);
}

TEST(WardCourse, ABolusByHandRunsToItsEndThoughThePumpChangesItsRateMeanwhile)
{
    Given ward;
    ward.stream(Signal::pump_rate, 1, 600, 1);
    ward.chart(BolusEntry{4, 20min, {}});
    ward.stream(Signal::pump_rate, 1, 300, 1);
    ward.stream(Signal::pump_rate, 2, 1500, 1);
    EXPECT_NEAR(ward.grams(), 1.0 / 6 + 4 + 1.0 / 3, 0.01);
}

} // namespace
} // namespace magwatch::test
