// A new configuration on a running ward: what goes on, what ends, and what is refused.
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

Configuration with_pack(const std::string& text)
{
    Configuration c = Rig::configuration();
    c.pack_text = text;
    return c;
}

Configuration without_pack()
{
    Configuration c = with_pack("");
    c.pack_name.clear();
    return c;
}

std::string renamed(const std::string& from, const std::string& to)
{
    std::string text = small_pack;
    text.replace(text.find(from), from.size(), to);
    return text;
}

const std::string named_limit = [] {
    std::string text = renamed("[[rule]]", "[limits]\nrr_stop = { value = \"12 /min\", source = \"test\" }\n[[rule]]");
    const std::string when = "rr < 12 /min";
    text.replace(text.find(when), when.size(), "rr < rr_stop");
    return text;
}();

void set_limit(Rig& rig, const std::string& value)
{
    SetLimit set;
    set.bed = BedId{0};
    set.limit = "rr_stop";
    set.value = value;
    set.length = 4h;
    set.reason = "breathes slowly asleep";
    rig.act(set);
}

// Nobody watches a bed without rules for long: but who is watched before the first pack came goes on.
TEST(Reload, AWardWithoutRulesKeepsItsPatientsAndJudgesThemOnceRulesCome)
{
    Ward ward;
    EffectBuffer effects;
    Moment now{Instant{1'000'000}, WallTime{1'767'225'600'000}};
    const auto step = [&](const Input& input) { ward.step(now, input, effects); };
    step(Started{1, "", {}, true, ""});
    step(without_pack());
    step(Action{"midwife", WatchStart{BedId{0}, {}, {}, {}, {}}, 1});
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "midwife";
    entry.what = ValueEntry{Signal::reflex_knee, 0};
    step(entry);
    Action limit{"midwife", SetLimit{BedId{0}, "rr_stop", "9 /min", 1h, "asleep"}, 2};
    step(limit);
    EXPECT_EQ(std::get<Reply>(effects.back()).text, "the rule pack has no limit 'rr_stop'");
    entry.what = InfusionRateEntry{1, {}};
    step(entry);
    now = now.at(now.steady + 1h);
    step(Tick{});
    step(without_pack());
    EXPECT_TRUE(ward.view(now).beds[0].infusing);
    EXPECT_THAT(ward.view(now).beds[0].inhibited, IsEmpty());
    const auto again = Ward::load(as_text(ward.save()));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->save(), ward.save());
    step(with_pack(small_pack));
    std::vector<std::string> rules;
    const WardView view = ward.view(now);
    for (const EpisodeView& one : view.episodes) rules.push_back(one.rule);
    EXPECT_THAT(rules, Contains("reflex-absent"));
}

TEST(Reload, WithoutAPackKeepsTheOneThatRuns)
{
    Rig rig;
    rig.watch();
    rig.step(without_pack());
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_THAT(rig.events("reflex-absent"), ElementsAre("raised"));
}

TEST(Reload, IsRefusedWithoutAPackWhereThereAreBeds)
{
    Rig rig;
    EXPECT_THAT(rig.ward.why_refused(without_pack()), ElementsAre("no rule pack"));
    Configuration nobody = without_pack();
    nobody.beds.clear();
    EXPECT_THAT(rig.ward.why_refused(nobody), IsEmpty()) << "who watches nobody needs none";
    EXPECT_THAT(rig.ward.why_refused(with_pack("nonsense")), Not(IsEmpty()));
}

// The shell asks before; here nobody did.
TEST(Reload, OfAPackThatCannotBeReadChangesNothingWhereThereWasNone)
{
    Ward ward;
    EffectBuffer effects;
    const Moment now{Instant{1'000'000}, WallTime{1'767'225'600'000}};
    ward.step(now, Started{1, "", {}, true, ""}, effects);
    ward.step(now, without_pack(), effects);
    const Configuration bad = with_pack("nonsense");
    ward.step(now, bad, effects);
    EXPECT_FALSE(ward.has_configuration(bad));
    EXPECT_TRUE(ward.has_configuration(without_pack()));
}

