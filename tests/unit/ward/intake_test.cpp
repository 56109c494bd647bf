// What devices, laboratories and gateways say, and what of it counts.
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

constexpr SourceId monitor_1{0}, pump_1{1}, monitor_2{2};

struct Wire : Rig {
    explicit Wire(bool watched = true)
    {
        if (watched) watch();
    }
    void clock(SourceId source, Duration offset) { step(DeviceStatus{source, true, offset}); }
    void refuse(Refusal reason, std::optional<Signal> about = {}, SourceId source = monitor_1, BedId bed = BedId{0})
    {
        RefusedValue value;
        value.bed = bed;
        value.source = source;
        value.has_signal = about.has_value();
        if (about) value.signal = *about;
        value.reason = reason;
        step(value);
    }
    // By wire, and as if it had been charted.
    void say(Signal signal, double number, Duration ago = {}, bool corrected = false,
             Validity validity = Validity::valid, Origin origin = Origin::laboratory)
    {
        Observation o;
        o.bed = BedId{0};
        o.source = monitor_1;
        o.signal = signal;
        o.value = number;
        o.origin = origin;
        o.validity = validity;
        o.corrected = corrected;
        o.observed = now().wall - ago;
        step(o);
    }
    [[nodiscard]] std::string told(const std::string& rule) const
    {
        for (const EpisodeView& one : view().episodes)
            if (one.rule == rule) return one.message;
        return "";
    }
    [[nodiscard]] std::optional<double> rate() const { return view().beds[0].infusion_rate; }
    [[nodiscard]] std::optional<double> value(Signal which) const
    {
        const WardView seen = view();
        for (const SignalView& one : seen.beds[0].signals)
            if (one.signal == which) return one.value;
        return std::nullopt;
    }
};

TEST(DeviceClock, IsToldBeyondAMinuteEitherWayAndOverWhenItIsRight)
{
    for (const Duration wrong : {Duration{60'001}, Duration{-60'001}}) {
        Wire ward;
        ward.clock(monitor_1, wrong > Duration{} ? wrong - 1ms : wrong + 1ms);
        EXPECT_THAT(ward.events("technical.device_clock"), IsEmpty()) << "a minute is not beyond a minute";
        ward.clock(monitor_1, wrong);
        EXPECT_THAT(ward.events("technical.device_clock"), ElementsAre("raised"));
        EXPECT_EQ(ward.told("technical.device_clock"), "Device clock wrong: monitor-1");
        ward.clock(monitor_1, {});
        EXPECT_THAT(ward.events("technical.device_clock"), ElementsAre("raised", "cleared"));
    }
}

TEST(DeviceClock, NamesTheDevicesThatAreWrongAndNoneThatIsRight)
{
    Wire ward;
    ward.clock(monitor_2, 2min);
    ward.clock(pump_1, {});
    EXPECT_EQ(ward.told("technical.device_clock"), "Device clock wrong: monitor-2");
    ward.clock(monitor_1, -2min);
    EXPECT_EQ(ward.told("technical.device_clock"), "Device clock wrong: monitor-1, monitor-2");
    ward.clock(monitor_2, {});
    EXPECT_EQ(ward.told("technical.device_clock"), "Device clock wrong: monitor-1");
}

TEST(DeviceClock, OfADeviceThatWasTakenAwayIsNoFaultOfTheWard)
{
    Wire ward;
    ward.clock(monitor_2, 2min);
    Configuration c = Rig::configuration();
    c.sources.pop_back();
    ward.step(c);
    EXPECT_THAT(ward.events("technical.device_clock"), ElementsAre("raised", "cleared"));
    ward.step(Rig::configuration());
    EXPECT_EQ(ward.events("technical.device_clock").back(), "raised") << "it came back as it went";
}

TEST(DeviceClock, OfAnUnknownDeviceIsNobodys)
{
    Wire ward;
    ward.clock(SourceId{77}, 2min);
    EXPECT_THAT(ward.events("technical.device_clock"), IsEmpty());
}

