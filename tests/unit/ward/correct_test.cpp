// The chart of a stay: what was charted stands in it, and what was wrong is struck through and counts no more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "rules/ward/chart_list.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Desk : public Rig {
public:
    using Rig::Rig;
    Desk() { watch(); }

    [[nodiscard]] const std::vector<ChartEntry>& entries() const
    {
        shown = view().beds[0].chart;
        return *shown;
    }
    [[nodiscard]] const ChartEntry& newest() const { return entries().back(); }
    template <class What> EntryId charted(What what, Duration ago = {})
    {
        chart(what, ago);
        return newest().id;
    }
    // Charts `what` in the place of another entry, at the time of that one.
    template <class What> void correct(EntryId id, What what, std::string reason = "typed wrong")
    {
        Entry entry;
        entry.bed = BedId{0};
        entry.person = "charge";
        entry.what = what;
        entry.corrects = id;
        entry.reason = std::move(reason);
        entry.request = ++number;
        step(entry);
    }
    void strike(EntryId id) { correct(id, StrikeEntry{}); }
    [[nodiscard]] bool took() const { return reply() != nullptr && reply()->accepted; }
    [[nodiscard]] const SignalView* signal(Signal which) const
    {
        seen = view();
        for (const SignalView& one : seen.beds[0].signals)
            if (one.signal == which) return &one;
        return nullptr;
    }
    [[nodiscard]] std::optional<double> value(Signal which) const
    {
        const SignalView* one = signal(which);
        return one == nullptr ? std::nullopt : one->value;
    }
    [[nodiscard]] std::vector<std::string> ringing() const
    {
        std::vector<std::string> rules;
        for (const EpisodeView& episode : view().episodes) rules.push_back(episode.rule);
        return rules;
    }
    [[nodiscard]] WallTime reflex_due() const
    {
        seen = view();
        for (const CheckView& check : seen.beds[0].checks)
            if (check.id == "reflex") return check.due;
        return {};
    }

private:
    mutable std::shared_ptr<const std::vector<ChartEntry>> shown;
    mutable WardView seen;
    std::uint64_t number = 9'000;
};

TEST(Chart, HoldsWhatWasChartedWithItsPersonAndTimes)
{
    Desk desk;
    const std::uint32_t count = desk.view().beds[0].chart_count;
    desk.chart(ValueEntry{Signal::reflex_knee, 2}, 4min);
    EXPECT_EQ(desk.view().beds[0].chart_count, count + 1);
    const ChartEntry& one = desk.newest();
    EXPECT_EQ(std::get<ValueEntry>(one.what).value, 2);
    EXPECT_EQ(one.by, "midwife");
    EXPECT_EQ(one.at, desk.now().wall - 4min);
    EXPECT_EQ(one.entered.wall, desk.now().wall);
    EXPECT_FALSE(one.struck);
    desk.chart(ValueEntry{Signal::reflex_knee, 2}, 4min);
    EXPECT_EQ(desk.view().beds[0].chart_count, count + 1) << "the same once more is the same";
    desk.chart(ValueEntry{Signal::reflex_knee, 1}, 10min);
    EXPECT_EQ(desk.view().beds[0].chart_count, count + 2) << "what came too late to count is charted all the same";
    EXPECT_EQ(desk.view().beds[1].chart, nullptr);
}

TEST(Correction, IsKeptBesideWhatItStrikesThrough)
{
    Desk desk;
    const EntryId wrong = desk.charted(ValueEntry{Signal::avpu, 3});
    desk.pass(5min);
    desk.correct(wrong, ValueEntry{Signal::avpu, 0}, "other bed");
    ASSERT_TRUE(desk.took()) << desk.reply()->text;
    const ChartEntry right = desk.newest();
    const ChartEntry struck = *(desk.entries().end() - 2);
    EXPECT_EQ(right.corrects, wrong);
    EXPECT_EQ(right.at, struck.at) << "it was seen when it was";
    EXPECT_EQ(right.entered.wall, desk.now().wall);
    ASSERT_TRUE(struck.struck);
    EXPECT_EQ(struck.struck->by, "charge");
    EXPECT_EQ(struck.struck->reason, "other bed");
    EXPECT_EQ(struck.struck->at, desk.now().wall);
    EXPECT_EQ(struck.struck->instead, right.id);
    EXPECT_EQ(desk.value(Signal::avpu), 0);
}

TEST(Correction, AStruckEntryIsAsIfItHadNeverBeenCharted)
{
    Desk desk;
    desk.chart(ValueEntry{Signal::reflex_knee, 2});
    desk.chart(ValueEntry{Signal::rr_counted, 14});
    desk.pass(10min);
    const EntryId knee = desk.charted(ValueEntry{Signal::reflex_knee, 3});
    const EntryId rr = desk.charted(ValueEntry{Signal::rr_counted, 18});
    desk.strike(knee);
    EXPECT_EQ(desk.value(Signal::reflex_knee), 2);
    EXPECT_EQ(desk.value(Signal::reflex), 2) << "what follows from it too";
    EXPECT_EQ(desk.signal(Signal::reflex_knee)->last_at, desk.now().wall - 10min);
    EXPECT_EQ(desk.value(Signal::rr_counted), 18) << "and everything else is kept";
    desk.strike(rr);
    EXPECT_EQ(desk.value(Signal::rr_counted), 14);
    const EntryId weight = desk.charted(ValueEntry{Signal::weight, 70});
    desk.strike(weight);
    EXPECT_EQ(desk.value(Signal::weight), std::nullopt) << "the only one leaves nothing";
}

TEST(Correction, WhatCameTooLateBecauseOfAWrongEntryCountsNow)
{
    Desk desk;
    const EntryId wrong = desk.charted(ValueEntry{Signal::reflex_knee, 2});
    desk.chart(ValueEntry{Signal::reflex_knee, 1}, 5min);
    EXPECT_EQ(desk.value(Signal::reflex_knee), 2) << "kept as history";
    desk.strike(wrong);
    EXPECT_EQ(desk.value(Signal::reflex_knee), 1);
}

