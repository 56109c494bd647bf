// Shelving: a technical alarm that is known makes neither sound nor page for a while, and nothing else does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

const EpisodeView* open(const WardView& view, const std::string& rule)
{
    for (const EpisodeView& episode : view.episodes) {
        if (episode.rule == rule) return &episode;
    }
    return nullptr;
}

EpisodeId id_of(const Rig& rig, const std::string& rule)
{
    const WardView view = rig.view();
    const EpisodeView* found = open(view, rule);
    return found == nullptr ? EpisodeId{} : found->id;
}

Shelve shelve(EpisodeId id, Duration length = 1h, ShelveReason reason = ShelveReason::known_fault)
{
    return {id, reason, "", length};
}

// A watched bed that has had no magnesium, and whose monitor says nothing any more.
struct Silent : Rig {
    explicit Silent(bool magnesium = false)
    {
        watch();
        if (magnesium) chart(InfusionRateEntry{1, {}});
        else chart(InfusionStopEntry{});
        stream(Signal::hr, 80, 5);
        pass(40s);
    }
    void shelve_silence(Duration length = 1h)
    {
        act(shelve(id_of(*this, "technical.silent"), length), "charge");
        ASSERT_TRUE(reply()->accepted) << reply()->text;
    }
};

void watch_without_hammer(Rig& rig)
{
    WatchStart start;
    start.bed = BedId{0};
    start.calcium_at_bed = start.oxygen_at_bed = true;
    start.hammer_at_bed = false;
    rig.act(start);
}

TEST(Shelve, StaysVisibleMakesNoSoundAndNoPageAndComesBackByItself)
{
    Silent rig;
    const EpisodeId id = id_of(rig, "technical.silent");
    ASSERT_NE(id, EpisodeId{});
    ASSERT_TRUE(rig.view().calls.at(0).sounding);
    rig.act(Shelve{id, ShelveReason::other, "away with the patient", 1h}, "charge");
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    const std::size_t pages = rig.pages().size();
    rig.pass(59min);
    EXPECT_THAT(rig.view().calls, IsEmpty()) << "nothing sounds, nobody is called";
    EXPECT_EQ(rig.pages().size(), pages);
    const WardView shown = rig.view();
    const EpisodeView* alarm = open(shown, "technical.silent");
    ASSERT_NE(alarm, nullptr) << "it stays in the list";
    EXPECT_EQ(alarm->id, id);
    ASSERT_TRUE(alarm->shelved);
    EXPECT_EQ(alarm->shelved->by, "charge");
    EXPECT_EQ(alarm->shelved->reason, "other");
    EXPECT_EQ(alarm->shelved->note, "away with the patient");
    EXPECT_EQ(alarm->shelved->until, rig.now().wall + 1min);
    rig.pass(1min);
    EXPECT_FALSE(open(rig.view(), "technical.silent")->shelved);
    ASSERT_EQ(rig.view().calls.size(), 1U);
    EXPECT_TRUE(rig.view().calls[0].sounding) << "the ward sounds at once";
    rig.pass(200s);
    EXPECT_GT(rig.pages().size(), pages) << "and people are paged again";
}

TEST(Shelve, AnAlarmAboutThePatientOrOfHighPriorityIsRefused)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::sbp, 80});
    rig.act(shelve(id_of(rig, "systolic")));
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_THAT(rig.reply()->text, HasSubstr("about the patient"));
    rig.chart(ConcernedEntry{});
    rig.act(shelve(id_of(rig, "staff.concerned")));
    EXPECT_FALSE(rig.reply()->accepted);

    Silent silent{true};
    silent.pass(3min);
    silent.act(shelve(id_of(silent, "technical.silent_long")));
    EXPECT_FALSE(silent.reply()->accepted);
    EXPECT_THAT(silent.reply()->text, HasSubstr("high"));
    silent.act(shelve(EpisodeId{9, 9}));
    EXPECT_FALSE(silent.reply()->accepted);
}