TEST(Reload, ARuleThatRangForNobodyGoesWithoutATrace)
{
    Rig rig;
    rig.watch();
    rig.step(with_pack(renamed("id = \"systolic\"", "id = \"pressure\"")));
    EXPECT_THAT(rig.view().episodes, Not(Contains(testing::Field(&EpisodeView::rule, "systolic"))));
    rig.chart(ValueEntry{Signal::sbp, 80});
    EXPECT_THAT(rig.events("pressure"), ElementsAre("raised"));
}

TEST(Reload, AnAlarmWhoseRuleVanishedEndsWithWhoeverIsAtTheBed)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const CallId call = rig.view().calls.at(0).id;
    rig.step(with_pack(renamed("id = \"reflex-absent\"", "id = \"no-reflex\"")));
    rig.act(Answer{call, AnswerKind::here});
    const auto events = rig.events("reflex-absent");
    EXPECT_EQ(events.back(), "cleared") << "nothing could end it but a person";
}

TEST(Reload, ACheckThatThePackNoLongerAsksForIsOverdueNoMore)
{
    for (const bool overdue : {true, false}) {
        Rig rig;
        rig.watch();
        rig.chart(InfusionRateEntry{1, {}});
        if (overdue) rig.pass(80min);
        ASSERT_EQ(rig.events("check.reflex").empty(), !overdue);
        rig.step(with_pack(renamed("id = \"reflex\"", "id = \"hammer\"")));
        if (overdue) {
            EXPECT_EQ(rig.events("check.reflex").back(), "cleared");
        }
        EXPECT_EQ(rig.view().beds[0].checks.at(0).id, "hammer");
    }
}

TEST(Reload, ABenchmarkPackRunsInADemo)
{
    Rig rig;
    Configuration demo = with_pack(std::string{"benchmark = true\n"} + small_pack);
    EXPECT_THAT(rig.ward.why_refused(demo), IsEmpty());
    demo.mode = Mode::ward;
    EXPECT_THAT(rig.ward.why_refused(demo), Not(IsEmpty()));
}

TEST(Reload, LimitsAndFreshnessOfTheSiteHoldForWhoIsWatched)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    Configuration c = with_pack(named_limit);
    c.limits = {{"rr_stop", "9 /min"}};
    c.freshness = {{Signal::hr, 5s}, {Signal::spo2, 10min}};
    rig.step(c);
    rig.stream(Signal::rr, 10, 60);
    EXPECT_THAT(rig.events("rr-low"), IsEmpty());
    rig.observe(Signal::spo2, 97);
    rig.observe(Signal::hr, 80);
    for (int i = 0; i < 60; ++i) {
        rig.observe(Signal::rr, 14 + i % 2);
        rig.pass(1s);
    }
    const WardView view = rig.view();
    EXPECT_TRUE(the(view.beds[0], Signal::spo2).value) << "fresh for as long as the site says";
    EXPECT_FALSE(the(view.beds[0], Signal::hr).value);
    rig.stream(Signal::rr, 8, 60);
    EXPECT_THAT(rig.events("rr-low"), Contains("raised"));
    set_limit(rig, "7 /min");
    EXPECT_EQ(rig.reply()->text, "rr_stop is 7 /min for her; for all others 9 /min");
    ASSERT_EQ(rig.view().beds[0].own_limits.size(), 1U);
    EXPECT_EQ(rig.view().beds[0].own_limits[0].ward_value, "9 /min");
}

TEST(Reload, TellsOfALimitOfHersThatDoesNotFitOnlyIfTheRestIsGood)
{
    Rig rig;
    rig.step(with_pack(named_limit));
    rig.watch();
    set_limit(rig, "9 /min");
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    EXPECT_THAT(rig.ward.why_refused(with_pack(named_limit)), IsEmpty());
    EXPECT_THAT(rig.ward.why_refused(with_pack(small_pack)), ElementsAre(HasSubstr("has a limit of its own (rr_stop)")));
    EXPECT_THAT(rig.ward.why_refused(with_pack("nonsense")), Not(Contains(HasSubstr("limit of its own"))));
}

// The shell asks before it steps; what comes all the same leaves no patient without rules.
TEST(Reload, ALimitOfHersThatDoesNotFitEndsAndTheWardsRulesHold)
{
    Rig rig;
    rig.step(with_pack(named_limit));
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    set_limit(rig, "9 /min");
    rig.step(with_pack(small_pack));
    EXPECT_THAT(rig.view().beds[0].own_limits, IsEmpty());
    rig.stream(Signal::rr, 10, 60);
    EXPECT_THAT(rig.events("rr-low"), Contains("raised"));
}

