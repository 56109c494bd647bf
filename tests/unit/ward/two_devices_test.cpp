// Two devices at one bed that tell the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint16_t first = 0, second = 2;

// Both monitors are bound to the bed, as a site writes them that reads one monitor on two ways.
struct Bound : Rig {
    Bound()
    {
        Configuration c = configuration();
        c.sources[first].bed = c.sources[second].bed = "bed-1";
        step(c);
        watch();
        chart(InfusionRateEntry{1, {}});
    }
    template <class Say> void seconds(int n, const Say& say)
    {
        for (int i = 0; i < n; ++i) {
            say(i);
            pass(1s);
        }
    }
    [[nodiscard]] std::optional<double> heard(Signal signal) const
    {
        const auto seen = view().beds;
        return the(seen[0], signal).value;
    }
    [[nodiscard]] bool confirmed() const { return view().beds[0].association_confirmed; }
};

// Neither hides what the other sees, and no delay begins anew at each word of the other.
TEST(TwoDevices, TheSlowerBreathAndTheLowerSaturationAreHeardInAnyOrder)
{
    for (const bool low_first : {true, false}) {
        Bound ward;
        ward.seconds(60, [&](int i) {
            ward.observe(Signal::rr, (low_first ? 8 : 16) + i % 2, first);
            ward.observe(Signal::spo2, (low_first ? 97 : 88) + i % 2, first);
            ward.observe(Signal::rr, (low_first ? 16 : 8) + i % 2, second);
            ward.observe(Signal::spo2, (low_first ? 88 : 97) + i % 2, second);
        });
        EXPECT_THAT(ward.events("rr-low"), ElementsAre("raised")) << low_first;
        EXPECT_LT(*ward.heard(Signal::rr), 10);
        EXPECT_LT(*ward.heard(Signal::spo2), 90);
    }
}

TEST(TwoDevices, OfWhichOneFallsSilentOrHasNoReadingTheOtherIsHeard)
{
    for (const bool says_so : {true, false}) {
        Bound ward;
        ward.seconds(20, [&](int i) {
            ward.observe(Signal::rr, 12.5 + 0.1 * (i % 2), first);
            ward.observe(Signal::rr, 16 + i % 2, second);
        });
        EXPECT_LT(*ward.heard(Signal::rr), 13);
        ward.seconds(10, [&](int i) {
            if (says_so) ward.step(RefusedValue{BedId{0}, SourceId{first}, true, Signal::rr, Refusal::no_value});
            ward.observe(Signal::rr, 16 + i % 2, second);
        });
        EXPECT_EQ(*ward.heard(Signal::rr), 17) << says_so;
        EXPECT_THAT(ward.events("technical.signals_lost"), IsEmpty());
    }
}

// A second monitor without a probe takes nothing away.
TEST(TwoDevices, NoReadingOfOneTakesNothingFromTheOther)
{
    Bound ward;
    ward.seconds(20, [&](int i) { ward.observe(Signal::rr, 8 + i % 2, first); });
    ward.seconds(40, [&](int i) {
        ward.observe(Signal::rr, 8 + i % 2, first);
        ward.step(RefusedValue{BedId{0}, SourceId{second}, true, Signal::rr, Refusal::no_value});
        Observation nothing;
        nothing.bed = BedId{0};
        nothing.source = SourceId{second};
        nothing.signal = Signal::rr;
        nothing.validity = Validity::invalid;
        ward.step(nothing);
    });
    EXPECT_THAT(ward.events("rr-low"), ElementsAre("raised"));
}

TEST(TwoDevices, OneThatStandsStillIsFrozenThoughTheOtherMoves)
{
    Bound ward;
    ward.seconds(320, [&](int i) {
        ward.observe(Signal::rr, 14 + i % 2, first);
        ward.observe(Signal::rr, 16, second);
    });
    EXPECT_THAT(ward.events("technical.frozen"), ElementsAre("raised"));
    EXPECT_FALSE(ward.view().sources[first].frozen);
    EXPECT_TRUE(ward.view().sources[second].frozen);
    ward.seconds(5, [&](int i) {
        ward.observe(Signal::rr, 14 + i % 2, first);
        ward.observe(Signal::rr, 17 + i, second);
    });
    EXPECT_THAT(ward.events("technical.frozen"), ElementsAre("raised", "cleared"));
}

