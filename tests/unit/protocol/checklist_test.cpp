#include "rules/protocol/checklist.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/base/archive.hpp"
#include "rules/observation/symptom.hpp"
#include "tests/support/protocol.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// One checklist and a time that goes on.
struct Running {
    explicit Running(ProtocolBranch branch = ProtocolBranch::grade2, const std::string& text = example_protocol())
        : protocol{read_protocol(text, "example").protocol}, list{open_checklist(*protocol, branch, "", now)}
    {
    }
    TapAnswer tap(std::string_view step, StepAct act, const std::string& by = "midwife-1", const std::string& text = "")
    {
        return magwatch::tap(list, *protocol, step, act, by, text, now);
    }
    // Looks at the pump whenever a timer runs out, as the ward does.
    void pass(Duration d, PumpSeen pump = PumpSeen::unlinked)
    {
        const Instant end = now + d;
        while (const auto next = next_timer(list, now)) {
            if (*next > end) break;
            now = *next;
            review_checklist(list, pump, now);
        }
        now = end;
        review_checklist(list, pump, now);
    }
    [[nodiscard]] const StepProgress& at(std::string_view step) const { return *list.progress(step); }
    [[nodiscard]] std::vector<std::string> steps() const
    {
        std::vector<std::string> out;
        for (const auto& one : protocol->steps)
            if (shown(one, at(one.id), list.branch)) out.push_back(one.id);
        return out;
    }
    [[nodiscard]] std::string top() const
    {
        const auto* step = on_top(list, *protocol);
        return step == nullptr ? "" : step->id;
    }
    Instant now{1'000'000};
    std::shared_ptr<const Protocol> protocol;
    Checklist list;
};