TEST(Shelve, WhatSaysThatNobodyCanTellIsRefusedWhileMagnesiumActsOrMayAct)
{
    Silent rig{true};
    rig.act(shelve(id_of(rig, "technical.silent")));
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_THAT(rig.reply()->text, HasSubstr("nobody can tell"));
    EXPECT_FALSE(open(rig.view(), "technical.silent")->shelved);
    rig.pass(80min);
    const EpisodeId check = id_of(rig, "check.reflex");
    ASSERT_NE(check, EpisodeId{});
    rig.act(shelve(check));
    EXPECT_FALSE(rig.reply()->accepted) << "a check that nobody charts is all that tells of her reflexes";

    Rig unknown; // nobody charted whether magnesium runs
    unknown.watch();
    unknown.stream(Signal::hr, 80, 5);
    unknown.pass(90s);
    for (const char* rule : {"technical.silent", "technical.infusion_record"}) {
        ASSERT_NE(id_of(unknown, rule), EpisodeId{}) << rule;
        unknown.act(shelve(id_of(unknown, rule)));
        EXPECT_FALSE(unknown.reply()->accepted) << rule;
    }
}

TEST(Shelve, ThingsAtTheBedCanBeShelvedThoughMagnesiumRuns)
{
    Rig rig;
    watch_without_hammer(rig);
    rig.chart(InfusionRateEntry{1, {}});
    rig.act(shelve(id_of(rig, "technical.preparation")));
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
}

TEST(Shelve, APumpThatIsTakenAwayAfterTheStopCanBeShelvedAndOneThatMayRunCannot)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.stream(Signal::pump_rate, 1, 5, 1);
    rig.pass(2min);
    const EpisodeId id = id_of(rig, "technical.pump_silent");
    ASSERT_NE(id, EpisodeId{});
    rig.act(shelve(id));
    EXPECT_FALSE(rig.reply()->accepted);
    rig.chart(InfusionStopEntry{});
    rig.act(shelve(id_of(rig, "technical.pump_silent"), 4h, ShelveReason::device_away));
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.chart(InfusionRateEntry{1, {}});
    EXPECT_FALSE(open(rig.view(), "technical.pump_silent")->shelved) << "it may run again";
}

TEST(Shelve, ComesBackAtOnceWhenAnInfusionStarts)
{
    Silent rig;
    rig.shelve_silence(4h);
    rig.pass(10min);
    ASSERT_TRUE(open(rig.view(), "technical.silent")->shelved);
    rig.chart(InfusionRateEntry{1, {}});
    EXPECT_FALSE(open(rig.view(), "technical.silent")->shelved);
    ASSERT_FALSE(rig.view().calls.empty());
    EXPECT_TRUE(rig.view().calls[0].sounding);
    rig.pass(2min);
    EXPECT_NE(open(rig.view(), "technical.silent_long"), nullptr) << "and what it became is high";
}

TEST(Shelve, OneMoreSignalThatIsLostEndsIt)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionStopEntry{});
    const auto speak = [&](int seconds, bool with_spo2) {
        for (int i = 0; i < seconds; ++i) {
            rig.observe(Signal::hr, 80 + i % 3);
            if (with_spo2) rig.observe(Signal::spo2, 95 + i % 3);
            rig.pass(1s);
        }
    };
    rig.observe(Signal::rr, 16);
    speak(40, true);
    rig.act(shelve(id_of(rig, "technical.signals_lost"), 4h));
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    speak(60, true);
    ASSERT_TRUE(open(rig.view(), "technical.signals_lost")->shelved);
    speak(40, false);
    EXPECT_FALSE(open(rig.view(), "technical.signals_lost")->shelved) << "her oxygen is not seen any more either";
}

TEST(Shelve, APatientWhoMovesTakesNoShelvedAlarmAlong)
{
    Rig rig;
    WatchStart start;
    start.bed = BedId{0};
    rig.act(start);
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(11min);
    rig.act(shelve(id_of(rig, "screening.missing"), 4h));
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.act(WatchTransfer{BedId{0}, BedId{1}});
    ASSERT_NE(id_of(rig, "screening.missing"), EpisodeId{});
    EXPECT_FALSE(open(rig.view(), "screening.missing")->shelved) << "those at the new bed do not know of it";
}

TEST(Shelve, IsOverWithItsConditionAndDoesNotCoverTheNext)
{
    Silent rig;
    const EpisodeId first = id_of(rig, "technical.silent");
    rig.shelve_silence(4h);
    rig.stream(Signal::hr, 80, 5);
    EXPECT_EQ(open(rig.view(), "technical.silent"), nullptr);
    rig.pass(40s);
    const WardView view = rig.view();
    const EpisodeView* again = open(view, "technical.silent");
    ASSERT_NE(again, nullptr);
    EXPECT_NE(again->id, first);
    EXPECT_FALSE(again->shelved);
    EXPECT_TRUE(view.calls.at(0).sounding);
}