// Its word crosses that of the other one, so that they are heard in turn.
TEST(TwoDevices, OneThatStandsStillIsFrozenAlsoWhereTheValuesCross)
{
    Bound ward;
    ward.seconds(320, [&](int i) {
        ward.observe(Signal::rr, 15, second);
        ward.observe(Signal::hr, 80, second);
        ward.observe(Signal::rr, 14 + 2 * (i % 2), first);
        ward.observe(Signal::hr, 79 + 2 * (i % 2), first);
    });
    EXPECT_THAT(ward.events("technical.frozen"), ElementsAre("raised"));
    EXPECT_TRUE(ward.view().sources[second].frozen);
    ward.seconds(40, [&](int i) { ward.observe(Signal::hr, 90 + i % 2, first); });
    EXPECT_GE(*ward.heard(Signal::hr), 90) << "and not heard any more";
}

// A gateway says a minute's value, the monitor itself each second: what the monitor loses is lost.
TEST(TwoDevices, TheSlowerOneDoesNotOutlastTheSilenceOfTheQuickOne)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.sources[first].bed = c.sources[second].bed = "bed-1";
    c.sources[first].period = 60s;
    rig.step(c);
    rig.watch();
    rig.observe(Signal::rr, 12, first);
    rig.observe(Signal::etco2, 35, first);
    for (int i = 0; i < 40; ++i) {
        rig.observe(Signal::rr, 16 + i % 2, second);
        rig.observe(Signal::etco2, 20 + i % 2, second);
        rig.pass(1s);
    }
    const auto beds = rig.view().beds;
    EXPECT_GE(*the(beds[0], Signal::rr).value, 16);
    EXPECT_LT(*the(beds[0], Signal::etco2).value, 22);
}

// Another woman, the same two devices.
TEST(TwoDevices, AreAskedAboutAnewForTheNextPatient)
{
    Bound ward;
    const auto apart = [&](int n) {
        ward.seconds(n, [&](int i) {
            ward.observe(Signal::hr, 80 + i % 2, first);
            ward.observe(Signal::hr, 120 + i % 2, second);
        });
    };
    apart(65);
    ASSERT_FALSE(ward.confirmed());
    WatchEnd end;
    end.bed = BedId{0};
    end.reason = "delivered";
    end.second_person = "charge";
    ward.chart(InfusionStopEntry{});
    ward.act(end);
    ASSERT_TRUE(ward.reply()->accepted) << ward.reply()->text;
    ward.watch();
    apart(30);
    EXPECT_TRUE(ward.confirmed()) << "the minute begins anew";
    apart(40);
    EXPECT_FALSE(ward.confirmed());
}

TEST(TwoDevices, ThatLieApartForAMinuteAreAskedAboutOnce)
{
    Bound ward;
    const auto apart = [&](int n, double by) {
        ward.seconds(n, [&](int i) {
            ward.observe(Signal::hr, 80 + i % 2, first);
            ward.observe(Signal::hr, 80 + by + i % 2, second);
        });
    };
    apart(1, 0);
    WatchConfirm all;
    all.bed = BedId{0};
    ward.act(all);
    apart(200, 19);
    EXPECT_TRUE(ward.confirmed());
    apart(60, 40);
    EXPECT_TRUE(ward.confirmed()) << "for moments two devices may";
    apart(2, 40);
    EXPECT_FALSE(ward.confirmed());
    ward.act(all);
    apart(600, 40);
    EXPECT_TRUE(ward.confirmed()) << "it was said that both are hers";
    apart(5, 0);
    apart(62, 40);
    EXPECT_FALSE(ward.confirmed());
    EXPECT_EQ(*ward.heard(Signal::hr), 81) << "who told it first goes on";
}

TEST(TwoDevices, AnAlarmOfEitherMonitorIsHeard)
{
    Bound ward;
    ward.seconds(10, [&](int) {
        ward.observe(Signal::monitor_arrest, 0, first);
        ward.observe(Signal::monitor_arrest, 1, second);
    });
    EXPECT_EQ(*ward.heard(Signal::monitor_arrest), 1);
    ward.seconds(31, [&](int) { ward.observe(Signal::monitor_arrest, 0, first); });
    EXPECT_EQ(*ward.heard(Signal::monitor_arrest), 0) << "the other one was taken away";
}

// The monitor of the bed that she left said the last word about her; that of the new bed is heard at once.
TEST(TwoDevices, AfterATransferThoseOfTheNewBedAreHeard)
{
    Rig ward;
    ward.watch();
    ward.stream(Signal::rr, 16, 10, first);
    ward.act(WatchTransfer{BedId{0}, BedId{1}});
    ASSERT_TRUE(ward.reply()->accepted);
    ward.observe(Signal::rr, 18, second, 1);
    const auto beds = ward.view().beds;
    EXPECT_EQ(the(beds[1], Signal::rr).value, 18);
}

