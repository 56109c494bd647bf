// The calcium gluconate checklist in a running ward.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "rules/ward/session_alarm.hpp"
#include "tests/support/protocol.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint16_t pump = 1;
constexpr BedId bed_1{0};

constexpr const char* more_rules = R"(
[[rule]]
id = "arrest"
title = "Arrest on the monitor"
message = "ARREST on monitor"
prompt = "Resuscitate."
source = "test"
priority = "high"
grade = 2
latching = true
when = "monitor_arrest"

[[rule]]
id = "not-stopped"
title = "The infusion runs on after STOP"
message = "STILL RUNNING after STOP"
prompt = "STOP."
source = "test"
priority = "high"
grade = 1
for = "60 s"
when = "stopped_since and infusing"
)";

// A ward with the example protocol, and one bed whose infusion is charted.
struct Crisis : Rig {
    Crisis()
    {
        step(with_protocol());
        watch();
        chart(InfusionRateEntry{1, {}});
    }
    static Configuration with_protocol()
    {
        Configuration c = configuration();
        c.pack_text = std::string{small_pack} + more_rules;
        c.protocol_name = "example.protocol.toml";
        c.protocol_text = example_protocol();
        return c;
    }
    void no_reflex() { chart(ValueEntry{Signal::reflex_knee, 0}); }
    void slow_breathing()
    {
        stream(Signal::rr, 9, 40);
    }
    bool tap(const std::string& step, StepAct act = StepAct::done, const std::string& text = "",
             const std::string& person = "midwife", const std::string& key = "")
    {
        act_on(ProtocolTap{bed_1, step, act, text, key}, person);
        return reply()->accepted;
    }
    template <class What> void act_on(What what, const std::string& person = "midwife") { Rig::act(what, person); }
    [[nodiscard]] std::optional<ChecklistView> list() const { return view().beds.at(0).checklist; }
    [[nodiscard]] StepView at(const std::string& id) const
    {
        const auto shown = list();
        for (const auto& one : shown->steps)
            if (one.id == id) return one;
        return {};
    }
    [[nodiscard]] std::vector<std::string> events(const std::string& rule) const
    {
        auto all = Rig::events(rule);
        std::erase(all, "escalated");
        return all;
    }
    // Saves, loads and goes on, as after a restart of the daemon.
    void restart()
    {
        const Bytes saved = ward.save();
        auto loaded = Ward::load(as_text(saved));
        ASSERT_TRUE(loaded);
        ASSERT_EQ(loaded->save(), saved);
        ward = std::move(*loaded);
    }
};

TEST(Antidote, AGraveAlarmOpensItByRuleAndOnlyAGraveOne)
{
    Crisis ward;
    EXPECT_FALSE(ward.list());
    ward.chart(ValueEntry{Signal::sbp, 80}); // medium
    EXPECT_FALSE(ward.list());
    ward.no_reflex();
    ASSERT_TRUE(ward.list());
    EXPECT_EQ(ward.list()->branch, "grade1");
    EXPECT_EQ(ward.list()->opened_by, "");
    ASSERT_EQ(ward.list()->why.size(), 1U);
    EXPECT_EQ(ward.list()->why[0].second, "Reflex absent");
    EXPECT_TRUE(ward.list()->example);
    EXPECT_THAT(ward.list()->stamp, HasSubstr("EXAMPLE"));
    EXPECT_EQ(ward.list()->notice, "The team decides. This list does not replace the prescription.");
    EXPECT_TRUE(ward.at("stop").on_top);
    EXPECT_EQ(ward.view().beds.at(1).checklist, std::nullopt);
}

TEST(Antidote, AHigherGradeAddsItsStepsAndKeepsWhatWasConfirmed)
{
    Crisis ward;
    ward.no_reflex();
    ASSERT_TRUE(ward.tap("call"));
    EXPECT_EQ(ward.at("calcium").id, "");
    ward.slow_breathing();
    EXPECT_EQ(ward.list()->branch, "grade2");
    EXPECT_EQ(ward.at("calcium").dose, "1 g");
    EXPECT_EQ(ward.at("calcium").volume, "10 mL");
    EXPECT_EQ(ward.at("calcium").over, "10 min");
    EXPECT_EQ(ward.at("call").state, "done");
    ASSERT_EQ(ward.at("call").taps.size(), 1U);
    EXPECT_EQ(ward.at("call").taps[0].by, "midwife");
    EXPECT_EQ(ward.list()->why.size(), 2U);
}