TEST(Correction, NeverEndsAnAlarmOrACallByItself)
{
    Desk desk;
    const EntryId wrong = desk.charted(ValueEntry{Signal::reflex_knee, 0});
    const EntryId low = desk.charted(ValueEntry{Signal::sbp, 80});
    EXPECT_THAT(desk.ringing(), Contains("systolic"));
    const WallTime next = desk.view().calls.at(0).next_page;
    desk.correct(wrong, ValueEntry{Signal::reflex_knee, 2});
    desk.correct(low, ValueEntry{Signal::sbp, 118});
    desk.pass(30s);
    EXPECT_EQ(desk.value(Signal::reflex), 2);
    EXPECT_THAT(desk.ringing(), Contains("reflex-absent"));
    EXPECT_THAT(desk.ringing(), Contains("systolic")) << "one that would not latch neither";
    EXPECT_EQ(desk.view().calls.at(0).state, CallState::calling);
    EXPECT_EQ(desk.view().calls.at(0).next_page, next);
    desk.pass(40s);
    EXPECT_EQ(desk.view().calls.at(0).rung, 1) << "the next rung is told";
    desk.act(Answer{desk.view().calls.at(0).id, AnswerKind::here});
    EXPECT_THAT(desk.ringing(), Not(Contains("reflex-absent"))) << "a person who has seen it ends it";
    EXPECT_THAT(desk.ringing(), Not(Contains("systolic")));
}

TEST(Correction, AnAcknowledgedLatchedAlarmStaysToo)
{
    Desk desk;
    const EntryId wrong = desk.charted(ValueEntry{Signal::reflex_knee, 0});
    desk.act(Acknowledge{desk.view().episodes.at(0).id});
    desk.correct(wrong, ValueEntry{Signal::reflex_knee, 2});
    EXPECT_THAT(desk.ringing(), Contains("reflex-absent"));
}

TEST(Correction, ThatIsWorseRingsAtOnce)
{
    Desk desk;
    const EntryId wrong = desk.charted(ValueEntry{Signal::reflex_knee, 2});
    desk.pass(3min);
    desk.correct(wrong, ValueEntry{Signal::reflex_knee, 0});
    EXPECT_THAT(desk.ringing(), Contains("reflex-absent"));
    EXPECT_EQ(desk.pages().size(), 1U);
}

TEST(Correction, IsNoActAtTheBed)
{
    Desk desk;
    const EntryId wrong = desk.charted(ValueEntry{Signal::reflex_knee, 0});
    desk.act(Answer{desk.view().calls.at(0).id, AnswerKind::coming});
    desk.correct(wrong, ValueEntry{Signal::reflex_knee, 1});
    EXPECT_EQ(desk.view().calls.at(0).state, CallState::accepted) << "coming is not here";
}

TEST(Correction, ChecksComeDueAsIfTheStruckOneHadNotBeenDone)
{
    Desk desk;
    desk.chart(InfusionRateEntry{1, {}});
    desk.chart(ValueEntry{Signal::reflex_knee, 2});
    const WallTime before = desk.reflex_due();
    desk.pass(50min);
    const EntryId wrong = desk.charted(ValueEntry{Signal::reflex_knee, 2});
    EXPECT_EQ(desk.reflex_due(), before + 50min);
    desk.pass(30min); // 20 min after the first was due
    EXPECT_THAT(desk.ringing(), Not(Contains("check.reflex")));
    desk.strike(wrong);
    EXPECT_EQ(desk.reflex_due(), before);
    EXPECT_THAT(desk.ringing(), Contains("check.reflex")) << "overdue now";
}

TEST(Correction, AlsoThoseThatAskForNoMagnesium)
{
    Desk desk;
    std::string text = small_pack;
    const std::string gate = "needs = \"mg_on_board\"\n";
    desk.use_pack("always.toml", text.erase(text.rfind(gate), gate.size()));
    desk.chart(ValueEntry{Signal::reflex_knee, 2});
    const WallTime before = desk.reflex_due();
    desk.pass(50min);
    const EntryId wrong = desk.charted(ValueEntry{Signal::reflex_knee, 2});
    EXPECT_EQ(desk.reflex_due(), before + 50min);
    desk.strike(wrong);
    EXPECT_EQ(desk.reflex_due(), before);
}

TEST(Correction, AStopThatWasNoneRunsOn)
{
    Desk desk;
    desk.chart(InfusionRateEntry{2, {}});
    desk.pass(1h);
    const EntryId stop = desk.charted(InfusionStopEntry{});
    desk.pass(1h);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 2, 0.01);
    EXPECT_FALSE(desk.view().beds[0].infusing);
    desk.strike(stop);
    EXPECT_TRUE(desk.view().beds[0].infusing);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 4, 0.01) << "what ran meanwhile is counted";
    EXPECT_EQ(desk.view().beds[0].mg_on_board, "yes");
    EXPECT_NEAR(*desk.value(Signal::dose_1h), 2, 0.02);
    EXPECT_EQ(desk.value(Signal::stopped_since), 0);
}

TEST(Correction, OfARateCountsFromItsOwnTimeAndLeavesLaterOnesAlone)
{
    Desk desk;
    const EntryId wrong = desk.charted(InfusionRateEntry{10, {}});
    desk.pass(30min);
    desk.chart(InfusionRateEntry{2, {}});
    desk.pass(30min);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 6, 0.01);
    desk.correct(wrong, InfusionRateEntry{1, {}});
    EXPECT_NEAR(desk.view().beds[0].dose_total, 1.5, 0.01) << "1 g/h for half an hour, 2 g/h since";
    EXPECT_EQ(desk.view().beds[0].infusion_rate, 2);
    const Course course = desk.view().beds[0].prediction.course;
    const double grams = course.grams(desk.now().steady - 2h, desk.now().steady, true);
    EXPECT_NEAR(grams, 1.5, 0.01) << "the prediction has the same doses";
}

TEST(Correction, TheOnlyInfusionStruckLeavesTheGateOpen)
{
    Desk desk;
    const EntryId wrong = desk.charted(IntramuscularEntry{5, {}});
    EXPECT_EQ(desk.view().beds[0].mg_on_board, "yes");
    desk.strike(wrong);
    EXPECT_EQ(desk.view().beds[0].dose_total, 0);
    EXPECT_EQ(desk.view().beds[0].mg_on_board, "unknown") << "nobody said that there is none";
}

