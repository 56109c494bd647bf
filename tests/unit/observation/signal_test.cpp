// The table of signals: each row is looked at, so that a slip of the pen is a failing test.
#include "rules/observation/signal.hpp"

#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

template <class Check> void for_every_signal(Check check)
{
    for (std::size_t i = 0; i < signal_count; ++i) {
        const auto signal = static_cast<Signal>(i);
        SCOPED_TRACE(std::string{info(signal).name});
        check(signal, info(signal));
    }
}

TEST(SignalTable, NamesAreUniqueAndLeadBack)
{
    std::set<std::string_view> names, titles;
    for_every_signal([&](Signal signal, const SignalInfo& about) {
        EXPECT_EQ(about.signal, signal);
        EXPECT_TRUE(names.insert(about.name).second);
        EXPECT_TRUE(titles.insert(about.title).second) << about.title;
        EXPECT_EQ(signal_from(about.name), signal);
        EXPECT_EQ(name(signal), about.name);
        ASSERT_FALSE(about.name.empty());
        EXPECT_TRUE(about.name.front() >= 'a' && about.name.front() <= 'z');
        for (const char c : about.name) {
            EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') << c;
        }
    });
    EXPECT_FALSE(signal_from(""));
    EXPECT_FALSE(signal_from("HR"));
    EXPECT_FALSE(signal_from("hr "));
}

TEST(SignalTable, RangesAreRealIntervals)
{
    for_every_signal([](Signal, const SignalInfo& about) {
        EXPECT_TRUE(std::isfinite(about.min) && std::isfinite(about.max));
        EXPECT_LT(about.min, about.max);
        // Nothing that is measured here can be below zero; a counter can.
        if (about.signal != Signal::liveness) {
            EXPECT_GE(about.min, 0);
        }
    });
}

TEST(SignalTable, FlagsAndFactsAreYesOrNo)
{
    for_every_signal([](Signal signal, const SignalInfo& about) {
        if (about.kind != SignalKind::flag || signal == Signal::liveness) return;
        EXPECT_EQ(about.unit, Unit::none);
        EXPECT_EQ(about.min, 0);
        EXPECT_EQ(about.max, 1);
    });
}

// BEHAVIOUR: a continuous numeric 30 s; a charted reflex 2 h, urine 4 h, a level 12 h.
TEST(SignalTable, FreshnessIsAsTheBehaviourPageSays)
{
    for_every_signal([](Signal, const SignalInfo& about) {
        EXPECT_GT(about.fresh_for, Duration{0});
        EXPECT_LE(about.fresh_for, Duration{24h * 366});
        if (about.kind == SignalKind::continuous || about.kind == SignalKind::pump) {
            EXPECT_EQ(about.fresh_for, Duration{30s});
        }
    });
    EXPECT_EQ(info(Signal::reflex_knee).fresh_for, Duration{2h});
    EXPECT_EQ(info(Signal::reflex_arm).fresh_for, Duration{2h});
    EXPECT_EQ(info(Signal::urine).fresh_for, Duration{4h});
    EXPECT_EQ(info(Signal::mg).fresh_for, Duration{12h});
}

TEST(SignalTable, UnitsAreThoseOfTheRules)
{
    EXPECT_EQ(info(Signal::hr).unit, Unit::per_min);
    EXPECT_EQ(info(Signal::rr).unit, Unit::per_min);
    EXPECT_EQ(info(Signal::rr_counted).unit, Unit::per_min);
    EXPECT_EQ(info(Signal::spo2).unit, Unit::percent);
    EXPECT_EQ(info(Signal::sbp).unit, Unit::mm_hg);
    EXPECT_EQ(info(Signal::temp).unit, Unit::celsius);
    EXPECT_EQ(info(Signal::mg).unit, Unit::mmol_per_l);
    EXPECT_EQ(info(Signal::creatinine).unit, Unit::umol_per_l);
    EXPECT_EQ(info(Signal::urine).unit, Unit::millilitre);
    EXPECT_EQ(info(Signal::pump_rate).unit, Unit::gram_per_hour);
    EXPECT_EQ(info(Signal::infusion_rate).unit, Unit::gram_per_hour);
    EXPECT_EQ(info(Signal::dose_24h).unit, Unit::gram);
}

// A reading at which a rule must ring is no fault of the device: breathing that stopped, a dying pulse, a
// level that was fatal in a report (clinical.md), and saturation down to where oximeters end.
// A sum over a window of such a signal is never below 0 either: the compiler of packs relies on it.
TEST(SignalTable, WhatHasWindowsIsNeverBelowZero)
{
    for_every_signal([](Signal, const SignalInfo& about) { EXPECT_TRUE(about.min >= 0 || about.max > 1e6); });
}

TEST(SignalTable, WhatIsDangerousIsPlausible)
{
    const auto holds = [](Signal signal, double value) {
        return value >= info(signal).min && value <= info(signal).max;
    };
    EXPECT_TRUE(holds(Signal::rr_counted, 0));
    EXPECT_TRUE(holds(Signal::rr, 3));
    EXPECT_TRUE(holds(Signal::hr, 25));
    EXPECT_TRUE(holds(Signal::hr, 220));
    EXPECT_TRUE(holds(Signal::spo2, 50));
    EXPECT_TRUE(holds(Signal::sbp, 50));
    EXPECT_TRUE(holds(Signal::mg, 13.2));
    EXPECT_TRUE(holds(Signal::urine, 0));
    EXPECT_TRUE(holds(Signal::reflex_knee, 0));
    EXPECT_TRUE(holds(Signal::reflex_knee, 4));
    EXPECT_TRUE(holds(Signal::pump_rate, 12));
}

} // namespace
} // namespace magwatch