TEST(RefusedValues, ThatAreNonsenseThreeTimesInHalfAMinuteAreToldWhateverTheNonsense)
{
    for (const Refusal reason : {Refusal::code_mismatch, Refusal::missing_unit, Refusal::unknown_unit,
                                 Refusal::not_a_number, Refusal::implausible}) {
        Wire ward;
        for (int i = 0; i < 40; ++i) {
            ward.refuse(reason, Signal::rr);
            ward.observe(Signal::spo2, 97 + i % 2);
            ward.pass(1s);
        }
        EXPECT_THAT(ward.events("technical.implausible"), ElementsAre("raised")) << static_cast<int>(reason);
    }
}

TEST(RefusedValues, ThatAreNoReadingAreALostSignAndNoNonsense)
{
    Wire ward;
    ward.chart(InfusionRateEntry{1, {}});
    for (int i = 0; i < 5; ++i) ward.stream(Signal::rr, 16 + i % 2, 1);
    for (int i = 0; i < 90; ++i) {
        ward.refuse(Refusal::no_value, Signal::rr);
        ward.observe(Signal::spo2, 97 + i % 2);
        ward.pass(1s);
    }
    EXPECT_THAT(ward.events("technical.implausible"), IsEmpty());
    EXPECT_THAT(ward.events("technical.signals_lost"), ElementsAre("raised"));
    EXPECT_EQ(ward.value(Signal::rr), std::nullopt);
}

TEST(RefusedValues, OfNoMomentAreNeitherASignOfLifeNorOfTrouble)
{
    for (const Refusal reason : {Refusal::too_late, Refusal::duplicate, Refusal::test_data, Refusal::setting,
                                 Refusal::unknown_code}) {
        Wire ward;
        ward.stream(Signal::rr, 16, 3);
        for (int i = 0; i < 40; ++i) {
            ward.refuse(reason, Signal::rr);
            ward.pass(1s);
        }
        EXPECT_THAT(ward.events("technical.silent"), ElementsAre("raised")) << static_cast<int>(reason);
        EXPECT_THAT(ward.events("technical.implausible"), IsEmpty()) << static_cast<int>(reason);
    }
}

TEST(RefusedValues, OfTheDeviceAsAWholeAreASignOfLife)
{
    Wire ward;
    ward.stream(Signal::rr, 16, 3);
    for (int i = 0; i < 40; ++i) {
        ward.refuse(Refusal::implausible);
        ward.pass(1s);
    }
    EXPECT_THAT(ward.events("technical.silent"), IsEmpty());
    EXPECT_THAT(ward.events("technical.signals_lost"), ElementsAre("raised")) << "and no value";
}

// A result that is pending, or that cannot be used, comes once: the laboratory is no monitor that fell silent then.
TEST(RefusedValues, OfALaboratoryMakeNoMonitorOfItAndTakeNothingFromItsLastResult)
{
    constexpr SourceId laboratory{2};
    for (const Refusal reason : {Refusal::no_value, Refusal::not_usable}) {
        Wire ward;
        ward.chart(InfusionRateEntry{1, {}});
        ward.say(Signal::creatinine, 200);
        ward.refuse(reason, Signal::creatinine, laboratory);
        ward.refuse(reason, Signal::mg, laboratory);
        EXPECT_EQ(ward.value(Signal::creatinine), 200) << "what is not there yet says nothing against what is";
        ward.pass(10min);
        for (const char* rule : {"technical.silent", "technical.silent_long", "technical.implausible"})
            EXPECT_THAT(ward.events(rule), IsEmpty()) << rule;
    }
}

// Nor is what a chart of another system says once: she may have been weighed when she came.
TEST(RefusedValues, OfWhatIsChartedOnceMakeNoMonitorOfWhoeverSentThem)
{
    for (const Signal signal : {Signal::reflex_knee, Signal::weight}) {
        Wire ward;
        ward.refuse(Refusal::no_value, signal, SourceId{2});
        ward.pass(10min);
        for (const char* rule : {"technical.silent", "technical.silent_long", "technical.signals_lost"})
            EXPECT_THAT(ward.events(rule), IsEmpty()) << rule;
    }
}

