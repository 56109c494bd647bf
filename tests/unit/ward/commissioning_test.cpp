// A device is believed on a ward once its screen was compared, and for as long as the record fits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Configuration on_a_ward()
{
    Configuration c = Rig::configuration();
    c.mode = Mode::ward;
    c.sources[0].bed = "bed-1";
    c.sources[0].map = "ward-monitor";
    c.sources[0].fingerprint = "f1";
    c.sources[0].place = "here";
    c.sources[0].signals = {{Signal::rr, 1}, {Signal::spo2, 1}, {Signal::monitor_apnoea, 1}};
    return c;
}

CommissionRecord record_of(const std::string& device = "monitor-1", const std::string& bed = "bed-1")
{
    CommissionRecord record;
    record.device = device;
    record.map = "ward-monitor";
    record.fingerprint = "f1";
    record.place = "here";
    record.by = "A. Engineer";
    record.role = "biomedical engineer";
    record.remark = "first commissioning";
    record.at = WallTime{1'767'225'600'000};
    for (const Signal signal : {Signal::rr, Signal::spo2}) {
        record.pairs.push_back({bed, signal, "70", 70, record.at, 1});
        record.pairs.push_back({bed, signal, "90", 90, record.at, 1});
        record.pairs.push_back({bed, signal, "none", std::nullopt, record.at, 1});
    }
    return record;
}

void sign(Rig& rig, CommissionRecord record) { rig.act(Commission{record}, record.by); }

bool known(const Rig& rig, Signal signal)
{
    const WardView view = rig.view();
    for (const SignalView& one : view.beds[0].signals)
        if (one.signal == signal && one.value) return true;
    return false;
}

std::vector<std::string> ringing(const Rig& rig)
{
    std::vector<std::string> rules;
    const WardView view = rig.view();
    for (const auto& episode : view.episodes) rules.push_back(episode.rule);
    return rules;
}

// A ward with magnesium running, so that slow breathing rings.
Rig running(const Configuration& configuration)
{
    Rig rig;
    rig.step(configuration);
    rig.watch();
    rig.chart(InfusionRateEntry{1, Salt::sulfate_heptahydrate});
    return rig;
}

// The first source is not of one bed, but a gateway of messages for all.
Configuration behind_a_gateway()
{
    Configuration c = on_a_ward();
    c.sources[0].bed.clear();
    c.sources[0].kind = SourceKind::messages;
    c.sources[0].signals.clear();
    return c;
}

Observation level_of_bed_1()
{
    Observation level;
    level.bed = BedId{0};
    level.source = SourceId{0};
    level.signal = Signal::mg;
    level.origin = Origin::laboratory;
    level.value = 2;
    return level;
}

TEST(Commissioning, AnUncommissionedMonitorIsHeardAndUsedByNothing)
{
    Rig rig = running(on_a_ward());
    rig.stream(Signal::rr, 6, 60);
    EXPECT_FALSE(known(rig, Signal::rr));
    EXPECT_THAT(rig.events("rr-low"), IsEmpty());
    EXPECT_THAT(rig.events("technical.silent"), IsEmpty()) << "it speaks";
    EXPECT_THAT(rig.events("technical.uncommissioned"), ElementsAre("raised"));
    EXPECT_THAT(rig.events("technical.signals_lost"), IsEmpty());
    EXPECT_EQ(rig.view().beds[0].uncommissioned, std::vector<std::string>{"monitor-1"});
    const WardView view = rig.view();
    for (const auto& episode : view.episodes) {
        if (episode.rule != "technical.uncommissioned") continue;
        EXPECT_EQ(episode.message, "monitor-1 not commissioned: relies on charted checks");
    }
    EXPECT_EQ(rig.view().sources[0].commissioning.state, CommissionState::missing);
}

