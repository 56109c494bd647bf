// Delays that stand in C++ (tests/rules/builtin_delays.toml), each to the millisecond.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/packs.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration never{std::numeric_limits<std::int64_t>::max()};

// How long after `from` the rule's first episode was raised.
Duration raised_after(const Rig& rig, const std::string& rule, Instant from, AlarmEvent event = AlarmEvent::raised)
{
    for (const auto& effect : rig.effects) {
        const auto* t = std::get_if<AlarmTransition>(&effect);
        if (t != nullptr && t->rule == rule && t->event == event) return t->at.steady - from;
    }
    return never;
}

Rig with_period(Duration period, const char* bed = "")
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.sources[0].period = period;
    c.sources[0].bed = bed;
    rig.step(c);
    return rig;
}

TEST(Delays, OfASilentMonitorFollowItsPeriodWithinBounds)
{
    const auto silent_after = [](Duration period) {
        Rig rig = with_period(period);
        rig.watch();
        rig.observe(Signal::rr, 16);
        const Instant last = rig.now().steady;
        rig.pass(2min);
        return raised_after(rig, "technical.silent", last);
    };
    EXPECT_EQ(silent_after(1s), 5s) << "never less";
    EXPECT_EQ(silent_after(2s), 6s);
    EXPECT_EQ(silent_after(Duration{}), 30s) << "not known";
    EXPECT_EQ(silent_after(6s), 24s) << "a slow one: 4 periods";
}

TEST(Delays, OfALongSilenceWithMagnesiumOnBoard)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.observe(Signal::rr, 16);
    const Instant last = rig.now().steady;
    rig.pass(5min);
    EXPECT_EQ(raised_after(rig, "technical.silent_long", last), 5s + 2min);
}

TEST(Delays, OfLiveDataWithoutAWatch)
{
    Rig rig;
    const Instant first = rig.now().steady;
    for (int i = 0; i < 150; ++i) rig.stream(Signal::rr, 16, 1);
    EXPECT_EQ(raised_after(rig, "technical.unwatched", first), 2min);
}

TEST(Delays, OfTheWordThatNobodyWasWatching)
{
    Rig rig;
    rig.watch();
    rig.jump(rig.now().at(rig.now().steady + 10min));
    const Instant back = rig.now().steady;
    Started started;
    started.incarnation = 2;
    started.unwatched = 10min;
    rig.step(started);
    rig.pass(10min);
    EXPECT_EQ(raised_after(rig, "technical.gap", back), Duration{});
    EXPECT_EQ(raised_after(rig, "technical.gap", back, AlarmEvent::cleared), 1s + 5min);
}

// A sign that is over and was seen still makes a stop within the hour one for toxicity.
TEST(Delays, OfASignBeforeAStop)
{
    const auto toxic = [](Duration later) {
        Rig rig;
        rig.watch();
        rig.chart(InfusionRateEntry{1, {}});
        rig.chart(ValueEntry{Signal::reflex_knee, 0});
        rig.chart(ValueEntry{Signal::reflex_knee, 2});
        for (const auto& e : rig.view().episodes) rig.act(Acknowledge{e.id});
        rig.pass(later);
        rig.chart(InfusionStopEntry{});
        return rig.view().beds[0].after_stop.has_value();
    };
    EXPECT_TRUE(toxic(1h));
    EXPECT_FALSE(toxic(1h + 1ms));
}

TEST(Delays, OfAPause)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.act(PauseAudio{BedId{0}, 10min});
    rig.pass(2min - 1ms);
    EXPECT_FALSE(rig.view().calls[0].sounding);
    rig.pass(1ms);
    EXPECT_TRUE(rig.view().calls[0].sounding);
}