TEST(Antidote, AnArrestIsItsOwnBranchAndWaitsForNoEcg)
{
    Crisis ward;
    ward.observe(Signal::monitor_arrest, 1);
    ASSERT_TRUE(ward.list());
    EXPECT_EQ(ward.list()->branch, "arrest");
    std::vector<std::string> ids;
    const auto list = ward.list();
    for (const auto& step : list->steps) ids.push_back(step.id);
    const auto place = [&](const char* id) { return std::find(ids.begin(), ids.end(), id) - ids.begin(); };
    EXPECT_LT(place("calcium-arrest"), place("monitor"));
    EXPECT_TRUE(ward.tap("calcium-arrest", StepAct::start));
}

TEST(Antidote, IsOpenedAndMadeGraverByHand)
{
    Crisis ward;
    ward.act_on(ProtocolOpen{bed_1, ProtocolBranch::grade1, "looks unwell", ""});
    ASSERT_TRUE(ward.reply()->accepted);
    EXPECT_EQ(ward.list()->opened_by, "midwife");
    EXPECT_THAT(ward.list()->why[0].second, HasSubstr("looks unwell"));
    ward.act_on(ProtocolOpen{bed_1, ProtocolBranch::arrest, "", ""});
    EXPECT_EQ(ward.list()->branch, "arrest");
    ward.act_on(ProtocolOpen{bed_1, ProtocolBranch::grade1, "", ""});
    EXPECT_EQ(ward.list()->branch, "arrest") << "never milder";
    ward.act_on(ProtocolOpen{BedId{1}, ProtocolBranch::grade1, "", ""});
    EXPECT_FALSE(ward.reply()->accepted) << "nobody is watched there";
}

TEST(Antidote, WithoutAProtocolFileThereIsNoChecklistAndNoDose)
{
    Rig ward;
    ward.watch();
    ward.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_FALSE(ward.view().beds.at(0).checklist);
    ward.act(ProtocolOpen{bed_1, ProtocolBranch::grade2, "", ""});
    EXPECT_FALSE(ward.reply()->accepted);
    EXPECT_THAT(ward.reply()->text, HasSubstr("follow the local protocol"));
    EXPECT_EQ(ward.view().protocol, "");
}

TEST(Antidote, StopInTheChecklistIsTheStopOfTheInfusionAndTheOtherWayRound)
{
    Crisis ward;
    ward.no_reflex();
    EXPECT_GT(ward.view().beds[0].infusion_rate.value_or(0), 0);
    ASSERT_TRUE(ward.tap("stop"));
    EXPECT_EQ(ward.view().beds[0].infusion_rate.value_or(1), 0);
    ASSERT_TRUE(ward.view().beds[0].after_stop) << "the recurrence watch has begun";
    EXPECT_EQ(ward.view().beds[0].after_stop->watch_until - ward.now().wall, Duration{6h});

    Crisis other;
    other.no_reflex();
    other.chart(InfusionStopEntry{});
    EXPECT_EQ(other.at("stop").state, "done");
    EXPECT_EQ(other.at("stop").taps.size(), 1U);
}

TEST(Antidote, WithoutAPumpLinkTheStopIsAskedAgainAfterAMinute)
{
    Crisis ward;
    ward.no_reflex();
    ward.tap("stop");
    ward.pass(60s - 1ms);
    EXPECT_EQ(ward.at("stop").state, "done");
    EXPECT_THAT(ward.events("protocol.stop"), IsEmpty());
    ward.pass(1ms);
    EXPECT_EQ(ward.at("stop").state, "open");
    EXPECT_EQ(ward.at("stop").doubt, "unseen");
    EXPECT_THAT(ward.at("stop").doubt_words, HasSubstr("LOOK AGAIN"));
    EXPECT_THAT(ward.events("protocol.stop"), ElementsAre("raised"));
    ASSERT_TRUE(ward.tap("stop"));
    EXPECT_THAT(ward.events("protocol.stop"), ElementsAre("raised", "cleared"));
    ward.pass(10min);
    EXPECT_EQ(ward.at("stop").state, "done");
}

TEST(Antidote, APumpThatRunsOnAfterStopAlarmsAgainUntilItIsSeenToStop)
{
    Crisis ward;
    ward.stream(Signal::pump_rate, 1, 5, pump);
    ward.no_reflex();
    ward.tap("stop");
    ward.stream(Signal::pump_rate, 1, 59, pump);
    EXPECT_THAT(ward.events("not-stopped"), IsEmpty());
    EXPECT_EQ(ward.at("stop").state, "done");
    ward.stream(Signal::pump_rate, 1, 2, pump);
    EXPECT_THAT(ward.events("not-stopped"), ElementsAre("raised"));
    EXPECT_EQ(ward.at("stop").doubt, "runs");
    EXPECT_TRUE(ward.at("stop").on_top);
    ward.stream(Signal::pump_rate, 0, 2, pump);
    EXPECT_EQ(ward.at("stop").state, "done");
    EXPECT_EQ(ward.at("stop").timer, "");
    EXPECT_THAT(ward.events("not-stopped"), Contains("latched")) << "over";

    Crisis stops;
    stops.stream(Signal::pump_rate, 1, 5, pump);
    stops.no_reflex();
    stops.tap("stop");
    stops.stream(Signal::pump_rate, 1, 50, pump);
    stops.stream(Signal::pump_rate, 0, 300, pump);
    EXPECT_THAT(stops.events("not-stopped"), IsEmpty());
    EXPECT_THAT(stops.events("protocol.stop"), IsEmpty());
}