TEST(RefusedValues, AResultThatCannotBeReadIsToldAtOnceAndUntilAGoodOneComes)
{
    Wire ward;
    ward.refuse(Refusal::missing_unit, Signal::mg, SourceId{2});
    EXPECT_THAT(ward.events("technical.implausible"), ElementsAre("raised"));
    ward.pass(59min);
    EXPECT_THAT(ward.events("technical.implausible"), Not(Contains("cleared")));
    ward.say(Signal::creatinine, 70);
    EXPECT_THAT(ward.events("technical.implausible"), Not(Contains("cleared"))) << "it says nothing of magnesium";
    ward.say(Signal::mg, 2);
    EXPECT_THAT(ward.events("technical.implausible"), Contains("cleared"));
    Wire old;
    old.refuse(Refusal::missing_unit, Signal::mg, SourceId{2});
    old.pass(1h + 1s);
    EXPECT_THAT(old.events("technical.implausible"), Contains("cleared")) << "whoever was to hear of it was called";
    // What was charted before says nothing of it, also when it is gone through again.
    Wire before;
    before.chart(LevelEntry{2.0, false});
    before.pass(10min);
    before.refuse(Refusal::missing_unit, Signal::mg, SourceId{2});
    before.chart(ValueEntry{Signal::reflex_knee, 2});
    before.strike_newest();
    EXPECT_THAT(before.events("technical.implausible"), ElementsAre("raised"));
}

TEST(RefusedValues, OfAPumpThatWasHeardMakeTheRateUnknownAtOnce)
{
    Wire ward;
    ward.observe(Signal::pump_rate, 2, 1);
    EXPECT_EQ(ward.rate(), 2);
    ward.refuse(Refusal::unknown_unit, Signal::pump_rate, pump_1);
    EXPECT_EQ(ward.rate(), std::nullopt);
}

TEST(RefusedValues, OfAPumpThatWasNeverHeardTakeNothingFromWhatIsCharted)
{
    Wire ward;
    ward.chart(InfusionRateEntry{1, {}});
    ward.refuse(Refusal::unknown_unit, Signal::pump_rate, pump_1);
    EXPECT_EQ(ward.rate(), 1);
}

TEST(RefusedValues, AndObservationsOfABedThatIsNotThereChangeNoBed)
{
    Wire ward;
    const std::size_t before = ward.effects.size();
    ward.refuse(Refusal::implausible, Signal::rr, monitor_1, BedId{99});
    ward.observe(Signal::rr, 3, 0, 99);
    ward.observe(Signal::rr, 3, 77, 99);
    EXPECT_EQ(ward.effects.size(), before);
}

// Says of a signal of the pump that there is no number, or none to be trusted.
void doubt(Rig& ward, Signal signal, Validity validity)
{
    Observation o;
    o.bed = BedId{0};
    o.source = pump_1;
    o.signal = signal;
    o.validity = validity;
    ward.step(o);
}

TEST(Observations, ARateThatThePumpCallsWrongIsUnknownAtOnce)
{
    Wire ward;
    ward.observe(Signal::pump_rate, 2, 1);
    doubt(ward, Signal::pump_rate, Validity::invalid);
    EXPECT_EQ(ward.rate(), std::nullopt);
    EXPECT_EQ(ward.view().beds[0].mg_on_board, "yes") << "the gate stays open";
}

TEST(Observations, ARateWithoutANewNumberIsUnknownWhenItsLastOneIsTooOldAndNotLater)
{
    for (const Validity validity : {Validity::questionable, Validity::not_available}) {
        Wire ward;
        ward.observe(Signal::pump_rate, 2, 1);
        const WallTime last = ward.now().wall;
        ward.pass(29s);
        doubt(ward, Signal::pump_rate, validity);
        EXPECT_EQ(ward.rate(), 2);
        ward.pass(2s);
        EXPECT_EQ(ward.rate(), std::nullopt) << static_cast<int>(validity);
        EXPECT_EQ(ward.view().beds[0].rate_unknown_since, last + 30s) << static_cast<int>(validity);
    }
}