TEST(Shelve, OneMoreDeviceThatFallsSilentEndsIt)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionStopEntry{});
    rig.stream(Signal::hr, 80, 5, 0);
    for (int i = 0; i < 40; ++i) {
        rig.observe(Signal::spo2, 95 + i % 3, 2);
        rig.pass(1s);
    }
    rig.act(shelve(id_of(rig, "technical.silent"), 4h));
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    for (int i = 0; i < 60; ++i) {
        rig.observe(Signal::spo2, 95 + i % 3, 2);
        rig.pass(1s);
    }
    ASSERT_TRUE(open(rig.view(), "technical.silent")->shelved) << "while the other one speaks";
    rig.pass(40s);
    EXPECT_FALSE(open(rig.view(), "technical.silent")->shelved);
}

TEST(Shelve, ADifferentChannelThatFailsEndsItAndTheSameWithAnotherNumberDoesNot)
{
    Rig rig;
    rig.step(ShellStatus{ShellFault::channel, true, "Gateway a: no answer for 30 s"});
    rig.act(shelve(id_of(rig, "technical.channel"), 4h));
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.step(ShellStatus{ShellFault::channel, true, "Gateway a: no answer for 90 s"});
    EXPECT_TRUE(open(rig.view(), "technical.channel")->shelved);
    rig.step(ShellStatus{ShellFault::channel, true, "Gateway b: no answer for 30 s"});
    EXPECT_FALSE(open(rig.view(), "technical.channel")->shelved);
}

TEST(Shelve, OneMoreChannelThatFailsEndsItWhateverItIsCalled)
{
    Rig rig;
    const std::string one = "Pager channel sms gateway1 does not answer", other = "Pager channel sms gateway2 does not answer";
    const auto say = [&](const std::string& words) { rig.step(ShellStatus{ShellFault::channel, true, words}); };
    const auto shelved = [&] { return open(rig.view(), "technical.channel")->shelved.has_value(); };
    say(one);
    rig.act(shelve(id_of(rig, "technical.channel"), 4h));
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    say(one);
    EXPECT_TRUE(shelved());
    say(one + "; " + other);
    EXPECT_FALSE(shelved());
    rig.act(shelve(id_of(rig, "technical.channel"), 4h));
    ASSERT_TRUE(shelved());
    say(other);
    EXPECT_TRUE(shelved()) << "one that answers again is no news";
    say("Pager channel sms 2 does not answer");
    EXPECT_FALSE(shelved()) << "a number may be a name";
}

TEST(Shelve, HowLongEachChannelHasFailedIsNoNewsWhereverItStands)
{
    Rig rig;
    const auto say = [&](const std::string& words) { rig.step(ShellStatus{ShellFault::channel, true, words}); };
    const auto shelved = [&] { return open(rig.view(), "technical.channel")->shelved.has_value(); };
    say("Gateway a: no answer for 90 s; Gateway b: status 3");
    rig.act(shelve(id_of(rig, "technical.channel"), 4h));
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    say("Gateway a: no answer for 2 min; Gateway b: status 3");
    EXPECT_TRUE(shelved());
    say("Gateway a: no answer for 3 min; Gateway b: status 4");
    EXPECT_FALSE(shelved()) << "a number without a unit is no length";
}

TEST(Shelve, ThatNobodyWatchedCannotBeShelved)
{
    Rig rig;
    rig.step(ShellStatus{ShellFault::loop_late, true, "Nobody was watching for 9 s"});
    rig.act(shelve(id_of(rig, "technical.loop_late")));
    EXPECT_FALSE(rig.reply()->accepted);
}