TEST(TwoDevices, WhatIsKeptAsideSurvivesARestart)
{
    Bound ward;
    ward.seconds(30, [&](int i) {
        ward.observe(Signal::hr, 80 + i % 2, first);
        ward.observe(Signal::hr, 120 + i % 2, second);
    });
    auto loaded = Ward::load(as_text(ward.ward.save()));
    ASSERT_TRUE(loaded);
    ward.ward = std::move(*loaded);
    WatchConfirm all;
    all.bed = BedId{0};
    ward.act(all);
    ward.seconds(35, [&](int i) {
        ward.observe(Signal::hr, 80 + i % 2, first);
        ward.observe(Signal::hr, 120 + i % 2, second);
    });
    EXPECT_FALSE(ward.confirmed()) << "the minute began before";
}

// The word of a pump that stands says nothing about the one that runs beside it.
TEST(TwoPumps, OneThatStandsHidesNoneThatRuns)
{
    Rig ward;
    ward.watch();
    for (int i = 0; i < 10; ++i) {
        ward.observe(Signal::pump_rate, 2, first);
        ward.observe(Signal::pump_rate, 0, second);
        ASSERT_EQ(ward.view().beds[0].infusion_rate, 2);
        ASSERT_EQ(the(ward.view().beds[0], Signal::pump_rate).value, 2);
        ward.pass(1s);
    }
}

TEST(TwoPumps, GiveTheSumOfBoth)
{
    Rig ward;
    ward.watch();
    ward.observe(Signal::pump_rate, 2, first);
    ward.observe(Signal::pump_flow, 20, second);
    ward.observe(Signal::pump_concentration, 0.1, second);
    EXPECT_EQ(ward.view().beds[0].infusion_rate, 4);
}

// The one that is heard does not make up for the one that is not.
TEST(TwoPumps, OneThatFallsSilentWhileItRunsIsToldUntilSomebodyChartsTheRate)
{
    Rig ward;
    ward.watch();
    ward.stream(Signal::rr, 16, 1);
    ward.observe(Signal::pump_rate, 2, first);
    const auto speak = [&](double rate, int seconds) {
        for (int i = 0; i < seconds; ++i) {
            ward.observe(Signal::pump_rate, rate, second);
            ward.pass(1s);
        }
    };
    speak(1, 31);
    EXPECT_FALSE(ward.view().beds[0].infusion_rate);
    speak(1.5, 61);
    EXPECT_THAT(ward.events("technical.infusion_record"), ElementsAre("raised"));
    auto loaded = Ward::load(as_text(ward.ward.save()));
    ASSERT_TRUE(loaded);
    ward.ward = std::move(*loaded);
    speak(1.5, 1);
    EXPECT_FALSE(ward.view().beds[0].infusion_rate) << "also after a restart";
    ward.chart(InfusionRateEntry{1.5, {}});
    speak(1.5, 2);
    EXPECT_EQ(ward.view().beds[0].infusion_rate, 1.5);
    EXPECT_THAT(ward.events("technical.infusion_record"), ElementsAre("raised", "cleared"));
}

// Nor does an idle pump of the new bed say what the one gives that came along with her.
TEST(TwoPumps, AfterATransferThePumpOfTheNewBedSpeaksForItselfAlone)
{
    Rig ward;
    ward.watch();
    ward.observe(Signal::pump_rate, 2, first);
    ward.act(WatchTransfer{BedId{0}, BedId{1}});
    ASSERT_TRUE(ward.reply()->accepted);
    ward.observe(Signal::pump_rate, 0, second, 1);
    EXPECT_FALSE(ward.view().beds[1].infusion_rate);
    ward.chart(InfusionRateEntry{1, {}}, {}, 1);
    ward.observe(Signal::pump_rate, 0, second, 1);
    EXPECT_TRUE(the(ward.view().beds[1], Signal::mg_on_board).value);
}

TEST(TwoPumps, AtABedOfNobodyOneThatStandsHidesNoneThatRuns)
{
    Rig ward;
    for (int i = 0; i < 130; ++i) {
        ward.observe(Signal::pump_rate, 2, first);
        ward.observe(Signal::pump_rate, 0, second);
        ward.pass(1s);
    }
    EXPECT_THAT(ward.events("technical.unwatched"), ElementsAre("raised"));
    ward.observe(Signal::pump_rate, 0, first);
    ward.pass(130s);
    EXPECT_THAT(ward.events("technical.unwatched"), ElementsAre("raised", "cleared"));
}