TEST(Commissioning, ASignedRecordIsBelievedAtOnce)
{
    Rig rig = running(on_a_ward());
    sign(rig, record_of());
    ASSERT_NE(rig.reply(), nullptr);
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    EXPECT_THAT(rig.events("technical.uncommissioned"), ElementsAre("raised", "cleared"));
    rig.stream(Signal::rr, 6, 40);
    EXPECT_TRUE(known(rig, Signal::rr));
    EXPECT_THAT(rig.events("rr-low"), Contains("raised"));
    EXPECT_EQ(rig.view().sources[0].commissioning.record->by, "A. Engineer");
}

TEST(Commissioning, WhatWasLeftOutStaysUnverified)
{
    Rig rig = running(on_a_ward());
    CommissionRecord record = record_of();
    record.pairs.resize(3);
    record.left_out = {{Signal::spo2, "no sensor"}};
    sign(rig, record);
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.observe(Signal::spo2, 97);
    rig.observe(Signal::rr, 16);
    EXPECT_FALSE(known(rig, Signal::spo2));
    EXPECT_TRUE(known(rig, Signal::rr));
}

TEST(Commissioning, AChangedMapIsUnverifiedAgainAndRings)
{
    Rig rig = running(on_a_ward());
    sign(rig, record_of());
    rig.stream(Signal::rr, 16, 5);
    ASSERT_TRUE(known(rig, Signal::rr));
    Configuration changed = on_a_ward();
    changed.sources[0].fingerprint = "f2";
    rig.step(changed);
    EXPECT_FALSE(known(rig, Signal::rr)) << "no value outlives its record";
    EXPECT_THAT(rig.events("technical.commission_lost"), ElementsAre("raised"));
    rig.stream(Signal::rr, 6, 60);
    EXPECT_THAT(rig.events("rr-low"), IsEmpty());
    rig.step(on_a_ward()); // the old map again: the record is of it
    EXPECT_THAT(rig.events("technical.commission_lost"), ElementsAre("raised", "cleared"));
    changed = on_a_ward();
    changed.sources[0].place = "there";
    rig.step(changed);
    EXPECT_THAT(rig.events("technical.commission_lost"), ElementsAre("raised", "cleared", "raised"));
}

TEST(Commissioning, AnAlarmThatRingsIsNotEndedByIt)
{
    Rig rig = running(on_a_ward());
    sign(rig, record_of());
    rig.stream(Signal::rr, 6, 40);
    ASSERT_THAT(rig.events("rr-low"), ElementsAre("raised"));
    rig.act(RevokeCommission{"monitor-1", "dropped"}, "A. Engineer");
    rig.pass(5min);
    EXPECT_THAT(ringing(rig), Contains("rr-low"));
    EXPECT_THAT(rig.events("rr-low"), Not(Contains("cleared")));
}

TEST(Commissioning, IsRevokedWithAReason)
{
    Rig rig = running(on_a_ward());
    sign(rig, record_of());
    rig.act(RevokeCommission{"monitor-1", ""}, "A. Engineer");
    EXPECT_FALSE(rig.reply()->accepted);
    rig.act(RevokeCommission{"monitor-1", "moved to another bed"}, "A. Engineer");
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_EQ(rig.view().sources[0].commissioning.state, CommissionState::revoked);
    EXPECT_EQ(rig.view().sources[0].bed, "bed-1");
    EXPECT_THAT(rig.view().sources[0].commissioning.why, HasSubstr("moved to another bed"));
    EXPECT_THAT(ringing(rig), Contains("technical.commission_lost"));
    rig.act(RevokeCommission{"monitor-9", "x"}, "A. Engineer");
    EXPECT_FALSE(rig.reply()->accepted);
}