TEST(Delays, OfMagnesiumOnBoard)
{
    for (const bool renal : {false, true}) {
        Rig rig;
        rig.watch();
        if (renal) rig.chart(ValueEntry{Signal::renal_impairment, 1});
        rig.chart(IntramuscularEntry{5, {}});
        rig.pass((renal ? Duration{24h} : Duration{12h}) - 1ms);
        EXPECT_EQ(rig.view().beds[0].mg_on_board, "yes") << renal;
        rig.pass(1ms);
        EXPECT_EQ(rig.view().beds[0].mg_on_board, "no") << renal;
    }
}

// A source whose values hold longer than usual is lost when they do not hold any more.
TEST(Delays, OfALostSignal)
{
    PatientState patient;
    patient.set_fresh_for(Signal::rr, 30s);
    EXPECT_EQ(patient.lost_after(Signal::rr), 20s);
    patient.set_fresh_for(Signal::rr, 30s + 1ms);
    EXPECT_EQ(patient.lost_after(Signal::rr), 30s + 1ms);
}

TEST(Delays, OfAFrozenMonitor)
{
    for (const bool counter : {true, false}) {
        Rig rig;
        rig.watch();
        rig.observe(Signal::hr, 80);
        if (counter) rig.observe(Signal::liveness, 1);
        const Instant last = rig.now().steady;
        for (int i = 0; i < 320; ++i) {
            rig.pass(1s);
            rig.observe(Signal::hr, 80);
        }
        EXPECT_EQ(raised_after(rig, "technical.frozen", last), counter ? Duration{60s} : Duration{300s});
    }
}

TEST(Delays, OfValuesThatAreRefused)
{
    Rig rig;
    rig.watch();
    const Instant first = rig.now().steady;
    Instant last = first;
    for (int i = 0; i < 40; ++i) {
        last = rig.now().steady;
        rig.step(RefusedValue{BedId{0}, SourceId{0}, true, Signal::hr, Refusal::implausible});
        rig.pass(1s);
    }
    EXPECT_EQ(raised_after(rig, "technical.implausible", first), 30s);
    for (int i = 0; i < 90; ++i) rig.stream(Signal::rr, 15 + i % 2, 1);
    EXPECT_EQ(raised_after(rig, "technical.implausible", last, AlarmEvent::cleared), 60s);
}

TEST(Delays, OfWhatStaffAreAskedAtTheStart)
{
    Rig rig;
    const Instant begin = rig.now().steady;
    rig.act(WatchStart{BedId{0}, {}, {}, {}, {}});
    rig.pass(20min);
    EXPECT_EQ(raised_after(rig, "technical.preparation", begin), 10min);
    EXPECT_EQ(raised_after(rig, "technical.infusion_record", begin), 1min);
}

TEST(Delays, OfAnUnconfirmedTransfer)
{
    Rig rig;
    rig.watch();
    const Instant moved = rig.now().steady;
    rig.act(WatchTransfer{BedId{0}, BedId{1}});
    rig.pass(20min);
    EXPECT_EQ(raised_after(rig, "technical.association", moved), 10min);
}

TEST(Delays, OfARuleThatCannotBeJudged)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.pack_text = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\nexample = true\n[[rule]]\nid = \"both\"\ntitle = \"t\"\n"
                  "message = \"m\"\nsource = \"s\"\npriority = \"medium\"\nwhen = \"rr < 12 /min and hr < 50 /min\"\n";
    rig.step(c);
    rig.watch();
    const Instant first = rig.now().steady;
    for (int i = 0; i < 400; ++i) rig.stream(Signal::rr, 10 + i % 2, 1);
    // Looked at every minute: present from the first look on, and for 5 min.
    const Duration seen = raised_after(rig, "technical.unknown", first);
    EXPECT_GE(seen, 5min);
    EXPECT_LT(seen, 6min);
}

