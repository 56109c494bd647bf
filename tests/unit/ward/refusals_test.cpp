// What the ward does not take: who asks hears why, and nothing of the ward is another than before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tests/support/protocol.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr BedId bed_1{0}, bed_2{1}, nowhere{99};

// A watched bed with an infusion, an open high call and an open checklist; the other bed is not watched.
struct Ready : Rig {
    Ready()
    {
        Configuration c = configuration();
        c.protocol_name = "example.protocol.toml";
        c.protocol_text = example_protocol();
        step(c);
        Rosters rosters;
        rosters.rosters = {{"nights", {}, "charge"}};
        step(rosters);
        watch();
        chart(InfusionRateEntry{1, {}}, 1min);
        chart(ValueEntry{Signal::reflex_knee, 0});
        call = view().calls.at(0).id;
        episode = view().episodes.at(0).id;
    }
    // The reply, with the proof that a refusal changes nothing.
    template <class Ask> std::string refused(const Ask& ask)
    {
        const Bytes before = ward.save();
        const std::size_t sent = pages().size();
        ask();
        if (reply() == nullptr) return "NO REPLY";
        if (reply()->accepted) return "TAKEN: " + reply()->text;
        if (ward.save() != before) return "CHANGED THE WARD: " + reply()->text;
        if (pages().size() != sent) return "PAGED: " + reply()->text;
        return reply()->text;
    }
    template <class What> std::string asked(const What& what, const std::string& person = "midwife")
    {
        return refused([&] { act(what, person); });
    }
    template <class What> std::string charted(const What& what, std::uint16_t bed = 0)
    {
        return refused([&] { chart(what, {}, bed); });
    }

    CallId call{};
    EpisodeId episode{};
};

TEST(Refusal, WhatIsAskedOfABedThatIsNotThereOrNotWatchedChangesNothing)
{
    Ready ward;
    EXPECT_EQ(ward.asked(WatchStart{nowhere, {}, {}, {}, {}}), "no such bed");
    EXPECT_EQ(ward.asked(WatchStart{bed_1, {}, {}, {}, {}}), "this bed is already watched");
    EXPECT_EQ(ward.asked(WatchTransfer{nowhere, bed_2}), "no such bed");
    EXPECT_EQ(ward.asked(WatchTransfer{bed_1, nowhere}), "no such bed");
    EXPECT_EQ(ward.asked(WatchTransfer{bed_2, bed_1}), "the bed she leaves is not watched");
    EXPECT_EQ(ward.asked(WatchTransfer{bed_1, bed_1}), "the bed she goes to is already watched");
    EXPECT_EQ(ward.asked(PauseAudio{nowhere, 1min}), "no such bed");
    EXPECT_EQ(ward.asked(SomebodyHere{nowhere, "desk"}), "no such bed");
    for (const BedId bed : {nowhere, bed_2}) {
        EXPECT_EQ(ward.asked(WatchConfirm{bed}), "this bed is not watched");
        EXPECT_EQ(ward.asked(WatchEnd{bed, "home", "charge"}), "this bed is not watched");
        EXPECT_EQ(ward.asked(SetLimit{bed, "rr_stop", "10 /min", 1h, "why"}), "this bed is not watched");
        EXPECT_EQ(ward.asked(ProtocolOpen{bed, ProtocolBranch::grade1, "", ""}), "this bed is not watched");
        EXPECT_EQ(ward.asked(ProtocolTap{bed, "stop", StepAct::done, "", ""}), "this bed is not watched");
        EXPECT_EQ(ward.asked(ProtocolClose{bed, "over", "Dr A", ""}), "this bed is not watched");
        EXPECT_EQ(ward.asked(CheckRate{bed}), "this bed is not watched");
    }
    EXPECT_EQ(ward.charted(FitEntry{}, 99), "no such bed");
    EXPECT_EQ(ward.charted(FitEntry{}, 1), "this bed is not watched: start the watch first");
}

TEST(Refusal, NobodyActsOrChartsWithoutAName)
{
    Ready ward;
    EXPECT_EQ(ward.asked(Acknowledge{ward.episode}, ""), "who does this? 'by' is missing");
    EXPECT_EQ(ward.asked(Answer{ward.call, AnswerKind::coming}, ""), "who does this? 'by' is missing");
    EXPECT_EQ(ward.refused([&] {
        Entry entry;
        entry.bed = bed_1;
        entry.what = FitEntry{};
        entry.request = 77;
        ward.step(entry);
    }),
              "who charts this? 'by' is missing");
}