TEST(Correction, OfABolusKeepsTheOtherDoses)
{
    Desk desk;
    const EntryId load = desk.charted(BolusEntry{4, 20min, {}});
    desk.chart(InfusionRateEntry{1, {}});
    desk.chart(IntramuscularEntry{5, {}});
    desk.pass(80min);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 10, 0.01);
    desk.correct(load, BolusEntry{6, 20min, {}});
    EXPECT_NEAR(desk.view().beds[0].dose_total, 12, 0.01);
    desk.strike(desk.newest().id);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 5 + 80.0 / 60, 0.01) << "the infusion ran all the time then";
}

// What a pump said is no entry: it stays, however the chart is corrected.
double dose_of(const std::vector<PumpStretch>& stretches, Instant now)
{
    double grams = 0;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        const Instant next = i + 1 < stretches.size() ? stretches[i + 1].from : now;
        const Instant end = std::min(stretches[i].until, next);
        grams += stretches[i].grams_per_hour * static_cast<double>((end - stretches[i].from).count()) / 3'600'000;
    }
    return grams;
}

TEST(PumpStretches, OfAPumpThatIsAlwaysHeardKeepTheWholeDose)
{
    std::vector<PumpStretch> stretches;
    Instant now{};
    double given = 0, rate = 0;
    for (int i = 0; i < 5'000; ++i) {
        given += rate * 20'000 / 3'600'000;
        now = now + 20s;
        rate = (i * 7 % 30) / 10.0;
        note_pump(stretches, rate, now, 30s);
        ASSERT_LE(stretches.size(), pump_stretches_most);
        ASSERT_NEAR(dose_of(stretches, now), given, 1e-9 * (1 + given)) << i;
    }
}

TEST(Measured, OnlyWhatPeopleChartTooIsKeptAndTheOldestGoes)
{
    std::vector<MeasuredValue> values;
    note_measured(values, {Signal::rr, 16, Instant{1}, SourceId{0}});
    EXPECT_TRUE(values.empty());
    for (int i = 0; i <= 320; ++i) note_measured(values, {Signal::sbp, 100.0 + i, Instant{i}, SourceId{0}});
    ASSERT_EQ(values.size(), measured_most);
    EXPECT_EQ(values.back().value, 420);
    EXPECT_EQ(values.front().value, 420 + 1 - static_cast<double>(measured_most));
}

