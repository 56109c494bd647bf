#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <map>

#include "rules/ward/technical.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(TechnicalAlarm, ASilentMonitorIsTold)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.stream(Signal::rr, 16, 10);
    rig.pass(3s);
    EXPECT_THAT(rig.events("technical.silent"), IsEmpty());
    rig.pass(27s);
    EXPECT_THAT(rig.events("technical.silent"), ElementsAre("raised"));
    rig.pass(2min);
    EXPECT_THAT(rig.events("technical.silent_long"), ElementsAre("raised"));
    EXPECT_FALSE(rig.pages().empty());
    rig.stream(Signal::rr, 16, 2);
    rig.stream(Signal::pump_rate, 1, 2, 1);
    EXPECT_EQ(rig.events("technical.silent").back(), "cleared");
}

TEST(TechnicalAlarm, ASilentPumpIsToldAsThePumpAndHidesNoLostSign)
{
    Rig rig;
    rig.watch();
    rig.observe(Signal::pump_rate, 1, 1);
    for (int i = 0; i < 100; ++i) {
        if (i < 10) rig.observe(Signal::spo2, 98);
        if (i < 10) rig.observe(Signal::pump_rate, 1, 1);
        rig.stream(Signal::rr, 16 + i % 2, 1);
    }
    EXPECT_THAT(rig.events("technical.pump_silent"), ElementsAre("raised"));
    EXPECT_THAT(rig.events("technical.silent"), IsEmpty());
    EXPECT_THAT(rig.events("technical.signals_lost"), ElementsAre("raised")) << "the monitor lost the saturation";
    for (int i = 0; i < 120; ++i) rig.stream(Signal::rr, 16 + i % 2, 1);
    EXPECT_THAT(rig.events("technical.silent_long"), IsEmpty()) << "the monitor speaks";
    rig.observe(Signal::pump_rate, 1, 1);
    rig.pass(1s);
    EXPECT_THAT(rig.events("technical.pump_silent"), ElementsAre("raised", "cleared"));
}