TEST(Reload, ALimitThatSheDoesNotHaveIsEndedAlready)
{
    Rig rig;
    rig.step(with_pack(named_limit));
    rig.watch();
    set_limit(rig, "");
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_EQ(rig.reply()->text, "she has no limit of her own for rr_stop");
}

TEST(Reload, TheLastGoodConfigurationDoesNotEndTheWordThatTheNewOneWasRefused)
{
    Rig rig;
    rig.step(ShellStatus{ShellFault::configuration, true, "line 3: no such key"});
    Configuration last_good = Rig::configuration();
    last_good.fallback = true;
    last_good.fallback_reason = "line 3: no such key";
    rig.step(last_good);
    EXPECT_THAT(rig.events("technical.configuration"), ElementsAre("raised"));
    EXPECT_THAT(rig.events("technical.fallback"), ElementsAre("raised"));
    EXPECT_TRUE(rig.view().fallback);
    rig.step(Rig::configuration());
    EXPECT_THAT(rig.events("technical.configuration"), ElementsAre("raised", "cleared"));
    EXPECT_THAT(rig.events("technical.fallback"), ElementsAre("raised", "cleared"));
}

TEST(Reload, AChannelThatFailsAndThatSomebodyStillHasGoesOnFailing)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.step(Receipt{rig.pages().back().key, PageOutcome::failed, "HTTP 503"});
    ASSERT_THAT(rig.events("technical.channel"), Contains("raised"));
    rig.step(Rig::configuration());
    rig.pass(6min);
    EXPECT_THAT(rig.events("technical.channel"), Not(Contains("cleared")));
}

// What an older program took into force stands in its journal, and this program may read packs more strictly.
TEST(Reload, OfAPackThatOnlyAnOlderProgramTookWhoWasWatchedIsWatchedOn)
{
    Rig rig;
    rig.ward = Ward{};
    Started started;
    started.incarnation = 1;
    rig.step(started);
    Configuration refused = Rig::configuration();
    refused.pack_text = std::string{small_pack} + "[[rule]]\nid = \"words\"\ntitle = \"t\"\nmessage = \"m\"\n"
                        "prompt = \"p\"\nsource = \"s\"\npriority = \"high\"\nwhen = \"avpu >= 2 * voice\"\n";
    rig.step(refused);
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    EXPECT_TRUE(rig.view().beds.at(0).watched);
    EXPECT_THAT(rig.events("technical.configuration"), testing::ElementsAre("raised"));
    const Bytes saved = rig.ward.save();
    EXPECT_TRUE(Ward::load(as_text(saved))) << "what it is now can be stored";
    rig.step(Rig::configuration());
    EXPECT_THAT(rig.events("technical.configuration"), testing::ElementsAre("raised", "cleared"));
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_THAT(rig.events("reflex-absent"), testing::ElementsAre("raised"));
    rig.step(refused);
    EXPECT_THAT(rig.events("technical.configuration"), testing::ElementsAre("raised", "cleared", "raised"));
    rig.chart(ValueEntry{Signal::sbp, 80});
    EXPECT_THAT(rig.events("systolic"), testing::ElementsAre("raised")) << "the pack in force stays";
}

// A monitor that went to another bed is missed by nobody who is admitted to the bed that it left.
TEST(Reload, AMonitorThatStandsAtAnotherBedIsNotMissedByTheNextPatientHere)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.sources[0].bed = "bed-1";
    c.sources[2].bed = "bed-2";
    rig.step(c);
    rig.watch();
    rig.stream(Signal::rr, 16, 5);
    rig.chart(InfusionStopEntry{});
    WatchEnd end;
    end.bed = BedId{0};
    end.reason = "delivered";
    rig.act(end);
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    std::swap(c.sources[0].bed, c.sources[2].bed);
    rig.step(c);
    rig.watch();
    for (int i = 0; i < 60; ++i) {
        rig.observe(Signal::rr, 16 + i % 2, 2, 0);
        rig.pass(1s);
    }
    EXPECT_THAT(rig.events("technical.silent"), testing::IsEmpty());
}

} // namespace
} // namespace magwatch::test