TEST(Shelve, LengthAndReasonAreBounded)
{
    Silent rig;
    const EpisodeId id = id_of(rig, "technical.silent");
    for (const Duration length : {Duration{0}, Duration{5min} - 1ms, Duration{240min} + 1ms}) {
        rig.act(shelve(id, length));
        EXPECT_FALSE(rig.reply()->accepted) << length.count();
    }
    rig.act(shelve(id, 1h, ShelveReason::other));
    EXPECT_FALSE(rig.reply()->accepted) << "other than what?";
    rig.act(Shelve{id, static_cast<ShelveReason>(5), "", 1h});
    EXPECT_EQ(rig.reply()->text, "a reason is needed");
    rig.act(Shelve{id, ShelveReason::other, std::string(201, 'x'), 1h});
    EXPECT_FALSE(rig.reply()->accepted);
    for (const Duration length : {Duration{5min}, Duration{240min}}) {
        rig.act(shelve(id, length));
        EXPECT_TRUE(rig.reply()->accepted) << length.count();
    }
    EXPECT_EQ(open(rig.view(), "technical.silent")->shelved->until, rig.now().wall + 240min) << "the last word holds";
}

TEST(Shelve, SomebodyCanTakeItBack)
{
    Silent rig;
    const EpisodeId id = id_of(rig, "technical.silent");
    rig.act(Unshelve{id});
    EXPECT_FALSE(rig.reply()->accepted);
    rig.shelve_silence();
    rig.act(Unshelve{id}, "midwife");
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_FALSE(open(rig.view(), "technical.silent")->shelved);
    EXPECT_TRUE(rig.view().calls.at(0).sounding);
}

TEST(Shelve, OtherAlarmsOfTheBedKeepTheirCallAndAnAnsweredOneHearsOfItsReturn)
{
    Rig rig;
    watch_without_hammer(rig);
    rig.chart(InfusionStopEntry{});
    rig.stream(Signal::hr, 80, 5);
    rig.pass(5min);
    ASSERT_EQ(rig.view().calls.size(), 1U);
    const CallView before = rig.view().calls[0];
    ASSERT_EQ(before.episodes.size(), 2U);
    rig.act(shelve(id_of(rig, "technical.silent"), 10min), "charge");
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    ASSERT_EQ(rig.view().calls.size(), 1U);
    EXPECT_EQ(rig.view().calls[0].id, before.id);
    EXPECT_EQ(rig.view().calls[0].episodes.size(), 1U);
    EXPECT_TRUE(rig.view().calls[0].sounding) << "for the reflex hammer";
    rig.act(Answer{before.id, AnswerKind::here});
    rig.pass(10min - 1s);
    rig.act(Answer{before.id, AnswerKind::here});
    EXPECT_FALSE(rig.view().calls[0].sounding);
    const std::size_t pages = rig.pages().size();
    rig.pass(1s);
    EXPECT_TRUE(rig.view().calls[0].sounding);
    EXPECT_EQ(rig.view().calls[0].state, CallState::calling);
    EXPECT_GT(rig.pages().size(), pages);
}

TEST(Shelve, WhoWasPagedHearsThatItWasShelved)
{
    Silent rig;
    Configuration told = Rig::configuration();
    told.technical.follow_ups = true;
    rig.step(told);
    rig.pass(4min);
    ASSERT_FALSE(rig.pages().empty());
    rig.shelve_silence();
    const Page last = rig.pages().back();
    EXPECT_EQ(last.reason, PageReason::ended);
    EXPECT_THAT(last.words.at(0), HasSubstr("Shelved for 60 min by charge"));
}

TEST(Shelve, ARestartKeepsItAndItStillComesBackInTime)
{
    Silent rig;
    rig.shelve_silence(30min);
    auto again = Ward::load(as_text(rig.ward.save()));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->save(), rig.ward.save());
    Started started;
    started.incarnation = 2;
    started.unwatched = 20min;
    EffectBuffer effects;
    Moment now = rig.now().at(rig.now().steady + 20min);
    again->step(now, started, effects);
    EXPECT_TRUE(open(again->view(now), "technical.silent")->shelved);
    for (const CallView& call : again->view(now).calls) EXPECT_EQ(call.bed, "") << "only that nobody watched";
    now = now.at(now.steady + 10min);
    again->step(now, Tick{}, effects);
    EXPECT_FALSE(open(again->view(now), "technical.silent")->shelved);
}

