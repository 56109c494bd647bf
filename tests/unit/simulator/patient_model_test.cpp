#include "tools/simulator/patient_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

namespace magwatch::simulator {
namespace {

constexpr std::int64_t minute = 60'000, hour = 60 * minute;

// Typical curves of clinical.md 7.4, rows of the 2002 two-compartment model; base 0.80.
TEST(PatientModel, FollowsTheGoldenVectorsOfTheTwoCompartmentModel)
{
    struct Row {
        double load_g_h;
        std::int64_t load;
        double maintenance_g_h;
        double end_of_load, at_1h, at_2h, at_4h, at_6h, at_12h, at_24h;
    };
    const Row rows[] = {
        {12, 20 * minute, 1, 1.429, 1.376, 1.336, 1.329, 1.356, 1.448, 1.548},
        {12, 20 * minute, 2, 1.429, 1.474, 1.540, 1.664, 1.774, 2.020, 2.268},
        {12, 30 * minute, 2, 1.712, 1.693, 1.690, 1.749, 1.833, 2.052, 2.280},
    };
    for (const Row& row : rows) {
        PatientModel model{{}};
        model.advance(row.load, row.load_g_h);
        EXPECT_NEAR(model.truth().magnesium, row.end_of_load, 0.004);
        std::int64_t at = row.load;
        const std::pair<std::int64_t, double> points[] = {{1, row.at_1h},   {2, row.at_2h},   {4, row.at_4h},
                                                          {6, row.at_6h},   {12, row.at_12h}, {24, row.at_24h}};
        for (const auto& [hours, expected] : points) {
            model.advance(hours * hour - at, row.maintenance_g_h);
            at = hours * hour;
            EXPECT_NEAR(model.truth().magnesium, expected, 0.004) << hours << " h";
        }
    }
}

TEST(PatientModel, AnOrdinaryRegimenTakesNothingAway)
{
    PatientModel model{{}};
    model.advance(20 * minute, 12);
    for (int i = 0; i < 24; ++i) {
        model.advance(hour, i < 23 ? 2 : 0);
        EXPECT_EQ(model.truth().reflex_knee, 2);
        EXPECT_GT(model.truth().rr, 14);
        EXPECT_GT(model.truth().spo2, 96);
        EXPECT_EQ(model.truth().avpu, Avpu::alert);
    }
}

// The order in which a 12 g/h overdose shows: reflex weak, reflex lost, slow breathing, no breath; each
// inside its band of clinical.md 3.1.
TEST(PatientModel, TheLoadBagLeftOnTakesReflexesBeforeBreath)
{
    for (const double sensitivity : {0.85, 1.0, 1.15}) {
        PatientParameters p;
        p.magnesium = 1.6;
        p.sensitivity = sensitivity;
        p.clearance = 2.5;
        PatientModel model{p};
        std::optional<double> weak, lost, slow, none;
        for (int i = 0; i < 12 * 60 && !none; ++i) {
            model.advance(minute, 12);
            const PatientTruth& t = model.truth();
            if (t.reflex_knee <= 1 && !weak) weak = t.effect;
            if (t.reflex_knee == 0 && !lost) {
                lost = t.effect;
                EXPECT_GE(t.rr, 12) << "the reflex goes while the breathing still looks well";
            }
            if (t.rr < 12 && !slow) {
                slow = t.effect;
                EXPECT_TRUE(lost);
            }
            if (t.rr <= 0 && !none) none = t.effect;
        }
        ASSERT_TRUE(weak && lost && slow && none);
        EXPECT_GE(*weak, 2.5);
        EXPECT_LE(*weak, 4.0);
        EXPECT_GE(*lost, 3.5);
        EXPECT_LE(*lost, 5.0);
        EXPECT_GE(*slow, 4.0);
        EXPECT_LE(*slow, 6.5);
        EXPECT_GE(*none, 5.0);
        EXPECT_LE(*none, 6.95);
    }
}

PatientModel poisoned()
{
    PatientParameters p;
    p.magnesium = 1.6;
    PatientModel model{p};
    for (int i = 0; i < 600 && model.truth().rr >= 9; ++i) model.advance(minute, 12);
    EXPECT_LT(model.truth().rr, 9);
    return model;
}

TEST(PatientModel, RecoversByItselfOnceThePumpIsStopped)
{
    PatientModel model = poisoned();
    EXPECT_LT(model.truth().spo2, 93);
    std::optional<int> breathing_back, reflex_back;
    for (int i = 1; i <= 12 * 60 && !reflex_back; ++i) {
        model.advance(minute, 0);
        if (model.truth().rr >= 12 && !breathing_back) breathing_back = i;
        if (model.truth().reflex_knee >= 1) reflex_back = i;
    }
    ASSERT_TRUE(breathing_back && reflex_back);
    EXPECT_LT(*breathing_back, *reflex_back);
    EXPECT_GT(model.truth().spo2, 96);
}

TEST(PatientModel, CalciumHelpsForAWhileAndTheLevelStays)
{
    PatientModel model = poisoned();
    const double level = model.truth().magnesium;
    model.give_calcium(1);
    model.advance(2 * minute, 12);
    EXPECT_GT(model.truth().rr, 12);
    EXPECT_GE(model.truth().magnesium, level);
    model.advance(60 * minute, 12); // the cause goes on, and the effect comes back
    EXPECT_LT(model.truth().rr, 9);
}

TEST(PatientModel, WithoutBreathTheOxygenFallsAndTheHeartSlows)
{
    PatientParameters p;
    p.magnesium = 6.4;
    p.clearance = 0;
    PatientModel model{p};
    EXPECT_EQ(model.truth().rr, 0);
    EXPECT_EQ(model.truth().avpu, Avpu::unresponsive);
    model.advance(6 * minute, 0);
    EXPECT_LT(model.truth().spo2, 60);
    EXPECT_LT(model.truth().hr, 50);
}

TEST(PatientModel, AnEpiduralTakesTheKneeAndLeavesTheArm)
{
    PatientParameters p;
    p.epidural = true;
    p.magnesium = 1.7;
    PatientModel model{p};
    EXPECT_EQ(model.truth().reflex_knee, 0);
    EXPECT_EQ(model.truth().reflex_arm, 2);
    EXPECT_EQ(model.truth().reflex(true), 2);
}

TEST(PatientModel, AnOpioidSlowsTheBreathingAndLeavesTheReflexes)
{
    PatientModel model{{}};
    model.set_opioid(0.5);
    model.advance(10 * minute, 1);
    EXPECT_LT(model.truth().rr, 9);
    EXPECT_EQ(model.truth().reflex_knee, 2);
}

TEST(PatientModel, FailingKidneysRaiseTheLevelAtAnUnchangedRate)
{
    PatientModel well{{}}, failing{{}};
    failing.set_kidneys(0.25);
    well.advance(18 * hour, 2);
    failing.advance(18 * hour, 2);
    EXPECT_GT(failing.truth().magnesium, well.truth().magnesium + 1);
    EXPECT_LT(failing.truth().urine, well.truth().urine / 2);
    EXPECT_LT(failing.truth().reflex_knee, 2);
}

TEST(PatientModel, HowTimeIsCutDoesNotMatter)
{
    PatientModel whole{{}}, pieces{{}};
    whole.advance(3 * hour, 5);
    for (int i = 0; i < 3 * 3600 * 10; ++i) pieces.advance(100, 5);
    EXPECT_EQ(whole.truth().magnesium, pieces.truth().magnesium); // the same bits, not nearly the same
    EXPECT_EQ(whole.truth().spo2, pieces.truth().spo2);
    EXPECT_EQ(whole.truth().sbp, pieces.truth().sbp);
    EXPECT_EQ(whole.truth().urine, pieces.truth().urine);
}

} // namespace
} // namespace magwatch::simulator