TEST(Measured, WhatComesOftenTakesNothingOfWhatIsRare)
{
    std::vector<MeasuredValue> values;
    for (int i = 0; i < 5'000; ++i) {
        if (i % 500 == 0) note_measured(values, {Signal::sbp, 100.0 + i, Instant{i}, SourceId{0}});
        note_measured(values, {Signal::temp, 36.0 + i % 2, Instant{i}, SourceId{0}});
        ASSERT_LE(values.size(), measured_most + 64);
    }
    const auto of = [&](Signal signal) {
        return std::count_if(values.begin(), values.end(), [&](const auto& one) { return one.signal == signal; });
    };
    EXPECT_EQ(of(Signal::sbp), 10);
    EXPECT_GE(of(Signal::temp), 246);
    EXPECT_EQ(values.back().at, Instant{4'999});
    const auto later = [](const auto& a, const auto& b) { return b.at < a.at; };
    EXPECT_EQ(std::adjacent_find(values.begin(), values.end(), later), values.end());
}

TEST(Correction, KeepsWhatThePumpSaid)
{
    Desk desk;
    for (int i = 0; i < 600; ++i) {
        desk.observe(Signal::pump_rate, i % 2 == 0 ? 1.99 : 2.01, 1); // never quite steady
        desk.pass(6s);
    }
    const EntryId dose = desk.charted(IntramuscularEntry{5, {}});
    for (int i = 0; i < 300; ++i) {
        desk.observe(Signal::pump_rate, 1, 1);
        desk.pass(6s);
    }
    EXPECT_NEAR(desk.view().beds[0].dose_total, 7.5, 0.01);
    desk.strike(dose);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 2.5, 0.01);
    EXPECT_NEAR(*desk.value(Signal::dose_1h), 1.5, 0.05);
    EXPECT_EQ(desk.view().beds[0].infusion_rate, 1) << "the pump is still heard";
    EXPECT_EQ(desk.view().beds[0].prediction.course.intramuscular_doses().size(), 0U);
    EXPECT_NEAR(desk.view().beds[0].prediction.course.grams(desk.now().steady - 2h, desk.now().steady, true), 2.5, 0.02);
}

TEST(Correction, KeepsWhatACuffMeasured)
{
    Desk desk;
    desk.observe(Signal::sbp, 121);
    desk.pass(1min);
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "midwife";
    entry.key = "k1/sbp";
    entry.what = ValueEntry{Signal::sbp, 210};
    desk.step(entry);
    const EntryId wrong = desk.newest().id;
    entry.key = "k1/dbp";
    entry.what = ValueEntry{Signal::dbp, 77};
    desk.step(entry);
    desk.strike(wrong);
    EXPECT_EQ(desk.value(Signal::sbp), 121);
    EXPECT_EQ(desk.value(Signal::dbp), std::nullopt) << "one cuff, two entries: both are struck";
    EXPECT_TRUE(desk.newest().struck);
}

TEST(Correction, KeepsThePressureBesideAProbeThatIsAlwaysIn)
{
    Desk desk;
    desk.observe(Signal::sbp, 121);
    desk.observe(Signal::dbp, 78);
    for (int i = 0; i < 400; ++i) {
        desk.pass(2s);
        desk.observe(Signal::temp, 37 + i % 2 * 0.1);
    }
    const EntryId wrong = desk.charted(ValueEntry{Signal::reflex_knee, 0});
    ASSERT_EQ(desk.value(Signal::sbp), 121);
    desk.strike(wrong);
    EXPECT_EQ(desk.value(Signal::sbp), 121);
    EXPECT_EQ(desk.value(Signal::dbp), 78);
}

TEST(Correction, OfUrineGivesItsTimeBackToTheNextEntry)
{
    Desk desk;
    desk.pass(1h);
    const EntryId wrong = desk.charted(UrineEntry{900, {}});
    desk.pass(1h);
    desk.chart(UrineEntry{60, {}});
    desk.strike(wrong);
    EXPECT_EQ(desk.value(Signal::urine), 60);
    desk.strike(desk.newest().id);
    EXPECT_EQ(desk.value(Signal::urine), std::nullopt);
}

TEST(Correction, OfSymptomsEventsScreeningAndPlans)
{
    Desk desk;
    desk.chart(SymptomEntry{{"headache"}, {}, false});
    const EntryId slurred = desk.charted(SymptomEntry{{"slurred speech"}, {"headache"}, false});
    desk.strike(slurred);
    ASSERT_EQ(desk.view().beds[0].symptoms.size(), 1U);
    EXPECT_EQ(desk.view().beds[0].symptoms[0].symptom, "headache");
    const EntryId morphine = desk.charted(SedationEntry{"morphine"});
    desk.strike(morphine);
    EXPECT_THAT(desk.view().beds[0].events, IsEmpty());
    EXPECT_EQ(desk.value(Signal::sedated), std::nullopt);
    const EntryId untestable = desk.charted(UntestableEntry{"both legs in plaster"});
    desk.strike(untestable);
    EXPECT_EQ(desk.value(Signal::reflex_untestable), std::nullopt);
    const EntryId concern = desk.charted(ConcernedEntry{"wrong bed", false});
    desk.strike(concern);
    EXPECT_FALSE(desk.view().beds[0].concerned);
    EXPECT_THAT(desk.ringing(), Contains("staff.concerned")) << "somebody looks all the same";
    const EntryId level = desk.charted(ValueEntry{Signal::mg, 4.8});
    desk.strike(level);
    EXPECT_THAT(desk.view().beds[0].levels, IsEmpty());
}

TEST(Correction, OnlyOnceAndAsAChain)
{
    Desk desk;
    const EntryId first = desk.charted(ValueEntry{Signal::gcs, 3});
    desk.pass(1min);
    desk.correct(first, ValueEntry{Signal::gcs, 13});
    const EntryId second = desk.newest().id;
    desk.correct(first, ValueEntry{Signal::gcs, 14});
    EXPECT_FALSE(desk.took());
    EXPECT_THAT(desk.reply()->text, HasSubstr("already corrected by charge"));
    desk.pass(1min);
    desk.correct(second, ValueEntry{Signal::gcs, 15});
    ASSERT_TRUE(desk.took());
    EXPECT_EQ(desk.value(Signal::gcs), 15);
    EXPECT_EQ(desk.signal(Signal::gcs)->last_at, desk.now().wall - 2min);
    desk.strike(desk.newest().id);
    EXPECT_EQ(desk.value(Signal::gcs), std::nullopt) << "what was said to be wrong does not come back";
}

TEST(Correction, IsRefusedWithTheReason)
{
    Desk desk;
    const EntryId good = desk.charted(ValueEntry{Signal::gcs, 3});
    const std::uint32_t count = desk.view().beds[0].chart_count;
    desk.correct(good, ValueEntry{Signal::gcs, 13}, "");
    EXPECT_THAT(desk.reply()->text, HasSubstr("needs its reason"));
    desk.correct(good, ValueEntry{Signal::gcs, 13}, std::string(201, 'x'));
    EXPECT_THAT(desk.reply()->text, HasSubstr("too long"));
    desk.correct(EntryId{9, 9}, StrikeEntry{});
    EXPECT_THAT(desk.reply()->text, HasSubstr("no such entry"));
    desk.correct(EntryId{}, StrikeEntry{});
    EXPECT_THAT(desk.reply()->text, HasSubstr("which entry"));
    Observation laboratory;
    laboratory.bed = BedId{0};
    laboratory.source = SourceId{0};
    laboratory.origin = Origin::laboratory;
    laboratory.signal = Signal::creatinine;
    laboratory.value = 90;
    desk.step(laboratory);
    EXPECT_TRUE(desk.newest().by_device);
    desk.strike(desk.newest().id);
    EXPECT_THAT(desk.reply()->text, HasSubstr("corrected there"));
    EXPECT_EQ(desk.view().beds[0].chart_count, count + 1);
    EXPECT_EQ(desk.value(Signal::gcs), 3);
}

TEST(Correction, KeepsWhatALaboratoryWithdrewWithdrawn)
{
    Desk desk;
    Observation result;
    result.bed = BedId{0};
    result.source = SourceId{0};
    result.origin = Origin::laboratory;
    result.signal = Signal::creatinine;
    result.value = 300;
    result.observed = desk.now().wall;
    desk.step(result);
    result.validity = Validity::invalid;
    desk.step(result);
    EXPECT_TRUE(desk.newest().struck);
    const EntryId wrong = desk.charted(ValueEntry{Signal::gcs, 3});
    desk.strike(wrong);
    EXPECT_EQ(desk.value(Signal::creatinine), std::nullopt);
}

// What a laboratory or a charting system says of a time that lies so far back.
Observation said(const Desk& desk, Signal signal, double value, Duration ago, bool corrected = false)
{
    Observation out;
    out.bed = BedId{0};
    out.source = SourceId{0};
    out.origin = Origin::laboratory;
    out.signal = signal;
    out.value = value;
    out.observed = desk.now().wall - ago;
    out.corrected = corrected;
    return out;
}

TEST(Late, AResultThatAYoungerOneOvertookStandsInItsPlaceAndRingsNobody)
{
    Desk desk;
    desk.pass(2h);
    desk.step(said(desk, Signal::mg, 2.0, 10min));
    desk.step(said(desk, Signal::mg, 1.6, 40min));
    desk.step(said(desk, Signal::mg, 1.8, 25min));
    const WardView view = desk.view();
    ASSERT_EQ(view.beds[0].levels.size(), 3U);
    EXPECT_EQ(view.beds[0].levels[0].mmol_per_l, 1.6);
    EXPECT_EQ(view.beds[0].levels[1].mmol_per_l, 1.8);
    EXPECT_EQ(desk.value(Signal::mg), 2.0);
    desk.step(said(desk, Signal::reflex_knee, 2, 10min));
    desk.step(said(desk, Signal::reflex_knee, 0, 20min));
    EXPECT_THAT(desk.events("reflex-absent"), IsEmpty());
    EXPECT_EQ(desk.value(Signal::reflex_knee), 2);
}

TEST(Late, OneBeyondItsLimitIsHistoryAndTheNewestThatIsKnown)
{
    Desk desk;
    desk.pass(8h);
    desk.step(said(desk, Signal::reflex_knee, 2, 5h));
    desk.step(said(desk, Signal::reflex_knee, 0, 3h));
    EXPECT_EQ(desk.value(Signal::reflex_knee), std::nullopt);
    ASSERT_NE(desk.signal(Signal::reflex_knee), nullptr);
    EXPECT_EQ(desk.signal(Signal::reflex_knee)->last, 0);
    EXPECT_THAT(desk.events("reflex-absent"), IsEmpty());
    const std::size_t count = desk.entries().size();
    desk.step(said(desk, Signal::reflex_knee, 2, 5h)); // under another number
    EXPECT_EQ(desk.entries().size(), count);
}

TEST(Late, WhatIsWithdrawnTakesNothingElseAlong)
{
    Desk desk;
    desk.pass(1h);
    desk.step(said(desk, Signal::mg, 1.8, 40min));
    desk.step(said(desk, Signal::mg, 2.2, 10min));
    Observation gone = said(desk, Signal::mg, 0, 40min);
    gone.validity = Validity::invalid;
    desk.step(gone);
    EXPECT_EQ(desk.value(Signal::mg), 2.2);
    gone.observed = desk.now().wall - Duration{10min};
    desk.step(said(desk, Signal::mg, 1.7, 30min));
    desk.step(gone);
    EXPECT_EQ(desk.value(Signal::mg), 1.7) << "the one before it";
}

// The list is bounded: what falls out of it goes on counting, and cannot be corrected any more.
TEST(Correction, OfAnEntryThatIsTooOldIsRefusedAndTheRestStillRestsOnIt)
{
    Desk desk;
    const EntryId old = desk.charted(ValueEntry{Signal::weight, 70});
    desk.chart(InfusionRateEntry{1, {}});
    desk.chart(SymptomEntry{{"nausea"}, {}, false});
    for (int i = 0; i < 400; ++i) {
        desk.pass(1min);
        desk.chart(ValueEntry{Signal::rr_counted, 12.0 + i % 5});
    }
    EXPECT_LE(desk.entries().size(), chart_most);
    EXPECT_GE(desk.entries().size(), chart_left);
    const double dose = desk.view().beds[0].dose_total;
    desk.strike(old);
    EXPECT_THAT(desk.reply()->text, HasSubstr("too old"));
    const EntryId wrong = desk.charted(IntramuscularEntry{5, {}});
    desk.strike(wrong);
    EXPECT_TRUE(desk.took());
    EXPECT_EQ(desk.value(Signal::weight), 70);
    EXPECT_NEAR(desk.view().beds[0].dose_total, dose, 0.01);
    EXPECT_EQ(desk.view().beds[0].infusion_rate, 1);
    EXPECT_EQ(desk.view().beds[0].symptoms.size(), 1U);
    EXPECT_EQ(desk.value(Signal::rr_counted), 12.0 + 399 % 5);
}

TEST(Correction, ARestartKeepsTheChartAndWhatIsStruck)
{
    Desk desk;
    desk.chart(BolusEntry{4, 20min, {}});
    desk.chart(InfusionRateEntry{1, {}});
    const EntryId wrong = desk.charted(ValueEntry{Signal::reflex_knee, 0});
    desk.correct(wrong, ValueEntry{Signal::reflex_knee, 2});
    const EntryId stop = desk.charted(InfusionStopEntry{});
    desk.pass(10min);
    auto again = Ward::load(as_text(desk.ward.save()));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->save(), desk.ward.save());
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "charge";
    entry.what = StrikeEntry{};
    entry.corrects = stop;
    entry.reason = "it ran on";
    EffectBuffer there, here;
    const Moment next = desk.now().at(desk.now().steady + 1s);
    again->step(next, entry, there);
    desk.ward.step(next, entry, here);
    EXPECT_EQ(again->save(), desk.ward.save()) << "and goes on from it as the other does";
    EXPECT_TRUE(again->view(next).beds[0].infusing);
    EXPECT_EQ(again->view(next).beds[0].chart->size(), desk.view().beds[0].chart->size());
}

