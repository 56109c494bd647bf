#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/packs.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Ward, LowBreathingPagesAfterItsDelayAndNotBefore)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.stream(Signal::rr, 16, 5);
    rig.stream(Signal::rr, 11, 29);
    rig.pass(999ms);
    EXPECT_THAT(rig.events("rr-low"), IsEmpty());
    rig.pass(1ms);
    EXPECT_THAT(rig.events("rr-low"), ElementsAre("raised"));
    ASSERT_EQ(rig.pages().size(), 1U);
    const Page page = rig.pages()[0];
    EXPECT_EQ(page.key.person, "midwife");
    EXPECT_EQ(page.place, "Ward L4 Bed 1");
    EXPECT_EQ(page.grade, 2);
    EXPECT_THAT(page.words, ElementsAre("Slow breathing"));
    EXPECT_TRUE(page.simulation);
}

TEST(Ward, AShortDipIsNoAlarm)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    for (int i = 0; i < 5; ++i) {
        rig.stream(Signal::rr, 11, 25);
        rig.stream(Signal::rr, 14, 2);
    }
    EXPECT_THAT(rig.events("rr-low"), IsEmpty());
}

TEST(Ward, AGateThatIsKnownClosedHoldsTheRuleAndAnUnknownOneDoesNot)
{
    Rig closed;
    closed.watch();
    closed.chart(InfusionStopEntry{}); // a person says: none was given
    closed.stream(Signal::rr, 10, 60);
    EXPECT_THAT(closed.events("rr-low"), IsEmpty());

    Rig unknown;
    unknown.watch();
    unknown.stream(Signal::rr, 10, 60);
    EXPECT_THAT(unknown.events("rr-low"), ElementsAre("raised"));
}

TEST(Ward, TheLadderClimbsAMinuteARungAndItsLastRungRepeatsForEver)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    ASSERT_EQ(rig.pages().size(), 1U);
    rig.pass(59s);
    EXPECT_EQ(rig.pages().size(), 1U);
    rig.pass(2s);
    ASSERT_EQ(rig.pages().size(), 3U);
    EXPECT_EQ(rig.pages()[1].key.person, "charge");
    EXPECT_EQ(rig.pages()[2].key.person, "doctor");
    rig.pass(10min);
    const auto pages = rig.pages();
    EXPECT_GE(pages.size(), 3U + 2 * 9);
    EXPECT_EQ(pages.back().reason, PageReason::repeat);
    std::vector<PageKey> keys;
    for (const auto& page : pages) keys.push_back(page.key);
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end()) << "every page has its own key";
}

TEST(Ward, ComingStopsThePagesButNotTheWardsSignalAndNotAttendingRingsTheNextRung)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const CallId call = rig.pages()[0].key.call;
    rig.act(Answer{call, AnswerKind::coming});
    EXPECT_EQ(rig.view().calls[0].state, CallState::accepted);
    EXPECT_TRUE(rig.view().calls[0].sounding);
    rig.pass(119s);
    EXPECT_EQ(rig.pages().size(), 1U);
    rig.pass(2s);
    EXPECT_EQ(rig.pages().size(), 3U);
    EXPECT_EQ(rig.pages()[1].reason, PageReason::not_attended);
    rig.act(Answer{call, AnswerKind::here});
    EXPECT_EQ(rig.view().calls[0].state, CallState::attended);
    EXPECT_FALSE(rig.view().calls[0].sounding);
}

TEST(Ward, ACallIsOpenUntilWhatItRangForIsOver)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.stream(Signal::rr, 10, 40);
    const CallId call = rig.pages()[0].key.call;
    EXPECT_TRUE(rig.ward.is_open(call));
    rig.act(Answer{call, AnswerKind::here});
    EXPECT_TRUE(rig.ward.is_open(call)) << "answered is not over";
    rig.stream(Signal::rr, 15, 70);
    rig.act(Answer{call, AnswerKind::here});
    EXPECT_FALSE(rig.ward.is_open(call));
}

TEST(Ward, AttendedThatPersistsRingsAgainAfterThreeMinutes)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.act(Answer{rig.pages()[0].key.call, AnswerKind::here});
    rig.pass(179s);
    EXPECT_EQ(rig.pages().size(), 1U);
    rig.pass(2s);
    EXPECT_EQ(rig.pages().size(), 2U);
    EXPECT_EQ(rig.pages()[1].reason, PageReason::persists);
    EXPECT_TRUE(rig.view().calls[0].sounding);
}