TEST(Delays, OfFaultsOfTheShell)
{
    struct Wanted {
        ShellFault fault;
        const char* rule;
        Duration hold, clear;
    };
    for (const Wanted& one : {Wanted{ShellFault::journal_slow, "technical.journal_slow", 10s, 60s},
                              Wanted{ShellFault::clock_unsynchronised, "technical.clock_unsynchronised", 60s, {}},
                              Wanted{ShellFault::clock_jumped, "technical.clock_jumped", {}, 60s},
                              Wanted{ShellFault::loop_late, "technical.loop_late", {}, 60s},
                              Wanted{ShellFault::inbox_overflow, "technical.inbox_overflow", {}, 60s},
                              Wanted{ShellFault::channel, "technical.channel", {}, 5min}}) {
        Rig rig;
        const Instant begin = rig.now().steady;
        rig.step(ShellStatus{one.fault, true, ""});
        rig.pass(2min);
        EXPECT_EQ(raised_after(rig, one.rule, begin), one.hold) << one.rule;
        const Instant over = rig.now().steady;
        rig.step(ShellStatus{one.fault, false, ""});
        rig.pass(6min);
        EXPECT_EQ(raised_after(rig, one.rule, over, AlarmEvent::cleared), one.clear) << one.rule;
    }
}

TEST(Delays, OfRatesThatThePumpRuns)
{
    for (const auto& [rate, planned, rule] : {std::tuple{30.0, 0.0, "session.bolus-pump"},
                                              std::tuple{3.5, 0.0, "session.rate-alarm"},
                                              std::tuple{2.5, 0.0, "session.rate-warn"},
                                              std::tuple{1.2, 1.0, "session.rate-plan"}}) {
        Rig rig;
        rig.watch();
        SessionEntry plan;
        plan.indication = Indication::pre_eclampsia;
        plan.setting = Setting::labour_ward;
        plan.grams_per_hour = planned;
        rig.chart(plan);
        if (std::string{rule} == "session.bolus-pump") rig.chart(BolusEntry{4, 20min, {}});
        const Instant begin = rig.now().steady;
        rig.stream(Signal::pump_rate, rate, 10, 1);
        EXPECT_EQ(raised_after(rig, rule, begin), 5s) << rule;
    }
}

// What the pump ends within 5 min of a declared bolus, before or after its end, nobody planned otherwise.
TEST(Delays, OfTheEndOfABolus)
{
    const auto told = [](Duration stop) {
        Rig rig;
        rig.watch();
        rig.chart(BolusEntry{4, 20min, {}});
        for (Duration at{}; at < stop; at += 1s) rig.stream(Signal::pump_rate, 12, 1, 1);
        rig.stream(Signal::pump_rate, 0, 200, 1);
        return !rig.events("session.stopped").empty();
    };
    EXPECT_FALSE(told(15min));
    EXPECT_TRUE(told(15min - 1s));
    EXPECT_FALSE(told(25min));
    EXPECT_TRUE(told(25min + 1s));
}

TEST(Delays, OfTheLoadIntoVeinAndMuscle)
{
    const auto overdue = [](Duration second) {
        Rig rig;
        rig.use_pack("who-mcpc.toml", effective_pack_text(shipped_pack("who-mcpc")));
        rig.watch();
        rig.chart(IntramuscularEntry{5, {}});
        rig.pass(second);
        rig.chart(IntramuscularEntry{5, {}});
        return !rig.events("check.urine").empty();
    };
    EXPECT_FALSE(overdue(30min));
    EXPECT_TRUE(overdue(30min + 1ms));
}

TEST(Delays, OfTheSecondPersonAfterTheLastDose)
{
    const auto alone = [](Duration after) {
        Rig rig;
        rig.watch();
        rig.chart(IntramuscularEntry{1, {}});
        rig.pass(after);
        WatchEnd end;
        end.bed = BedId{0};
        end.reason = "home";
        rig.act(end);
        return rig.reply() != nullptr && rig.reply()->accepted;
    };
    EXPECT_FALSE(alone(24h - 1ms));
    EXPECT_TRUE(alone(24h));
}

} // namespace
} // namespace magwatch::test
