// What people say besides values: that they are concerned, that a rung is to be paged again, whom they rang up, and
// that somebody is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* concerned = "staff.concerned";

const EpisodeView* open(const WardView& view, const std::string& rule)
{
    for (const EpisodeView& episode : view.episodes) {
        if (episode.rule == rule) return &episode;
    }
    return nullptr;
}

std::size_t paged(const EffectBuffer& effects)
{
    std::size_t count = 0;
    for (const auto& effect : effects) count += std::holds_alternative<SendPage>(effect) ? 1 : 0;
    return count;
}

TEST(Concerned, RingsAtOnceAndStaysUntilSomebodySaysThatNobodyIs)
{
    Rig rig;
    rig.watch();
    rig.chart(ConcernedEntry{"grey and quiet", false});
    const WardView view = rig.view();
    const EpisodeView* alarm = open(view, concerned);
    ASSERT_NE(alarm, nullptr);
    EXPECT_EQ(alarm->priority, Priority::medium);
    EXPECT_EQ(alarm->kind, AlarmKind::physiological);
    ASSERT_EQ(view.calls.size(), 1U);
    EXPECT_EQ(view.calls[0].state, CallState::calling) << "a medium alarm waits, a person who asks does not";
    ASSERT_EQ(rig.pages().size(), 1U);
    EXPECT_THAT(rig.pages()[0].words, ElementsAre("Staff are concerned")) << "what was typed leaves in no page";
    ASSERT_TRUE(view.beds[0].concerned);
    EXPECT_EQ(view.beds[0].concerned->reason, "grey and quiet");
    EXPECT_EQ(view.beds[0].concerned->by, "midwife");

    rig.act(Acknowledge{alarm->id});
    rig.act(Answer{view.calls[0].id, AnswerKind::here});
    rig.pass(2h);
    ASSERT_NE(open(rig.view(), concerned), nullptr) << "neither an answer nor time ends it";
    rig.chart(ConcernedEntry{"looks well, RR 16", true});
    EXPECT_EQ(open(rig.view(), concerned), nullptr);
    EXPECT_FALSE(rig.view().beds[0].concerned);
    rig.chart(ConcernedEntry{"", true});
    EXPECT_FALSE(rig.reply()->accepted);
}

TEST(Concerned, SaidAgainItCallsAgainWhoeverHadAnswered)
{
    Rig rig;
    rig.watch();
    rig.chart(ConcernedEntry{});
    const EpisodeId first = open(rig.view(), concerned)->id;
    rig.act(Answer{rig.view().calls[0].id, AnswerKind::coming});
    rig.pass(30s);
    rig.chart(ConcernedEntry{});
    EXPECT_EQ(paged(rig.latest), 1U);
    EXPECT_EQ(rig.view().calls[0].state, CallState::calling);
    EXPECT_NE(open(rig.view(), concerned)->id, first);
    EXPECT_EQ(rig.view().calls.size(), 1U);
}

TEST(Concerned, QuietHoursDoNotHoldIt)
{
    Rig rig;
    Configuration quiet = Rig::configuration();
    quiet.medium.quiet = "night";
    quiet.medium.quiet_hold = 1h;
    rig.step(quiet);
    Rosters hours;
    hours.quiet = {{"night", {{rig.now().wall - 1h, rig.now().wall + 5h}}}};
    rig.step(hours);
    rig.watch();
    rig.chart(ValueEntry{Signal::sbp, 80});
    EXPECT_EQ(rig.pages().size(), 0U);
    rig.chart(ConcernedEntry{});
    EXPECT_EQ(rig.pages().size(), 1U);
}

Rig with_open_call()
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    return rig;
}

TEST(CallAgain, PagesThePresentRungUnderANewKeyAndDelaysNothing)
{
    Rig rig = with_open_call();
    const CallView before = rig.view().calls.at(0);
    rig.pass(20s);
    rig.act(CallAgain{before.id}, "charge");
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    const auto pages = rig.pages();
    ASSERT_EQ(pages.size(), 2U);
    EXPECT_EQ(pages[1].key.person, "midwife");
    EXPECT_EQ(pages[1].reason, PageReason::again);
    EXPECT_NE(pages[1].key, pages[0].key) << "the same key would be dropped as a repetition";
    EXPECT_EQ(rig.view().calls[0].rung, before.rung);
    EXPECT_EQ(rig.view().calls[0].next_page, before.next_page);
    rig.pass(40s);
    EXPECT_EQ(rig.view().calls[0].rung, 1) << "the next rung is told when it would have been";
}