TEST(Ward, ANewSignBreaksAnAnswerAndReachesEverybodyWhoWasTold)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const auto number = rig.pages()[0].number;
    rig.act(Answer{rig.pages()[0].key.call, AnswerKind::here});
    rig.stream(Signal::rr, 9, 32);
    const Page page = rig.pages().back();
    EXPECT_EQ(page.reason, PageReason::new_sign);
    EXPECT_EQ(page.number, number);
    EXPECT_EQ(page.grade, 2);
    EXPECT_THAT(page.words, ElementsAre("Slow breathing", "No reflexes"));
    EXPECT_TRUE(rig.view().calls[0].sounding);
}

TEST(Ward, CannotMovesOnAtOnce)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.act(Answer{rig.pages()[0].key.call, AnswerKind::cannot});
    EXPECT_EQ(rig.pages().size(), 3U);
    EXPECT_EQ(rig.pages()[1].reason, PageReason::declined);
}

// A double tap, a reply that came twice, an answer that was not confirmed and is given again.
TEST(Ward, CannotThatIsSaidAgainTakesTheCallNoFurther)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.high.rungs = {{{"midwife"}}, {{"charge"}}, {{"doctor"}}};
    rig.step(c);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const CallId call = rig.pages().at(0).key.call;
    const auto told = [&] {
        std::vector<std::string> people;
        const WardView view = rig.view();
        for (const ToldView& one : view.calls.at(0).told) people.push_back(one.person);
        return people;
    };
    for (int i = 0; i < 3; ++i) {
        rig.pass(1s);
        rig.act(Answer{call, AnswerKind::cannot});
        ASSERT_TRUE(rig.reply() && rig.reply()->accepted);
        EXPECT_THAT(told(), ElementsAre("midwife", "charge"));
    }
    // Told anew, she may say it anew.
    rig.stream(Signal::rr, 9, 32);
    ASSERT_EQ(rig.pages().back().reason, PageReason::new_sign);
    EXPECT_THAT(told(), ElementsAre("midwife", "charge"));
    rig.act(Answer{call, AnswerKind::cannot});
    EXPECT_THAT(told(), ElementsAre("midwife", "charge", "doctor"));
}

TEST(Ward, AcknowledgingClearsNothingAndExpires)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const EpisodeId episode = rig.view().episodes.at(0).id;
    rig.act(Acknowledge{episode});
    EXPECT_FALSE(rig.view().calls[0].sounding);
    EXPECT_EQ(rig.view().episodes.size(), 1U);
    rig.pass(4min);
    EXPECT_THAT(rig.events("reflex-absent"), testing::Contains("expired"));
    EXPECT_THAT(rig.events("reflex-absent"), testing::Not(testing::Contains("cleared")));
    EXPECT_TRUE(rig.view().calls[0].sounding);
    EXPECT_GT(rig.pages().size(), 1U);
}

TEST(Ward, AHighAlarmThatIsOverLatchesUntilAPersonHasSeenIt)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.stream(Signal::rr, 10, 40);
    rig.stream(Signal::rr, 15, 70);
    EXPECT_THAT(rig.events("rr-low"), ElementsAre("raised", "escalated", "latched"));
    rig.act(Answer{rig.pages()[0].key.call, AnswerKind::here});
    EXPECT_EQ(rig.events("rr-low").back(), "cleared");
    EXPECT_THAT(rig.view().calls, IsEmpty());
}

TEST(Ward, MissingDataClearsNothing)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.stream(Signal::rr, 10, 40);
    rig.pass(10min);
    EXPECT_THAT(rig.events("rr-low"), testing::Not(testing::Contains("latched")));
    EXPECT_THAT(rig.events("rr-low"), testing::Not(testing::Contains("cleared")));
}

TEST(Ward, TheLoadBagLeftOnPagesWithinSecondsOfTheBolusEnding)
{
    Rig rig;
    rig.watch();
    rig.chart(BolusEntry{4, 20min, {}}, 19min + 30s); // 30 s to go
    for (int i = 0; i < 30; ++i) rig.stream(Signal::pump_rate, 12, 1, 1);
    EXPECT_THAT(rig.events("rate-high"), IsEmpty());
    for (int i = 0; i < 6; ++i) rig.stream(Signal::pump_rate, 12, 1, 1);
    EXPECT_THAT(rig.events("rate-high"), ElementsAre("raised"));
}