TEST(Observations, AConcentrationThatGoesOnComingDoesNotKeepAnOldFlowRunning)
{
    Wire ward;
    ward.observe(Signal::pump_concentration, 0.04, 1);
    ward.observe(Signal::pump_flow, 25, 1);
    const WallTime last = ward.now().wall;
    for (int i = 0; i < 29; ++i) ward.stream(Signal::pump_concentration, 0.04, 1, 1);
    EXPECT_EQ(ward.rate(), 1);
    ward.pass(2s);
    EXPECT_EQ(ward.rate(), std::nullopt);
    EXPECT_EQ(ward.view().beds[0].rate_unknown_since, last + 30s);
}

TEST(Observations, AFlowNeedsTheConcentrationOfTheBagUnlessNothingFlows)
{
    Wire ward;
    ward.observe(Signal::pump_flow, 25, 1);
    EXPECT_EQ(ward.rate(), std::nullopt) << "25 mL/h of what?";
    ward.observe(Signal::pump_flow, 0, 1);
    EXPECT_EQ(ward.rate(), 0);
    ward.observe(Signal::pump_concentration, 0.04, 1);
    ward.observe(Signal::pump_flow, 25, 1);
    EXPECT_EQ(ward.rate(), 1);
}

TEST(Observations, AFlowThatGoesOnAfterItsConcentrationWasCalledWrongMakesNoRate)
{
    Wire ward;
    ward.observe(Signal::pump_concentration, 0.1, pump_1.value);
    ward.observe(Signal::pump_flow, 10, pump_1.value);
    ASSERT_EQ(ward.rate(), 1);
    ward.refuse(Refusal::implausible, Signal::pump_concentration, pump_1);
    EXPECT_EQ(ward.rate(), std::nullopt);
    ward.pass(1s);
    ward.observe(Signal::pump_flow, 10, pump_1.value);
    EXPECT_EQ(ward.rate(), std::nullopt);
    ward.observe(Signal::pump_concentration, 0.1, pump_1.value);
    EXPECT_EQ(ward.rate(), 1);
}

TEST(Observations, APumpThatRunsAtABedNobodyWatchesIsTold)
{
    for (const Signal signal : {Signal::pump_flow, Signal::pump_rate}) {
        Wire ward{false};
        ward.observe(signal, 0, 1);
        ward.pass(5min);
        EXPECT_THAT(ward.events("technical.unwatched"), IsEmpty()) << "nothing runs";
        ward.observe(signal, 1, 1);
        ward.pass(5min);
        EXPECT_THAT(ward.events("technical.unwatched"), ElementsAre("raised"));
    }
}

TEST(Observations, WhatIsNoVitalSignOfAMomentMakesNoBedLive)
{
    Wire ward{false};
    ward.say(Signal::mg, 2.5);
    ward.say(Signal::rr, 16, {}, false, Validity::questionable, Origin::device);
    ward.observe(Signal::sbp, 120);
    ward.pass(5min);
    EXPECT_THAT(ward.events("technical.unwatched"), IsEmpty());
}

TEST(Laboratory, AValueThatIsCorrectedTakesThePlaceOfTheOneOfItsTime)
{
    Wire ward;
    ward.say(Signal::mg, 3.5, 10min);
    ward.say(Signal::mg, 2.5, 10min, true);
    EXPECT_EQ(ward.value(Signal::mg), 2.5);
    const auto chart = ward.view().beds[0].chart;
    ASSERT_GE(chart->size(), 2U);
    const ChartEntry& right = chart->back();
    const ChartEntry& wrong = *(chart->end() - 2);
    EXPECT_TRUE(right.by_device);
    EXPECT_FALSE(right.struck);
    ASSERT_TRUE(wrong.struck);
    EXPECT_EQ(wrong.struck->instead, right.id);
    EXPECT_EQ(wrong.struck->reason, "corrected where it came from");
}

TEST(Laboratory, UrineOfOneTimeIsCountedOnceAndCorrectedOnlyByACorrection)
{
    Wire ward;
    ward.say(Signal::urine, 200, 10min, false, Validity::valid, Origin::charted);
    ward.say(Signal::urine, 300, 10min, false, Validity::valid, Origin::charted);
    EXPECT_EQ(ward.value(Signal::urine), 200);
    ward.say(Signal::urine, 300, 10min, true, Validity::valid, Origin::charted);
    EXPECT_EQ(ward.value(Signal::urine), 300);
    const auto chart = ward.view().beds[0].chart;
    EXPECT_EQ(std::get<UrineEntry>(chart->back().what).millilitres, 300);
    EXPECT_TRUE((chart->end() - 2)->struck) << "of the two of that time the newest entry is struck";
}