TEST(CallAgain, NotWithinTenSecondsOfTheLast)
{
    Rig rig = with_open_call();
    const CallId call = rig.view().calls.at(0).id;
    rig.act(CallAgain{call});
    EXPECT_TRUE(rig.reply()->accepted);
    rig.pass(9s);
    rig.act(CallAgain{call}, "charge");
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_EQ(paged(rig.latest), 0U);
    rig.pass(1s);
    rig.act(CallAgain{call});
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_EQ(paged(rig.latest), 1U);
}

TEST(CallAgain, AnAnsweredCallCallsAgainNoLaterThanItWouldHave)
{
    Rig rig = with_open_call();
    const CallId call = rig.view().calls.at(0).id;
    rig.act(Answer{call, AnswerKind::coming});
    rig.pass(90s); // 30 s before "coming" runs out
    const WallTime next = rig.view().calls[0].next_page;
    rig.act(CallAgain{call}, "charge");
    EXPECT_EQ(rig.view().calls[0].state, CallState::calling);
    EXPECT_EQ(rig.view().calls[0].next_page, next);
    EXPECT_EQ(paged(rig.latest), 1U);
    rig.act(CallAgain{CallId{9, 9}});
    EXPECT_FALSE(rig.reply()->accepted);
}

TEST(Phoned, IsShownAndComingCountsAsThatPersonsComing)
{
    Rig rig = with_open_call();
    const CallId call = rig.view().calls.at(0).id;
    rig.act(CallPhoned{call, "anaesthetist", std::nullopt}, "midwife");
    ASSERT_TRUE(rig.reply()->accepted);
    EXPECT_EQ(rig.view().calls[0].state, CallState::calling) << "that somebody was rung up answers nothing";
    ASSERT_EQ(rig.view().calls[0].told.size(), 2U);
    EXPECT_TRUE(rig.view().calls[0].told[1].by_phone);
    EXPECT_FALSE(rig.view().calls[0].told[0].by_phone);
    EXPECT_EQ(rig.view().calls[0].told[1].answer, Responsibility::undefined);

    rig.act(CallPhoned{call, "anaesthetist", true}, "midwife");
    EXPECT_EQ(rig.view().calls[0].state, CallState::accepted);
    EXPECT_EQ(rig.view().calls[0].person, "anaesthetist");
    ASSERT_EQ(rig.view().calls[0].told.size(), 2U);
    EXPECT_EQ(rig.view().calls[0].told[1].answer, Responsibility::accepted);
    rig.pass(2min);
    EXPECT_EQ(rig.view().calls[0].state, CallState::calling) << "who does not come is not waited for";
}

TEST(Phoned, WhoWasPagedAndCannotComeMovesTheLadder)
{
    Rig rig = with_open_call();
    const CallId call = rig.view().calls.at(0).id;
    rig.act(CallPhoned{call, "consultant", false}, "midwife");
    EXPECT_EQ(rig.view().calls[0].rung, 0);
    rig.act(CallPhoned{call, "midwife", false}, "charge");
    EXPECT_EQ(rig.view().calls[0].rung, 1);
    EXPECT_EQ(rig.view().calls[0].told[0].answer, Responsibility::declined);
    EXPECT_TRUE(rig.view().calls[0].told[0].by_phone);
    rig.act(CallPhoned{call, "", true});
    EXPECT_FALSE(rig.reply()->accepted);
}

TEST(SomebodyHere, IsShownAndMovesNothing)
{
    Rig rig = with_open_call();
    const CallView before = rig.view().calls.at(0);
    const std::size_t pages = rig.pages().size();
    rig.act(SomebodyHere{BedId{0}, "desk"}, "");
    ASSERT_TRUE(rig.reply()->accepted);
    ASSERT_TRUE(rig.view().beds[0].somebody_here);
    EXPECT_EQ(rig.view().beds[0].somebody_here->station, "desk");
    EXPECT_EQ(rig.view().beds[0].somebody_here->at, rig.now().wall);
    const CallView after = rig.view().calls.at(0);
    EXPECT_EQ(after.state, before.state);
    EXPECT_EQ(after.next_page, before.next_page);
    EXPECT_TRUE(after.sounding);
    EXPECT_THAT(after.person, IsEmpty());
    EXPECT_FALSE(rig.view().episodes[0].acknowledged);
    rig.pass(60s);
    EXPECT_EQ(rig.pages().size(), pages + 2) << "the next rung is told all the same";
    rig.pass(30min);
    EXPECT_FALSE(rig.view().beds[0].somebody_here) << "long ago is not here";
}