// The pump is set up and stands, and the load is pushed by syringe: magnesium acts all the same.
TEST(Ward, ABolusByHandBesideAnIdlePumpPutsMagnesiumOnBoard)
{
    for (const bool heard : {true, false}) {
        Rig rig;
        rig.watch();
        rig.stream(Signal::pump_rate, 0, 5, 1);
        if (!heard) rig.pass(10min);
        rig.chart(BolusEntry{4, 20min, {}});
        for (int i = 0; i < 40; ++i) {
            if (heard) rig.observe(Signal::pump_rate, 0, 1);
            rig.stream(Signal::rr, 8 + i % 2, 1);
        }
        EXPECT_THAT(rig.events("rr-low"), ElementsAre("raised")) << heard;
        rig.pass(30min);
        EXPECT_NEAR(rig.view().beds[0].dose_total, 4, 1e-6) << heard;
        EXPECT_EQ(rig.view().beds[0].prediction.course.grams(rig.now().steady - 1h, rig.now().steady, false), 4) << heard;
    }
}

TEST(Ward, ABolusThatThePumpBeginsToGiveLaterIsPredictedOnce)
{
    Rig rig;
    rig.watch();
    rig.stream(Signal::pump_rate, 0, 5, 1);
    rig.chart(BolusEntry{4, 20min, {}});
    rig.stream(Signal::pump_rate, 0, 480, 1);
    rig.stream(Signal::pump_rate, 12, 1200, 1);
    rig.stream(Signal::pump_rate, 0, 60, 1);
    EXPECT_NEAR(rig.view().beds[0].dose_total, 4, 0.02);
    const auto course = rig.view().beds[0].prediction.course;
    EXPECT_NEAR(course.grams(rig.now().steady - 1h, rig.now().steady, false), 4, 0.02);
}

TEST(Ward, ARateThatIsChartedWhileThePumpStandsStillIsToldAsUnknown)
{
    Rig rig;
    rig.watch();
    rig.stream(Signal::pump_rate, 0, 5, 1);
    rig.chart(InfusionRateEntry{1, {}});
    for (int i = 0; i < 50; ++i) rig.stream(Signal::pump_rate, 0, 1, 1);
    EXPECT_THAT(rig.events("technical.infusion_record"), IsEmpty()) << "it may only just be started";
    for (int i = 0; i < 15; ++i) rig.stream(Signal::pump_rate, 0, 1, 1);
    EXPECT_THAT(rig.events("technical.infusion_record"), ElementsAre("raised"));
    for (int i = 0; i < 40; ++i) {
        rig.observe(Signal::pump_rate, 0, 1);
        rig.stream(Signal::rr, 8 + i % 2, 1);
    }
    EXPECT_THAT(rig.events("rr-low"), ElementsAre("raised")) << "it may run from another pump";
    rig.stream(Signal::pump_rate, 1, 2, 1);
    EXPECT_THAT(rig.events("technical.infusion_record"), ElementsAre("raised", "cleared"));
}

// Paper is caught up with: what ran before changes nothing of what runs.
TEST(Ward, AnInfusionEntryOfAnEarlierTimeEndsNoAlarmAboutTheRate)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(1h);
    rig.chart(InfusionRateEntry{4, {}});
    rig.pass(10s);
    ASSERT_THAT(rig.events("rate-high"), ElementsAre("raised"));
    rig.chart(InfusionRateEntry{0.5, {}}, 40min);
    EXPECT_EQ(rig.reply()->text, "kept as history: what is charted of a later time holds");
    rig.chart(InfusionStopEntry{}, 40min);
    rig.pass(10s);
    EXPECT_THAT(rig.events("rate-high"), testing::Not(testing::Contains("latched")));
    EXPECT_EQ(rig.view().beds[0].infusion_rate, 4);
    const auto course = rig.view().beds[0].prediction.course;
    EXPECT_NEAR(course.grams(rig.now().steady - 20s, rig.now().steady, false), 4 * 20.0 / 3600, 1e-6);
    rig.chart(InfusionStopEntry{});
    EXPECT_EQ(rig.view().beds[0].infusion_rate, 0);
}

TEST(Ward, FlowTimesConcentrationIsTheRate)
{
    Rig rig;
    rig.watch();
    rig.observe(Signal::pump_concentration, 0.08, 1);
    rig.stream(Signal::pump_flow, 50, 7, 1); // 4 g/h
    EXPECT_NEAR(rig.view().beds[0].infusion_rate.value_or(0), 4.0, 1e-9);
    EXPECT_THAT(rig.events("rate-high"), ElementsAre("raised"));
}