TEST(Refusal, WhatIsSaidOfAnAlarmOrCallThatIsNotOpenChangesNothing)
{
    Ready ward;
    EXPECT_EQ(ward.asked(Acknowledge{{7, 7}}), "no such open alarm");
    EXPECT_EQ(ward.asked(Shelve{{7, 7}, ShelveReason::known_fault, "", 1h}), "no such open alarm");
    EXPECT_EQ(ward.asked(Unshelve{ward.episode}), "this alarm is not shelved");
    EXPECT_EQ(ward.asked(Answer{{7, 7}, AnswerKind::here}), "this page is not known here; ring 4471");
    EXPECT_EQ(ward.asked(CallAgain{{7, 7}}), "this call is not open any more");
    EXPECT_EQ(ward.asked(CallPhoned{{7, 7}, "Dr B", true}), "this call is not open any more");
    EXPECT_EQ(ward.asked(CallPhoned{ward.call, "", true}), "who was rung up?");
    EXPECT_EQ(ward.asked(CallPhoned{ward.call, std::string(65, 'x'), true}), "the name is too long");
    EXPECT_EQ(ward.asked(SomebodyHere{bed_1, std::string(65, 'x')}), "the station is too long");
    EXPECT_EQ(ward.asked(AnswerCode{9876, AnswerKind::coming, ""}),
              "no open call with the code 9876 was sent to midwife");
}

TEST(Refusal, AWardWithoutATelephoneSendsWhoAnswersAnUnknownPageToTheWard)
{
    Ready ward;
    Configuration c = Rig::configuration();
    c.callback.clear();
    ward.step(c);
    EXPECT_EQ(ward.asked(Answer{{7, 7}, AnswerKind::here}), "this page is not known here; ring the ward");
}

TEST(Refusal, AWatchDoesNotEndWhileItIsNeeded)
{
    Ready ward;
    EXPECT_EQ(ward.asked(WatchEnd{bed_1, "home", "charge"}), "a high alarm is open: Reflex absent");
    ward.chart(ValueEntry{Signal::reflex_knee, 2});
    ward.act(Answer{ward.call, AnswerKind::here});
    ASSERT_TRUE(ward.view().episodes.empty());
    EXPECT_EQ(ward.asked(WatchEnd{bed_1, "", "charge"}), "a reason is needed");
    EXPECT_EQ(ward.asked(WatchEnd{bed_1, "home", "charge"}),
              "the calcium gluconate checklist is open: close it first");
}

TEST(Refusal, OfAChecklist)
{
    Ready ward;
    EXPECT_EQ(ward.asked(ProtocolOpen{bed_1, static_cast<ProtocolBranch>(9), "", ""}), "no such branch");
    EXPECT_EQ(ward.asked(ProtocolOpen{bed_1, ProtocolBranch::arrest, std::string(201, 'x'), ""}),
              "the words are too long");
    EXPECT_NE(ward.asked(ProtocolTap{bed_1, "no-such-step", StepAct::done, "", ""}), "");
    Rig none;
    none.watch();
    none.act(ProtocolOpen{bed_1, ProtocolBranch::grade1, "", ""});
    EXPECT_FALSE(none.reply()->accepted);
    EXPECT_THAT(none.reply()->text, HasSubstr("follow the local protocol"));
    none.act(ProtocolTap{bed_1, "stop", StepAct::done, "", ""});
    EXPECT_EQ(none.reply()->text, "no checklist is open at this bed");
    none.act(ProtocolClose{bed_1, "over", "Dr A", ""});
    EXPECT_EQ(none.reply()->text, "no checklist is open at this bed");
}

TEST(Refusal, OfAClosedChecklist)
{
    Ready ward;
    ward.act(ProtocolClose{bed_1, "the reflex was there", "Dr A", "close-1"});
    ASSERT_TRUE(ward.reply()->accepted) << ward.reply()->text;
    EXPECT_EQ(ward.asked(ProtocolTap{bed_1, "stop", StepAct::done, "", ""}), "no checklist is open at this bed");
    EXPECT_EQ(ward.asked(ProtocolClose{bed_1, "again", "Dr A", ""}), "no checklist is open at this bed");
}