TEST(Commissioning, ARecordThatDoesNotFitIsRefusedInWords)
{
    Rig rig = running(on_a_ward());
    const auto refused = [&](CommissionRecord record, const char* why) {
        sign(rig, std::move(record));
        ASSERT_NE(rig.reply(), nullptr);
        EXPECT_FALSE(rig.reply()->accepted) << why;
        EXPECT_THAT(rig.reply()->text, HasSubstr(why));
    };
    CommissionRecord record = record_of();
    record.pairs[0].read = 7;
    refused(record, "magwatch reads 7 /min, the screen shows 70");
    record = record_of();
    record.fingerprint = "f0";
    refused(record, "changed meanwhile");
    record = record_of();
    record.simulation = true;
    refused(record, "mode changed");
    refused(record_of("monitor-1", "bed-2"), "belongs to bed-1");
    refused(record_of("monitor-2"), "nothing that could be commissioned");
    refused(record_of("nobody"), "no such device");
    record = record_of();
    record.remark.clear();
    refused(record, "a name, a role and a remark");
    EXPECT_EQ(rig.view().sources[0].commissioning.state, CommissionState::missing);
}

TEST(Commissioning, ARecordIsRefusedWhollyOrTaken)
{
    const auto refused = [](auto&& spoil, const std::string& signer = "A. Engineer") {
        Rig rig = running(on_a_ward());
        CommissionRecord record = record_of();
        spoil(record);
        const Bytes before = rig.ward.save();
        rig.act(Commission{record}, signer);
        if (!rig.reply()->accepted) {
            EXPECT_EQ(rig.ward.save(), before) << rig.reply()->text;
        }
        return rig.reply()->accepted ? "TAKEN" : rig.reply()->text;
    };
    const auto nothing = [](CommissionRecord&) {};
    EXPECT_EQ(refused(nothing), "TAKEN");
    EXPECT_EQ(refused(nothing, "Somebody Else"), "who signs gives a name, a role and a remark");
    EXPECT_EQ(refused([](auto& r) { r.role.clear(); }), "who signs gives a name, a role and a remark");
    EXPECT_EQ(refused([](auto& r) { r.remark.clear(); }), "who signs gives a name, a role and a remark");
    EXPECT_THAT(refused([](auto& r) { r.place = "there"; }), HasSubstr("compare anew"));
    EXPECT_THAT(refused([](auto& r) { r.fingerprint = "f2"; }), HasSubstr("compare anew"));
    EXPECT_EQ(refused([](auto& r) { r.simulation = true; }), "the mode changed: compare anew");
    EXPECT_EQ(refused([](auto& r) { r.device = "monitor-9"; }), "no such device: 'monitor-9'");
    EXPECT_THAT(refused([](auto& r) { r.device = "pump-1"; }), HasSubstr("nothing that could be commissioned"));
    EXPECT_THAT(refused([](auto& r) { r.pairs[0].bed = "bed-2"; }), HasSubstr("belongs to bed-1"));
    EXPECT_THAT(refused([](auto& r) { r.pairs.assign(501, r.pairs[0]); }), HasSubstr("more comparisons than"));
    EXPECT_THAT(refused([](auto& r) { r.pairs.assign(500, r.pairs[0]); }), Not(HasSubstr("more comparisons than")));
}

TEST(Commissioning, OfABedOrADeviceThatIsThereNoMoreIsRefused)
{
    Rig rig = running(behind_a_gateway());
    CommissionRecord record = record_of();
    record.pairs[0].bed = "bed-7";
    sign(rig, record);
    EXPECT_EQ(rig.reply()->text, "no such bed: 'bed-7'");
    Configuration without = behind_a_gateway();
    without.sources.erase(without.sources.begin());
    rig.step(without);
    sign(rig, record_of());
    EXPECT_EQ(rig.reply()->text, "no such device: 'monitor-1'");
}