TEST(Correction, TheSameInputsGiveTheSameBytes)
{
    Desk desk;
    for (int i = 0; i < 120; ++i) {
        desk.observe(Signal::pump_rate, 1 + i * 0.001, 1);
        desk.pass(1s);
    }
    const EntryId wrong = desk.charted(BolusEntry{4, 20min, {}}, 10min);
    desk.pass(5min);
    desk.correct(wrong, BolusEntry{2, 20min, {}});
    desk.strike(desk.newest().id);
    Ward other;
    EffectBuffer effects;
    for (const auto& [at, input] : desk.inputs) other.step(at, input, effects);
    EXPECT_EQ(other.save(), desk.ward.save());
    EXPECT_EQ(effects.size(), desk.effects.size());
}

// Of a program without a chart: 4 g over 20 min and 1 g/h, a level, morphine, urine and a headache were charted, and 6 s
// ago an absent knee reflex, which rings.
TEST(StoredSnapshot, OfAProgramWithoutAChartCorrectsWhatCameSince)
{
    std::ifstream in{MAGWATCH_SOURCE_DIR "/tests/data/snapshots/ward-11.bin", std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    auto ward = Ward::load(bytes);
    ASSERT_TRUE(ward);
    Moment now{ward->last_instant(), WallTime{1'767'225'600'000 + ward->last_instant().ms - 1'000'000}};
    ASSERT_NE(ward->view(now).beds[0].chart, nullptr);
    EXPECT_THAT(*ward->view(now).beds[0].chart, IsEmpty());
    EXPECT_EQ(ward->view(now).episodes.at(0).rule, "reflex-absent");
    const double dose = ward->view(now).beds[0].dose_total;
    EffectBuffer effects;
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "midwife";
    entry.what = IntramuscularEntry{5, {}};
    ward->step(now, entry, effects);
    EXPECT_NEAR(ward->view(now).beds[0].dose_total, dose + 5, 0.05) << "and what ran since it was last counted";
    entry.what = StrikeEntry{};
    entry.corrects = ward->view(now).beds[0].chart->back().id;
    entry.reason = "other bed";
    ward->step(now, entry, effects);
    const WardView view = ward->view(now);
    EXPECT_NEAR(view.beds[0].dose_total, dose, 0.05);
    EXPECT_EQ(view.beds[0].levels.size(), 1U);
    EXPECT_EQ(view.beds[0].symptoms.size(), 1U);
    EXPECT_EQ(view.beds[0].events.size(), 1U);
    EXPECT_EQ(view.episodes.at(0).rule, "reflex-absent");
    const auto again = Ward::load(as_text(ward->save()));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->save(), ward->save());
}