TEST(Laboratory, AWithdrawnValueIsStruckThroughAndCountsNoMore)
{
    Wire ward;
    ward.say(Signal::mg, 3.5, 10min);
    ward.say(Signal::mg, 0, 10min, false, Validity::not_available);
    EXPECT_EQ(ward.value(Signal::mg), std::nullopt);
    const auto chart = ward.view().beds[0].chart;
    ASSERT_TRUE(chart->back().struck);
    EXPECT_EQ(chart->back().struck->reason, "withdrawn where it came from");
    EXPECT_EQ(chart->back().struck->instead, EntryId{});
}

TEST(Laboratory, WhatItSaidStaysWhenAnEntryOfStaffIsStruck)
{
    Wire ward;
    ward.say(Signal::mg, 2.5, 20min);
    ward.say(Signal::urine, 200, 15min, false, Validity::valid, Origin::charted);
    ward.chart(ValueEntry{Signal::mg, 1.8}, 30min); // older: history
    ward.chart(ValueEntry{Signal::reflex_knee, 2});
    Entry strike;
    strike.bed = BedId{0};
    strike.person = "charge";
    strike.what = StrikeEntry{};
    strike.corrects = ward.view().beds[0].chart->back().id;
    strike.reason = "other bed";
    strike.request = 900;
    ward.step(strike);
    ASSERT_TRUE(ward.reply()->accepted) << ward.reply()->text;
    EXPECT_EQ(ward.value(Signal::mg), 2.5);
    EXPECT_EQ(ward.value(Signal::urine), 200);
    EXPECT_EQ(ward.value(Signal::reflex_knee), std::nullopt);
    strike.corrects = ward.view().beds[0].chart->at(1).id;
    strike.request = 901;
    for (const ChartEntry& one : *ward.view().beds[0].chart)
        if (one.by_device) strike.corrects = one.id;
    ward.step(strike);
    EXPECT_EQ(ward.reply()->text, "this came from monitor-1: it is corrected there");
}

TEST(Laboratory, WithdrawnUrineOfNoTimeIsTheNewestItSaid)
{
    Wire ward;
    ward.say(Signal::mg, 2.5, 20min);
    ward.chart(UrineEntry{100, {}}, 30min);
    ward.say(Signal::urine, 200, 15min, false, Validity::valid, Origin::charted);
    Observation o;
    o.bed = BedId{0};
    o.source = monitor_1;
    o.signal = Signal::urine;
    o.origin = Origin::charted;
    o.validity = Validity::not_available;
    ward.step(o);
    std::vector<double> struck;
    for (const ChartEntry& one : *ward.view().beds[0].chart) {
        if (!one.struck) continue;
        EXPECT_TRUE(one.by_device);
        struck.push_back(std::get<UrineEntry>(one.what).millilitres);
    }
    EXPECT_THAT(struck, ElementsAre(200)) << "not what staff charted, and no other signal";
    EXPECT_EQ(ward.value(Signal::mg), 2.5);
}

TEST(Laboratory, WithdrawingAnOldValueLeavesTheNewerOneInForce)
{
    Wire ward;
    ward.say(Signal::mg, 3.5, 2h);
    ward.say(Signal::mg, 2.5, 10min);
    ward.say(Signal::mg, 0, 2h, false, Validity::not_available);
    EXPECT_EQ(ward.value(Signal::mg), 2.5);
    const auto chart = ward.view().beds[0].chart;
    EXPECT_FALSE(chart->back().struck);
    EXPECT_TRUE((chart->end() - 2)->struck);
}