// The example with one passage written otherwise.
std::string changed(std::string_view from, std::string_view to, std::string text = example_protocol())
{
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(Checklist, OfAProtocolWithOneDoseTheDoctorDecidesOnASecond)
{
    const std::string once = changed("repeat_after = \"5 min\"\n", "", changed("most = 3\n", ""));
    Running r{ProtocolBranch::grade2, once};
    EXPECT_EQ(r.tap("calcium", StepAct::start, "midwife-1", "midwife-2").text, "dose 1 of at most 1 started");
    r.pass(10min);
    EXPECT_EQ(r.tap("calcium", StepAct::done).text, "recorded") << "no next dose is thought of";
    EXPECT_EQ(r.at("calcium").timer, StepTimer::none);
    EXPECT_EQ(r.tap("calcium", StepAct::start).text, "the site's protocol allows 1 dose: the doctor decides");
}

TEST(Checklist, TheLastDoseOfTheProtocolIsSaidToBeIt)
{
    Running r;
    const char* more = "recorded; look whether she is better when the timer ends";
    for (const char* told : {more, more, "recorded; that was the last dose of the protocol: the doctor decides"}) {
        ASSERT_TRUE(r.tap("calcium", StepAct::start).accepted);
        r.pass(10min);
        EXPECT_EQ(r.tap("calcium", StepAct::done).text, told);
        r.pass(5min);
    }
}

TEST(Checklist, ADoseIsCheckedTwiceOnlyWhereTheProtocolAsksForIt)
{
    const std::string off = "second_check = false";
    Running r{ProtocolBranch::grade2, changed("second_check = true", off, changed("second_check = true", off))};
    EXPECT_EQ(r.tap("calcium", StepAct::start).text, "dose 1 of at most 3 started");
    EXPECT_FALSE(r.at("calcium").second_missing);
    EXPECT_EQ(r.tap("calcium", StepAct::second, "midwife-2").text, "no dose waits for a second check");
}

TEST(Checklist, OnlyADoseIsStarted)
{
    Running r;
    EXPECT_EQ(r.tap("airway", StepAct::start).text, "this step is not a dose: it is done, or not done");
    EXPECT_TRUE(r.at("airway").taps.empty());
}

TEST(Checklist, AGraverBranchStartsTheChecksThatTheMilderOneDoesNotAskFor)
{
    const std::string more = example_protocol() + "[[step]]\nid = \"pupils\"\nkind = \"check\"\nbranches = [\"arrest\"]\nwords = \"LOOK\"\n"
                                                  "button = \"SEEN\"\nevery = \"2 min\"\nsource = \"s\"\n";
    Running r{ProtocolBranch::grade2, more};
    EXPECT_EQ(r.at("pupils").timer, StepTimer::none);
    r.pass(1min);
    ASSERT_TRUE(raise_checklist(r.list, *r.protocol, ProtocolBranch::arrest, r.now));
    EXPECT_EQ(r.at("pupils").timer, StepTimer::recheck);
    EXPECT_EQ(r.at("pupils").due - r.now, Duration{2min});
    EXPECT_EQ(r.list.progress("knees"), nullptr) << "there is no such step";
}

TEST(Checklist, WhenAllIsDoneNothingIsOnTop)
{
    Running r;
    for (const auto& step : r.protocol->steps) {
        if (step.kind == StepKind::give) (void)r.tap(step.id, StepAct::start);
        (void)r.tap(step.id, StepAct::done, "dr-1", "ends");
    }
    EXPECT_EQ(r.top(), "");
}

TEST(Checklist, WordsOfAnyLengthAreRefusedAboveTwoHundred)
{
    Running r;
    const std::string fits(200, 'x'), more(201, 'x');
    EXPECT_EQ(r.tap("airway", StepAct::done, "midwife-1", more).text, "the words are too long");
    EXPECT_TRUE(r.tap("airway", StepAct::done, "midwife-1", fits).accepted);
    EXPECT_EQ(close_checklist(r.list, more, "Dr 1", "midwife-1", r.now).text, "the words are too long");
    EXPECT_EQ(close_checklist(r.list, "recovered", more, "midwife-1", r.now).text, "the words are too long");
    EXPECT_TRUE(close_checklist(r.list, fits, fits, "midwife-1", r.now).accepted);
}

TEST(Checklist, AClosedOneStaysAsItIs)
{
    Running r{ProtocolBranch::grade1};
    ASSERT_TRUE(r.tap("stop", StepAct::done).accepted);
    ASSERT_TRUE(close_checklist(r.list, "recovered", "Dr 1", "midwife-1", r.now).accepted);
    const Bytes before = to_bytes(r.list);
    EXPECT_FALSE(raise_checklist(r.list, *r.protocol, ProtocolBranch::arrest, r.now));
    EXPECT_FALSE(take_back(r.list, *r.protocol, StepKind::stop, "midwife-1", "wrong bed", r.now));
    EXPECT_FALSE(review_checklist(r.list, PumpSeen::running, r.now + 1h));
    EXPECT_EQ(to_bytes(r.list), before);
}

TEST(Checklist, AStepIsTakenBackOnceAndOnlyIfItWasDone)
{
    Running r;
    EXPECT_FALSE(take_back(r.list, *r.protocol, StepKind::stop, "midwife-1", "wrong bed", r.now)) << "it was not done";
    ASSERT_TRUE(r.tap("stop", StepAct::done).accepted);
    EXPECT_TRUE(take_back(r.list, *r.protocol, StepKind::stop, "midwife-2", "wrong bed", r.now));
    EXPECT_EQ(r.at("stop").state, StepState::open);
    EXPECT_EQ(r.at("stop").timer, StepTimer::none);
    EXPECT_EQ(r.at("stop").taps.back().act, StepAct::taken_back);
    EXPECT_EQ(r.at("stop").taps.back().text, "wrong bed");
    EXPECT_FALSE(take_back(r.list, *r.protocol, StepKind::stop, "midwife-2", "wrong bed", r.now));
}

TEST(Checklist, OfManyReasonsTheFirstAndTheLatestStay)
{
    Running r;
    for (int i = 0; i < 20; ++i) add_reason(r.list, "alarm " + std::to_string(i), r.now);
    ASSERT_EQ(r.list.why.size(), 12U);
    EXPECT_EQ(r.list.why.front().what, "alarm 0");
    EXPECT_EQ(r.list.why[1].what, "alarm 9");
    EXPECT_EQ(r.list.why.back().what, "alarm 19");
}

TEST(Checklist, ShowsTheStepsOfItsBranch)
{
    EXPECT_THAT(Running{ProtocolBranch::grade1}.steps(),
                ElementsAre("stop", "call", "airway", "monitor", "tilt", "ready", "bloods", "recheck", "urine",
                            "recurrence", "decision"));
    EXPECT_THAT(Running{ProtocolBranch::grade2}.steps(),
                ElementsAre("stop", "call", "airway", "monitor", "tilt", "calcium", "bloods", "recheck", "ventilate",
                            "urine", "recurrence", "decision"));
}

TEST(Checklist, TheArrestBranchWaitsForNoEcg)
{
    Running arrest{ProtocolBranch::arrest};
    const auto steps = arrest.steps();
    EXPECT_LT(std::find(steps.begin(), steps.end(), "calcium-arrest"), std::find(steps.begin(), steps.end(), "monitor"));
    EXPECT_TRUE(arrest.tap("calcium-arrest", StepAct::start).accepted) << "with nothing else confirmed";
}

TEST(Checklist, AnyOrderIsAllowedAndTheStopStaysOnTopUntilItIsDone)
{
    Running r;
    EXPECT_TRUE(r.tap("decision", StepAct::done, "dr-1", "ends").accepted);
    EXPECT_TRUE(r.tap("call", StepAct::done).accepted);
    EXPECT_EQ(r.top(), "stop");
    EXPECT_TRUE(r.tap("stop", StepAct::done).accepted);
    EXPECT_EQ(r.top(), "airway");
}

TEST(Checklist, KeepsWhoAndWhen)
{
    Running r;
    r.pass(90s);
    ASSERT_TRUE(r.tap("airway", StepAct::done, "midwife-2").accepted);
    ASSERT_EQ(r.at("airway").taps.size(), 1U);
    EXPECT_EQ(r.at("airway").taps[0].by, "midwife-2");
    EXPECT_EQ(r.at("airway").taps[0].at, r.now);
    EXPECT_EQ(r.at("airway").state, StepState::done);
    EXPECT_FALSE(r.tap("airway", StepAct::done, "").accepted);
}

TEST(Checklist, NotDoneNeedsTheReasonAndCanBeDoneLater)
{
    Running r;
    EXPECT_FALSE(r.tap("tilt", StepAct::not_done).accepted);
    EXPECT_EQ(r.at("tilt").state, StepState::open);
    EXPECT_TRUE(r.tap("tilt", StepAct::not_done, "midwife-1", "already born").accepted);
    EXPECT_EQ(r.at("tilt").state, StepState::not_done);
    EXPECT_EQ(r.at("tilt").taps[0].text, "already born");
    EXPECT_TRUE(r.tap("tilt", StepAct::done).accepted);
    EXPECT_EQ(r.at("tilt").state, StepState::done);
}

TEST(Checklist, WithoutAPumpLinkTheStopIsAskedAgainOnceAfterAMinute)
{
    Running r;
    ASSERT_TRUE(r.tap("stop", StepAct::done).accepted);
    r.pass(60s - 1ms);
    EXPECT_EQ(r.at("stop").state, StepState::done);
    r.pass(1ms);
    EXPECT_EQ(r.at("stop").state, StepState::open);
    EXPECT_EQ(r.at("stop").doubt, StopDoubt::unseen);
    EXPECT_EQ(r.top(), "stop");
    EXPECT_TRUE(timer_over(r.at("stop"), r.now));
    ASSERT_TRUE(r.tap("stop", StepAct::done).accepted);
    r.pass(1h);
    EXPECT_EQ(r.at("stop").state, StepState::done);
    EXPECT_EQ(r.at("stop").taps.size(), 2U);
}

TEST(Checklist, APumpThatRunsOnAfterAMinuteReopensTheStopUntilItIsSeenToStop)
{
    Running r;
    ASSERT_TRUE(r.tap("stop", StepAct::done).accepted);
    r.pass(60s - 1ms, PumpSeen::running);
    EXPECT_EQ(r.at("stop").doubt, StopDoubt::none);
    r.pass(1ms, PumpSeen::running);
    EXPECT_EQ(r.at("stop").doubt, StopDoubt::runs);
    EXPECT_EQ(r.at("stop").state, StepState::open);
    ASSERT_TRUE(r.tap("stop", StepAct::done).accepted) << "said again, and believed again no longer than before";
    r.pass(60s, PumpSeen::running);
    EXPECT_EQ(r.at("stop").doubt, StopDoubt::runs);
    r.pass(1s, PumpSeen::stopped);
    EXPECT_EQ(r.at("stop").state, StepState::done);
    EXPECT_EQ(r.at("stop").timer, StepTimer::none);
}

TEST(Checklist, APumpThatIsSeenToStopAsksNothingMore)
{
    Running r;
    ASSERT_TRUE(r.tap("stop", StepAct::done).accepted);
    r.pass(59s, PumpSeen::running);
    r.pass(1ms, PumpSeen::stopped);
    r.pass(1h, PumpSeen::unlinked);
    EXPECT_EQ(r.at("stop").state, StepState::done);
    EXPECT_EQ(r.at("stop").doubt, StopDoubt::none);
}

TEST(Checklist, ADoseIsStartedTimedGivenAndPerhapsRepeatedUpToTheMaximum)
{
    Running r;
    EXPECT_FALSE(r.tap("calcium", StepAct::done).accepted) << "nothing was started";
    for (int dose = 1; dose <= 3; ++dose) {
        ASSERT_TRUE(r.tap("calcium", StepAct::start, "midwife-1", "midwife-2").accepted) << dose;
        EXPECT_EQ(r.at("calcium").timer, StepTimer::giving);
        EXPECT_FALSE(r.tap("calcium", StepAct::start, "midwife-1", "midwife-2").accepted) << "one at a time";
        r.pass(10min - 1ms);
        EXPECT_FALSE(timer_over(r.at("calcium"), r.now));
        r.pass(1ms);
        EXPECT_TRUE(timer_over(r.at("calcium"), r.now));
        r.pass(30s);
        EXPECT_EQ(r.now - r.at("calcium").due, Duration{30s}) << "it counts on past zero";
        ASSERT_TRUE(r.tap("calcium", StepAct::done).accepted);
        EXPECT_EQ(r.at("calcium").state, StepState::done);
        EXPECT_EQ(r.at("calcium").timer, dose < 3 ? StepTimer::repeat : StepTimer::none);
        r.pass(5min - 1ms);
        EXPECT_FALSE(timer_over(r.at("calcium"), r.now));
        r.pass(1ms);
        EXPECT_EQ(timer_over(r.at("calcium"), r.now), dose < 3);
    }
    const TapAnswer fourth = r.tap("calcium", StepAct::start, "midwife-1", "midwife-2");
    EXPECT_FALSE(fourth.accepted);
    EXPECT_THAT(fourth.text, HasSubstr("3 doses in all: the doctor decides"));
    EXPECT_EQ(r.at("calcium").doses, 3);
}

TEST(Checklist, BetterEndsTheQuestionOfARepeat)
{
    Running r;
    EXPECT_FALSE(r.tap("calcium", StepAct::better).accepted);
    ASSERT_TRUE(r.tap("calcium", StepAct::start).accepted);
    EXPECT_FALSE(r.tap("calcium", StepAct::better).accepted) << "it still runs";
    r.pass(10min);
    ASSERT_TRUE(r.tap("calcium", StepAct::done).accepted);
    ASSERT_TRUE(r.tap("calcium", StepAct::better).accepted);
    r.pass(1h);
    EXPECT_EQ(r.at("calcium").timer, StepTimer::none);
    EXPECT_TRUE(r.tap("calcium", StepAct::start).accepted) << "she may get worse again";
}

TEST(Checklist, ADoseSoonerOrFasterThanTheProtocolIsTakenAndSaid)
{
    Running r;
    ASSERT_TRUE(r.tap("calcium", StepAct::start).accepted);
    r.pass(10min - 1ms);
    EXPECT_THAT(r.tap("calcium", StepAct::done).text, HasSubstr("faster than the protocol"));
    r.pass(5min - 1ms);
    EXPECT_THAT(r.tap("calcium", StepAct::start).text, HasSubstr("sooner"));
    r.pass(10min);
    EXPECT_THAT(r.tap("calcium", StepAct::done).text, testing::Not(HasSubstr("faster")));
    r.pass(5min);
    EXPECT_THAT(r.tap("calcium", StepAct::start).text, testing::Not(HasSubstr("sooner")));
}

TEST(Checklist, TheSecondCheckIsAnotherPersonAndHoldsNothingUp)
{
    Running r;
    EXPECT_FALSE(r.tap("calcium", StepAct::second, "midwife-2").accepted) << "nothing was started";
    EXPECT_FALSE(r.tap("calcium", StepAct::start, "midwife-1", "midwife-1").accepted);
    EXPECT_FALSE(r.tap("calcium", StepAct::start, "midwife-1", " Midwife-1 ").accepted);
    EXPECT_EQ(r.at("calcium").doses, 0);
    const TapAnswer alone = r.tap("calcium", StepAct::start);
    EXPECT_TRUE(alone.accepted);
    EXPECT_THAT(alone.text, HasSubstr("second check is missing"));
    EXPECT_TRUE(r.at("calcium").second_missing);
    EXPECT_FALSE(r.tap("calcium", StepAct::second, "midwife-1").accepted);
    EXPECT_TRUE(r.at("calcium").second_missing);
    EXPECT_TRUE(r.tap("calcium", StepAct::second, "midwife-2").accepted);
    EXPECT_FALSE(r.at("calcium").second_missing);
    EXPECT_FALSE(r.tap("calcium", StepAct::second, "midwife-3").accepted);
    r.pass(10min);
    ASSERT_TRUE(r.tap("calcium", StepAct::done).accepted);
    EXPECT_FALSE(r.at("calcium").second_missing);
    ASSERT_TRUE(r.tap("calcium", StepAct::start).accepted);
    EXPECT_TRUE(r.at("calcium").second_missing) << "each dose has its own";
}

TEST(Checklist, ChecksAreDueFromTheOpeningAndAgainAfterEachOne)
{
    Running r;
    r.pass(5min - 1ms);
    EXPECT_FALSE(timer_over(r.at("recheck"), r.now));
    r.pass(1ms);
    EXPECT_TRUE(timer_over(r.at("recheck"), r.now));
    r.pass(7s);
    ASSERT_TRUE(r.tap("recheck", StepAct::done).accepted);
    EXPECT_EQ(r.at("recheck").due - r.now, Duration{5min});
    r.pass(2min);
    ASSERT_TRUE(r.tap("recheck", StepAct::not_done, "midwife-1", "being intubated").accepted);
    EXPECT_EQ(r.at("recheck").timer, StepTimer::recheck) << "one that was left out does not end them";
    EXPECT_EQ(r.at("recheck").due - r.now, Duration{5min});
}

TEST(Checklist, TheBloodResultIsWaitedForHalfAnHour)
{
    Running r;
    EXPECT_FALSE(r.tap("bloods", StepAct::result).accepted);
    ASSERT_TRUE(r.tap("bloods", StepAct::done).accepted);
    EXPECT_EQ(r.at("bloods").state, StepState::done);
    r.pass(30min - 1ms);
    EXPECT_FALSE(timer_over(r.at("bloods"), r.now));
    r.pass(1ms);
    EXPECT_TRUE(timer_over(r.at("bloods"), r.now));
    ASSERT_TRUE(r.tap("bloods", StepAct::result).accepted);
    EXPECT_EQ(r.at("bloods").timer, StepTimer::none);
}

TEST(Checklist, AGraverBranchAddsItsStepsAndLosesNothing)
{
    Running r{ProtocolBranch::grade1};
    r.tap("stop", StepAct::done);
    r.tap("ready", StepAct::done);
    const Instant due = r.at("recheck").due;
    EXPECT_FALSE(raise_checklist(r.list, *r.protocol, ProtocolBranch::grade1, r.now));
    EXPECT_TRUE(raise_checklist(r.list, *r.protocol, ProtocolBranch::grade2, r.now + 1min));
    EXPECT_THAT(r.steps(), testing::IsSupersetOf({"calcium", "ventilate", "ready"}));
    EXPECT_EQ(r.at("stop").taps.size(), 1U);
    EXPECT_EQ(r.at("ready").state, StepState::done);
    EXPECT_EQ(r.at("recheck").due, due) << "a running timer runs on";
    ASSERT_TRUE(r.tap("calcium", StepAct::start).accepted);
    EXPECT_TRUE(raise_checklist(r.list, *r.protocol, ProtocolBranch::arrest, r.now));
    EXPECT_THAT(r.steps(), testing::IsSupersetOf({"calcium", "calcium-arrest", "arrest-call"}));
    EXPECT_EQ(r.at("calcium").timer, StepTimer::giving);
    EXPECT_FALSE(raise_checklist(r.list, *r.protocol, ProtocolBranch::grade2, r.now)) << "never milder";
    EXPECT_EQ(r.list.branch, ProtocolBranch::arrest);
}

TEST(Checklist, AStepOfAnotherBranchIsNone)
{
    Running r{ProtocolBranch::grade1};
    EXPECT_THAT(r.tap("calcium", StepAct::start).text, HasSubstr("no such step"));
    EXPECT_THAT(r.tap("airwy", StepAct::done).text, HasSubstr("did you mean 'airway'?"));
}

TEST(Checklist, TheDecisionIsInWords)
{
    Running r;
    EXPECT_FALSE(r.tap("decision", StepAct::done, "dr-1").accepted);
    EXPECT_TRUE(r.tap("decision", StepAct::done, "dr-1", "ends; labetalol").accepted);
}

TEST(Checklist, ClosingNeedsAReasonAndTheDoctorsNameAndEndsTheTimers)
{
    Running r;
    EXPECT_FALSE(close_checklist(r.list, "", "Dr 1", "midwife-1", r.now).accepted);
    EXPECT_FALSE(close_checklist(r.list, "recovered", "", "midwife-1", r.now).accepted);
    EXPECT_FALSE(close_checklist(r.list, "recovered", "Dr 1", "", r.now).accepted);
    EXPECT_TRUE(r.list.open());
    EXPECT_TRUE(close_checklist(r.list, "recovered", "Dr 1", "midwife-1", r.now).accepted);
    EXPECT_FALSE(r.list.open());
    EXPECT_EQ(next_timer(r.list, r.now), std::nullopt);
    EXPECT_FALSE(r.tap("call", StepAct::done).accepted);
    EXPECT_FALSE(close_checklist(r.list, "again", "Dr 1", "midwife-1", r.now).accepted);
    EXPECT_EQ(r.top(), "");
}

TEST(Checklist, PrecautionsApplyOnlyWhenTheirFactIsRecorded)
{
    const Running r;
    const auto applying = [&](const RecordedFacts& facts) {
        std::vector<std::string> ids;
        for (const auto& one : r.protocol->precautions)
            if (applies(one, facts)) ids.push_back(one.id);
        return ids;
    };
    EXPECT_THAT(applying({}), IsEmpty());
    RecordedFacts facts;
    facts.facts = mask(Signal::digoxin);
    EXPECT_THAT(applying(facts), ElementsAre("digoxin"));
    facts = {};
    facts.facts = mask(Signal::epidural);
    facts.symptoms = 1U << *symptom_bit("nausea");
    facts.screening = {"pregnant"};
    facts.bag = {"vitamin c"};
    EXPECT_THAT(applying(facts), IsEmpty());
    facts = {};
    facts.screening = {"ceftriaxone"};
    EXPECT_THAT(applying(facts), ElementsAre("ceftriaxone"));
    facts = {};
    facts.bag = {"ceftriaxone and saline"};
    EXPECT_THAT(applying(facts), ElementsAre("ceftriaxone"));
    facts = {};
    facts.by_vein = true;
    EXPECT_THAT(applying(facts), ElementsAre("line"));
    facts = {};
    facts.symptoms = 1U << *symptom_bit("redness_at_the_site");
    EXPECT_THAT(applying(facts), ElementsAre("extravasation"));
}

TEST(Checklist, TapsAreBoundedAndTheFirstStays)
{
    Running r;
    for (int i = 0; i < 200; ++i) {
        r.pass(1min);
        ASSERT_TRUE(r.tap("recheck", StepAct::done, "midwife-" + std::to_string(i)).accepted);
    }
    EXPECT_EQ(r.at("recheck").taps.size(), 96U);
    EXPECT_EQ(r.at("recheck").taps.front().by, "midwife-0");
    EXPECT_EQ(r.at("recheck").taps.back().by, "midwife-199");
}

TEST(Checklist, GoesToBytesAndBackAndDamagedBytesAreNone)
{
    Running r;
    r.tap("stop", StepAct::done);
    r.tap("calcium", StepAct::start);
    add_reason(r.list, "Breathing slow", r.now);
    const Bytes bytes = to_bytes(r.list);
    const auto back = from_bytes<Checklist>(as_text(bytes));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_bytes(*back), bytes);
    EXPECT_TRUE(sound(*back, *r.protocol));
    Checklist odd = *back;
    odd.steps[0].timer = static_cast<StepTimer>(99);
    EXPECT_FALSE(sound(odd, *r.protocol));
    const std::function<void(Checklist&)> damage[] = {
        [](Checklist& list) { list.steps.pop_back(); },
        [](Checklist& list) { list.branch = static_cast<ProtocolBranch>(3); },
        [](Checklist& list) { list.steps[0].state = static_cast<StepState>(4); },
        [](Checklist& list) { list.steps[0].doubt = static_cast<StopDoubt>(3); },
        [](Checklist& list) { list.steps[0].taps[0].act = static_cast<StepAct>(7); },
        [](Checklist& list) { list.steps[1].step = "elsewhere"; },
        [](Checklist& list) { std::swap(list.steps[0], list.steps[1]); },
    };
    for (const auto& one : damage) {
        odd = *back;
        one(odd);
        EXPECT_FALSE(sound(odd, *r.protocol));
    }
}

} // namespace
} // namespace magwatch::test
