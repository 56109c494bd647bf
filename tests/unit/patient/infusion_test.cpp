// Doses and rates as the rules count them.
#include "rules/patient/infusion.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

Instant at(Duration d) { return Instant{0} + d; }

TEST(Infusion, APumpThatIsLostTwiceIsLostSinceTheFirstTime)
{
    Infusion infusion;
    infusion.pump_lost(at(0s));
    EXPECT_EQ(infusion.rate_unknown_since(), std::nullopt) << "none was heard";
    infusion.pump(1, at(1min), 30s);
    infusion.pump_lost(at(70s));
    infusion.pump_lost(at(90s));
    EXPECT_EQ(infusion.rate_unknown_since(), at(70s));
    EXPECT_EQ(infusion.rate_now(), std::nullopt);
}

TEST(Infusion, ADoseIntoTheMuscleActsFromWhenItIsKnown)
{
    Infusion infusion;
    infusion.intramuscular(5, at(1h), at(3h));
    EXPECT_EQ(infusion.first_dose(), at(1h));
    EXPECT_EQ(infusion.last_dose(), at(3h));
    EXPECT_EQ(infusion.dose_total(), 5);
    EXPECT_EQ(infusion.on_board(at(15h) - 1ms, on_board_for), true);
    EXPECT_EQ(infusion.on_board(at(15h), on_board_for), false);
}

TEST(Infusion, SinceTheLastLookNothingIsCounted)
{
    Infusion infusion;
    infusion.rate(2, at(0s), at(0s));
    infusion.advance(at(1h));
    EXPECT_NEAR(infusion.dose_in(1h, at(1h)), 2, 1e-9);
    EXPECT_NEAR(infusion.dose_in(30min, at(1h)), 1, 1e-9);
    EXPECT_EQ(infusion.dose_in(10min, at(3h)), 0) << "it was not advanced so far";
}

TEST(Infusion, AWindowIsCutWithinThePointsOfItsCourse)
{
    Infusion infusion;
    infusion.rate(3.6, at(0s), at(0s)); // 1 mg a second
    for (Duration t{}; t <= 30h; t += 7s) infusion.advance(at(t));
    const Instant now = infusion.counted_to();
    EXPECT_NEAR(infusion.dose_in(1h, now), 3.6, 1e-6);
    EXPECT_NEAR(infusion.dose_in(24h, now), 86.4, 1e-6);
    EXPECT_NEAR(infusion.dose_in(29h, now), 3.6 * 29, 1e-6);
    EXPECT_NEAR(infusion.dose_in(48h, now), infusion.dose_total(), 1e-6);
}

// A pump that is set up and stands still, or was lost, gives no syringe.
TEST(Infusion, ABolusByHandCountsBesideAPump)
{
    enum class Pump { idle, lost, maintenance };
    for (const Pump pump : {Pump::idle, Pump::lost, Pump::maintenance}) {
        Infusion infusion;
        const double runs = pump == Pump::maintenance ? 1 : 0;
        infusion.pump(runs, at(0s), 30s);
        if (pump == Pump::lost) infusion.pump_lost(at(10s));
        infusion.bolus(4, 20min, at(20s), at(20s));
        EXPECT_EQ(infusion.on_board(at(20s), on_board_for), true);
        if (pump != Pump::lost)
            for (Duration t = 20s; t < 1h; t += 10s) infusion.pump(runs, at(t), 30s);
        infusion.advance(at(1h));
        EXPECT_NEAR(infusion.dose_total(), 4 + runs, 1e-6) << static_cast<int>(pump);
        EXPECT_FALSE(infusion.bolus_by_pump());
        EXPECT_EQ(infusion.rate_now().has_value(), pump != Pump::lost) << "what the pump does is what it says";
    }
}

TEST(Infusion, ABolusThatThePumpIsSeenToGiveCountsOnce)
{
    for (const Duration said : {Duration{-10s}, Duration{5min}, Duration{40min}}) { // before, while and after it runs
        Infusion infusion;
        infusion.pump(0, at(0s), 30s);
        for (Duration t = 1min; t <= 1h; t += 10s) {
            if (said < 0s && t == 1min) infusion.bolus(4, 20min, at(t - 1s), at(t - 1s));
            if (t == 1min + said) infusion.bolus(4, 20min, at(1min), at(t), said > 20min ? 4 : 1);
            infusion.pump(t < 21min ? 12 : 1, at(t), 30s);
        }
        infusion.advance(at(1h));
        EXPECT_NEAR(infusion.dose_total(), 4 + 39.0 / 60, 0.01) << said.count();
        EXPECT_TRUE(infusion.bolus_by_pump());
    }
}