TEST(Commissioning, ASecondRevocationChangesNothing)
{
    Rig rig = running(on_a_ward());
    sign(rig, record_of());
    rig.act(RevokeCommission{"monitor-1", "it fell"}, "A. Engineer");
    ASSERT_TRUE(rig.reply()->accepted);
    rig.act(RevokeCommission{"monitor-1", "it fell again"}, "B. Engineer");
    EXPECT_EQ(rig.reply()->text, "the record of monitor-1 was revoked before");
    const auto records = rig.ward.commissioning();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0]->revoked_by, "A. Engineer");
    EXPECT_EQ(records[0]->revoked_reason, "it fell");
}

TEST(Commissioning, ASimulationNeedsNoneAndItsRecordHoldsOnNoWard)
{
    Configuration demo = on_a_ward();
    demo.mode = Mode::demo;
    Rig rig = running(demo);
    rig.observe(Signal::rr, 16);
    EXPECT_TRUE(known(rig, Signal::rr));
    EXPECT_THAT(ringing(rig), Not(Contains("technical.uncommissioned")));
    CommissionRecord record = record_of();
    record.simulation = true;
    sign(rig, record);
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.step(on_a_ward());
    EXPECT_EQ(rig.view().sources[0].commissioning.state, CommissionState::changed);
    EXPECT_FALSE(known(rig, Signal::rr));
}

// A gateway speaks for many beds; each must have been seen.
TEST(Commissioning, OfAGatewayHoldsForTheBedsThatWereCompared)
{
    Rig rig = running(behind_a_gateway());
    rig.watch(1);
    sign(rig, record_of("monitor-1", "bed-2"));
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.observe(Signal::rr, 16, 0, 0);
    rig.observe(Signal::rr, 16, 0, 1);
    EXPECT_FALSE(known(rig, Signal::rr)) << "bed-1 was not compared";
    EXPECT_FALSE(rig.view().beds[1].signals.empty());
    EXPECT_EQ(rig.view().beds[0].uncommissioned, std::vector<std::string>{"monitor-1"});
    EXPECT_THAT(rig.view().beds[1].uncommissioned, IsEmpty());
    rig.step(level_of_bed_1());
    EXPECT_FALSE(known(rig, Signal::mg)) << "nor is what somebody else's bed may have sent";
}

TEST(Commissioning, AnUncommissionedLaboratoryIsToldAndNeverSilent)
{
    Rig rig = running(behind_a_gateway());
    rig.step(level_of_bed_1());
    EXPECT_THAT(rig.events("technical.uncommissioned"), ElementsAre("raised"));
    rig.pass(5min);
    EXPECT_THAT(rig.events("technical.silent"), IsEmpty());
    EXPECT_FALSE(known(rig, Signal::mg));
}

TEST(Commissioning, SurvivesASnapshotAndAReplay)
{
    Rig rig = running(on_a_ward());
    sign(rig, record_of());
    rig.observe(Signal::rr, 16);
    const auto loaded = Ward::load(as_text(rig.ward.save()));
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(loaded->trusts(BedId{0}, SourceId{0}, Signal::rr));
    EXPECT_EQ(loaded->save(), rig.ward.save());
    ASSERT_EQ(loaded->commissioning().size(), 1U);
    EXPECT_EQ(loaded->commissioning()[0]->pairs.size(), 6U);
    Ward again;
    EffectBuffer effects;
    for (const auto& [at, input] : rig.inputs) again.step(at, input, effects);
    EXPECT_EQ(again.save(), rig.ward.save());
}

TEST(Commissioning, AnUnverifiedPumpGivesNoRateAndAnUnwatchedBedIsNotToldOfIt)
{
    Configuration c = on_a_ward();
    c.sources[1].bed = "bed-1";
    c.sources[1].fingerprint = "p1";
    c.sources[1].signals = {{Signal::pump_rate, 0.1}};
    Rig rig;
    rig.step(c);
    rig.stream(Signal::pump_rate, 2, 180, 1);
    EXPECT_THAT(rig.events("technical.unwatched"), IsEmpty()) << "whoever commissions it has a simulator there";
    rig.watch();
    rig.stream(Signal::pump_rate, 2, 10, 1);
    EXPECT_FALSE(rig.view().beds[0].infusion_rate);
}