TEST(Refusal, OfALimitADutyAndATest)
{
    Ready ward;
    EXPECT_EQ(ward.asked(SetLimit{bed_1, "rr_stop", "10 /min", 1h, "why"}), "the rule pack has no limit 'rr_stop'");
    const WallTime now = ward.now().wall;
    EXPECT_EQ(ward.asked(ChangeRoster{"days", "charge", {now, now + 1h}, ""}), "no such roster: 'days'");
    EXPECT_EQ(ward.asked(ChangeRoster{"nights", "nobody", {now, now + 1h}, ""}),
              "nobody of this name has a channel: 'nobody'");
    for (const Interval& when : {Interval{now, now}, Interval{now - 2h, now - 1h}, Interval{now - 1h, now}})
        EXPECT_EQ(ward.asked(ChangeRoster{"nights", "charge", when, ""}),
                  "the time of the change is over before it begins");
    EXPECT_THAT(ward.asked(ChangeRoster{"nights", "charge", {now, now + 24h * 14 + 1ms}, ""}),
                HasSubstr("at most 14 days"));
    const std::size_t sent = ward.pages().size();
    ward.act(TestPage{"nobody"});
    EXPECT_EQ(ward.reply()->text, "nobody of this name has a channel: 'nobody'");
    EXPECT_EQ(ward.pages().size(), sent);
    ward.act(ChangeRoster{"nights", "doctor", {now, now + 24h * 14}, ""});
    EXPECT_TRUE(ward.reply()->accepted) << "and the longest that may be is taken";
}

TEST(Refusal, OfWhatIsCharted)
{
    Ready ward;
    EXPECT_EQ(ward.charted(SedationEntry{""}), "which sedative was given?");
    EXPECT_EQ(ward.charted(SedationEntry{std::string(41, 'x')}), "the name of the drug is too long");
    EXPECT_EQ(ward.charted(UntestableEntry{""}), "why can no reflex be tested?");
    EXPECT_EQ(ward.charted(UntestableEntry{std::string(201, 'x')}), "the reason is too long");
    EXPECT_EQ(ward.charted(ConcernedEntry{std::string(201, 'x'), false}), "the note is too long");
    EXPECT_EQ(ward.charted(ConcernedEntry{"", true}), "nobody said to be concerned");
    EXPECT_EQ(ward.charted(SymptomEntry{{"nausae"}, {}, false}),
              "no symptom of that name: 'nausae'; did you mean 'nausea'?");
    EXPECT_EQ(ward.charted(StrikeEntry{}), "which entry is struck?");
    EXPECT_EQ(ward.refused([&] {
        Entry entry;
        entry.bed = bed_1;
        entry.person = "midwife";
        entry.at = ward.now().wall + 60s + 1ms;
        entry.what = FitEntry{};
        entry.request = 78;
        ward.step(entry);
    }),
              "the time lies in the future");
}

TEST(Refusal, OfAPlanThatNoInfusionHas)
{
    Ready ward;
    SessionEntry good;
    good.indication = Indication::pre_eclampsia;
    good.grams = 500;
    good.grams_per_hour = 500;
    const auto with = [&](const std::function<void(SessionEntry&)>& spoil) {
        SessionEntry entry = good;
        spoil(entry);
        return ward.charted(entry);
    };
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    for (const double bad : {-0.001, 500.001, nothing, HUGE_VAL}) {
        EXPECT_EQ(with([&](SessionEntry& e) { e.grams = bad; }), "no possible dose or rate") << bad;
        EXPECT_EQ(with([&](SessionEntry& e) { e.grams_per_hour = bad; }), "no possible dose or rate") << bad;
    }
    EXPECT_EQ(with([](SessionEntry& e) { e.indication = static_cast<Indication>(99); }), "no such indication");
    EXPECT_EQ(with([](SessionEntry& e) { e.setting = static_cast<Setting>(99); }), "no such setting");
    EXPECT_EQ(with([&](SessionEntry& e) { e.expected_end = ward.now().wall - 24h - 1ms; }),
              "the planned end is long past");
    EXPECT_EQ(with([](SessionEntry& e) { e.components.assign(17, "potassium"); }), "too many components");
    EXPECT_EQ(with([](SessionEntry& e) { e.components = {"potassium", ""}; }), "a component is empty");
    EXPECT_EQ(with([](SessionEntry& e) { e.components = {std::string(65, 'x')}; }), "a component is too long");
    EXPECT_EQ(ward.charted(DecisionEntry{"plan", ""}), "the reason is empty");
    EXPECT_EQ(ward.charted(DecisionEntry{"plan", std::string(1000, 'x')}), "the reason is too long");
    EXPECT_EQ(ward.charted(DecisionEntry{"plam", "why"}), "nothing to decide about 'plam'; did you mean 'plan'?");
    EXPECT_EQ(ward.charted(ScreeningEntry{}), "which question is answered?");
    EXPECT_THAT(ward.charted(ScreeningEntry{{{"myastenia", ScreeningReply::no}}, {}}),
                HasSubstr("no such question 'myastenia'"));
    good.expected_end = ward.now().wall - 24h;
    good.components.assign(16, std::string(64, 'x'));
    ward.chart(good);
    EXPECT_TRUE(ward.reply()->accepted) << "the largest that may be is taken: " << ward.reply()->text;
}