// --- what else a correction leaves as it is ---

TEST(Correction, OfTheTimeCountsFromThatTimeAndNotFromTheFirstOne)
{
    Desk desk;
    desk.pass(1h);
    const EntryId late = desk.charted(ValueEntry{Signal::reflex_knee, 2}, 30min);
    desk.pass(1min);
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "charge";
    entry.what = ValueEntry{Signal::reflex_knee, 1};
    entry.corrects = late;
    entry.reason = "it was just now";
    entry.at = desk.now().wall - 20s;
    desk.step(entry);
    EXPECT_EQ(desk.newest().at, desk.now().wall - 20s);
    EXPECT_EQ(desk.newest().counts.steady, desk.now().steady - 20s) << "nothing counts before it is true";
    EXPECT_EQ(desk.value(Signal::reflex_knee), 1);
}

TEST(Correction, OfOnePressureLeavesThoseOfAnotherMeasurement)
{
    Desk desk;
    const auto charted = [&](const std::string& key, Signal signal, double value) {
        Entry entry;
        entry.bed = BedId{0};
        entry.person = "midwife";
        entry.key = key;
        entry.what = ValueEntry{signal, value};
        desk.step(entry);
        return desk.newest().id;
    };
    charted("k1/dbp", Signal::dbp, 71);
    desk.pass(1min);
    const EntryId other = charted("k2/sbp", Signal::sbp, 210);
    desk.strike(other);
    EXPECT_EQ(desk.value(Signal::dbp), 71) << "of another cuff's measurement";
    const EntryId alone = charted("alone", Signal::sbp, 211);
    charted("beside", Signal::dbp, 72);
    desk.strike(alone);
    EXPECT_EQ(desk.value(Signal::dbp), 72) << "by its key it belongs to nothing";
}

TEST(Correction, IsRefusedWithTheReasonOfAnEntryThatNeverWasOrIsGone)
{
    Rig rig;
    WatchStart start;
    start.bed = BedId{0};
    rig.act(start);
    const auto refused = [&](EntryId id, EntryWhat what, const std::string& reason) {
        Entry entry;
        entry.bed = BedId{0};
        entry.person = "charge";
        entry.what = std::move(what);
        entry.corrects = id;
        entry.reason = reason;
        entry.request = 5;
        rig.step(entry);
        return rig.reply()->accepted ? "TAKEN" : rig.reply()->text;
    };
    EXPECT_EQ(refused({1, 1}, StrikeEntry{}, "other bed"), "no such entry in the chart of this bed");
    EXPECT_EQ(refused({}, ValueEntry{Signal::avpu, 0}, "because"),
              "a reason is of a correction: which entry does it correct?");
    rig.chart(ValueEntry{Signal::avpu, 2});
    const EntryId id = rig.view().beds[0].chart->back().id;
    EXPECT_EQ(refused(id, StrikeEntry{}, "other bed"), "TAKEN");
    EXPECT_EQ(refused(id, StrikeEntry{}, "other bed"), "already corrected by charge");
}

// Under a rule that ends only after a while: what was wrong was seen by somebody, and waits for a person.
TEST(Correction, WhatIsAboutToEndByItWaitsForAPerson)
{
    Desk desk;
    const auto rule = [](const std::string& id, const std::string& when) {
        return "\n[[rule]]\nid = \"" + id + "\"\ntitle = \"Rule " + id + "\"\nmessage = \"Look at " + id +
               "\"\nprompt = \"Repeat.\"\nsource = \"test\"\npriority = \"medium\"\nwhen = \"" + when +
               "\"\nclear_for = \"60 s\"\n";
    };
    Configuration c = Rig::configuration();
    c.pack_text = small_pack + rule("mean", "map < 60 mmHg") + rule("lower", "dbp < 50 mmHg");
    ASSERT_THAT(desk.ward.why_refused(c), IsEmpty());
    desk.step(c);
    desk.chart(ValueEntry{Signal::dbp, 70});
    desk.chart(ValueEntry{Signal::map, 50});
    desk.pass(1min);
    const EntryId wrong = desk.charted(ValueEntry{Signal::dbp, 40});
    ASSERT_THAT(desk.ringing(), Contains("lower"));
    desk.strike(wrong);
    desk.pass(5min);
    EXPECT_THAT(desk.ringing(), Contains("lower"));
    EXPECT_THAT(desk.ringing(), Contains("mean"));
    EXPECT_EQ(desk.events("lower").back(), "latched");
    desk.chart(ValueEntry{Signal::map, 80});
    desk.pass(2min);
    EXPECT_EQ(desk.events("mean").back(), "cleared") << "which no correction ended";
}

TEST(Correction, KeepsTheOrderOfWhatACuffMeasuredBeforeAndAfterAnEntry)
{
    Desk desk;
    desk.observe(Signal::sbp, 121);
    desk.pass(1min);
    desk.chart(ValueEntry{Signal::sbp, 130});
    desk.pass(1min);
    desk.observe(Signal::sbp, 122);
    desk.strike(desk.charted(ValueEntry{Signal::avpu, 2}));
    EXPECT_EQ(desk.value(Signal::sbp), 122) << "the cuff was the last";
    desk.pass(1min);
    const EntryId wrong = desk.charted(ValueEntry{Signal::avpu, 3});
    desk.pass(1min);
    desk.observe(Signal::sbp, 123);
    desk.strike(wrong);
    EXPECT_EQ(desk.value(Signal::sbp), 123);
}

TEST(Correction, OfADoseThreeDaysAgoKeepsWhatRanSince)
{
    Desk desk;
    desk.chart(InfusionRateEntry{1, {}});
    const EntryId wrong = desk.charted(IntramuscularEntry{5, {}});
    desk.pass(72h);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 77, 0.01);
    desk.strike(wrong);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 72, 0.01);
    EXPECT_NEAR(*desk.value(Signal::dose_24h), 24, 0.05);
}