TEST(SomebodyHere, NothingElseIsDoneWithoutAName)
{
    Rig rig = with_open_call();
    const CallId call = rig.view().calls.at(0).id;
    rig.act(CallAgain{call}, "");
    EXPECT_FALSE(rig.reply()->accepted);
    rig.act(Answer{call, AnswerKind::here}, "");
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_THAT(rig.reply()->text, HasSubstr("'by' is missing"));
}

std::optional<RateChangeView> change(const Rig& rig) { return rig.view().beds[0].rate_change; }

void chart_rate(Rig& rig, double grams_per_hour, const std::string& second = "", const std::string& person = "midwife")
{
    Entry entry;
    entry.bed = BedId{0};
    entry.person = person;
    entry.what = InfusionRateEntry{grams_per_hour, {}};
    entry.second = second;
    entry.request = 900;
    rig.step(entry);
    rig.pass(1s);
}

TEST(RateCheck, AChangeOfARunningRateAsksForAnotherPersonAndWaitsForNobody)
{
    Rig rig;
    rig.watch();
    chart_rate(rig, 1);
    EXPECT_FALSE(change(rig)) << "a start is no change";
    chart_rate(rig, 1);
    EXPECT_FALSE(change(rig)) << "the same rate is none either";
    chart_rate(rig, 2);
    ASSERT_TRUE(change(rig));
    EXPECT_EQ(rig.view().beds[0].infusion_rate, 2) << "it counts at once";
    EXPECT_EQ(change(rig)->second, "");
    EXPECT_EQ(change(rig)->by, "midwife");
    rig.act(CheckRate{BedId{0}}, "Midwife ");
    EXPECT_FALSE(rig.reply()->accepted) << "the same person, written otherwise";
    rig.act(CheckRate{BedId{0}}, "charge");
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_EQ(change(rig)->second, "charge");
    rig.act(CheckRate{BedId{0}}, "doctor");
    EXPECT_FALSE(rig.reply()->accepted);
    chart_rate(rig, 1.5, "charge");
    EXPECT_EQ(change(rig)->second, "charge") << "checked with the change itself";
    chart_rate(rig, 1);
    EXPECT_EQ(change(rig)->second, "") << "the check of one change is none of the next";
    auto again = Ward::load(as_text(rig.ward.save()));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->view(rig.now()).beds[0].rate_change);
    rig.chart(InfusionStopEntry{});
    EXPECT_FALSE(change(rig));
    rig.act(CheckRate{BedId{0}}, "charge");
    EXPECT_FALSE(rig.reply()->accepted);
}

TEST(RateCheck, TheSecondPersonIsAnotherOne)
{
    Rig rig;
    rig.watch();
    chart_rate(rig, 1);
    Entry entry;
    entry.bed = BedId{0};
    entry.person = entry.second = "midwife";
    entry.what = InfusionRateEntry{2, {}};
    entry.request = 7;
    rig.step(entry);
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_EQ(rig.view().beds[0].infusion_rate, 1);
    entry.second = "charge";
    entry.what = FitEntry{};
    rig.step(entry);
    EXPECT_FALSE(rig.reply()->accepted);
}

TEST(RateCheck, ACorrectionOfAChangeIsOneAndAStrikeOfItIsNone)
{
    Rig rig;
    rig.watch();
    chart_rate(rig, 1);
    chart_rate(rig, 2, "charge");
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "midwife";
    entry.what = InfusionRateEntry{3, {}};
    entry.corrects = rig.view().beds[0].chart->back().id;
    entry.reason = "typed wrong";
    rig.step(entry);
    ASSERT_TRUE(change(rig));
    EXPECT_EQ(change(rig)->second, "") << "what was checked was another number";
    entry.what = StrikeEntry{};
    entry.corrects = rig.view().beds[0].chart->back().id;
    rig.step(entry);
    EXPECT_FALSE(change(rig));
}