TEST(Refusal, WithoutRulesNothingIsTakenThatOnlyRulesUnderstand)
{
    Ward ward;
    EffectBuffer effects;
    const Moment now{Instant{1'000'000}, WallTime{1'767'225'600'000}};
    Configuration bare = Rig::configuration();
    bare.pack_text.clear();
    ward.step(now, Started{1, "", {}, true, ""}, effects);
    ward.step(now, bare, effects);
    Action start{"midwife", WatchStart{bed_1, {}, {}, {}, {}}, 1};
    ward.step(now, start, effects);
    ASSERT_TRUE(ward.view(now).beds[0].watched) << "she is watched all the same";
    SessionEntry plan;
    plan.indication = Indication::pre_eclampsia;
    const auto answer = [&](EntryWhat what) {
        Entry entry;
        entry.bed = bed_1;
        entry.person = "midwife";
        entry.what = std::move(what);
        entry.request = 2;
        effects.clear();
        ward.step(now, entry, effects);
        for (const Effect& effect : effects)
            if (const auto* reply = std::get_if<Reply>(&effect)) return reply->text;
        return std::string{};
    };
    EXPECT_EQ(answer(plan), "no rules are in force");
    EXPECT_EQ(answer(ScreeningEntry{{}, ScreeningReply::no}), "no rules are in force");
    EXPECT_EQ(answer(DecisionEntry{"plan", "why"}), "no rules are in force");
    EXPECT_EQ(answer(ValueEntry{Signal::renal_impairment, 1}), "recorded") << "what she is, is charted";
    EXPECT_EQ(answer(ValueEntry{Signal::reflex_knee, 2}), "recorded");
}

TEST(Refusal, AKeyThatCameBeforeIsAnsweredAndNotDoneTwice)
{
    Ready ward;
    const auto twice = [&](const auto& what) {
        ward.act(what);
        ward.act(what);
        return std::string{ward.reply()->accepted ? "" : "refused: "} + ward.reply()->text;
    };
    EXPECT_EQ(twice(ProtocolOpen{bed_1, ProtocolBranch::arrest, "", "open"}), "already recorded");
    EXPECT_EQ(twice(ProtocolClose{bed_1, "over", "Dr A", "close"}), "already recorded");
    EXPECT_EQ(twice(AnswerCode{9876, AnswerKind::coming, "code"}), "already recorded");
}

// A client whose numbers begin anew with each start would else lose what it charts, and be told that it is there.
TEST(Refusal, SomethingElseUnderAKeyThatCameBeforeIsNotTakenForTheSame)
{
    Ready ward;
    const auto chart = [&](const char* key, BedId bed, auto what, const char* person = "midwife") {
        Entry entry;
        entry.key = key;
        entry.bed = bed;
        entry.person = person;
        entry.what = std::move(what);
        entry.request = 7;
        return [&ward, entry] { ward.step(entry); };
    };
    constexpr const char* another = "its key came before with something else: send it under a key of its own";
    chart("1", bed_1, ValueEntry{Signal::reflex_knee, 2})();
    EXPECT_EQ(ward.reply()->text, "recorded");
    EXPECT_EQ(ward.refused(chart("1", bed_1, ValueEntry{Signal::reflex_knee, 0})), another);
    EXPECT_EQ(ward.refused(chart("1", bed_1, FitEntry{})), another);
    chart("1", bed_1, ValueEntry{Signal::reflex_knee, 2}, "charge")();
    EXPECT_EQ(ward.reply()->text, "already recorded") << "whoever says it again";

    const auto act = [&](auto what) { return [&ward, what] { ward.act(what); }; };
    act(ProtocolOpen{bed_1, ProtocolBranch::arrest, "", "2"})();
    ASSERT_TRUE(ward.reply()->accepted);
    EXPECT_EQ(ward.refused(act(ProtocolOpen{bed_1, ProtocolBranch::grade1, "", "2"})), another);
    EXPECT_EQ(ward.refused(act(ProtocolClose{bed_1, "over", "Dr A", "2"})), another);
    EXPECT_EQ(ward.refused(act(ProtocolTap{bed_1, "call", StepAct::done, "", "2"})), another);
    EXPECT_EQ(ward.refused(act(AnswerCode{9876, AnswerKind::coming, "2"})), another);
}

} // namespace
} // namespace magwatch::test