TEST(Ward, AnEpiduralHidesTheKneeAndTheArmCounts)
{
    Rig rig;
    WatchStart start;
    start.bed = BedId{0};
    start.facts = {{Signal::epidural, 1}};
    start.calcium_at_bed = start.hammer_at_bed = start.oxygen_at_bed = true;
    rig.act(start);
    rig.chart(InfusionRateEntry{1, {}});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_THAT(rig.events("reflex-absent"), IsEmpty());
    rig.chart(ValueEntry{Signal::reflex_arm, 2});
    EXPECT_THAT(rig.events("reflex-absent"), IsEmpty());
    rig.chart(ValueEntry{Signal::reflex_arm, 0});
    EXPECT_EQ(rig.reply()->text, "recorded");
    EXPECT_THAT(rig.events("reflex-absent"), ElementsAre("raised"));
}

TEST(Ward, AChartedEntryRingsOnArrivalOnlyIfItIsTheNewestAndWithinItsLimit)
{
    Rig rig;
    rig.watch();
    rig.pass(3h);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, 150min);
    EXPECT_THAT(rig.events("reflex-absent"), IsEmpty()) << "older than 2 h";
    rig.chart(ValueEntry{Signal::reflex_knee, 2}, 10min);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, 20min);
    EXPECT_THAT(rig.events("reflex-absent"), IsEmpty()) << "a newer value is known";
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, 5min);
    EXPECT_THAT(rig.events("reflex-absent"), ElementsAre("raised"));
}

TEST(Ward, ReflexesChartedBeforeALevelArrivedWereNotChartedInTheKnowledgeOfIt)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.pack_text += R"toml(
[[rule]]
id = "level"
title = "Level high"
message = "Level high"
prompt = "Examine."
source = "test"
priority = "medium"
clear = "after(reflex, mg) and reflex >= 2"
when = "mg > 4 mmol/L and not (after(reflex, mg) and reflex >= 2)"
)toml";
    rig.step(c);
    rig.watch();
    rig.pass(3h);
    rig.chart(ValueEntry{Signal::reflex_knee, 2}, 10min);
    rig.chart(ValueEntry{Signal::mg, 7}, 30min); // drawn before that reflex, told now
    EXPECT_THAT(rig.events("level"), ElementsAre("raised"));
    rig.chart(ValueEntry{Signal::reflex_knee, 2}, 5min);
    EXPECT_THAT(rig.events("level"), ElementsAre("raised")) << "seen before the level was known";
    rig.pass(1min);
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    EXPECT_THAT(rig.events("level"), ElementsAre("raised", "cleared"));
}

TEST(Ward, ALevelThatArrivesLateIsStillAsOldAsItsDraw)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.pack_text += R"toml(
[[rule]]
id = "level"
title = "Level high"
message = "Level high"
prompt = "Examine."
source = "test"
priority = "medium"
clear = "never"
when = "mg > 4 mmol/L"

[[rule]]
id = "level-old"
title = "No level"
message = "No level"
prompt = "Send one."
source = "test"
priority = "low"
clear = "never"
when = "known(hr) and not known(mg)"
)toml";
    rig.step(c);
    rig.watch();
    rig.pass(12h);
    rig.chart(ValueEntry{Signal::mg, 5}, 11h);
    EXPECT_THAT(rig.events("level"), ElementsAre("raised"));
    rig.pass(61min);
    rig.observe(Signal::hr, 80);
    EXPECT_THAT(rig.events("level-old"), ElementsAre("raised")) << "12 h after the draw, not after it was typed";
}

TEST(Ward, AnEntryOfTheNextMinuteIsTakenAndALaterOneRefused)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::sbp, 120}, -1min);
    ASSERT_NE(rig.reply(), nullptr);
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.chart(ValueEntry{Signal::dbp, 80}, -1min - 1ms);
    ASSERT_NE(rig.reply(), nullptr);
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_EQ(rig.reply()->text, "the time lies in the future");
}

TEST(Ward, AnEntryWithTheSameKeyIsAnsweredAndNotStoredTwice)
{
    Rig rig;
    rig.watch();
    Entry entry;
    entry.key = "k1";
    entry.bed = BedId{0};
    entry.person = "midwife";
    entry.what = IntramuscularEntry{5, {}};
    entry.request = 7;
    rig.step(entry);
    rig.step(entry);
    ASSERT_NE(rig.reply(), nullptr);
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_NEAR(rig.view().beds[0].dose_total, 5, 1e-9);
}