TEST(Commissioning, EveryMistakeOfARecordIsNamed)
{
    Rig rig = running(on_a_ward());
    CommissionRecord record = record_of();
    record.pairs.erase(record.pairs.begin(), record.pairs.begin() + 2);
    record.pairs.pop_back();
    sign(rig, record);
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_THAT(rig.reply()->text, HasSubstr("; ")) << rig.reply()->text;
}

TEST(Commissioning, WhatStaffTypeAtAStationNeedsNone)
{
    Configuration c = on_a_ward();
    c.sources[0].kind = SourceKind::staff;
    Rig rig = running(c);
    rig.step(level_of_bed_1());
    EXPECT_TRUE(known(rig, Signal::mg));
    EXPECT_THAT(rig.view().beds[0].uncommissioned, IsEmpty());
}

Configuration with_a_pump()
{
    Configuration c = on_a_ward();
    c.sources[1].bed = "bed-1";
    c.sources[1].fingerprint = "f1";
    c.sources[1].place = "here";
    c.sources[1].signals = {{Signal::pump_rate, 0.1}, {Signal::pump_concentration, 0.1}};
    return c;
}

CommissionRecord record_of_pump(const Rig& rig)
{
    CommissionRecord record = record_of("pump-1");
    record.pairs.clear();
    for (const Signal signal : {Signal::pump_rate, Signal::pump_concentration}) {
        const bool rate = signal == Signal::pump_rate;
        record.pairs.push_back({"bed-1", signal, rate ? "1.0" : "0.1", rate ? 1 : 0.1, rig.now().wall, 1});
        record.pairs.push_back({"bed-1", signal, rate ? "5.0" : "0.9", rate ? 5 : 0.9, rig.now().wall, 1});
        record.pairs.push_back({"bed-1", signal, "none", std::nullopt, rig.now().wall, 1});
    }
    return record;
}

TEST(Commissioning, OfAPumpThatIsRevokedLeavesTheRateUnknown)
{
    Rig rig;
    rig.step(with_a_pump());
    rig.watch();
    sign(rig, record_of_pump(rig));
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.stream(Signal::pump_rate, 1, 60, 1);
    ASSERT_EQ(rig.view().beds[0].infusion_rate, 1);
    rig.act(RevokeCommission{"pump-1", "it was dropped"}, "A. Engineer");
    EXPECT_FALSE(rig.view().beds[0].infusion_rate);
    EXPECT_EQ(rig.view().beds[0].mg_on_board, "yes") << "nobody knows that it stopped";
    rig.pass(2min);
    EXPECT_THAT(ringing(rig), Contains("technical.infusion_record"));
}

TEST(Commissioning, OfAPumpThatToldNoRateYetTakesNoneAway)
{
    Rig rig;
    rig.step(with_a_pump());
    rig.watch();
    rig.chart(InfusionRateEntry{1, Salt::sulfate_heptahydrate});
    sign(rig, record_of_pump(rig));
    rig.observe(Signal::pump_concentration, 0.1, 1);
    rig.act(RevokeCommission{"pump-1", "it was dropped"}, "A. Engineer");
    EXPECT_EQ(rig.view().beds[0].infusion_rate, 1) << "as it was charted";
    EXPECT_FALSE(known(rig, Signal::pump_concentration));
}