TEST(Laboratory, AWithdrawalOfWhatNeverCameLeavesWhatNobodyWithdrew)
{
    Wire ward;
    ward.say(Signal::mg, 3.5, 2h);
    ward.say(Signal::mg, 0, 1h, false, Validity::not_available);
    EXPECT_EQ(ward.value(Signal::mg), 3.5) << "it names its value by the time";
    ward.say(Signal::mg, 0, 2h, false, Validity::not_available);
    EXPECT_EQ(ward.value(Signal::mg), std::nullopt);
}

TEST(Laboratory, AWithdrawalLeavesWhatStaffChartedThemselves)
{
    for (const bool timed : {true, false}) {
        Wire ward;
        const auto withdrawn = [&](Signal signal) {
            Observation o;
            o.bed = BedId{0};
            o.source = monitor_1;
            o.signal = signal;
            o.origin = Origin::laboratory;
            o.validity = Validity::not_available;
            if (timed) o.observed = ward.now().wall;
            ward.step(o);
            return ward.value(signal);
        };
        ward.say(Signal::calcium, 2.2, 1min);
        ward.chart(ValueEntry{Signal::avpu, 1});
        ward.strike_newest();
        ward.pass(1s);
        ward.chart(ValueEntry{Signal::creatinine, 70});
        ward.chart(LevelEntry{3.5, false});
        EXPECT_EQ(withdrawn(Signal::creatinine), 70) << timed;
        EXPECT_EQ(withdrawn(Signal::mg), 3.5) << timed;
        EXPECT_EQ(withdrawn(Signal::calcium).has_value(), timed) << "its own, of another minute if it says which";
        ward.chart(UrineEntry{40, {}});
        EXPECT_EQ(withdrawn(Signal::urine), 40) << timed;
    }
}

TEST(Observations, APressureThatTheCuffCouldNotTakeIsNoMeasurementForItsArm)
{
    Wire rig;
    for (int round = 0; round < 5; ++round) {
        for (int second = 0; second < 300; ++second) {
            Observation o;
            o.bed = BedId{0};
            o.source = monitor_1;
            o.signal = Signal::spo2;
            o.value = 97 + second % 2;
            if (second >= 260) o.validity = Validity::invalid;
            rig.step(o);
            rig.pass(1s);
        }
        Observation pressure;
        pressure.bed = BedId{0};
        pressure.source = monitor_1;
        pressure.signal = Signal::sbp;
        pressure.value = 120 + round;
        pressure.validity = Validity::invalid;
        rig.step(pressure);
    }
    EXPECT_EQ(rig.told("technical.cuff_arm"), "");
}

TEST(RefusedValues, OfABedThatNobodyWatchesAreCountedAlone)
{
    Wire rig{false};
    rig.refuse(Refusal::implausible, Signal::rr);
    EXPECT_EQ(rig.view().sources[0].refused, 1U);
    EXPECT_THAT(rig.view().episodes, IsEmpty());
}

TEST(Keys, OfTheNewestThousandEntriesAreKnown)
{
    Wire rig;
    const auto chart = [&](int i) {
        Entry entry;
        entry.bed = BedId{0};
        entry.person = "midwife";
        entry.key = "k" + std::to_string(i);
        entry.what = FitEntry{};
        entry.request = 1;
        rig.step(entry);
        return rig.reply()->text;
    };
    for (int i = 0; i < 1030; ++i) ASSERT_EQ(chart(i), "recorded");
    EXPECT_EQ(chart(1029), "already recorded");
    EXPECT_EQ(chart(6), "already recorded");
    EXPECT_EQ(chart(5), "recorded") << "more than a thousand ago: no client waits for that answer any more";
}

// A monitor that says the same for five minutes is frozen; that it has no reading any more is something new.
TEST(RefusedValues, ThatAreNewShowThatAFrozenMonitorMoves)
{
    Wire ward;
    for (int i = 0; i < 310; ++i) {
        ward.observe(Signal::rr, 16);
        ward.observe(Signal::spo2, 97);
        ward.pass(1s);
    }
    ASSERT_TRUE(ward.view().sources[0].frozen);
    ward.refuse(Refusal::no_value, Signal::spo2);
    EXPECT_FALSE(ward.view().sources[0].frozen);
    EXPECT_THAT(ward.events("technical.frozen"), ElementsAre("raised", "cleared"));
}

} // namespace
} // namespace magwatch::test