TEST(Ward, AWatchEndsOnlyWithoutAHighAlarmWithAReasonAndASecondPersonAfterMagnesium)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(1min);
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.act(WatchEnd{BedId{0}, "discharged", "charge"});
    EXPECT_FALSE(rig.reply()->accepted);
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.act(Answer{rig.pages()[0].key.call, AnswerKind::here});
    rig.chart(InfusionStopEntry{});
    rig.act(WatchEnd{BedId{0}, "", "charge"});
    EXPECT_FALSE(rig.reply()->accepted);
    rig.act(WatchEnd{BedId{0}, "discharged", ""});
    EXPECT_FALSE(rig.reply()->accepted);
    rig.act(WatchEnd{BedId{0}, "discharged", "midwife"});
    EXPECT_FALSE(rig.reply()->accepted) << "the second person is another one";
    rig.act(WatchEnd{BedId{0}, "discharged", "charge"});
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_FALSE(rig.view().beds[0].watched);
    EXPECT_THAT(rig.view().episodes, IsEmpty());
}

TEST(Ward, ATransferTakesThePatientsAlarmsAlongAndAsksToConfirm)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.act(WatchTransfer{BedId{0}, BedId{1}});
    ASSERT_TRUE(rig.reply()->accepted);
    const WardView view = rig.view();
    EXPECT_FALSE(view.beds[0].watched);
    EXPECT_TRUE(view.beds[1].watched);
    EXPECT_FALSE(view.beds[1].association_confirmed);
    ASSERT_EQ(view.calls.size(), 1U);
    EXPECT_EQ(view.calls[0].bed, "bed-2");
    EXPECT_EQ(rig.pages().back().reason, PageReason::moved);
    EXPECT_EQ(rig.pages().back().place, "Ward L4 Bed 2");
    EXPECT_TRUE(std::any_of(rig.latest.begin(), rig.latest.end(),
                            [](const Effect& effect) { return std::holds_alternative<CancelPages>(effect); }))
        << "what waits in a channel's queue leads to the other bed";
    rig.pass(61s);
    EXPECT_EQ(rig.pages().back().place, "Ward L4 Bed 2");
    rig.act(WatchConfirm{BedId{1}});
    EXPECT_TRUE(rig.view().beds[1].association_confirmed);
}

TEST(Ward, WhatWasMissedInALongStopIsRungOnceAndNotRungByRung)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const std::size_t before = rig.pages().size();
    rig.jump(rig.now().at(rig.now().steady + 1h)); // nobody woke it
    rig.step(Tick{});
    const auto pages = rig.pages();
    std::set<std::pair<std::uint16_t, std::uint32_t>> rings;
    for (std::size_t i = before; i < pages.size(); ++i)
        if (pages[i].kind == AlarmKind::physiological && !is_follow_up(pages[i].reason))
            rings.emplace(pages[i].key.rung, pages[i].key.repetition);
    EXPECT_EQ(rings.size(), 1U);
}

// Who hears of it now has the whole time to answer.
TEST(Ward, WhatBeganInALongStopRingsItsFirstRungAloneAndGivesItTime)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.high.rungs[0].wait = Duration{40'000}; // the ladder's is a minute
    rig.step(c);
    rig.watch();
    rig.chart(InfusionRateEntry{4, {}}); // too fast in 5 s
    const auto rung_up = [&] {
        std::vector<std::string> called;
        for (const Page& page : rig.pages())
            if (page.kind == AlarmKind::physiological) called.push_back(page.key.person);
        return called;
    };
    rig.jump(rig.now().at(rig.now().steady + 5min)); // nobody woke it
    rig.step(Tick{});
    EXPECT_THAT(rung_up(), ElementsAre("midwife"));
    rig.pass(39s);
    EXPECT_THAT(rung_up(), ElementsAre("midwife"));
    rig.pass(1s);
    EXPECT_THAT(rung_up(), ElementsAre("midwife", "charge", "doctor"));
}

TEST(Ward, AMediumAlarmWaitsForTheWardBeforeItPages)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.observe(Signal::sbp, 85);
    EXPECT_THAT(rig.events("systolic"), ElementsAre("raised"));
    EXPECT_THAT(rig.pages(), IsEmpty());
    EXPECT_TRUE(rig.view().calls[0].sounding);
    rig.pass(2min + 59s);
    const auto physiological = [&] {
        const auto pages = rig.pages();
        return std::count_if(pages.begin(), pages.end(),
                             [](const Page& p) { return p.kind == AlarmKind::physiological; });
    };
    EXPECT_EQ(physiological(), 0);
    rig.pass(2s);
    EXPECT_EQ(physiological(), 1);
}

TEST(Ward, APauseSilencesTheSoundAndEndsByItselfAndANewHighAlarmBreaksIt)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.act(PauseAudio{BedId{0}, 10min});
    EXPECT_FALSE(rig.view().calls[0].sounding);
    EXPECT_GE(rig.pages().size(), 1U);
    rig.pass(2min + 1s);
    EXPECT_TRUE(rig.view().calls[0].sounding);
    rig.act(PauseAudio{BedId{0}, 2min});
    rig.chart(InfusionRateEntry{1, {}});
    rig.stream(Signal::rr, 9, 32);
    EXPECT_TRUE(rig.view().calls[0].sounding);
}