// One that was left behind at the bed must not keep from being told what the one in use lost.
TEST(TechnicalAlarm, ASilentMonitorHidesNoSignThatAnotherOneLost)
{
    Rig rig;
    rig.watch();
    for (int i = 0; i < 240; ++i) {
        rig.observe(Signal::hr, 80 + i % 2);
        if (i < 60) rig.observe(Signal::etco2, 35 + i % 2, 2);
        if (i < 120) rig.observe(Signal::spo2, 97 + i % 2);
        rig.pass(1s);
        if (i != 119) continue;
        EXPECT_THAT(rig.events("technical.silent"), ElementsAre("raised"));
        EXPECT_THAT(rig.events("technical.signals_lost"), IsEmpty()) << "what the silent one sent is told by its silence";
    }
    EXPECT_THAT(rig.events("technical.signals_lost"), ElementsAre("raised"));
    const auto episodes = rig.view().episodes;
    const auto& lost = the(episodes, [](const EpisodeView& one) { return one.rule == "technical.signals_lost"; });
    EXPECT_EQ(lost.message, "No " + std::string{info(Signal::spo2).title});
    rig.observe(Signal::spo2, 97);
    rig.pass(1s);
    EXPECT_THAT(rig.events("technical.signals_lost"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, ASignThatIsLostStaysToldWhenAnotherMonitorFallsSilent)
{
    Rig rig;
    rig.watch();
    for (int i = 0; i < 300; ++i) {
        rig.observe(Signal::hr, 80 + i % 2);
        if (i < 200) rig.observe(Signal::etco2, 35 + i % 2, 2);
        if (i < 60) rig.observe(Signal::spo2, 97 + i % 2);
        rig.pass(1s);
    }
    EXPECT_THAT(rig.events("technical.silent"), ElementsAre("raised"));
    EXPECT_THAT(rig.events("technical.signals_lost"), ElementsAre("raised")) << "it never came back";
}

// One measurement every 10 min: the saturation sinks by `dip` for the last half minute of each; a 0 is not sent.
void measure(Rig& rig, double during, int sbp)
{
    const auto minute = [&](double spo2) {
        for (int i = 0; i < 12; ++i) {
            if (spo2 > 0) rig.observe(Signal::spo2, spo2);
            rig.observe(Signal::rr, 16 + i % 2);
            rig.pass(5s);
        }
    };
    for (int i = 0; i < 3; ++i) minute(97 + i % 2);
    minute(during);
    rig.observe(Signal::sbp, sbp);
}

TEST(TechnicalAlarm, AProbeOnTheCuffsArmIsToldAfterThreeMeasurementsAndEndsWithACalmOne)
{
    Rig rig;
    rig.watch();
    rig.observe(Signal::sbp, 119);
    measure(rig, 92, 120);
    measure(rig, 91, 121);
    EXPECT_THAT(rig.events("technical.cuff_arm"), IsEmpty());
    measure(rig, 93, 122);
    EXPECT_THAT(rig.events("technical.cuff_arm"), ElementsAre("raised"));
    rig.observe(Signal::sbp, 122); // the same measurement again
    EXPECT_THAT(rig.events("technical.cuff_arm"), ElementsAre("raised"));
    measure(rig, 97, 123);
    EXPECT_THAT(rig.events("technical.cuff_arm"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, ASaturationThatFallsOnceOrStaysLowIsNotTheCuff)
{
    Rig rig;
    rig.watch();
    rig.observe(Signal::sbp, 119);
    measure(rig, 92, 120);
    measure(rig, 97, 121); // recovered by itself, and calm
    measure(rig, 92, 122);
    measure(rig, 92, 123);
    EXPECT_THAT(rig.events("technical.cuff_arm"), IsEmpty());
    for (int i = 0; i < 36; ++i) rig.stream(Signal::spo2, 92, 5);
    rig.observe(Signal::sbp, 124); // low before and during: a true fall
    EXPECT_THAT(rig.events("technical.cuff_arm"), IsEmpty());
}

TEST(TechnicalAlarm, AMonitorThatNeverSpokeIsSilentToo)
{
    Rig rig;
    Configuration bound = Rig::configuration();
    bound.sources[0].bed = "bed-1";
    rig.step(bound);
    rig.watch();
    rig.pass(31s);
    EXPECT_THAT(rig.events("technical.silent"), ElementsAre("raised"));
}

TEST(TechnicalAlarm, AFrozenCounterIsToldWithinAMinute)
{
    Rig rig;
    rig.watch();
    for (int i = 0; i < 10; ++i) {
        rig.observe(Signal::liveness, i);
        rig.stream(Signal::rr, 16, 1);
    }
    for (int i = 0; i < 62; ++i) {
        rig.observe(Signal::liveness, 9);
        rig.stream(Signal::rr, 16, 1);
    }
    EXPECT_THAT(rig.events("technical.frozen"), ElementsAre("raised"));
    rig.observe(Signal::liveness, 10);
    EXPECT_THAT(rig.events("technical.frozen"), ElementsAre("raised", "cleared"));
}

// A cable is put back: the silence is over, and nothing else is wrong.
TEST(TechnicalAlarm, AMonitorThatComesBackIsNeitherFrozenNorBlind)
{
    Rig rig;
    rig.watch();
    const auto sample = [&](int i) {
        rig.observe(Signal::hr, 80 + i % 2);
        rig.observe(Signal::spo2, 98);
        rig.stream(Signal::rr, 16, 1);
        rig.observe(Signal::liveness, i);
    };
    for (int i = 0; i < 10; ++i) sample(i);
    rig.pass(90s);
    EXPECT_THAT(rig.events("technical.silent"), ElementsAre("raised"));
    for (int i = 100; i < 110; ++i) sample(i);
    EXPECT_THAT(rig.events("technical.silent"), ElementsAre("raised", "cleared"));
    EXPECT_THAT(rig.events("technical.frozen"), IsEmpty());
    EXPECT_THAT(rig.events("technical.signals_lost"), IsEmpty());

    // One signal does not come back: that is told, after a moment.
    rig.pass(90s);
    for (int i = 200; i < 232; ++i) {
        rig.observe(Signal::hr, 80 + i % 2);
        rig.stream(Signal::rr, 16, 1);
        rig.observe(Signal::liveness, i);
    }
    EXPECT_THAT(rig.events("technical.signals_lost"), ElementsAre("raised"));
}

TEST(TechnicalAlarm, AVitalSignThatWasMissingBeforeASilenceIsToldAtOnceAfterIt)
{
    Rig rig;
    rig.watch();
    int n = 0;
    const auto stream = [&](int seconds, bool with_spo2) {
        for (int i = 0; i < seconds; ++i) {
            rig.observe(Signal::hr, 80 + n++ % 2);
            if (with_spo2) rig.observe(Signal::spo2, 98);
            rig.stream(Signal::rr, 16 + n % 2, 1);
        }
    };
    stream(60, true);
    stream(20, false);
    rig.pass(30s);
    EXPECT_THAT(rig.events("technical.silent"), ElementsAre("raised"));
    EXPECT_THAT(rig.events("technical.signals_lost"), IsEmpty());
    stream(1, false);
    EXPECT_THAT(rig.events("technical.silent"), ElementsAre("raised", "cleared"));
    EXPECT_THAT(rig.events("technical.signals_lost"), ElementsAre("raised")) << "nobody would be told for a moment";
}

TEST(TechnicalAlarm, FlatNumbersWithoutACounterAreToldAfterFiveMinutes)
{
    Rig rig;
    rig.watch();
    for (int i = 0; i < 299; ++i) {
        rig.observe(Signal::hr, 80);
        rig.stream(Signal::rr, 16, 1);
    }
    EXPECT_THAT(rig.events("technical.frozen"), IsEmpty());
    for (int i = 0; i < 3; ++i) {
        rig.observe(Signal::hr, 80);
        rig.stream(Signal::rr, 16, 1);
    }
    EXPECT_THAT(rig.events("technical.frozen"), ElementsAre("raised"));
}

Observation unusable(Signal signal, Validity validity, std::uint16_t source = 0)
{
    Observation o;
    o.bed = BedId{0};
    o.source = SourceId{source};
    o.signal = signal;
    o.validity = validity;
    return o;
}

// A probe is off while the monitor stands still: what it says of that one again and again is no sign of life.
TEST(TechnicalAlarm, FlatNumbersBesideOneThatIsMissingAreToldAfterFiveMinutes)
{
    for (const bool refused : {false, true}) {
        Rig rig;
        rig.watch();
        rig.observe(Signal::spo2, 98);
        const auto sample = [&](double heart) {
            rig.observe(Signal::hr, heart);
            rig.observe(Signal::rr, 16);
            if (refused) rig.step(RefusedValue{BedId{0}, SourceId{0}, true, Signal::spo2, Refusal::no_value});
            else rig.step(unusable(Signal::spo2, Validity::not_available));
            rig.pass(1s);
        };
        for (int i = 0; i < 299; ++i) sample(80);
        EXPECT_THAT(rig.events("technical.frozen"), IsEmpty()) << refused;
        for (int i = 0; i < 60; ++i) sample(80);
        EXPECT_THAT(rig.events("technical.frozen"), ElementsAre("raised")) << refused;
        sample(81);
        EXPECT_THAT(rig.events("technical.frozen"), ElementsAre("raised", "cleared")) << refused;
        // The probe comes back, and the rest stands still: it moved.
        for (int i = 0; i < 290; ++i) sample(81);
        rig.observe(Signal::spo2, 97);
        for (int i = 0; i < 290; ++i) sample(81);
        EXPECT_THAT(rig.events("technical.frozen"), ElementsAre("raised", "cleared")) << refused;
    }
}

TEST(TechnicalAlarm, AMonitorWithoutAnyNumberStandsNotStill)
{
    Rig rig;
    rig.watch();
    rig.observe(Signal::hr, 80);
    for (int i = 0; i < 900; ++i) {
        rig.step(unusable(Signal::hr, Validity::not_available));
        rig.pass(1s);
    }
    EXPECT_THAT(rig.events("technical.frozen"), IsEmpty());
    EXPECT_EQ(rig.events("technical.signals_lost").front(), "raised");
}

TEST(TechnicalAlarm, NumbersThatStoodStillCountAgainWithTheFirstThatMoves)
{
    Rig rig;
    rig.watch();
    for (int i = 0; i < 305; ++i) {
        rig.observe(Signal::hr, 80);
        rig.stream(Signal::rr, 16, 1);
    }
    ASSERT_THAT(rig.events("technical.frozen"), ElementsAre("raised"));
    rig.stream(Signal::rr, 16, 10);
    const auto breathing = [&] {
        const WardView seen = rig.view();
        for (const SignalView& one : seen.beds[0].signals)
            if (one.signal == Signal::rr) return one.last_at;
        return WallTime{};
    };
    EXPECT_LT(breathing(), rig.now().wall - 5s) << "a copy of the past is no observation";
    rig.observe(Signal::rr, 9);
    EXPECT_EQ(breathing(), rig.now().wall);
    EXPECT_THAT(rig.events("technical.frozen"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, OneLostVitalSignOfASpeakingMonitorIsTold)
{
    Rig rig;
    rig.watch();
    rig.observe(Signal::spo2, 98);
    for (int i = 0; i < 32; ++i) rig.stream(Signal::rr, 15 + i % 2, 1);
    EXPECT_THAT(rig.events("technical.signals_lost"), ElementsAre("raised"));
    EXPECT_THAT(rig.view().episodes.back().message, testing::HasSubstr("oxygen saturation"));
    rig.observe(Signal::spo2, 98);
    EXPECT_THAT(rig.events("technical.signals_lost"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, ASecondVitalSignThatIsLostIsNamedToo)
{
    Rig rig;
    rig.watch();
    const auto named = [&] {
        const auto episodes = rig.view().episodes;
        return the(episodes, [](const EpisodeView& one) { return one.rule == "technical.signals_lost"; }).message;
    };
    for (int i = 0; i < 90; ++i) {
        if (i < 10) rig.observe(Signal::spo2, 98);
        if (i < 40 || i > 80) rig.observe(Signal::hr, 80 + i % 2);
        rig.stream(Signal::rr, 15 + i % 2, 1);
        if (i == 60) { EXPECT_EQ(named(), "No oxygen saturation"); }
        if (i == 75) { EXPECT_EQ(named(), "No heart rate, oxygen saturation"); }
    }
    EXPECT_EQ(named(), "No oxygen saturation");
    EXPECT_THAT(rig.events("technical.signals_lost"), ElementsAre("raised"));
}

TEST(TechnicalAlarm, ValuesThatKeepBeingRefusedAreTold)
{
    Rig rig;
    rig.watch();
    for (int i = 0; i < 40; ++i) {
        rig.step(RefusedValue{BedId{0}, SourceId{0}, true, Signal::hr, Refusal::implausible});
        rig.pass(1s);
    }
    EXPECT_THAT(rig.events("technical.implausible"), ElementsAre("raised"));
    EXPECT_EQ(rig.view().refused, 40U);
}

TEST(TechnicalAlarm, NoInfusionRecordIsMediumAfterAMinute)
{
    Rig rig;
    rig.watch();
    rig.pass(59s);
    EXPECT_THAT(rig.events("technical.infusion_record"), IsEmpty());
    rig.pass(2s);
    EXPECT_THAT(rig.events("technical.infusion_record"), ElementsAre("raised"));
    rig.chart(InfusionRateEntry{1, {}});
    EXPECT_THAT(rig.events("technical.infusion_record"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, WhatWasNeverChartedIsNoVitalSignThatCannotBeJudged)
{
    const auto told = [](const std::string& when) {
        Rig rig;
        Configuration c = Rig::configuration();
        c.pack_text = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\nexample = true\n[[rule]]\nid = \"slow\"\n"
                      "title = \"t\"\nmessage = \"m\"\nsource = \"s\"\npriority = \"medium\"\nwhen = \"" +
                      when + "\"\n";
        rig.step(c);
        rig.watch();
        for (int i = 0; i < 400; ++i) rig.stream(Signal::rr, 8 + i % 2, 1);
        return !rig.events("technical.unknown").empty();
    };
    EXPECT_FALSE(told("rr < 12 /min and sedated"));
    EXPECT_FALSE(told("rr < 12 /min and post_ictal"));
    EXPECT_TRUE(told("rr < 12 /min and hr < 50 /min"));
}

// What a pump says and cannot be used makes the rate unknown at once: that is when the minute begins.
TEST(TechnicalAlarm, APumpThatSpeaksNonsenseIsToldAMinuteLater)
{
    for (const bool refused : {false, true}) {
        Rig rig;
        rig.watch();
        rig.observe(Signal::pump_rate, 1, 1);
        for (int i = 0; i < 200; ++i) rig.stream(Signal::rr, 16 + i % 2, 1);
        rig.observe(Signal::pump_rate, 1, 1);
        ASSERT_EQ(rig.events("technical.infusion_record").back(), "cleared");
        const auto before = rig.events("technical.infusion_record").size();
        for (int i = 0; i < 62; ++i) {
            if (refused) rig.step(RefusedValue{BedId{0}, SourceId{1}, true, Signal::pump_rate, Refusal::implausible});
            else rig.step(unusable(Signal::pump_rate, Validity::invalid, 1));
            rig.stream(Signal::rr, 16 + i % 2, 1);
            if (i == 58) { EXPECT_EQ(rig.events("technical.infusion_record").size(), before) << refused; }
        }
        EXPECT_EQ(rig.events("technical.infusion_record").size(), before + 1) << refused;
    }
}

TEST(TechnicalAlarm, ALostPumpKeepsTheGateOpenAndSaysThatTheRateIsUnknown)
{
    Rig rig;
    rig.watch();
    rig.stream(Signal::pump_rate, 1, 5, 1);
    rig.pass(100s);
    EXPECT_FALSE(rig.view().beds[0].infusion_rate);
    EXPECT_EQ(rig.view().beds[0].mg_on_board, "yes");
    EXPECT_THAT(rig.events("technical.infusion_record"), ElementsAre("raised"));
    EXPECT_EQ(rig.view().beds[0].rate_unknown_since, rig.now().wall - Duration{71s}) << "30 s after its last word";
    rig.stream(Signal::pump_rate, 1, 2, 1);
    EXPECT_THAT(rig.events("technical.infusion_record"), ElementsAre("raised", "cleared"));
    EXPECT_FALSE(rig.view().beds[0].rate_unknown_since);
}

TEST(TechnicalAlarm, WhoChartsTheRateOfALostPumpIsBelieved)
{
    Rig rig;
    rig.watch();
    rig.stream(Signal::pump_rate, 2, 3600, 1);
    rig.pass(30min);
    EXPECT_NEAR(rig.view().beds[0].dose_total, 3, 0.01) << "counted on at the last rate";
    bool told = false;
    for (const auto& e : rig.view().episodes) told = told || e.message == "Pump not heard: rate unknown";
    EXPECT_TRUE(told);
    rig.chart(InfusionRateEntry{1, {}});
    EXPECT_THAT(rig.events("technical.infusion_record"), testing::Contains("cleared"));
    EXPECT_EQ(rig.view().beds[0].infusion_rate, 1);
    rig.pass(1h);
    EXPECT_NEAR(rig.view().beds[0].dose_total, 4, 0.02);
    rig.chart(InfusionStopEntry{});
    rig.pass(12h + 1min);
    EXPECT_NEAR(rig.view().beds[0].dose_total, 4, 0.02) << "not for ever";
    EXPECT_EQ(rig.view().beds[0].mg_on_board, "no");
}

TEST(TechnicalAlarm, AFasterRateChartedLateForALostPumpAddsWhatWasMissed)
{
    Rig rig;
    rig.watch();
    rig.stream(Signal::pump_rate, 1, 3600, 1);
    rig.pass(1h);
    rig.chart(InfusionRateEntry{3, {}}, 2h); // true since before it was lost: there the pump's word holds
    EXPECT_NEAR(rig.view().beds[0].dose_total, 4, 0.05);
}

TEST(TechnicalAlarm, LiveDataWithoutAWatchIsTold)
{
    Rig rig;
    for (int i = 0; i < 125; ++i) rig.stream(Signal::rr, 16, 1);
    EXPECT_THAT(rig.events("technical.unwatched"), ElementsAre("raised"));
    rig.watch();
    EXPECT_THAT(rig.events("technical.unwatched"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, UnansweredBedsideChecksAreMediumAfterTenMinutesAndANoAtOnce)
{
    Rig unanswered;
    unanswered.act(WatchStart{BedId{0}, {}, {}, {}, {}});
    unanswered.pass(9min);
    EXPECT_THAT(unanswered.events("technical.preparation"), IsEmpty());
    unanswered.pass(2min);
    EXPECT_THAT(unanswered.events("technical.preparation"), ElementsAre("raised"));

    Rig lacking;
    lacking.act(WatchStart{BedId{0}, {}, false, true, true});
    EXPECT_THAT(lacking.events("technical.preparation"), ElementsAre("raised"));
}

TEST(TechnicalAlarm, EachThingThatIsNotAtTheBedOrNotAnsweredForIsTold)
{
    using Answer = std::optional<bool>;
    const auto told = [](Answer calcium, Answer hammer, Answer oxygen, Duration after) {
        Rig rig;
        rig.act(WatchStart{BedId{0}, {}, calcium, hammer, oxygen});
        rig.pass(after);
        return !rig.events("technical.preparation").empty();
    };
    EXPECT_FALSE(told(true, true, true, 11min));
    for (int which = 0; which < 3; ++which) {
        const auto of = [&](int one, Answer other) { return one == which ? other : Answer{true}; };
        EXPECT_TRUE(told(of(0, false), of(1, false), of(2, false), 1ms)) << which << " is not there";
        EXPECT_FALSE(told(of(0, {}), of(1, {}), of(2, {}), 10min - 1ms)) << which;
        EXPECT_TRUE(told(of(0, {}), of(1, {}), of(2, {}), 10min)) << which << " was not answered";
    }
}

TEST(TechnicalAlarm, AFaultOfANewerProgramIsNobodys)
{
    Rig rig;
    const std::size_t before = rig.effects.size();
    rig.step(ShellStatus{static_cast<ShellFault>(shell_fault_count), true, "?"});
    EXPECT_EQ(rig.effects.size(), before);
}

TEST(TechnicalAlarm, ShellFaultsAreAlarmsOfTheWard)
{
    Rig rig;
    rig.step(ShellStatus{ShellFault::journal, true, "no space"});
    EXPECT_THAT(rig.events("technical.journal"), ElementsAre("raised"));
    rig.step(ShellStatus{ShellFault::journal, false, ""});
    EXPECT_THAT(rig.events("technical.journal"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, ABoardThatIsAwayForAMinuteRings)
{
    Rig rig;
    rig.watch(0);
    rig.step(ShellStatus{ShellFault::board, true, "No ward board is live"});
    rig.pass(59s);
    EXPECT_THAT(rig.events("technical.board"), IsEmpty()) << "it is being loaded again";
    rig.pass(1s);
    EXPECT_THAT(rig.events("technical.board"), ElementsAre("raised"));
    rig.step(ShellStatus{ShellFault::board, false, ""});
    EXPECT_THAT(rig.events("technical.board"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, WhatRingsAfterItsDelayIsToldInTheWordsOfTheShell)
{
    Rig rig;
    rig.step(ShellStatus{ShellFault::board, true, "1 of 2 ward boards is live"});
    rig.pass(60s);
    ASSERT_EQ(rig.view().episodes.size(), 1U);
    EXPECT_EQ(rig.view().episodes[0].message, "1 of 2 ward boards is live") << "not that there is none";
}

TEST(TechnicalAlarm, ACertificateNearItsEndIsToldAnewAtEachStep)
{
    Rig rig;
    const std::string month = "The board's certificate ends within 30 days", week = "The board's certificate ends within 7 days";
    rig.step(ShellStatus{ShellFault::certificate, true, month});
    EXPECT_THAT(rig.events("technical.certificate"), ElementsAre("raised"));
    rig.step(ShellStatus{ShellFault::certificate, false, ""});
    rig.step(ShellStatus{ShellFault::certificate, true, week});
    EXPECT_THAT(rig.events("technical.certificate"), ElementsAre("raised", "cleared", "raised"));
    EXPECT_EQ(info(WardFault::certificate).alarm.priority, Priority::low);
}

TEST(TechnicalAlarm, AFloodOfTechnicalFindingsNeverDelaysAToxicityPage)
{
    Rig rig;
    rig.watch(0);
    rig.watch(1);
    rig.pass(5min);
    const std::size_t before = rig.pages().size();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    ASSERT_GT(rig.pages().size(), before);
    EXPECT_EQ(rig.pages()[before].kind, AlarmKind::physiological);
    EXPECT_EQ(rig.pages()[before].at, rig.now().wall);
}

TEST(TechnicalAlarm, AFailingChannelMovesTheLadderOnAndIsTold)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.step(Receipt{rig.pages()[0].key, PageOutcome::failed, "connection refused"});
    rig.pass(1s);
    EXPECT_EQ(rig.pages().size(), 3U);
    EXPECT_THAT(rig.events("technical.channel"), ElementsAre("raised"));
}

TEST(TechnicalAlarm, APageThatWasWithdrawnAccusesNoChannelAndClearsNone)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const Page first = rig.pages().at(0);
    rig.step(Receipt{first.key, PageOutcome::withdrawn, "cancelled"});
    rig.pass(1s);
    EXPECT_THAT(rig.events("technical.channel"), testing::IsEmpty());
    EXPECT_EQ(rig.pages().size(), 1U) << "nor does it move the ladder on";
    EXPECT_EQ(rig.view().pages.at(0).outcome, PageOutcome::withdrawn);
    rig.pass(60s);
    const auto pages = rig.pages();
    const auto of = [&](const std::string& person) {
        return the(pages, [&](const Page& page) { return page.key.person == person; }).key;
    };
    rig.step(Receipt{of("charge"), PageOutcome::failed, ""});
    rig.step(Receipt{of("doctor"), PageOutcome::withdrawn, ""});
    rig.pass(10min);
    EXPECT_THAT(rig.events("technical.channel"), testing::Not(testing::Contains("cleared"))) << "it proves nothing";
}

// An alarm manager has given the person up: its word about her, not about itself.
TEST(TechnicalAlarm, WhoDoesNotAnswerAnAlarmManagerMovesTheLadderOnAndAccusesNoChannel)
{
    for (const bool delivered : {false, true}) {
        Rig rig;
        rig.watch();
        rig.chart(ValueEntry{Signal::reflex_knee, 0});
        const PageKey key = rig.pages().at(0).key;
        rig.step(Receipt{key, PageOutcome::accepted, ""});
        if (delivered) rig.step(Receipt{key, PageOutcome::delivered, ""});
        rig.pass(1s);
        ASSERT_EQ(rig.pages().size(), 1U);
        rig.step(Receipt{key, PageOutcome::no_answer, "no answer within the manager's time"});
        rig.pass(1s);
        EXPECT_EQ(rig.pages().size(), 3U);
        EXPECT_THAT(rig.events("technical.channel"), testing::IsEmpty());
        rig.step(Receipt{key, PageOutcome::delivered, ""});
        EXPECT_EQ(rig.view().pages.at(0).outcome, PageOutcome::no_answer) << "told late";
    }
}

// The events of an alarm without those of its call.
std::vector<std::string> comes_and_goes(const Rig& rig, const std::string& rule)
{
    std::vector<std::string> events = rig.events(rule);
    std::erase(events, "escalated");
    return events;
}

// What becomes of every page from now on, by the kind of its channel, until the ward has been asked for `d`.
void answer_pages(Rig& rig, Duration d, const std::map<std::string, PageOutcome>& by_kind)
{
    std::size_t answered = rig.pages().size();
    for (Duration passed{}; passed < d; passed += 1s) {
        const auto pages = rig.pages();
        for (; answered < pages.size(); ++answered) {
            const auto outcome = by_kind.find(pages[answered].channel_kind);
            if (outcome != by_kind.end()) rig.step(Receipt{pages[answered].key, outcome->second, ""});
        }
        rig.pass(1s);
    }
}

TEST(TechnicalAlarm, AChannelThatFailsAgainAndAgainIsOneAlarmWhateverOthersDo)
{
    Rig rig; // the midwife and the one in charge have webhooks, the doctor mail
    rig.watch();
    rig.chart(InfusionRateEntry{0, {}});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.step(Receipt{rig.pages().back().key, PageOutcome::accepted, ""});
    answer_pages(rig, 30min, {{"webhook", PageOutcome::accepted}, {"smtp", PageOutcome::failed}});
    EXPECT_GT(rig.pages().size(), 20U) << "the last rung repeats";
    EXPECT_THAT(comes_and_goes(rig, "technical.channel"), ElementsAre("raised"));
    // The other way round: now that one works again, it is over once no page has failed for a while.
    answer_pages(rig, 4min, {{"webhook", PageOutcome::accepted}, {"smtp", PageOutcome::accepted}});
    EXPECT_THAT(comes_and_goes(rig, "technical.channel"), ElementsAre("raised"));
    answer_pages(rig, 3min, {{"webhook", PageOutcome::accepted}, {"smtp", PageOutcome::accepted}});
    EXPECT_THAT(comes_and_goes(rig, "technical.channel"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, AChannelThatFailedStandsUntilAPageOfItsOwnKindIsTaken)
{
    Rig rig;
    rig.act(TestPage{"doctor"}, "charge");
    ASSERT_EQ(rig.pages().back().channel_kind, "smtp");
    rig.step(Receipt{rig.pages().back().key, PageOutcome::failed, "550"});
    rig.act(TestPage{"midwife"}, "charge");
    ASSERT_EQ(rig.pages().back().channel_kind, "webhook");
    rig.step(Receipt{rig.pages().back().key, PageOutcome::accepted, ""});
    rig.step(ShellStatus{ShellFault::channel, true, "Pager channel smtp mail does not answer"});
    rig.step(ShellStatus{ShellFault::channel, false, ""});
    rig.pass(10min);
    EXPECT_THAT(comes_and_goes(rig, "technical.channel"), ElementsAre("raised")) << "an open port is no page taken";
    rig.act(TestPage{"doctor"}, "charge");
    rig.step(Receipt{rig.pages().back().key, PageOutcome::accepted, ""});
    rig.pass(5min - 1ms);
    EXPECT_THAT(comes_and_goes(rig, "technical.channel"), ElementsAre("raised"));
    rig.pass(1ms);
    EXPECT_THAT(comes_and_goes(rig, "technical.channel"), ElementsAre("raised", "cleared"));
}

TEST(TechnicalAlarm, OfTwoChannelsThatFailedTheOneThatStillDoesIsNamed)
{
    Rig rig;
    const auto page = [&](const char* person, PageOutcome outcome) {
        rig.act(TestPage{person}, "charge");
        rig.step(Receipt{rig.pages().back().key, outcome, ""});
    };
    page("doctor", PageOutcome::failed);
    page("midwife", PageOutcome::failed);
    const auto words = [&] {
        const WardView view = rig.view();
        const auto found = std::find_if(view.episodes.begin(), view.episodes.end(),
                                        [](const EpisodeView& one) { return one.rule == "technical.channel"; });
        return found == view.episodes.end() ? std::string{} : found->message;
    };
    EXPECT_EQ(words(), "Pager channel webhook fails");
    page("midwife", PageOutcome::accepted);
    EXPECT_EQ(words(), "Pager channel smtp fails");
}

TEST(TechnicalAlarm, AChannelThatNobodyHasAnyMoreIsForgotten)
{
    Rig rig;
    rig.act(TestPage{"doctor"}, "charge");
    rig.step(Receipt{rig.pages().back().key, PageOutcome::failed, "550"});
    Configuration c = Rig::configuration();
    c.people.back().channels = {{"webhook", "web", "c"}};
    rig.step(c);
    rig.pass(5min);
    EXPECT_THAT(comes_and_goes(rig, "technical.channel"), ElementsAre("raised", "cleared"));
}

// The pack with one more rule over breathing and something else that nobody knows.
std::vector<std::string> with_rule(const std::string& when, const std::string& kind)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.pack_text += "\n[[rule]]\nid = \"more\"\ntitle = \"More\"\nmessage = \"More\"\nprompt = \"Examine.\"\n"
                   "source = \"test\"\npriority = \"medium\"\nkind = \"" + kind + "\"\nwhen = \"" + when + "\"\n";
    EXPECT_TRUE(rig.ward.why_refused(c).empty()) << rig.ward.why_refused(c)[0];
    rig.step(c);
    rig.watch();
    rig.chart(InfusionStopEntry{});
    for (int i = 0; i < 400; ++i) {
        rig.observe(Signal::rr, 13 + i % 2);
        rig.pass(1s);
    }
    return rig.events("technical.unknown");
}

TEST(TechnicalAlarm, OnlyARuleOfVitalSignsAboutThePatientCannotBeJudgedForWantOfAVitalSign)
{
    const std::string unknown = "rr < 20 /min and ";
    EXPECT_EQ(with_rule(unknown + "spo2 < 90 %", "physiological").empty(), false);
    EXPECT_EQ(with_rule(unknown + "spo2 < 90 % and not monitor_apnoea", "physiological").empty(), false);
    EXPECT_EQ(with_rule(unknown + "spo2 < 90 % and not mg_on_board", "physiological").empty(), false);
    EXPECT_EQ(with_rule(unknown + "dbp < 40 mmHg", "physiological").empty(), true) << "a cuff is not a vital sign";
    EXPECT_EQ(with_rule(unknown + "spo2 < 90 %", "technical").empty(), true);
}

TEST(TechnicalAlarm, LiveDataThatEndsNeedsNoWatchAnyMore)
{
    Rig rig;
    rig.stream(Signal::hr, 80, 150);
    ASSERT_EQ(rig.events("technical.unwatched").front(), "raised");
    rig.pass(1min);
    EXPECT_EQ(rig.events("technical.unwatched").back(), "cleared");
}

TEST(TechnicalAlarm, WhoseValuesNobodyConfiguredAreUsedAndTheSignIsMissedAtTheNextLook)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionStopEntry{});
    rig.stream(Signal::hr, 80, 5, 77);
    const WardView view = rig.view();
    EXPECT_EQ(the(view.beds[0], Signal::hr).source, "");
    rig.pass(2min);
    EXPECT_TRUE(rig.events("technical.silent").empty());
    rig.chart(ValueEntry{Signal::avpu, 0});
    EXPECT_FALSE(rig.events("technical.signals_lost").empty()) << "the vital sign itself is missed at the next look";
    RefusedValue refused{BedId{0}, SourceId{77}, true, Signal::spo2, Refusal::implausible};
    rig.step(refused);
    EXPECT_EQ(rig.view().refused, 1U);
    rig.act(WatchEnd{BedId{0}, "home", "charge"});
    rig.watch();
    rig.pass(2min);
    EXPECT_TRUE(rig.events("technical.silent").empty());
}

TEST(TechnicalAlarm, AStationOfStaffNeedNotSpeak)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.sources[0].kind = SourceKind::staff;
    rig.step(c);
    rig.watch();
    rig.observe(Signal::rr_counted, 14);
    rig.pass(10min);
    EXPECT_TRUE(rig.events("technical.silent").empty());
}

TEST(TechnicalAlarm, ACounterThatIsPromisedAndNeverComesIsAMonitorThatStandsStill)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.sources[0].bed = "bed-1";
    c.sources[0].liveness = true;
    rig.step(c);
    rig.watch();
    for (int i = 0; i < 70; ++i) {
        rig.observe(Signal::hr, 80 + i % 5);
        rig.pass(1s);
    }
    EXPECT_FALSE(rig.events("technical.frozen").empty());
}

TEST(TechnicalAlarm, TwoMonitorsThatStandStillAndTwoSignalsThatAreRefusedAreOneAlarmEach)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionStopEntry{});
    for (int i = 0; i < 320; ++i) {
        rig.observe(Signal::hr, 80, 0);
        rig.observe(Signal::spo2, 97, 2);
        if (i < 60) {
            for (const Signal signal : {Signal::rr, Signal::etco2})
                rig.step(RefusedValue{BedId{0}, SourceId{0}, true, signal, Refusal::implausible});
        }
        rig.pass(1s);
    }
    EXPECT_EQ(rig.events("technical.implausible"), (std::vector<std::string>{"raised", "cleared"}));
    for (int i = 0; i < 320; ++i) {
        rig.observe(Signal::hr, 80, 0);
        rig.observe(Signal::spo2, 97, 2);
        rig.pass(1s);
    }
    const auto frozen = rig.events("technical.frozen");
    EXPECT_EQ(std::count(frozen.begin(), frozen.end(), "raised"), 1);
    EXPECT_TRUE(rig.view().sources[0].frozen);
    EXPECT_TRUE(rig.view().sources[2].frozen);
}

// Its last word was that nothing runs, and that was half a day ago.
TEST(TechnicalAlarm, APumpThatIsLostAfterAllMagnesiumHasGoneIsNoMissingRecord)
{
    Rig rig;
    rig.watch();
    rig.stream(Signal::pump_rate, 1, 60, 1);
    for (int i = 0; i < 13 * 180; ++i) {
        rig.observe(Signal::pump_rate, 0, 1);
        rig.pass(20s);
    }
    ASSERT_EQ(rig.view().beds[0].mg_on_board, "no");
    const std::size_t before = rig.events("technical.infusion_record").size();
    rig.pass(10min);
    EXPECT_EQ(rig.events("technical.infusion_record").size(), before);
}

TEST(TechnicalAlarm, EveryFaultThatTheShellTellsHasAnAlarmOfItsOwn)
{
    std::set<std::string> rules;
    for (std::size_t i = 0; i < shell_fault_count; ++i) {
        Rig rig;
        const auto fault = static_cast<ShellFault>(i);
        rig.step(ShellStatus{fault, true, "so it is"});
        rig.pass(2min);
        const WardView view = rig.view();
        ASSERT_EQ(view.episodes.size(), 1U) << i;
        EXPECT_EQ(view.episodes[0].rule, name(fault));
        EXPECT_EQ(view.episodes[0].message, "so it is");
        rules.insert(view.episodes[0].rule);
    }
    EXPECT_EQ(rules.size(), shell_fault_count);
}

TEST(TechnicalAlarm, ARungOfPeopleWhomNobodyKnowsIsToldAndInAReplayIsNot)
{
    for (const Mode mode : {Mode::demo, Mode::replay}) {
        Rig rig;
        Configuration c = Rig::configuration();
        c.mode = mode;
        c.people.push_back({"runner", {}});
        c.high.rungs = {{{"stranger", "runner"}}};
        rig.step(c);
        rig.watch();
        rig.chart(ValueEntry{Signal::reflex_knee, 0});
        EXPECT_EQ(rig.events("technical.no_owner").empty(), mode == Mode::replay);
    }
}

TEST(TechnicalAlarm, NobodyToPageIsOverOnceThePageReachesSomebodyOrTheAlarmIsOver)
{
    enum class Way { next_rung, another_file, answered };
    for (const Way way : {Way::next_rung, Way::another_file, Way::answered}) {
        Rig rig;
        Configuration c = Rig::configuration();
        c.people.push_back({"runner", {}});
        c.high.rungs = {{{"runner"}}, {{"midwife"}}};
        rig.step(c);
        rig.watch();
        rig.chart(ValueEntry{Signal::reflex_knee, 0});
        ASSERT_THAT(rig.events("technical.no_owner"), ElementsAre("raised"));
        if (way == Way::next_rung) rig.pass(c.high.wait + 1s);
        if (way == Way::another_file) rig.step(Rig::configuration());
        if (way == Way::answered) {
            const auto episodes = rig.view().episodes;
            const auto& reflex = the(episodes, [](const EpisodeView& one) { return one.rule == "reflex-absent"; });
            rig.chart(ValueEntry{Signal::reflex_knee, 2});
            rig.act(Acknowledge{reflex.id});
        }
        EXPECT_THAT(rig.events("technical.no_owner"), ElementsAre("raised", "cleared")) << static_cast<int>(way);
    }
}

// It is itself an alarm that somebody is called for: its call ends with it, in the middle of being rung.
TEST(TechnicalAlarm, NobodyToPageEndsThoughItsOwnPageIsTheOneThatReachesSomebody)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.people.push_back({"runner", {}});
    c.high.rungs = c.technical.rungs = {{{"runner"}}, {{"midwife"}}};
    c.technical.first_after = {};
    rig.step(c);
    rig.watch();
    rig.chart(InfusionStopEntry{}); // nothing else rings
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.pass(c.high.wait + 2s);
    EXPECT_THAT(rig.events("technical.no_owner"), ElementsAre("raised", "cleared"));
    // Nor is it kept alive by nobody hearing of it alone.
    c.high.rungs = c.technical.rungs = {{{"runner"}}};
    rig.step(c);
    rig.pass(10min);
    EXPECT_THAT(rig.events("technical.no_owner"), testing::Contains("raised").Times(2));
    const auto episodes = rig.view().episodes;
    const auto& reflex = the(episodes, [](const EpisodeView& one) { return one.rule == "reflex-absent"; });
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.act(Acknowledge{reflex.id});
    rig.pass(10min);
    EXPECT_EQ(rig.events("technical.no_owner").back(), "cleared");
}

// The one who came has told the doctor by telephone; when she is moved then, nobody is missing.
TEST(TechnicalAlarm, WhoWasOnlyRungUpIsNotMissedWhenAnAnsweredPatientIsMoved)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const CallId call = rig.view().calls.at(0).id;
    rig.act(CallPhoned{call, "Dr Meyer", true});
    rig.act(Answer{call, AnswerKind::here}, "midwife");
    rig.act(WatchTransfer{BedId{0}, BedId{1}});
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    EXPECT_THAT(rig.events("technical.no_owner"), IsEmpty());
}

TEST(TechnicalAlarm, ALadderOfNobodyAtAllTellsNothingMoreThanItsAlarm)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.high.rungs.clear();
    rig.step(c);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_TRUE(rig.events("technical.no_owner").empty());
    EXPECT_EQ(rig.events("reflex-absent").front(), "raised");
}

// It is told on the call of another fault of the ward, which nobody hears of either.
TEST(TechnicalAlarm, NobodyToPageIsOverWithTheFaultThatSharesItsCall)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.people.push_back({"runner", {}});
    c.technical.rungs = {{{"runner"}}};
    c.technical.first_after = {};
    rig.step(c);
    rig.step(ShellStatus{ShellFault::restored, true, "Records of yesterday"});
    ASSERT_THAT(rig.events("technical.no_owner"), ElementsAre("raised"));
    ASSERT_EQ(rig.view().calls.size(), 1U);
    rig.step(ShellStatus{ShellFault::configuration, true, "New configuration refused"});
    rig.step(ShellStatus{ShellFault::configuration, false, ""});
    EXPECT_THAT(rig.events("technical.no_owner"), ElementsAre("raised")) << "of the other one nobody heard";
    rig.step(ShellStatus{ShellFault::restored, false, ""});
    EXPECT_THAT(rig.events("technical.no_owner"), ElementsAre("raised", "cleared"));
    EXPECT_THAT(rig.view().calls, IsEmpty());
}

// A ward whose only rung is a duty that somebody has from `from` on.
void use_duty(Rig& rig, Duration from)
{
    Configuration c = Rig::configuration();
    c.people.push_back({"runner", {}});
    c.high.rungs = c.technical.rungs = {{{"on-call"}}};
    c.technical.first_after = {};
    const Interval shift{rig.now().wall + from, rig.now().wall + 8h};
    rig.step(Rosters{{{"on-call", {{shift, "charge"}}, "runner"}}, {}});
    rig.step(c);
}

// Both were acknowledged at the same instant: the return of the one reaches somebody, and ends the other.
TEST(TechnicalAlarm, NobodyToPageDoesNotReturnWhenWhatReturnsBesideItReachesSomebody)
{
    Rig rig;
    use_duty(rig, 1min);
    rig.step(ShellStatus{ShellFault::restored, true, "Records of yesterday"});
    ASSERT_THAT(rig.events("technical.no_owner"), ElementsAre("raised"));
    rig.act(Answer{rig.view().calls.at(0).id, AnswerKind::here});
    rig.pass(Rig::configuration().technical.acknowledged + 1s);
    EXPECT_THAT(rig.events("technical.restored"), ElementsAre("raised", "attended", "expired"));
    EXPECT_THAT(rig.events("technical.no_owner"), ElementsAre("raised", "attended", "cleared"));
    ASSERT_FALSE(rig.pages().empty());
    EXPECT_EQ(rig.pages().back().key.person, "charge");
}

// The shift began in between; the restart took no time that could be told.
TEST(TechnicalAlarm, NobodyToPageIsNotRungAgainWhenTheRestartReachesSomebody)
{
    Rig rig;
    use_duty(rig, 20s);
    rig.watch();
    rig.chart(InfusionStopEntry{});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    ASSERT_THAT(rig.events("technical.no_owner"), ElementsAre("raised"));
    ASSERT_EQ(rig.view().calls.size(), 2U);
    rig.pass(30s);
    ASSERT_THAT(rig.pages(), IsEmpty());
    Started started;
    started.incarnation = 2;
    rig.step(started);
    EXPECT_THAT(rig.events("technical.no_owner"), ElementsAre("raised", "cleared"));
    ASSERT_EQ(rig.pages().size(), 1U);
    EXPECT_EQ(rig.pages()[0].reason, PageReason::restart);
    EXPECT_EQ(rig.pages()[0].key.person, "charge");
    EXPECT_EQ(rig.view().calls.size(), 1U);
}

} // namespace
} // namespace magwatch::test