TEST(Shelve, IsReplayedFromItsInputsByteForByteWhateverTheTicks)
{
    Silent rig;
    rig.shelve_silence(10min);
    rig.pass(12min); // it is back, and nobody is paged yet: rungs that a late loop missed are not rung one by one
    Ward seldom;
    EffectBuffer effects;
    for (const auto& [at, input] : rig.inputs) {
        if (!std::holds_alternative<Tick>(input)) seldom.step(at, input, effects);
    }
    seldom.step(rig.now(), Tick{}, effects);
    const auto told = [](const EffectBuffer& of) {
        std::vector<Bytes> out;
        for (const Effect& effect : of) {
            if (!std::holds_alternative<Publish>(effect)) out.push_back(to_bytes(effect));
        }
        return out;
    };
    EXPECT_EQ(told(effects), told(rig.effects));
    EXPECT_THAT(rig.events("technical.silent"), testing::Contains("unshelved"));
}

TEST(Shelve, TheProbeOnTheCuffsArmAndADeviceThatIsNotCommissionedCanBeShelvedThoughMagnesiumRuns)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.mode = Mode::ward;
    c.sources[0].fingerprint = "f1";
    rig.step(c);
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.observe(Signal::hr, 80);
    rig.act(shelve(id_of(rig, "technical.uncommissioned")));
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    c.sources[2].fingerprint = "f1";
    rig.step(c);
    rig.observe(Signal::hr, 80, 2);
    EXPECT_FALSE(open(rig.view(), "technical.uncommissioned")->shelved) << "one more of them";
    rig.act(shelve(id_of(rig, "technical.uncommissioned")));
    ASSERT_TRUE(rig.reply()->accepted);
    rig.act(Unshelve{id_of(rig, "technical.uncommissioned")});
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_FALSE(open(rig.view(), "technical.uncommissioned")->shelved);
    EXPECT_THAT(rig.pages(), testing::Not(testing::Contains(testing::Field(
                                 &Page::words, testing::Contains(HasSubstr("commissioned"))))))
        << "of low priority it calls nobody, shelved or not";
}

TEST(Shelve, ADeviceThatIsNoLongerCommissionedCanBeShelved)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.observe(Signal::hr, 80);
    Configuration c = Rig::configuration();
    c.mode = Mode::ward;
    c.sources[0].fingerprint = "f1"; // nobody compared it, and its values were used
    rig.step(c);
    ASSERT_NE(id_of(rig, "technical.commission_lost"), EpisodeId{});
    rig.act(shelve(id_of(rig, "technical.commission_lost")));
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.pass(10min);
    EXPECT_TRUE(open(rig.view(), "technical.commission_lost")->shelved);
}

TEST(Shelve, TheCuffsArmCanBeShelved)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    for (int round = 0; round < 5; ++round) {
        for (int second = 0; second < 300; ++second) {
            rig.observe(Signal::spo2, second >= 260 ? 88 : 97 + second % 2);
            rig.pass(1s);
        }
        rig.observe(Signal::sbp, 120 + round);
    }
    ASSERT_NE(id_of(rig, "technical.cuff_arm"), EpisodeId{});
    rig.act(shelve(id_of(rig, "technical.cuff_arm")));
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
}

TEST(Shelve, OfABedThatNobodyWatchesOnlyWhileNoPumpRunsThere)
{
    Rig rig;
    rig.stream(Signal::hr, 80, 150);
    rig.act(shelve(id_of(rig, "technical.unwatched")));
    EXPECT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    for (int i = 0; i < 5; ++i) {
        rig.observe(Signal::pump_rate, 1, 1);
        rig.stream(Signal::hr, 80, 1);
    }
    EXPECT_FALSE(open(rig.view(), "technical.unwatched")->shelved);
    rig.act(shelve(id_of(rig, "technical.unwatched")));
    EXPECT_FALSE(rig.reply()->accepted);
}

TEST(Shelve, AFrozenMonitorIsNamedAndOneMoreEndsIt)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionStopEntry{});
    rig.observe(Signal::rr, 14, 77); // of a source that nobody configured: it has no name
    for (int i = 0; i < 320; ++i) {
        rig.observe(Signal::hr, 80, 0);
        rig.observe(Signal::spo2, 95 + i % 3, 2);
        rig.pass(1s);
    }
    rig.act(shelve(id_of(rig, "technical.frozen"), 4h));
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    for (int i = 0; i < 320; ++i) {
        rig.observe(Signal::hr, 80, 0);
        rig.observe(Signal::spo2, 97, 2);
        rig.pass(1s);
    }
    EXPECT_FALSE(open(rig.view(), "technical.frozen")->shelved);
}