TEST(Ward, AReloadThatDropsARuleKeepsItsOpenEpisodeUntilAPersonEndsIt)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    Configuration next = Rig::configuration();
    const auto from = next.pack_text.find("[[rule]]\nid = \"reflex-absent\"");
    const auto to = next.pack_text.find("[[rule]]\nid = \"rate-high\"");
    next.pack_text.erase(from, to - from);
    rig.step(next);
    ASSERT_EQ(rig.view().episodes.size(), 1U);
    rig.pass(61s);
    EXPECT_GT(rig.pages().size(), 1U);
    rig.act(Acknowledge{rig.view().episodes[0].id});
    EXPECT_THAT(rig.view().episodes, IsEmpty());
}

TEST(Ward, APackThatDoesNotCompileIsRefusedAndTheOldOneRuns)
{
    Rig rig;
    rig.watch();
    Configuration next = Rig::configuration();
    next.pack_text = "name = 3\n";
    EXPECT_FALSE(rig.ward.why_refused(next).empty());
    rig.step(next);
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_THAT(rig.events("reflex-absent"), ElementsAre("raised"));
    EXPECT_THAT(rig.events("technical.configuration"), ElementsAre("raised"));
}

TEST(Ward, ARuleIsHeldBackWhileItsInhibitionIsKnownToHoldAndTheReasonIsShown)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.pack_text += "\n[[inhibit]]\nid = \"epidural\"\nrules = [\"reflex-absent\"]\nwhen = \"epidural\"\n"
                   "reason = \"legs are numb under an epidural\"\n";
    rig.step(c);
    rig.watch();
    EXPECT_THAT(rig.view().beds[0].inhibited, IsEmpty());
    rig.chart(ValueEntry{Signal::epidural, 1});
    ASSERT_EQ(rig.view().beds[0].inhibited.size(), 1U);
    EXPECT_EQ(rig.view().beds[0].inhibited[0].rule, "reflex-absent");
    EXPECT_EQ(rig.view().beds[0].inhibited[0].reason, "legs are numb under an epidural");
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_THAT(rig.events("reflex-absent"), IsEmpty());
    rig.chart(ValueEntry{Signal::epidural, 0});
    EXPECT_THAT(rig.events("reflex-absent"), ElementsAre("raised"));
    EXPECT_THAT(rig.view().beds[0].inhibited, IsEmpty());
}

// The small pack with another schedule of its reflex check.
Configuration with_schedule(const std::string& schedule)
{
    Configuration c = Rig::configuration();
    const auto at = c.pack_text.find("every = \"1 h\"");
    c.pack_text.replace(at, 13, schedule);
    return c;
}

TEST(Ward, AfterAStopTheCheckIsDueSooner)
{
    Rig rig;
    rig.step(with_schedule("every = \"1 h\"\nafter_stop = { every = \"10 min\", for = \"30 min\" }"));
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(1min);
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.chart(InfusionStopEntry{});
    rig.pass(24min);
    EXPECT_THAT(rig.events("check.reflex"), IsEmpty()) << "10 min and 15 min of grace";
    rig.pass(2min);
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised"));
    rig.chart(ValueEntry{Signal::reflex_knee, 2}); // at 26 min: due again at 36 min
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised", "cleared"));
    rig.pass(26min); // at 52 min
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised", "cleared", "raised"));
    rig.chart(ValueEntry{Signal::reflex_knee, 2}); // the 30 min are over: hourly again
    rig.pass(70min);
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised", "cleared", "raised", "cleared"));
}

TEST(Ward, PhasesOfACheckFollowEachOther)
{
    Rig rig;
    rig.step(with_schedule("every = \"5 h\"\nphases = [{ every = \"10 min\", for = \"20 min\" }, { every = \"30 min\", for = \"1 h\" }]"));
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(5s);
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.pass(26min);
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised")) << "10 min and 15 min of grace";
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.pass(44min);
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised", "cleared")) << "30 min now";
    rig.pass(2min);
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised", "cleared", "raised"));
}

TEST(Ward, ADoseWithoutTheCheckBeforeItMakesTheCheckOverdue)
{
    Rig rig;
    rig.step(with_schedule("every = \"1 h\"\nbefore_dose = \"30 min\""));
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.chart(IntramuscularEntry{5, {}});
    EXPECT_THAT(rig.events("check.reflex"), IsEmpty());
    rig.pass(31min);
    rig.chart(IntramuscularEntry{5, {}});
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised"));
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised", "cleared"));
}