TEST(Antidote, TimersThatAreOverRingAtTheBedAndTapsEndThem)
{
    Crisis ward;
    ward.slow_breathing();
    ASSERT_TRUE(ward.tap("calcium", StepAct::start, "charge"));
    ASSERT_TRUE(ward.tap("recheck"));
    ward.pass(5min - 1ms);
    EXPECT_THAT(ward.events("protocol.recheck"), IsEmpty());
    ward.pass(1ms);
    EXPECT_THAT(ward.events("protocol.recheck"), ElementsAre("raised"));
    const WardView view = ward.view();
    for (const auto& episode : view.episodes)
        if (episode.rule == "protocol.recheck") {
            EXPECT_EQ(episode.priority, Priority::medium);
            EXPECT_EQ(episode.bed, "bed-1");
        }
    ward.tap("recheck");
    EXPECT_THAT(ward.events("protocol.recheck"), ElementsAre("raised", "cleared"));
    ward.pass(5min - 1ms);
    EXPECT_THAT(ward.events("protocol.giving"), IsEmpty());
    ward.pass(1ms);
    EXPECT_THAT(ward.events("protocol.giving"), ElementsAre("raised"));
    EXPECT_TRUE(ward.at("calcium").over_due);
    ward.tap("calcium");
    EXPECT_THAT(ward.events("protocol.giving"), ElementsAre("raised", "cleared"));
    ward.tap("recheck");
    ward.pass(5min - 1ms);
    EXPECT_THAT(ward.events("protocol.repeat"), IsEmpty());
    ward.pass(1ms);
    EXPECT_THAT(ward.events("protocol.repeat"), ElementsAre("raised"));
    ward.tap("calcium", StepAct::better);
    EXPECT_THAT(ward.events("protocol.repeat"), ElementsAre("raised", "cleared"));
}

TEST(Antidote, TheBloodResultIsAskedForUntilALevelDrawnThenIsCharted)
{
    Crisis ward;
    ward.no_reflex();
    ward.pass(10min);
    ward.tap("bloods");
    ward.pass(29min);
    ward.chart(LevelEntry{3.0, false}, 34min + 1ms);
    EXPECT_EQ(ward.at("bloods").timer, "result") << "drawn long before";
    ward.pass(1min);
    EXPECT_THAT(ward.events("protocol.result"), ElementsAre("raised"));
    ward.chart(LevelEntry{3.1, false}, 35min);
    EXPECT_EQ(ward.at("bloods").timer, "");
    EXPECT_THAT(ward.events("protocol.result"), ElementsAre("raised", "cleared"));
}

TEST(Antidote, TheSeniorDecisionIsOneWhereverItIsMade)
{
    Crisis ward;
    ward.no_reflex();
    ward.tap("stop");
    EXPECT_FALSE(ward.tap("decision")) << "in words";
    ASSERT_TRUE(ward.tap("decision", StepAct::done, "ends here", "doctor"));
    EXPECT_TRUE(ward.view().beds[0].after_stop->decided);
    ward.pass(31min);
    EXPECT_THAT(ward.events("session.decision"), IsEmpty());

    Crisis charted;
    charted.no_reflex();
    charted.tap("stop");
    charted.chart(DecisionEntry{"after_stop", "restart at 6"});
    EXPECT_EQ(charted.at("decision").state, "done");
    EXPECT_EQ(charted.at("decision").taps[0].text, "restart at 6");
}

TEST(Antidote, EachStepIsABedsideActThatRestartsTheAcknowledgement)
{
    Crisis ward;
    ward.no_reflex();
    const CallId call = ward.view().calls.at(0).id;
    ward.act_on(Answer{call, AnswerKind::coming});
    ward.pass(100s);
    ward.tap("airway");
    EXPECT_EQ(ward.view().calls.at(0).state, CallState::attended);
    // An acknowledgement ends after 3 min; taps every 2 min keep it.
    for (int i = 0; i < 5; ++i) {
        ward.pass(2min);
        ward.tap("recheck");
        EXPECT_TRUE(ward.view().episodes.at(0).acknowledged) << i;
    }
    EXPECT_THAT(ward.events("reflex-absent"), Not(Contains("expired")));
    ward.pass(3min);
    EXPECT_THAT(ward.events("reflex-absent"), Contains("expired"));
}