// A list that is full lays its oldest entries aside, with corrections among them and a pump that goes on.
TEST(Correction, WhatIsLaidAsideCountsOnThoughItsOrderWasAnother)
{
    Desk desk;
    const EntryId first = desk.charted(ValueEntry{Signal::weight, 70});
    for (int i = 0; i < 295; ++i) {
        desk.observe(Signal::pump_rate, 1, 1);
        desk.pass(10s);
        if (i == 290) desk.correct(first, ValueEntry{Signal::weight, 75});
        desk.chart(ValueEntry{Signal::rr_counted, 12.0 + i % 5});
    }
    const double dose = desk.view().beds[0].dose_total;
    for (int i = 0; i < 30; ++i) {
        desk.observe(Signal::pump_rate, 2, 1);
        desk.observe(Signal::sbp, 110 + i);
        desk.pass(10s);
        desk.chart(ValueEntry{Signal::rr_counted, 13.0 + i % 3});
    }
    ASSERT_LE(desk.entries().size(), chart_most);
    EXPECT_EQ(desk.value(Signal::weight), 75);
    const double now = desk.view().beds[0].dose_total;
    EXPECT_NEAR(now, dose + 2.0 * 300 / 3600, 0.02);
    const EntryId wrong = desk.charted(IntramuscularEntry{5, {}});
    desk.strike(wrong);
    EXPECT_NEAR(desk.view().beds[0].dose_total, now, 0.02);
    EXPECT_EQ(desk.value(Signal::weight), 75);
    EXPECT_EQ(desk.value(Signal::sbp), 139);
    desk.step(said(desk, Signal::rr_counted, 9, 50min)); // late, and older than all that is still listed
    EXPECT_NE(desk.value(Signal::rr_counted), 9);
}

TEST(Late, WhatALaboratorySaysAgainIsThereOnceAndASecondNumberOfOneTimeBesides)
{
    Desk desk;
    desk.pass(2h);
    const std::size_t before = desk.entries().size();
    desk.step(said(desk, Signal::mg, 2.0, 10min));
    desk.step(said(desk, Signal::mg, 2.0, 10min));
    EXPECT_EQ(desk.entries().size(), before + 1) << "the newest, said again";
    desk.step(said(desk, Signal::mg, 1.6, 40min));
    desk.step(said(desk, Signal::mg, 1.6, 40min));
    EXPECT_EQ(desk.entries().size(), before + 2) << "an older one, said again";
    desk.step(said(desk, Signal::creatinine, 70, 40min));
    desk.step(said(desk, Signal::mg, 1.7, 40min));
    EXPECT_EQ(desk.entries().size(), before + 4) << "another number of that time is charted, and counts not";
    EXPECT_EQ(desk.value(Signal::mg), 2.0);
    desk.step(said(desk, Signal::mg, 1.7, 40min, true));
    const std::size_t corrected = desk.entries().size();
    desk.step(said(desk, Signal::mg, 1.7, 40min, true));
    EXPECT_EQ(desk.entries().size(), corrected) << "a correction, said again";
}

TEST(Late, UrineThatTheWireSaysLateStandsInItsPlace)
{
    Desk desk;
    desk.pass(5h);
    desk.step(said(desk, Signal::urine, 40, 10min));
    desk.step(said(desk, Signal::urine, 50, 70min));
    const std::size_t count = desk.entries().size();
    desk.step(said(desk, Signal::urine, 50, 70min));
    EXPECT_EQ(desk.entries().size(), count);
    desk.step(said(desk, Signal::urine, 55, 70min));
    EXPECT_EQ(desk.entries().size(), count + 1);
    desk.step(said(desk, Signal::mg, 2.0, 5min));
    desk.step(said(desk, Signal::mg, 1.8, 80min)); // what came between is urine, and no level
    ASSERT_EQ(desk.view().beds[0].levels.size(), 2U);
    EXPECT_EQ(desk.view().beds[0].levels[0].mmol_per_l, 1.8);
}

TEST(Late, WhatStaffChartedKeepsItsTurn)
{
    Desk desk;
    desk.pass(2h);
    desk.chart(ValueEntry{Signal::reflex_knee, 2}, 40min);
    desk.pass(1min);
    desk.chart(ValueEntry{Signal::reflex_knee, 3}, 5min);
    desk.step(said(desk, Signal::reflex_knee, 1, 20min));
    desk.step(said(desk, Signal::reflex_knee, 1, 41min)); // of the same time as the midwife's own
    EXPECT_EQ(desk.value(Signal::reflex_knee), 3);
    desk.strike(desk.charted(ValueEntry{Signal::avpu, 2}));
    EXPECT_EQ(desk.value(Signal::reflex_knee), 3);
}

TEST(Late, ValuesOfASourceThatNobodyNamedAreOfADevice)
{
    Desk desk;
    Observation level = said(desk, Signal::mg, 2.0, 0s);
    level.source = SourceId{77};
    desk.step(level);
    EXPECT_EQ(desk.newest().by, "a device");
}

TEST(Late, AWithdrawalThatComesTwiceTakesNothingElse)
{
    Desk desk;
    desk.pass(2h);
    desk.step(said(desk, Signal::mg, 1.8, 40min));
    desk.step(said(desk, Signal::mg, 2.2, 10min));
    desk.step(said(desk, Signal::creatinine, 70, 10min));
    Observation gone = said(desk, Signal::mg, 0, 10min);
    gone.validity = Validity::invalid;
    desk.step(gone);
    EXPECT_EQ(desk.value(Signal::mg), 1.8);
    desk.step(gone);
    EXPECT_EQ(desk.value(Signal::mg), 1.8);
    EXPECT_EQ(desk.value(Signal::creatinine), 70);
}

// Of a program without a chart: a level of 2.1 mmol/L 90 s ago, and a pump that spoke.
std::optional<Ward> of_format(const std::string& name)
{
    std::ifstream in{MAGWATCH_SOURCE_DIR "/tests/data/snapshots/" + name, std::ios::binary};
    return Ward::load(std::string{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}});
}