// Of a pack that is shipped, with a first dose charted at once.
Rig on_pack(const std::string& name)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.pack_name = name;
    c.pack_text = effective_pack_text(shipped_pack(name));
    rig.step(c);
    rig.watch();
    return rig;
}

TEST(Ward, BeforeTheNextDoseTheSignsAreSeenAndSpeakForIt)
{
    for (const char* pack : {"who-mcpc", "who-pcpnc", "uk-smpc"}) {
        Rig rig = on_pack(pack);
        rig.chart(IntramuscularEntry{5, {}});
        EXPECT_THAT(rig.reply()->text, HasSubstr("not checked before this dose: Tendon reflexes, Respiratory rate, Urine"));
        EXPECT_THAT(rig.events("check.reflex"), IsEmpty()) << "the load";
        for (int hour = 1; hour <= 4; ++hour) {
            rig.pass(60min);
            rig.chart(UrineEntry{31, rig.now().wall - 60min});
            rig.chart(ValueEntry{Signal::reflex_knee, 2});
            rig.chart(ValueEntry{Signal::rr_counted, 17});
        }
        rig.pass(30min);
        rig.chart(IntramuscularEntry{5, {}});
        EXPECT_EQ(rig.reply()->text, "recorded") << pack;
        EXPECT_THAT(rig.events("session.dose-withheld"), IsEmpty()) << pack;
        rig.pass(1s);
        rig.chart(IntramuscularEntry{1, {}});
        EXPECT_THAT(rig.reply()->text, HasSubstr("not checked before this dose: Tendon reflexes, Respiratory rate"));
        EXPECT_THAT(rig.reply()->text, Not(HasSubstr("Urine"))) << pack;
    }
}

// Glasgow's cell: 15 mL/h with a creatinine below 150 goes on, with a level every 2 h.
TEST(Ward, LowUrineAsksForALevelEveryTwoHours)
{
    for (const double hourly : {15.0, 26.0}) {
        Rig rig = on_pack("ggc");
        rig.chart(InfusionRateEntry{1, {}});
        WallTime last = rig.now().wall;
        const auto pass = [&](int hours) {
            for (int hour = 0; hour < hours; ++hour) {
                rig.pass(60min);
                rig.chart(UrineEntry{hourly, last});
                last = rig.now().wall;
            }
        };
        pass(6);
        EXPECT_THAT(rig.events("urine-low").empty(), hourly > 25);
        EXPECT_THAT(rig.events("check.level"), IsEmpty()) << "asked for at 4 h, due at 6 h, overdue 15 min later";
        rig.pass(16min);
        if (hourly > 25) {
            EXPECT_THAT(rig.events("check.level"), IsEmpty());
            continue;
        }
        EXPECT_THAT(rig.events("check.level"), ElementsAre("raised"));
        EXPECT_THAT(rig.events("kidneys-failing"), IsEmpty());
        rig.chart(LevelEntry{2.0, {}});
        EXPECT_THAT(rig.events("check.level"), ElementsAre("raised", "cleared"));
        pass(2);
        EXPECT_THAT(rig.events("check.level"), ElementsAre("raised", "cleared"));
        rig.pass(16min);
        EXPECT_THAT(rig.events("check.level"), ElementsAre("raised", "cleared", "raised"));
    }
}

TEST(Ward, ADoseAgainstAStopSignRingsUntilSomebodyHasSeenIt)
{
    Rig rig = on_pack("who-mcpc");
    rig.chart(IntramuscularEntry{5, {}});
    rig.pass(4h);
    rig.chart(UrineEntry{160, rig.now().wall - 4h});
    rig.chart(ValueEntry{Signal::rr_counted, 15});
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.chart(IntramuscularEntry{5, {}});
    EXPECT_THAT(rig.reply()->text, HasSubstr("to be withheld: Respiratory rate low, counted by hand"));
    EXPECT_THAT(rig.events("session.dose-withheld"), ElementsAre("raised", "latched"));
    rig.chart(ValueEntry{Signal::rr_counted, 16});
    rig.chart(IntramuscularEntry{5, {}});
    EXPECT_EQ(rig.reply()->text, "recorded") << "16 passes in this manual";
    EXPECT_THAT(rig.events("session.dose-withheld"), ElementsAre("raised", "latched"));
}