TEST(Antidote, AStepAnswersACallThatNobodyHadAnsweredAndACountDoesNot)
{
    Crisis ward;
    ward.no_reflex();
    ASSERT_EQ(ward.view().calls.at(0).state, CallState::calling);
    ward.chart(ValueEntry{Signal::rr_counted, 16});
    EXPECT_EQ(ward.view().calls.at(0).state, CallState::calling) << "it may have been counted before, elsewhere";
    ward.tap("stop");
    EXPECT_EQ(ward.view().calls.at(0).state, CallState::attended);
    EXPECT_EQ(ward.view().calls.at(0).told.at(0).answer, Responsibility::attended);
    // Treating is no end: without a further step the call goes on.
    ward.pass(3min + 1s);
    EXPECT_EQ(ward.view().calls.at(0).state, CallState::calling);
}

// Paper that is caught up with at a desk brings nobody to the bed.
TEST(Antidote, WhatWasCountedBeforeTheCallOrLongAgoIsNoBedsideAct)
{
    for (const Duration ago : {Duration{40min}, Duration{3min}}) {
        Crisis ward;
        ward.no_reflex();
        ward.pass(90s);
        const CallId call = ward.view().calls.at(0).id;
        ward.act_on(Answer{call, AnswerKind::coming});
        ward.pass(90s);
        ward.chart(ValueEntry{Signal::rr_counted, 16}, ago);
        EXPECT_EQ(ward.view().calls.at(0).state, CallState::accepted) << ago.count();
        ward.chart(ValueEntry{Signal::rr_counted, 17});
        EXPECT_EQ(ward.view().calls.at(0).state, CallState::attended) << "but what is done now is done at the bed";
    }
}

// Whoever treats is at the bed for its monitor as well, whichever of the calls she was coming to.
TEST(Antidote, AStepIsSaidOfEachCallThatSomebodyWasComingTo)
{
    Crisis ward;
    ward.stream(Signal::rr, 16, 10);
    ward.pass(2min);
    ward.no_reflex();
    ASSERT_EQ(ward.view().calls.size(), 2U) << "one about her, one about her monitor";
    for (const CallView& call : ward.view().calls) ward.act_on(Answer{call.id, AnswerKind::coming});
    for (const CallView& call : ward.view().calls) EXPECT_EQ(call.state, CallState::accepted);
    ward.tap("airway");
    for (const CallView& call : ward.view().calls) EXPECT_EQ(call.state, CallState::attended) << name(call.kind);
}

TEST(Antidote, ARefusedTapIsNoBedsideAct)
{
    Crisis ward;
    ward.no_reflex();
    ward.act_on(Answer{ward.view().calls.at(0).id, AnswerKind::coming});
    EXPECT_FALSE(ward.tap("tilt", StepAct::not_done));
    EXPECT_FALSE(ward.tap("nothing"));
    EXPECT_EQ(ward.view().calls.at(0).state, CallState::accepted);
}

TEST(Antidote, PrecautionsAreShownWhenTheFactIsRecorded)
{
    Crisis ward;
    ward.no_reflex();
    const auto shown = [&] {
        std::vector<std::string> ids;
        const auto list = ward.list();
        for (const auto& one : list->precautions) ids.push_back(one.first);
        return ids;
    };
    EXPECT_THAT(shown(), ElementsAre("line")) << "magnesium ran by vein";
    ward.chart(ValueEntry{Signal::digoxin, 1});
    EXPECT_THAT(shown(), ElementsAre("digoxin", "line"));
    ward.chart(ScreeningEntry{{{"ceftriaxone", ScreeningReply::yes}}, {}});
    EXPECT_THAT(shown(), ElementsAre("digoxin", "ceftriaxone", "line"));
    ward.chart(SymptomEntry{{"pain at the site"}, {}, false});
    EXPECT_THAT(shown(), ElementsAre("digoxin", "ceftriaxone", "line", "extravasation"));
    ward.chart(SymptomEntry{{}, {"pain at the site"}, false});
    EXPECT_THAT(shown(), ElementsAre("digoxin", "ceftriaxone", "line"));

    Rig im;
    im.step(Crisis::with_protocol());
    im.watch();
    im.chart(IntramuscularEntry{5, {}});
    im.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_THAT(im.view().beds.at(0).checklist->precautions, IsEmpty()) << "given into the muscle, through no line";
}

