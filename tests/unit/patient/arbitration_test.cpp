// Two devices at one bed tell the same signal: which of them is heard.
#include "rules/patient/arbitration.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

TEST(Arbitration, TheGraverIsTheSlowerBreathAndHeartTheLowerSaturationAndTheAlarm)
{
    EXPECT_TRUE(is_graver(Signal::rr, 8, 16));
    EXPECT_FALSE(is_graver(Signal::rr, 16, 8));
    EXPECT_FALSE(is_graver(Signal::rr, 8, 8)) << "who speaks goes on";
    EXPECT_TRUE(is_graver(Signal::spo2, 88, 97));
    EXPECT_FALSE(is_graver(Signal::spo2, 98, 97));
    EXPECT_TRUE(is_graver(Signal::monitor_arrest, 1, 0));
    EXPECT_FALSE(is_graver(Signal::monitor_arrest, 0, 1));
    EXPECT_TRUE(is_graver(Signal::hr, 40, 80));
    EXPECT_TRUE(is_graver(Signal::pulse, 40, 80));
    EXPECT_FALSE(is_graver(Signal::pulse, 80, 40));
    EXPECT_FALSE(is_graver(Signal::hr, 150, 80));
    EXPECT_FALSE(is_graver(Signal::etco2, 20, 40)) << "low and high are both grave: who told it goes on";
}

TEST(Arbitration, WhatIsMeasuredOnceInAWhileOrChartedIsTheNewests)
{
    for (const Signal signal : {Signal::rr, Signal::hr, Signal::spo2, Signal::monitor_arrest})
        EXPECT_TRUE(is_told_by_one(signal)) << info(signal).name;
    for (const Signal signal : {Signal::sbp, Signal::reflex_knee, Signal::mg, Signal::urine, Signal::liveness, Signal::pump_rate})
        EXPECT_FALSE(is_told_by_one(signal)) << info(signal).name;
}

TEST(Arbitration, RatesAndSaturationAreCompared)
{
    EXPECT_EQ(apart_at(Signal::rr), 5);
    EXPECT_EQ(apart_at(Signal::hr), 20);
    EXPECT_EQ(apart_at(Signal::spo2), 5);
    EXPECT_EQ(apart_at(Signal::etco2), std::nullopt);
}

} // namespace
} // namespace magwatch