// It was taken to another bed: nobody waits here for what it said last.
TEST(TwoDevices, OfWhichOneWasTakenToAnotherBedTheOtherIsHeardAtOnce)
{
    Bound ward;
    ward.seconds(10, [&](int i) {
        ward.observe(Signal::rr, 14 + i % 2, first);
        ward.observe(Signal::rr, 18, second);
    });
    ASSERT_LT(*ward.heard(Signal::rr), 18);
    Configuration c = Rig::configuration();
    c.sources[first].bed = "bed-2";
    c.sources[second].bed = "bed-1";
    ward.step(c);
    ward.observe(Signal::rr, 18, second);
    EXPECT_EQ(ward.heard(Signal::rr), 18);
}

TEST(TwoDevices, OfWhichOneIsFrozenTheOtherIsHeardAtOnce)
{
    Bound ward;
    int i = 0;
    for (; i < 400 && !ward.view().sources[first].frozen; ++i) {
        ward.observe(Signal::rr, 14, first);
        ward.observe(Signal::rr, 18 + i % 2, second);
        ward.pass(1s);
    }
    ASSERT_TRUE(ward.view().sources[first].frozen);
    ASSERT_EQ(ward.heard(Signal::rr), 14);
    ward.observe(Signal::rr, 18 + i % 2, second);
    EXPECT_EQ(ward.heard(Signal::rr), 18 + i % 2);
}

// A site that bound no name to it cannot say how often it speaks, so that nobody waits for it.
TEST(TwoDevices, OneThatNobodyNamedHidesNoneThatIsKnown)
{
    Bound ward;
    ward.observe(Signal::rr, 14, 77);
    ward.observe(Signal::rr, 18, second);
    EXPECT_EQ(ward.heard(Signal::rr), 18);
    ward.step(Rig::configuration()); // and a new file leaves it alone
    ward.observe(Signal::rr, 13, 77);
    EXPECT_EQ(ward.heard(Signal::rr), 13);
}

// What a charting system says of a vital sign is no word of a device at the bed.
TEST(TwoDevices, ANumberThatWasChartedHidesNoMonitor)
{
    Bound ward;
    Observation charted;
    charted.bed = BedId{0};
    charted.source = SourceId{1};
    charted.origin = Origin::charted;
    charted.signal = Signal::rr;
    charted.value = 14;
    ward.step(charted);
    ASSERT_EQ(ward.heard(Signal::rr), 14);
    ward.observe(Signal::rr, 18, second);
    EXPECT_EQ(ward.heard(Signal::rr), 18);
}

// Of the one nobody can tell, so that the rate is not known; what the other says stands.
TEST(TwoPumps, OneThatHasNoWordTakesNothingFromTheWordOfTheOther)
{
    for (const bool refused : {true, false}) {
        Rig ward;
        ward.watch();
        ward.observe(Signal::pump_rate, 2, first);
        ward.observe(Signal::pump_rate, 1, second);
        ASSERT_EQ(ward.view().beds[0].infusion_rate, 3);
        if (refused) {
            RefusedValue value;
            value.bed = BedId{0};
            value.source = SourceId{second};
            value.has_signal = true;
            value.signal = Signal::pump_rate;
            value.reason = Refusal::unknown_unit;
            ward.step(value);
        } else {
            Observation wrong;
            wrong.bed = BedId{0};
            wrong.source = SourceId{second};
            wrong.signal = Signal::pump_rate;
            wrong.validity = Validity::invalid;
            ward.step(wrong);
        }
        EXPECT_FALSE(ward.view().beds[0].infusion_rate) << refused;
        const auto beds = ward.view().beds;
        EXPECT_TRUE(the(beds[0], Signal::pump_rate).value) << refused;
    }
}

// She who stood at the pumps charted what runs; that a pump has no number any more does not unsay it.
TEST(TwoPumps, WhatWasChartedAfterOneFellSilentHoldsThoughTheOtherHasNoWordEither)
{
    Rig ward;
    ward.watch();
    ward.observe(Signal::pump_rate, 2, first);
    for (int i = 0; i < 40; ++i) {
        ward.observe(Signal::pump_rate, 1, second);
        ward.pass(1s);
    }
    ASSERT_FALSE(ward.view().beds[0].infusion_rate);
    ward.chart(InfusionRateEntry{1.5, {}});
    ASSERT_EQ(ward.view().beds[0].infusion_rate, 1.5);
    Observation wrong;
    wrong.bed = BedId{0};
    wrong.source = SourceId{second};
    wrong.signal = Signal::pump_rate;
    wrong.validity = Validity::invalid;
    ward.step(wrong);
    EXPECT_EQ(ward.view().beds[0].infusion_rate, 1.5);
}

} // namespace
} // namespace magwatch::test