TEST(Antidote, ClosingNeedsAReasonAndADoctorAndANewSignOpensAnother)
{
    Crisis ward;
    ward.pass(10min);
    ward.no_reflex();
    ward.tap("stop");
    ward.act_on(ProtocolClose{bed_1, "recovered", "", ""});
    EXPECT_FALSE(ward.reply()->accepted);
    ward.act_on(ProtocolClose{bed_1, "", "Dr 1", ""});
    EXPECT_FALSE(ward.reply()->accepted);
    EXPECT_TRUE(ward.list()->open);
    ward.act_on(ProtocolClose{bed_1, "recovered", "Dr 1", ""});
    EXPECT_TRUE(ward.reply()->accepted);
    EXPECT_FALSE(ward.list()->open);
    EXPECT_EQ(ward.list()->closed_doctor, "Dr 1");
    EXPECT_FALSE(ward.tap("call"));
    ward.pass(1h);
    EXPECT_THAT(ward.events("protocol.recheck"), IsEmpty());
    EXPECT_THAT(ward.events("protocol.stop"), IsEmpty());
    ward.slow_breathing();
    EXPECT_TRUE(ward.list()->open);
    EXPECT_EQ(ward.at("stop").state, "open") << "a new list";
}

TEST(Antidote, AWatchDoesNotEndWhileItIsOpen)
{
    Crisis ward;
    ward.act_on(ProtocolOpen{bed_1, ProtocolBranch::grade1, "", ""});
    ward.act_on(WatchEnd{bed_1, "home", "doctor"});
    EXPECT_FALSE(ward.reply()->accepted);
    EXPECT_THAT(ward.reply()->text, HasSubstr("close it first"));
    ward.act_on(ProtocolClose{bed_1, "opened by mistake", "Dr 1", ""});
    ward.act_on(WatchEnd{bed_1, "home", "doctor"});
    EXPECT_TRUE(ward.reply()->accepted);
}

TEST(Antidote, GoesAlongOnATransfer)
{
    Crisis ward;
    ward.no_reflex();
    ward.tap("call");
    ward.act_on(WatchTransfer{bed_1, BedId{1}});
    ASSERT_TRUE(ward.view().beds.at(1).checklist);
    EXPECT_FALSE(ward.view().beds.at(0).checklist);
    ward.act_on(ProtocolTap{BedId{1}, "airway", StepAct::done, "", ""});
    EXPECT_TRUE(ward.reply()->accepted);
}

TEST(Antidote, ARepeatedKeyIsAnsweredAndTakenOnce)
{
    Crisis ward;
    ward.slow_breathing();
    ASSERT_TRUE(ward.tap("calcium", StepAct::start, "charge", "midwife", "k-1"));
    ASSERT_TRUE(ward.tap("calcium", StepAct::start, "charge", "midwife", "k-1"));
    EXPECT_EQ(ward.reply()->text, "already recorded");
    EXPECT_EQ(ward.at("calcium").doses, 1);
    EXPECT_FALSE(ward.tap("tilt", StepAct::not_done, "", "midwife", "k-2"));
    EXPECT_TRUE(ward.tap("tilt", StepAct::not_done, "born", "midwife", "k-2")) << "a refused one uses no key up";
}

TEST(Antidote, ANewFileChangesNothingUnderTheHandsOfThoseWhoWorkThroughTheOldOne)
{
    Crisis ward;
    ward.slow_breathing();
    ward.tap("calcium", StepAct::start);
    Configuration next = Crisis::with_protocol();
    const std::size_t at = next.protocol_text.find("version = \"1\"");
    next.protocol_text.replace(at, 13, "version = \"2\"");
    const std::string stop = "id = \"tilt\"";
    next.protocol_text.replace(next.protocol_text.find(stop), stop.size(), "id = \"left\"");
    ward.step(next);
    EXPECT_EQ(ward.list()->version, "1");
    EXPECT_EQ(ward.at("calcium").state, "running");
    EXPECT_THAT(ward.view().protocol, HasSubstr("v2"));
    ward.restart();
    EXPECT_EQ(ward.list()->version, "1");
    ward.act_on(ProtocolClose{bed_1, "over", "Dr 1", ""});
    ward.act_on(ProtocolOpen{bed_1, ProtocolBranch::grade1, "", ""});
    EXPECT_EQ(ward.list()->version, "2");
    EXPECT_EQ(ward.at("left").id, "left");
}