TEST(Infusion, ARateThatIsChartedWhileThePumpStandsStillContradictsIt)
{
    Infusion infusion;
    infusion.pump(0, at(0s), 30s);
    EXPECT_EQ(infusion.on_board(at(0s), on_board_for), false);
    infusion.rate(1, at(10s), at(10s));
    EXPECT_TRUE(infusion.contradicted());
    EXPECT_EQ(infusion.rate_now(), std::nullopt) << "one of them errs";
    EXPECT_EQ(infusion.on_board(at(10s), on_board_for), true);
    for (Duration t = 10s; t <= 1h + 10s; t += 10s) infusion.pump(0, at(t), 30s);
    EXPECT_NEAR(infusion.dose_total(), 1, 1e-6) << "the larger dose is the safer guess";
    infusion.pump(1, at(1h + 20s), 30s);
    EXPECT_FALSE(infusion.contradicted());
    EXPECT_EQ(infusion.rate_now(), 1);
    infusion.pump(0, at(1h + 30s), 30s);
    EXPECT_FALSE(infusion.contradicted()) << "it ran since: it was stopped there";
    infusion.rate(2, at(2h), at(2h));
    EXPECT_FALSE(infusion.contradicted()) << "it is not heard";
    infusion.pump(0, at(2h + 1s), 30s);
    infusion.rate(2, at(2h + 2s), at(2h + 2s));
    EXPECT_TRUE(infusion.contradicted());
    infusion.stop(at(2h + 3s), at(2h + 3s));
    EXPECT_FALSE(infusion.contradicted());
}

// Charted when it was drawn up; the pump begins to give it 8 min later. Or charted to last shorter than the pump takes.
TEST(Infusion, ABolusThatIsChartedBeforeThePumpGivesItOrForShorterCountsOnce)
{
    Infusion early;
    early.pump(0, at(0s), 30s);
    early.bolus(4, 20min, at(0s), at(0s));
    for (Duration t = 0s; t <= 1h; t += 10s) early.pump(t >= 8min && t < 28min ? 12 : 0, at(t), 30s);
    EXPECT_NEAR(early.dose_total(), 4, 1e-6);
    EXPECT_NEAR(early.dose_in(1h, at(1h)), 4, 1e-6);
    EXPECT_NEAR(early.dose_in(50min, at(1h)), 12.0 * 18 / 60, 1e-6) << "and no window is short of any";
    Infusion brief;
    brief.pump(12, at(0s), 30s);
    brief.bolus(4, 5min, at(0s), at(0s));
    for (Duration t = 0s; t <= 1h; t += 10s) brief.pump(t < 20min ? 12 : 0, at(t), 30s);
    EXPECT_NEAR(brief.dose_total(), 4, 1e-6);
}

// However high a maintenance is set, and whatever a purge looks like for a moment.
TEST(Infusion, ABolusByHandCountsAlsoBesideAFastMaintenanceAndAMomentOfMore)
{
    Infusion infusion;
    infusion.pump(3.5, at(0s), 30s);
    infusion.bolus(4, 20min, at(0s), at(0s));
    for (Duration t = 0s; t <= 1h; t += 10s) infusion.pump(3.5, at(t), 30s);
    EXPECT_NEAR(infusion.dose_total(), 7.5, 1e-6);
    Infusion purged;
    purged.pump(1, at(0s), 30s);
    purged.bolus(4, 20min, at(0s), at(0s));
    for (Duration t = 0s; t <= 20min; t += 10s) purged.pump(t == 10min ? 12 : 1, at(t), 30s);
    EXPECT_GT(purged.dose_total(), 2) << "what was given until then stays";
}

// A paper chart of every hour, entered from its first line on, or from its last.
TEST(Infusion, LateRatesOfTheSameTimeAreCountedOnce)
{
    for (const bool upwards : {true, false}) {
        Infusion infusion;
        infusion.rate(2, at(11h), at(11h));
        for (int i = 0; i < 3; ++i) infusion.rate(2, at(upwards ? 8h + i * 1h : 10h - i * 1h), at(11h));
        EXPECT_NEAR(infusion.dose_total(), 6, 1e-9) << upwards;
        EXPECT_EQ(infusion.rate_now(), 2);
    }
}