TEST(Ward, UrineOfTheLastHourAloneIsNotUrineOverFourHours)
{
    Rig rig = on_pack("who-mcpc");
    rig.chart(IntramuscularEntry{5, {}});
    rig.pass(4h);
    rig.chart(UrineEntry{60, rig.now().wall - 1h});
    rig.chart(ValueEntry{Signal::rr_counted, 18});
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.chart(IntramuscularEntry{5, {}});
    EXPECT_EQ(rig.reply()->text, "recorded; not checked before this dose: Urine");
}

TEST(Ward, ABenchmarkPackNeverRunsOnAWard)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.pack_text = "benchmark = true\n" + c.pack_text;
    c.mode = Mode::ward;
    EXPECT_FALSE(rig.ward.why_refused(c).empty());
}

TEST(Ward, RemovingAWatchedBedMustBeConfirmed)
{
    Rig rig;
    rig.watch();
    Configuration next = Rig::configuration();
    next.beds.erase(next.beds.begin());
    ASSERT_EQ(rig.ward.why_refused(next).size(), 1U);
    EXPECT_THAT(rig.ward.why_refused(next)[0], testing::HasSubstr("bed-1"));
}

TEST(Ward, AMissedCheckIsAnAlarmOfItsOwn)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(60min + 14min);
    EXPECT_THAT(rig.events("check.reflex"), IsEmpty());
    rig.pass(2min);
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised"));
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("raised", "cleared"));
}

TEST(TestPage, GoesToOnePersonOnEveryChannelAndRingsNobodyElse)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.people[0].channels.push_back({"smtp", "mail", "m"});
    rig.step(c);
    rig.act(TestPage{"midwife"}, "engineer");
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_EQ(rig.reply()->text, "test #T1001 goes to midwife");
    const auto pages = rig.pages();
    ASSERT_EQ(pages.size(), 2U);
    EXPECT_EQ(pages[0].key.channel, "web");
    EXPECT_EQ(pages[1].key.channel, "mail");
    EXPECT_EQ(pages[0].reason, PageReason::test);
    EXPECT_EQ(pages[0].number, pages[1].number);
    EXPECT_TRUE(rig.view().calls.empty());
    EXPECT_TRUE(rig.view().episodes.empty());
    rig.step(Receipt{pages[0].key, PageOutcome::accepted, "HTTP 204"});
    EXPECT_EQ(rig.view().pages[0].outcome, PageOutcome::accepted);
    rig.pass(Duration{600'000});
    EXPECT_EQ(rig.pages().size(), 2U) << "a test is not repeated";
}

TEST(TestPage, ToNobodyIsRefused)
{
    Rig rig;
    rig.act(TestPage{"midwive"}, "engineer");
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_TRUE(rig.pages().empty());
}

TEST(TestPage, TakesItsNumberFromThoseThatPeopleSay)
{
    Rig rig;
    rig.watch();
    rig.act(TestPage{"midwife"}, "engineer");
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_EQ(rig.pages().back().number, rig.pages().front().number + 1);
}

TEST(Ward, WhatRingsTogetherMakesAnOpenCallRingTogether)
{
    Rig rig;
    std::string text = small_pack;
    const std::string when = "when = \"sbp < 90 mmHg\"";
    text.replace(text.find(when), when.size(), when + "\n\n[[rule]]\nid = \"apnoea\"\ntitle = \"Apnoea\"\n"
                 "message = \"Not breathing\"\nprompt = \"Go.\"\nsource = \"test\"\npriority = \"high\"\ngrade = 2\n"
                 "latching = true\ntogether = true\nwhen = \"monitor_apnoea\"");
    rig.use_pack("p.toml", text);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.effects.clear();
    rig.observe(Signal::monitor_apnoea, 1);
    std::set<std::string> people;
    for (const Page& page : rig.pages()) people.insert(page.key.person);
    EXPECT_EQ(people, (std::set<std::string>{"charge", "doctor", "midwife"}));
    rig.chart(InfusionRateEntry{4, {}});
    rig.effects.clear();
    rig.pass(6s); // and one more sign, which does not ask for it
    people.clear();
    for (const Page& page : rig.pages()) people.insert(page.key.person);
    EXPECT_EQ(people.size(), 3U);
}

TEST(Ward, WhoeverSaysComingLastIsWhoIsComing)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const CallId call = rig.view().calls.at(0).id;
    rig.act(Answer{call, AnswerKind::coming}, "midwife");
    rig.act(Answer{call, AnswerKind::coming}, "doctor");
    EXPECT_EQ(rig.view().calls.at(0).person, "doctor");
    EXPECT_EQ(rig.view().calls.at(0).state, CallState::accepted);
}

} // namespace
} // namespace magwatch::test