TEST(Antidote, AFileWithMistakesIsRefusedAndTheOldOneRuns)
{
    Crisis ward;
    Configuration bad = Crisis::with_protocol();
    bad.protocol_text += "\nverson = 3\n";
    EXPECT_THAT(ward.ward.why_refused(bad), Contains(HasSubstr("verson")));
    ward.step(bad);
    EXPECT_THAT(ward.events("technical.configuration"), ElementsAre("raised"));
    ward.no_reflex();
    EXPECT_TRUE(ward.list());
}

TEST(Antidote, AnExampleNeverRunsOnAWard)
{
    Configuration c = Crisis::with_protocol();
    c.mode = Mode::ward;
    Crisis ward;
    EXPECT_THAT(ward.ward.why_refused(c), Contains(HasSubstr("approved by its clinical safety lead")));
    ward.step(c);
    EXPECT_EQ(ward.view().mode, Mode::demo) << "refused as a whole";
    c.protocol_text = approved_protocol();
    EXPECT_THAT(ward.ward.why_refused(c), IsEmpty());
    ward.step(c);
    EXPECT_EQ(ward.view().mode, Mode::ward);
    EXPECT_FALSE(ward.view().protocol_example);
}

// One crisis from its first sign to its end, cut in the middle.
void crisis(Crisis& ward, const std::function<void()>& in_the_middle)
{
    ward.stream(Signal::pump_rate, 1, 10, pump);
    ward.no_reflex();
    ward.tap("stop");
    ward.stream(Signal::pump_rate, 1, 70, pump);
    ward.stream(Signal::pump_rate, 0, 5, pump);
    ward.slow_breathing();
    ward.tap("calcium", StepAct::start, "charge");
    ward.pass(4min);
    in_the_middle();
    ward.pass(2min);
    ward.tap("recheck");
    ward.pass(5min);
    ward.tap("calcium");
    ward.tap("bloods");
    ward.pass(6min);
    ward.tap("calcium", StepAct::start);
    ward.pass(40min);
    ward.act_on(ProtocolClose{bed_1, "recovered", "Dr 1", ""});
}

TEST(Antidote, SurvivesARestartInTheMiddleAsIfThereHadBeenNone)
{
    Crisis straight, cut;
    crisis(straight, [] {});
    crisis(cut, [&] { cut.restart(); });
    EXPECT_EQ(to_bytes(straight.effects), to_bytes(cut.effects));
    EXPECT_EQ(straight.ward.save(), cut.ward.save());
    EXPECT_THAT(cut.events("protocol.giving"), Not(IsEmpty()));
    EXPECT_THAT(cut.events("protocol.result"), ElementsAre("raised", "cleared"));
}

TEST(Antidote, TheJournalReplayedGivesTheSameEffects)
{
    Crisis lived;
    crisis(lived, [] {});
    Ward again;
    EffectBuffer effects;
    for (const auto& [at, input] : lived.inputs) {
        const auto back = from_bytes<Input>(as_text(to_bytes(input)));
        ASSERT_TRUE(back);
        again.step(at, *back, effects);
    }
    EXPECT_EQ(to_bytes(effects), to_bytes(lived.effects));
    EXPECT_EQ(again.save(), lived.ward.save());
}

// Words that a page or a screen carries about the checklist never hold a dose: those are the file's alone.
TEST(Antidote, NoDoseComesFromThisProgram)
{
    for (const auto& about : session_alarms()) {
        for (const char* text : {about.title, about.message, about.prompt, about.when}) {
            const std::string_view words{text};
            for (const char* unit : {" mL", " mg", "mmol ", " mEq"}) {
                const std::size_t at = words.find(unit);
                const bool digit = at != std::string_view::npos && at > 0 && words[at - 1] >= '0' && words[at - 1] <= '9';
                EXPECT_FALSE(digit) << words;
            }
        }
    }
    Crisis ward;
    ward.no_reflex();
    ward.tap("stop");
    ward.pass(2h);
    for (const auto& page : ward.pages())
        for (const auto& words : page.words) EXPECT_EQ(words.find("10 mL"), std::string::npos) << words;
}

EntryId newest_stop(const Crisis& ward)
{
    EntryId found{};
    const auto chart = ward.view().beds[0].chart;
    for (const ChartEntry& one : *chart) {
        if (std::holds_alternative<InfusionStopEntry>(one.what) && !one.struck) found = one.id;
    }
    return found;
}

void correct(Crisis& ward, EntryId id, EntryWhat what, const std::string& reason)
{
    Entry entry;
    entry.bed = bed_1;
    entry.person = "charge";
    entry.what = std::move(what);
    entry.corrects = id;
    entry.reason = reason;
    entry.request = 800;
    ward.step(entry);
    ASSERT_TRUE(ward.reply()->accepted) << ward.reply()->text;
}