// What went into the muscle, or by hand before, was not given by the pump.
TEST(Infusion, ABolusByHandIsChartedLateBesideOtherDoses)
{
    Infusion infusion;
    infusion.pump(0, at(0s), 30s);
    for (Duration t = 0s; t <= 31min; t += 10s) {
        infusion.pump(0, at(t), 30s);
        if (t == 30min) infusion.intramuscular(10, at(5min), at(t));
        if (t == 31min) infusion.bolus(4, 20min, at(0s), at(t));
    }
    EXPECT_NEAR(infusion.dose_total(), 14, 1e-6);
}

TEST(Infusion, ARateOfBeforeThePumpLastRanContradictsNothing)
{
    Infusion infusion;
    for (Duration t = 0s; t <= 2h; t += 10s) infusion.pump(t < 1h ? 1 : 0, at(t), 30s);
    infusion.rate(1, at(10min), at(2h));
    EXPECT_FALSE(infusion.contradicted());
    EXPECT_EQ(infusion.rate_now(), 0);
    infusion.rate(1, at(90min), at(2h));
    EXPECT_TRUE(infusion.contradicted());
}

// Paper that is caught up with: what was true later holds, and no dose that is known is taken back.
TEST(Infusion, WhatIsChartedLateIsHistory)
{
    Infusion infusion;
    infusion.rate(1, at(0s), at(0s));
    infusion.rate(2, at(1h), at(1h));
    infusion.advance(at(2h));
    ASSERT_NEAR(infusion.dose_total(), 3, 1e-9);
    infusion.rate(0.5, at(30min), at(2h));
    EXPECT_EQ(infusion.rate_now(), 2);
    EXPECT_NEAR(infusion.dose_total(), 3, 1e-9) << "the larger dose is the safer guess";
    infusion.rate(5, at(30min), at(2h));
    EXPECT_EQ(infusion.rate_now(), 2);
    EXPECT_NEAR(infusion.dose_total(), 5, 1e-9) << "half an hour at 5 g/h in place of 1 g/h";
    infusion.stop(at(30min), at(2h));
    EXPECT_EQ(infusion.rate_now(), 2);
    EXPECT_FALSE(infusion.stop_declared());
    infusion.stop(at(110min), at(2h));
    EXPECT_EQ(infusion.rate_now(), 0);
    EXPECT_TRUE(infusion.stop_declared());
    infusion.bolus(4, 20min, at(100min), at(2h));
    EXPECT_TRUE(infusion.stop_declared()) << "it was stopped after that";
    EXPECT_FALSE(infusion.bolus_running(at(2h)));
    EXPECT_NEAR(infusion.dose_total(), 7, 1e-9) << "10 of its 20 min";
}

TEST(Infusion, ABolusThatIsChartedLateEndsNoneThatRuns)
{
    Infusion infusion;
    infusion.bolus(4, 20min, at(3h), at(3h));
    infusion.bolus(2, 20min, at(0s), at(3h));
    EXPECT_TRUE(infusion.bolus_running(at(3h + 1min)));
    EXPECT_EQ(infusion.bolus_grams(), 4);
    infusion.advance(at(4h));
    EXPECT_NEAR(infusion.dose_total(), 6, 1e-9);
    infusion.bolus(4, 20min, at(5h), at(5h));
    infusion.stop(at(4h + 50min), at(5h + 1min));
    EXPECT_TRUE(infusion.bolus_running(at(5h + 1min))) << "it was begun after the stop";
    EXPECT_FALSE(infusion.stop_declared());
}

TEST(Infusion, ARateThatIsChartedLateAddsNothingToWhatAPumpTold)
{
    for (const bool heard : {true, false}) {
        Infusion infusion;
        if (heard) infusion.pump(2, at(0s), 2h);
        infusion.rate(2, at(50min), at(1h));
        const double before = infusion.dose_total();
        infusion.rate(9, at(30min), at(1h));
        EXPECT_NEAR(infusion.dose_total(), before + (heard ? 0 : 9.0 * 20 / 60), 1e-6) << heard;
    }
}

} // namespace
} // namespace magwatch