// It is used by nothing, and still it is told whether it runs.
TEST(Commissioning, AnUncommissionedDeviceThatStandsStillOrFallsSilentIsToldUntilItRuns)
{
    Configuration c = on_a_ward();
    c.sources[0].liveness = true;
    Rig rig = running(c);
    int count = 0;
    const auto run = [&](int seconds, bool moves) {
        for (int i = 0; i < seconds; ++i) {
            count += moves ? 1 : 0;
            rig.observe(Signal::liveness, count);
            rig.observe(Signal::rr, 14);
            rig.pass(1s);
        }
    };
    run(20, true);
    EXPECT_THAT(ringing(rig), Not(Contains("technical.frozen")));
    run(70, false);
    EXPECT_THAT(ringing(rig), Contains("technical.frozen"));
    run(2, true);
    EXPECT_THAT(ringing(rig), Not(Contains("technical.frozen")));
    rig.pass(1min);
    EXPECT_THAT(ringing(rig), Contains("technical.silent"));
    run(2, true);
    EXPECT_THAT(ringing(rig), Not(Contains("technical.silent")));
    RefusedValue refused{BedId{0}, SourceId{0}, true, Signal::rr, Refusal::implausible};
    for (int i = 0; i < 40; ++i) {
        rig.step(refused);
        rig.pass(1s);
    }
    EXPECT_THAT(ringing(rig), Not(Contains("technical.silent"))) << "refusals too are a sign of life";
    EXPECT_THAT(ringing(rig), Not(Contains("technical.implausible")));
}

TEST(Commissioning, ADeviceThatWasTakenAwayIsNotAskedFor)
{
    Rig rig = running(on_a_ward());
    rig.observe(Signal::rr, 14);
    ASSERT_THAT(ringing(rig), Contains("technical.uncommissioned"));
    Configuration without = on_a_ward();
    without.sources.erase(without.sources.begin());
    rig.step(without);
    EXPECT_THAT(ringing(rig), Not(Contains("technical.uncommissioned")));
}

TEST(Commissioning, SaysWhichChangeEndedIt)
{
    Rig rig = running(on_a_ward());
    sign(rig, record_of());
    const auto why = [&](const Configuration& next) {
        rig.step(next);
        return rig.view().sources.at(0).commissioning.why;
    };
    Configuration next = on_a_ward();
    next.sources[0].place = "the next room";
    EXPECT_EQ(why(next), "it is asked at another place than the record says");
    next = on_a_ward();
    next.sources[0].fingerprint = "f2";
    EXPECT_EQ(why(next), "its map or profile changed since the record");
    EXPECT_EQ(why(on_a_ward()), "");
}

// What the device had measured while it was believed comes not back by a correction of something else.
TEST(Commissioning, AfterARevocationACorrectionBringsNothingOfTheDeviceBack)
{
    Configuration c = on_a_ward();
    c.sources[0].signals.push_back({Signal::sbp, 1});
    Rig rig = running(c);
    CommissionRecord record = record_of();
    record.pairs.push_back({"bed-1", Signal::sbp, "120", 120, record.at, 1});
    record.pairs.push_back({"bed-1", Signal::sbp, "90", 90, record.at, 1});
    record.pairs.push_back({"bed-1", Signal::sbp, "none", std::nullopt, record.at, 1});
    sign(rig, record);
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.observe(Signal::sbp, 121);
    ASSERT_TRUE(known(rig, Signal::sbp));
    rig.act(RevokeCommission{"monitor-1", "it was dropped"}, "A. Engineer");
    rig.chart(ValueEntry{Signal::avpu, 1});
    rig.strike_newest();
    EXPECT_FALSE(known(rig, Signal::sbp));
}

TEST(Commissioning, NonsenseOfADeviceThatIsRevokedRingsNoMore)
{
    Rig rig = running(on_a_ward());
    sign(rig, record_of());
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.stream(Signal::rr, 16, 5);
    for (int i = 0; i < 20; ++i) {
        rig.step(RefusedValue{BedId{0}, SourceId{0}, true, Signal::rr, Refusal::implausible});
        rig.pass(1s);
    }
    rig.act(RevokeCommission{"monitor-1", "it shows nonsense"}, "A. Engineer");
    rig.pass(30s);
    EXPECT_THAT(rig.events("technical.implausible"), testing::IsEmpty());
}

} // namespace
} // namespace magwatch::test