TEST(Antidote, AStopThatIsStruckOpensItsStepAgainAndShowsWhoTookItBack)
{
    for (const bool tapped : {true, false}) {
        Crisis ward;
        ward.no_reflex();
        if (tapped) ASSERT_TRUE(ward.tap("stop"));
        else ward.chart(InfusionStopEntry{});
        ASSERT_EQ(ward.at("stop").state, "done");
        ward.pass(5s);
        correct(ward, newest_stop(ward), StrikeEntry{}, "the other bed");
        EXPECT_EQ(ward.at("stop").state, "open");
        EXPECT_TRUE(ward.at("stop").on_top);
        EXPECT_EQ(ward.at("stop").timer, "");
        ASSERT_EQ(ward.at("stop").taps.size(), 2U) << "what was tapped is kept";
        EXPECT_EQ(ward.at("stop").taps[1].act, "taken-back");
        EXPECT_EQ(ward.at("stop").taps[1].by, "charge");
        EXPECT_EQ(ward.at("stop").taps[1].text, "the other bed");
        EXPECT_TRUE(ward.view().beds[0].infusing);
        ward.restart();
        EXPECT_EQ(ward.at("stop").state, "open");
        ASSERT_TRUE(ward.tap("stop"));
        EXPECT_EQ(ward.at("stop").state, "done");
    }
}

TEST(Antidote, AStopThatWasSaidBesidesOrIsOnlyCorrectedKeepsItsStep)
{
    Crisis ward;
    ward.no_reflex();
    ASSERT_TRUE(ward.tap("stop"));
    const EntryId first = newest_stop(ward);
    ward.pass(5s);
    ward.chart(InfusionStopEntry{});
    correct(ward, first, StrikeEntry{}, "twice");
    EXPECT_EQ(ward.at("stop").state, "done") << "it was said by the other entry too";
    correct(ward, newest_stop(ward), InfusionStopEntry{}, "a minute before");
    EXPECT_EQ(ward.at("stop").state, "done");
    correct(ward, newest_stop(ward), StrikeEntry{}, "the other bed");
    EXPECT_EQ(ward.at("stop").state, "open");
    EXPECT_FALSE(ward.tap("stop", StepAct::taken_back)) << "nobody taps that";
}

TEST(Antidote, WhatTheBagHoldsIsReadInAnyLettersAndABolusAloneIsByVein)
{
    Crisis ward;
    SessionEntry plan;
    plan.indication = Indication::pre_eclampsia;
    plan.components = {"CEFTRIAXONE 1 g"};
    ward.chart(plan);
    ward.no_reflex();
    std::vector<std::string> ids;
    const auto list = ward.list();
    for (const auto& one : list->precautions) ids.push_back(one.first);
    EXPECT_THAT(ids, Contains("ceftriaxone"));

    Rig bolus;
    bolus.step(Crisis::with_protocol());
    bolus.watch();
    bolus.chart(BolusEntry{4, 20min, {}});
    bolus.chart(ValueEntry{Signal::reflex_knee, 0});
    ASSERT_TRUE(bolus.view().beds.at(0).checklist);
    EXPECT_EQ(bolus.view().beds.at(0).checklist->precautions.at(0).first, "line");
}

// Charted at the wrong bed and struck: no magnesium went through a line of hers.
TEST(Antidote, AnInfusionThatWasStruckIsNoneByVein)
{
    Crisis ward;
    Entry strike;
    strike.bed = bed_1;
    strike.person = "charge";
    strike.what = StrikeEntry{};
    strike.corrects = ward.view().beds[0].chart->back().id;
    strike.reason = "other bed";
    ward.step(strike);
    ward.no_reflex();
    EXPECT_THAT(ward.list()->precautions, IsEmpty());
}

TEST(Antidote, WithoutAProtocolAnyMoreTheOpenListGoesOn)
{
    Crisis ward;
    ward.no_reflex();
    Configuration none = Crisis::with_protocol();
    none.protocol_name.clear();
    none.protocol_text.clear();
    ward.step(none);
    ASSERT_TRUE(ward.list()->open);
    ward.slow_breathing();
    EXPECT_EQ(ward.list()->branch, "grade2") << "by a graver sign";
    ward.act_on(ProtocolOpen{bed_1, ProtocolBranch::arrest, "", ""});
    EXPECT_TRUE(ward.reply()->accepted) << "and by hand";
    EXPECT_EQ(ward.list()->branch, "arrest");
}

