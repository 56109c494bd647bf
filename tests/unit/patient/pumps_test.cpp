#include <gtest/gtest.h>

#include "rules/patient/pumps.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr SourceId syringe{1}, drip{2};
constexpr Instant start{1000};
constexpr Duration fresh = 30s;

struct Bed {
    Pumps pumps;
    void says(SourceId pump, Signal signal, double value, Instant at)
    {
        pumps.say(pump, signal, value, at, at + fresh);
    }
    [[nodiscard]] double grams() const { return pumps.rate()->grams_per_hour; }
    [[nodiscard]] bool known(Instant now) const { return now < pumps.rate()->until; }
};

TEST(Pumps, OfNoneNothingIsKnown)
{
    Bed bed;
    EXPECT_FALSE(bed.pumps.rate());
    bed.says(drip, Signal::pump_concentration, 0.04, start);
    EXPECT_FALSE(bed.pumps.rate()) << "a bag alone is no rate";
    bed.says(drip, Signal::pump_flow, 50, start);
    EXPECT_DOUBLE_EQ(bed.grams(), 2);
}

// A pump's flow times what another pump's bag holds is nobody's rate.
TEST(Pumps, NoRateIsMadeOfTwoPumps)
{
    Bed bed;
    bed.says(drip, Signal::pump_flow, 50, start);
    bed.says(syringe, Signal::pump_concentration, 0.5, start);
    EXPECT_FALSE(bed.pumps.rate());
}

TEST(Pumps, OneThatStandsHidesNoneThatRuns)
{
    Bed bed;
    bed.says(drip, Signal::pump_rate, 2, start);
    bed.says(syringe, Signal::pump_flow, 0, start);
    EXPECT_DOUBLE_EQ(bed.grams(), 2);
    bed.says(syringe, Signal::pump_concentration, 0.5, start);
    bed.says(syringe, Signal::pump_flow, 6, start);
    EXPECT_DOUBLE_EQ(bed.grams(), 5) << "together";
    bed.says(drip, Signal::pump_rate, 0, start);
    EXPECT_DOUBLE_EQ(bed.grams(), 3);
}

TEST(Pumps, OneThatIsNotHeardWhileItRunsCountsOnAndNothingIsKnown)
{
    Bed bed;
    bed.says(drip, Signal::pump_rate, 2, start);
    bed.says(syringe, Signal::pump_rate, 1, start);
    const Instant later = start + 40s;
    bed.says(syringe, Signal::pump_rate, 1.5, later);
    EXPECT_DOUBLE_EQ(bed.grams(), 3.5);
    EXPECT_FALSE(bed.known(later));
    EXPECT_EQ(bed.pumps.rate()->until.ms, (start + fresh).ms) << "since then";
    bed.pumps.forget_lost(later);
    EXPECT_DOUBLE_EQ(bed.grams(), 1.5);
    EXPECT_TRUE(bed.known(later));
}

TEST(Pumps, WhoForgetsALostOneKeepsTheBagOfOneThatHasNotRunYet)
{
    Bed bed;
    bed.says(drip, Signal::pump_rate, 2, start);
    const Instant later = start + 40s;
    bed.says(syringe, Signal::pump_concentration, 0.5, later);
    bed.pumps.forget_lost(later);
    EXPECT_FALSE(bed.pumps.rate());
    bed.says(syringe, Signal::pump_flow, 6, later);
    EXPECT_DOUBLE_EQ(bed.grams(), 3);
}

TEST(Pumps, OneThatStoodWhenItWasLastHeardIsNotWaitedFor)
{
    Bed bed;
    bed.says(drip, Signal::pump_rate, 2, start);
    bed.says(syringe, Signal::pump_rate, 0, start);
    const Instant later = start + 40s;
    bed.says(drip, Signal::pump_rate, 2, later);
    EXPECT_TRUE(bed.known(later));
    bed.says(drip, Signal::pump_rate, 0, later);
    EXPECT_TRUE(bed.known(later));
    EXPECT_EQ(bed.grams(), 0);
}

TEST(Pumps, OneThatBeginsToRunAtNobodyKnowsWhatRateIsUnknown)
{
    Bed bed;
    bed.says(drip, Signal::pump_rate, 2, start);
    bed.says(syringe, Signal::pump_flow, 0, start);
    bed.says(syringe, Signal::pump_flow, 6, start + 1s);
    EXPECT_FALSE(bed.known(start + 1s));
    bed.says(syringe, Signal::pump_concentration, 0.5, start + 2s);
    EXPECT_TRUE(bed.known(start + 2s));
    EXPECT_DOUBLE_EQ(bed.grams(), 5);
}

TEST(Pumps, NoReadingOfOneTakesAwayItsRateUnlessItsOtherWordsTellIt)
{
    Bed bed;
    bed.says(drip, Signal::pump_rate, 2, start);
    bed.pumps.deny(syringe, Signal::pump_rate, start);
    EXPECT_TRUE(bed.known(start)) << "who never told one takes none away";
    bed.says(drip, Signal::pump_flow, 40, start);
    bed.says(drip, Signal::pump_concentration, 0.05, start);
    bed.pumps.deny(drip, Signal::pump_rate, start + 1s);
    EXPECT_TRUE(bed.known(start + 1s));
    bed.pumps.deny(drip, Signal::pump_concentration, start + 1s);
    EXPECT_FALSE(bed.known(start + 1s));
    EXPECT_DOUBLE_EQ(bed.grams(), 2);
}

TEST(Pumps, WhatAllSayOfASignalIsTheirSum)
{
    Bed bed;
    EXPECT_FALSE(bed.pumps.together(Signal::pump_flow, start));
    bed.says(drip, Signal::pump_flow, 50, start);
    bed.says(syringe, Signal::pump_flow, 6, start + 20s);
    bed.says(drip, Signal::pump_concentration, 0.04, start);
    bed.says(syringe, Signal::pump_concentration, 0.5, start);
    EXPECT_DOUBLE_EQ(*bed.pumps.together(Signal::pump_flow, start + 20s), 56);
    EXPECT_DOUBLE_EQ(*bed.pumps.together(Signal::pump_concentration, start + 20s), 0.5);
    EXPECT_DOUBLE_EQ(*bed.pumps.together(Signal::pump_flow, start + 40s), 6);
    EXPECT_EQ(bed.pumps.said(drip, Signal::pump_flow), 50) << "however long ago";
    EXPECT_FALSE(bed.pumps.said(drip, Signal::pump_rate));
}

TEST(Pumps, ThoseThatAreLostAreLostWholly)
{
    Bed bed;
    bed.says(drip, Signal::pump_rate, 2, start);
    bed.says(syringe, Signal::pump_rate, 1, start);
    bed.pumps.lose(start + 1s, [](SourceId pump, Signal) { return pump == syringe; });
    EXPECT_FALSE(bed.known(start + 1s));
    EXPECT_DOUBLE_EQ(bed.grams(), 3);
    EXPECT_DOUBLE_EQ(*bed.pumps.together(Signal::pump_rate, start + 1s), 2);
}

} // namespace
} // namespace magwatch