TEST(Shelve, WhatIsOverOrHasNoRuleAnyMoreIsAcknowledgedInstead)
{
    Rig rig;
    const std::string technical = std::string{small_pack} + R"(
[[rule]]
id = "battery"
title = "Battery"
message = "Battery of the monitor low"
prompt = "Plug it in."
source = "test"
kind = "technical"
priority = "medium"
latching = true
when = "hr < 30 /min"
)";
    rig.use_pack("p.toml", technical);
    rig.watch();
    rig.chart(InfusionStopEntry{});
    rig.observe(Signal::hr, 20);
    const EpisodeId battery = id_of(rig, "battery");
    ASSERT_NE(battery, EpisodeId{});
    rig.use_pack("small.toml", small_pack);
    rig.act(shelve(battery));
    EXPECT_EQ(rig.reply()->text, "its cause is over: acknowledge it instead") << "its rule is gone";

    Rig over;
    over.use_pack("p.toml", technical);
    over.watch();
    over.chart(InfusionStopEntry{});
    over.observe(Signal::hr, 20);
    over.pass(1s);
    over.observe(Signal::hr, 80);
    ASSERT_TRUE(open(over.view(), "battery")->latched);
    over.act(shelve(id_of(over, "battery")));
    EXPECT_EQ(over.reply()->text, "its cause is over: acknowledge it instead");
}

TEST(Shelve, ASilentMonitorCannotBeShelvedWhileWhatWasStoppedStillActs)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.stream(Signal::hr, 80, 60);
    rig.chart(InfusionStopEntry{});
    rig.pass(40s);
    rig.act(shelve(id_of(rig, "technical.silent")));
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_THAT(rig.reply()->text, HasSubstr("nobody can tell how she is"));
}

TEST(Shelve, ThatSamplesWereLostCannotBeShelved)
{
    Rig rig;
    rig.step(ShellStatus{ShellFault::inbox_overflow, true, "900 samples"});
    rig.act(shelve(id_of(rig, "technical.inbox_overflow")));
    EXPECT_FALSE(rig.reply()->accepted);
    Started again;
    again.incarnation = 2;
    again.unwatched = 1h;
    rig.step(again);
    rig.act(shelve(id_of(rig, "technical.gap")));
    EXPECT_EQ(rig.reply()->text, "nobody was watching: this ends by itself and cannot be shelved");
}

TEST(Shelve, WhoeverIsComingForAnotherAlarmOfTheBedHearsOfItsReturn)
{
    Rig rig;
    watch_without_hammer(rig);
    rig.chart(InfusionStopEntry{});
    rig.stream(Signal::hr, 80, 5);
    rig.pass(5min);
    const CallId call = rig.view().calls.at(0).id;
    rig.act(shelve(id_of(rig, "technical.silent"), 10min), "charge");
    rig.pass(10min - 1s);
    rig.act(Answer{call, AnswerKind::coming});
    ASSERT_EQ(rig.view().calls[0].state, CallState::accepted);
    const std::size_t pages = rig.pages().size();
    rig.pass(1s);
    EXPECT_EQ(rig.view().calls[0].state, CallState::calling);
    EXPECT_GT(rig.pages().size(), pages);
}

TEST(Shelve, ALengthBeforeACommaIsNoNewsAndANameWithTwoSpacesIsItsOwn)
{
    Rig rig;
    const auto say = [&](const std::string& words) { rig.step(ShellStatus{ShellFault::channel, true, words}); };
    const auto shelved = [&] { return open(rig.view(), "technical.channel")->shelved.has_value(); };
    say("Gateway a: no answer for 90 s, then status 3");
    rig.act(shelve(id_of(rig, "technical.channel"), 4h));
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    say("Gateway a: no answer for 2 min, then status 3");
    EXPECT_TRUE(shelved());
    say("Pager channel  s does not answer");
    EXPECT_FALSE(shelved());
    rig.act(shelve(id_of(rig, "technical.channel"), 4h));
    ASSERT_TRUE(shelved());
    say("Pager channel  h does not answer");
    EXPECT_FALSE(shelved()) << "a letter that stands for a unit may be a name";
}

} // namespace
} // namespace magwatch::test