TEST(RateCheck, AChangeAtThePumpIsOneOnceItIsCharted)
{
    Rig rig;
    rig.watch();
    rig.stream(Signal::pump_rate, 1, 5, 1);
    chart_rate(rig, 1);
    EXPECT_FALSE(change(rig)) << "the pump was charted as it runs";
    rig.stream(Signal::pump_rate, 2, 5, 1);
    chart_rate(rig, 2);
    EXPECT_TRUE(change(rig));
}

TEST(ByHand, ARestartKeepsAllOfIt)
{
    Rig rig = with_open_call();
    const CallId call = rig.view().calls.at(0).id;
    rig.chart(ConcernedEntry{"pale", false});
    rig.act(CallPhoned{call, "consultant", std::nullopt});
    rig.act(CallAgain{call});
    rig.act(SomebodyHere{BedId{0}, ""}, "");
    auto again = Ward::load(as_text(rig.ward.save()));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->save(), rig.ward.save());
    const WardView view = again->view(rig.now());
    EXPECT_EQ(view.beds[0].concerned->reason, "pale");
    EXPECT_TRUE(view.beds[0].somebody_here);
    EXPECT_TRUE(view.calls[0].told.back().by_phone);
    EffectBuffer effects;
    Action action;
    action.person = "midwife";
    action.request = 77;
    action.what = CallAgain{call};
    again->step(rig.now().at(rig.now().steady + 5s), action, effects);
    EXPECT_FALSE(std::get<Reply>(effects.at(0)).accepted) << "the wait is kept too";
}

TEST(Phoned, SixtyFourPeopleAreToldOfOneCallAndNoMore)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const CallId call = rig.view().calls.at(0).id;
    for (int i = 1; i < 64; ++i) {
        rig.act(CallPhoned{call, "number " + std::to_string(i), {}});
        ASSERT_TRUE(rig.reply()->accepted) << i;
    }
    rig.act(CallPhoned{call, "one more", {}});
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_EQ(rig.reply()->text, "too many people were told");
    rig.act(CallPhoned{call, "number 7", true});
    EXPECT_TRUE(rig.reply()->accepted) << "of whom it told already what they say is kept";
}

// A correction of something else charts the concern again, and calls nobody for it once more.
TEST(Concerned, IsNotCalledForAgainByACorrection)
{
    Rig rig;
    rig.watch();
    rig.chart(ConcernedEntry{"she looks wrong", false});
    rig.act(Answer{rig.view().calls.at(0).id, AnswerKind::here});
    rig.chart(ValueEntry{Signal::hr, 200});
    rig.strike_newest();
    EXPECT_EQ(paged(rig.latest), 0U);
    EXPECT_EQ(rig.view().calls.at(0).state, CallState::attended);
    ASSERT_TRUE(rig.view().beds[0].concerned);
    EXPECT_EQ(rig.view().beds[0].concerned->reason, "she looks wrong");
}

TEST(RateCheck, AChangeThatIsCorrectedToAStopWaitsForNobody)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.chart(InfusionRateEntry{2, {}});
    ASSERT_TRUE(rig.view().beds[0].rate_change);
    Entry stop;
    stop.bed = BedId{0};
    stop.person = "charge";
    stop.what = InfusionStopEntry{};
    stop.corrects = rig.view().beds[0].chart->back().id;
    stop.reason = "it was stopped";
    rig.step(stop);
    EXPECT_FALSE(rig.view().beds[0].rate_change);
    EXPECT_FALSE(rig.view().beds[0].infusing);
}

// Of two that are true since the same time the one that was charted later runs, whatever the first one is corrected to.
TEST(RateCheck, IsAskedOfTheChangeThatRunsAndNotOfACorrectionOfTheOneBefore)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    const EntryId first = rig.view().beds[0].chart->back().id;
    rig.pass(5min);
    rig.chart(InfusionRateEntry{2, {}}, 5min);
    ASSERT_TRUE(change(rig));
    Entry correction;
    correction.bed = BedId{0};
    correction.person = "charge";
    correction.what = InfusionRateEntry{1.5, {}};
    correction.corrects = first;
    correction.reason = "typed wrong";
    correction.request = 901;
    rig.step(correction);
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    EXPECT_EQ(rig.view().beds[0].infusion_rate, 2);
    ASSERT_TRUE(change(rig));
    EXPECT_EQ(change(rig)->by, "midwife");
}

} // namespace
} // namespace magwatch::test