TEST(Antidote, TwoDosesWhoseTimeIsOverAreOneAlarm)
{
    Crisis ward;
    ward.slow_breathing();
    ASSERT_TRUE(ward.tap("calcium", StepAct::start, "charge"));
    ward.act_on(ProtocolOpen{bed_1, ProtocolBranch::arrest, "", ""});
    ASSERT_TRUE(ward.tap("calcium-arrest", StepAct::start, "charge"));
    ward.pass(15min);
    EXPECT_EQ(ward.at("calcium").over_due && ward.at("calcium-arrest").over_due, true);
    EXPECT_THAT(ward.events("protocol.giving"), ElementsAre("raised"));
}

TEST(Antidote, WhatIsChartedLaterIsNoStepOfAListThatIsClosed)
{
    Crisis ward;
    ward.no_reflex();
    ward.act_on(ProtocolClose{bed_1, "recovered", "Dr 1", ""});
    ward.chart(InfusionStopEntry{});
    ward.chart(DecisionEntry{"after_stop", "end"});
    EXPECT_EQ(ward.at("stop").state, "open");
    EXPECT_EQ(ward.at("decision").state, "open");
}

TEST(Antidote, ALevelThatNobodySaidToHaveTakenIsNoStep)
{
    Crisis ward;
    ward.no_reflex();
    ward.chart(ValueEntry{Signal::mg, 3});
    EXPECT_EQ(ward.at("bloods").state, "open") << "it was drawn before; the list asks for one now";
}

TEST(Antidote, AStepOfAnotherBranchIsNotDoneByWhatIsCharted)
{
    Rig rig;
    Configuration c = Crisis::with_protocol();
    const std::string all = "id = \"decision\"\nkind = \"decide\"\nbranches = [\"grade1\", ";
    const std::size_t at = c.protocol_text.find(all);
    ASSERT_NE(at, std::string::npos);
    c.protocol_text.replace(at, all.size(), "id = \"decision\"\nkind = \"decide\"\nbranches = [");
    const std::string first = "[[precaution]]";
    c.protocol_text.insert(c.protocol_text.find(first), "[[step]]\nid = \"mild\"\nkind = \"decide\"\nbranches = "
                                                        "[\"grade1\"]\nwords = \"DECIDE whether it goes on.\"\n"
                                                        "button = \"RECORD\"\n\n");
    rig.step(c);
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.chart(DecisionEntry{"after_stop", "end"});
    rig.act(ProtocolOpen{bed_1, ProtocolBranch::grade2, "", ""});
    const auto list = rig.view().beds.at(0).checklist;
    ASSERT_TRUE(list);
    EXPECT_EQ(the(list->steps, [](const auto& step) { return step.id == "decision"; }).state, "open")
        << "of the graver branch nobody has decided yet";
}

TEST(Antidote, ATapWithoutAnyCallIsTakenAndCallsNobody)
{
    Crisis ward;
    ward.act_on(ProtocolOpen{bed_1, ProtocolBranch::grade1, "", ""});
    const std::size_t paged = ward.pages().size();
    EXPECT_TRUE(ward.tap("call"));
    EXPECT_EQ(ward.pages().size(), paged);
}

TEST(Antidote, AStopThatIsStruckAfterTheListWasClosedOpensNothing)
{
    Crisis ward;
    ward.no_reflex();
    ward.chart(InfusionStopEntry{});
    const EntryId stop = ward.view().beds[0].chart->back().id;
    ward.act_on(ProtocolClose{bed_1, "recovered", "Dr 1", ""});
    Entry strike;
    strike.bed = bed_1;
    strike.person = "charge";
    strike.what = StrikeEntry{};
    strike.corrects = stop;
    strike.reason = "other bed";
    ward.step(strike);
    EXPECT_EQ(ward.at("stop").state, "done") << "what was done stands in a closed list";
}

TEST(Antidote, AStopOfBeforeTheListSaysNothingOfItsStep)
{
    Crisis ward;
    ward.chart(InfusionStopEntry{});
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(1min);
    ward.no_reflex();
    ward.chart(InfusionStopEntry{});
    ASSERT_EQ(ward.at("stop").state, "done");
    const auto strike = [&](EntryId id) {
        Entry entry;
        entry.bed = bed_1;
        entry.person = "charge";
        entry.what = StrikeEntry{};
        entry.corrects = id;
        entry.reason = "other bed";
        ward.step(entry);
    };
    const auto chart = ward.view().beds[0].chart;
    strike(chart->back().id);
    EXPECT_EQ(ward.at("stop").state, "open") << "the stop of before is no stop of this alarm";
    for (const ChartEntry& one : *chart)
        if (std::holds_alternative<InfusionStopEntry>(one.what) && one.id != chart->back().id) strike(one.id);
    EXPECT_EQ(ward.at("stop").state, "open") << "and is taken back without a step of its own";
}

} // namespace
} // namespace magwatch::test