TEST(Late, AWithdrawalOfWhatAProgramWithoutAChartKnewMakesItUnknown)
{
    for (const bool timed : {true, false}) {
        auto ward = of_format("ward-11.bin");
        ASSERT_TRUE(ward);
        const Moment now{ward->last_instant(), WallTime{1'767'225'600'000 + ward->last_instant().ms - 1'000'000}};
        const auto level = [&]() -> std::optional<SignalView> {
            const WardView view = ward->view(now);
            for (const SignalView& one : view.beds[0].signals)
                if (one.signal == Signal::mg) return one;
            return std::nullopt;
        };
        ASSERT_TRUE(level());
        Observation gone;
        gone.bed = BedId{0};
        gone.source = SourceId{0};
        gone.origin = Origin::laboratory;
        gone.signal = Signal::mg;
        gone.validity = Validity::invalid;
        gone.observed = timed ? level()->last_at : WallTime{};
        EffectBuffer effects;
        ward->step(now, gone, effects);
        EXPECT_FALSE(level() && level()->value);
        gone.signal = Signal::calcium; // of which nothing is known at all
        ward->step(now, gone, effects);
    }
}

TEST(Chart, APumpThatWasLostLongAgoStaysLostThoughAllThatItSaidIsLaidAside)
{
    Desk desk;
    desk.stream(Signal::pump_rate, 1, 60, 1);
    for (int i = 0; i < 310; ++i) {
        desk.pass(1min);
        desk.chart(ValueEntry{Signal::rr_counted, 12.0 + i % 5});
    }
    const auto lost = desk.view().beds[0].rate_unknown_since;
    ASSERT_TRUE(lost);
    desk.step(RefusedValue{BedId{0}, SourceId{1}, true, Signal::pump_rate, Refusal::no_value});
    EXPECT_EQ(desk.view().beds[0].rate_unknown_since, lost);
}

TEST(PumpStretches, OfOneInstantAndOfAPumpThatComesAndGoesStaySmallAndWhole)
{
    std::vector<PumpStretch> stretches;
    const Instant start{1'000'000};
    for (const double rate : {1.0, 2.0, 3.0, 4.0}) note_pump(stretches, rate, start, 10s);
    for (const PumpStretch& one : stretches) EXPECT_FALSE(std::isnan(one.grams_per_hour));
    EXPECT_EQ(stretches.back().grams_per_hour, 4.0) << "the last word holds";
    stretches.clear();
    for (int i = 0; i < 1500; ++i) note_pump(stretches, 1.0 + i % 2, start + Duration{60'000} * i, 10s);
    EXPECT_LE(stretches.size(), pump_stretches_most) << "none of them touches the next: the oldest go";
    EXPECT_EQ(stretches.back().from, start + Duration{60'000} * 1499);
    EXPECT_EQ(stretches.front().until - stretches.front().from, 10s);
}

TEST(Correction, OfWhatIsNoDoseLeavesThePumpAsItRunsNow)
{
    Desk desk;
    desk.stream(Signal::pump_rate, 1, 600, 1);
    const EntryId wrong = desk.charted(ValueEntry{Signal::avpu, 2});
    desk.stream(Signal::pump_rate, 2, 600, 1);
    const double before = desk.view().beds[0].dose_total;
    desk.strike(wrong);
    EXPECT_EQ(desk.view().beds[0].infusion_rate, 2);
    EXPECT_NEAR(desk.view().beds[0].dose_total, before, 0.001);
    desk.stream(Signal::pump_rate, 2, 600, 1);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 5.0 / 6, 0.005);
}

TEST(Correction, OfADoseKeepsTheOrderOfWhatThePumpSaidAndWhatWasCharted)
{
    Desk desk;
    const EntryId wrong = desk.charted(IntramuscularEntry{5, {}});
    desk.stream(Signal::pump_rate, 1, 600, 1);
    desk.chart(InfusionStopEntry{}); // the pump is taken away, and is not heard again
    desk.pass(1h);
    desk.chart(InfusionRateEntry{2, {}}); // of a drip that nobody hears
    desk.pass(1h);
    const double before = desk.view().beds[0].dose_total;
    desk.strike(wrong);
    EXPECT_NEAR(desk.view().beds[0].dose_total, before - 5, 0.001);
    EXPECT_EQ(desk.view().beds[0].infusion_rate, 2);
}

// Both clocks are cut to milliseconds: from reading to reading they seem apart by one more or less.
TEST(Chart, AMillisecondBetweenTheClocksMakesNothingNewAndNothingForgotten)
{
    for (const Duration between : {-1ms, 1ms}) {
        Desk desk;
        desk.chart(UrineEntry{100, {}}, 5min);
        desk.chart(ValueEntry{Signal::mg, 2}, 5min);
        const double before = *desk.value(Signal::urine);
        const Moment now = desk.now();
        desk.jump({now.steady + 1s, now.wall + 1s + between});
        desk.chart(UrineEntry{100, {}}, 5min + 1s + between);
        EXPECT_THAT(desk.reply()->text, HasSubstr("already recorded"));
        EXPECT_EQ(*desk.value(Signal::urine), before);
        Observation gone = said(desk, Signal::mg, 0, 0s);
        gone.observed = {};
        gone.validity = Validity::invalid;
        desk.step(gone);
        EXPECT_EQ(desk.value(Signal::mg), 2) << "she charted it herself";
    }
}

// Charted when it was drawn up, beside a pump that stood; the pump begins to give it 5 min later.
TEST(Correction, ABolusThatThePumpBeganToGiveStillCountsOnce)
{
    Desk desk;
    const EntryId wrong = desk.charted(IntramuscularEntry{5, {}});
    desk.stream(Signal::pump_rate, 0, 10, 1);
    desk.chart(BolusEntry{4, 20min, {}});
    desk.stream(Signal::pump_rate, 0, 300, 1);
    desk.stream(Signal::pump_rate, 12, 1200, 1);
    desk.stream(Signal::pump_rate, 0, 60, 1);
    const auto grams = [&] {
        return desk.view().beds[0].prediction.course.grams(Instant{}, desk.now().steady, true);
    };
    ASSERT_NEAR(desk.view().beds[0].dose_total, 9, 0.01);
    ASSERT_NEAR(grams(), 9, 0.01);
    desk.strike(wrong);
    EXPECT_NEAR(desk.view().beds[0].dose_total, 4, 0.01);
    EXPECT_NEAR(grams(), 4, 0.01);
}

} // namespace
} // namespace magwatch::test
