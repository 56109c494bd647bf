// Restarts, snapshots and determinism.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "rules/base/archive.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;

Bytes bytes_of(const EffectBuffer& effects)
{
    Bytes out;
    Writer writer{out};
    for (const auto& effect : effects) writer(effect);
    return out;
}

// A small generator that is the same everywhere.
struct Random {
    std::uint64_t state;
    std::uint32_t below(std::uint32_t n)
    {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::uint32_t>((state >> 33) % n);
    }
};

// A busy night of two beds: readings, gaps, charting, answers, receipts.
void busy_night(Rig& rig, std::uint64_t seed, int turns)
{
    Random random{seed};
    rig.watch(0);
    rig.watch(1);
    for (int i = 0; i < turns; ++i) {
        const auto bed = static_cast<std::uint16_t>(random.below(2));
        const auto source = static_cast<std::uint16_t>(bed == 0 ? 0 : 2);
        switch (random.below(16)) {
        case 0: rig.chart(ValueEntry{Signal::reflex_knee, static_cast<double>(random.below(4))}, {}, bed); break;
        case 1: rig.chart(InfusionRateEntry{static_cast<double>(random.below(5)), {}}, {}, bed); break;
        case 2: rig.chart(UrineEntry{static_cast<double>(random.below(120)), {}}, {}, bed); break;
        case 3: rig.pass(Duration{random.below(400'000)}); break;
        case 4:
            if (!rig.view().calls.empty()) {
                const auto kind = static_cast<AnswerKind>(random.below(3));
                rig.act(Answer{rig.view().calls[0].id, kind});
            }
            break;
        case 5:
            if (!rig.view().episodes.empty()) rig.act(Acknowledge{rig.view().episodes[0].id});
            break;
        case 6: {
            RefusedValue refused{BedId{bed}, SourceId{source}, true, Signal::rr, Refusal::implausible};
            rig.step(refused);
            break;
        }
        case 7:
            if (!rig.pages().empty()) {
                rig.step(Receipt{rig.pages().back().key, static_cast<PageOutcome>(random.below(3)), "x"});
            }
            break;
        case 8: rig.chart(BolusEntry{2, 5min, {}}, {}, bed); break;
        default:
            rig.observe(Signal::rr, 8 + random.below(12), source, bed);
            rig.observe(Signal::spo2, 90 + random.below(10), source, bed);
            rig.pass(Duration{1000 + random.below(3000)});
        }
    }
}

TEST(Recovery, EqualInputsGiveEqualEffectsByteForByte)
{
    Rig a, b;
    busy_night(a, 7, 600);
    busy_night(b, 7, 600);
    EXPECT_GT(a.effects.size(), 50U);
    EXPECT_EQ(bytes_of(a.effects), bytes_of(b.effects));
    EXPECT_EQ(a.ward.save(), b.ward.save());
}

TEST(Recovery, TheLoopsJitterChangesNothing)
{
    // The same inputs, with ticks at other moments than the deadlines.
    Rig rig;
    busy_night(rig, 11, 400);
    Ward late;
    EffectBuffer effects;
    Random random{5};
    Moment at = rig.inputs.front().first;
    const auto tick_until = [&](Instant end) {
        for (;;) {
            const Instant next = at.steady + Duration{100 + random.below(20'000)};
            if (next >= end) return;
            at = at.at(next);
            late.step(at, Tick{}, effects);
        }
    };
    for (const auto& [moment, input] : rig.inputs) {
        if (std::holds_alternative<Tick>(input)) continue;
        tick_until(moment.steady);
        at = moment;
        late.step(at, input, effects);
    }
    tick_until(rig.now().steady);
    late.step(rig.now(), Tick{}, effects);
    EXPECT_EQ(bytes_of(rig.effects), bytes_of(effects));
}

TEST(Recovery, SnapshotPlusTailEqualsTheFullReplayAtTwoHundredCutPoints)
{
    Rig rig;
    busy_night(rig, 23, 700);
    ASSERT_GT(rig.inputs.size(), 1000U);
    Random random{99};
    for (int cut = 0; cut < 200; ++cut) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(rig.inputs.size()));
        Ward ward;
        EffectBuffer effects;
        for (std::size_t i = 0; i < at; ++i) ward.step(rig.inputs[i].first, rig.inputs[i].second, effects);
        const Bytes snapshot = ward.save();
        auto loaded = Ward::load(as_text(snapshot));
        ASSERT_TRUE(loaded) << "cut " << at;
        ASSERT_EQ(loaded->save(), snapshot) << "cut " << at;
        for (std::size_t i = at; i < rig.inputs.size(); ++i) {
            loaded->step(rig.inputs[i].first, rig.inputs[i].second, effects);
        }
        ASSERT_EQ(bytes_of(effects), bytes_of(rig.effects)) << "cut " << at;
        ASSERT_EQ(loaded->save(), rig.ward.save()) << "cut " << at;
    }
}

TEST(Recovery, DamagedSnapshotsAreRefused)
{
    Rig rig;
    busy_night(rig, 3, 100);
    const Bytes good = rig.ward.save();
    EXPECT_FALSE(Ward::load(as_text(good).substr(0, good.size() / 2)));
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_FALSE(Ward::load(as_text(longer)));
    Bytes newer = good;
    newer[0] = 0x7F;
    EXPECT_FALSE(Ward::load(as_text(newer)));
}

Started restart(std::uint32_t incarnation, Duration unwatched)
{
    Started started;
    started.incarnation = incarnation;
    started.unwatched = unwatched;
    return started;
}

TEST(Recovery, AnUnansweredCallRingsAgainAtOnceAndSaysHowLongNobodyWatched)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const Page first = rig.pages()[0];
    rig.step(Receipt{first.key, PageOutcome::accepted, ""});
    rig.jump(rig.now().at(rig.now().steady + 3s));
    rig.step(restart(2, 3s));
    ASSERT_EQ(rig.pages().size(), 2U);
    const Page again = rig.pages()[1];
    EXPECT_EQ(again.reason, PageReason::restart);
    EXPECT_EQ(again.unwatched, Duration{3s});
    EXPECT_EQ(again.number, first.number);
    EXPECT_NE(again.key, first.key) << "a restart notice is a new repetition";
}

TEST(Recovery, AnIntentWithoutAnOutcomeIsResentUnderItsKeyAndNeverAThirdTime)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const PageKey key = rig.pages()[0].key;
    for (std::uint32_t incarnation = 2; incarnation < 6; ++incarnation) {
        rig.jump(rig.now().at(rig.now().steady + 1s));
        rig.step(restart(incarnation, 1s));
    }
    const auto pages = rig.pages();
    EXPECT_EQ(std::count_if(pages.begin(), pages.end(), [&](const Page& p) { return p.key == key; }), 2);
}

// Where technical calls do not wait, the start's own alarm rings in the step in which the calls before it ring again.
TEST(Recovery, TheAlarmAboutTheInterruptionRingsOnce)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.technical.first_after = {};
    rig.step(c);
    rig.watch();
    rig.jump(rig.now().at(rig.now().steady + 30s));
    rig.step(restart(2, 30s));
    const auto pages = rig.pages();
    ASSERT_EQ(pages.size(), 1U);
    EXPECT_EQ(pages[0].reason, PageReason::first);
    EXPECT_EQ(pages[0].attempt, 1);
    ASSERT_FALSE(pages[0].words.empty());
    EXPECT_EQ(pages[0].words[0], "Nobody was watching for 30 s");
}

// Whoever hears of it first, by whichever message, hears how long nobody watched.
TEST(Recovery, EveryMessageAfterAnInterruptionSaysHowLongNobodyWatched)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.people[0].channels.push_back({"smtp", "mail", "m"});
    rig.step(c);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const PageKey key = rig.pages()[0].key;
    const auto messages = [&rig](std::uint32_t incarnation, Duration unwatched) {
        rig.jump(rig.now().at(rig.now().steady + unwatched));
        const std::size_t before = rig.pages().size();
        rig.step(restart(incarnation, unwatched));
        const auto all = rig.pages();
        return std::vector<Page>{all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
    };
    auto heard = messages(2, 30s);
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[0].key, key) << "the intent without an outcome comes first";
    for (const Page& page : heard) {
        EXPECT_EQ(page.unwatched, Duration{30s});
        EXPECT_NE(page_text(page, "02:14").find("ot watched for 30 s"), std::string::npos) << page_text(page, "02:14");
    }
    // Killed again before anything is known to have left: all of it still tells of the 30 s.
    heard = messages(3, 1s);
    ASSERT_EQ(heard.size(), 2U);
    for (const Page& page : heard) EXPECT_EQ(page.unwatched, Duration{30s});
    // And so does the next channel.
    rig.pass(6s);
    ASSERT_EQ(rig.pages().back().key.channel, "mail");
    EXPECT_EQ(rig.pages().back().unwatched, Duration{30s});
    for (const Page& page : rig.pages()) rig.step(Receipt{page.key, PageOutcome::accepted, ""});
    heard = messages(4, 2s);
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].unwatched, Duration{2s}) << "everybody had heard of the 30 s";
}

// What left before it was on the disk, and was lost with it, is not mistaken for what rings after the restart.
TEST(Recovery, OfTwoGapsEachSaysHowLongItWasAndWhoHadStoppedIt)
{
    Rig rig;
    rig.watch();
    const auto gap = [&rig](std::uint32_t incarnation, Duration unwatched, const std::string& by) {
        rig.jump(rig.now().at(rig.now().steady + unwatched));
        Started started = restart(incarnation, unwatched);
        started.stopped_by = by;
        rig.step(started);
        std::string said;
        for (const EpisodeView& one : rig.ward.view(rig.now()).episodes)
            if (one.rule == "technical.gap") said += one.message;
        return said;
    };
    EXPECT_EQ(gap(2, 1s, "systemd"), "Nobody was watching for 1 s: stopped on purpose by systemd");
    EXPECT_EQ(gap(3, 90s, ""), "Nobody was watching for 90 s") << "while the first is still shown";
}

TEST(Recovery, AKeyThatMayHaveLeftBeforeItsCommitNeverComesAgain)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const Bytes on_disk = rig.ward.save();
    std::set<std::string> keys;
    const auto rings_again = [&](std::uint32_t incarnation) {
        rig.ward = *Ward::load(as_text(on_disk));
        rig.jump(rig.now().at(rig.now().steady + 1s));
        rig.step(restart(incarnation, 1s));
        const std::string key = rig.pages().back().key.text();
        EXPECT_TRUE(keys.insert(key).second) << key;
        rig.chart(InfusionRateEntry{4, {}});
        rig.pass(10s); // a new sign rings once more
        for (const Page& page : rig.pages())
            if (page.reason == PageReason::new_sign) keys.insert(page.key.text());
    };
    for (std::uint32_t incarnation = 2; incarnation < 8; ++incarnation) rings_again(incarnation);
    EXPECT_GE(keys.size(), 12U);
}

// A page that left and was lost with the process has a number and a code that people may still use.
TEST(Recovery, NumbersAndCodesThatMayHaveLeftAreNotThoseOfAnotherCall)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.people[0].channels = {{"sms", "text", "1", false, true}};
    rig.step(c);
    rig.watch(0);
    rig.watch(1);
    const Bytes on_disk = rig.ward.save();
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 0);
    const Page lost = rig.pages().back();
    ASSERT_NE(lost.code, 0);
    rig.ward = *Ward::load(as_text(on_disk));
    rig.jump(rig.now().at(rig.now().steady + 1s));
    rig.step(restart(2, 1s));
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 1);
    const Page other = rig.pages().back();
    ASSERT_NE(other.bed, lost.bed);
    EXPECT_NE(other.number, lost.number);
    EXPECT_NE(other.code, lost.code);
    rig.act(AnswerCode{lost.code, AnswerKind::here, "r1"});
    ASSERT_NE(rig.reply(), nullptr);
    EXPECT_FALSE(rig.reply()->accepted) << "it was said of another bed";
    // By its link: nobody is told that it ended, which nobody knows.
    rig.act(Answer{lost.key.call, AnswerKind::coming});
    ASSERT_NE(rig.reply(), nullptr);
    EXPECT_FALSE(rig.reply()->accepted);
    EXPECT_EQ(rig.reply()->text, "this page is not known here; ring 4471");
    rig.act(Answer{other.key.call, AnswerKind::here});
    rig.chart(ValueEntry{Signal::reflex_knee, 2}, {}, 1);
    for (const EpisodeView& one : rig.view().episodes) rig.act(Acknowledge{one.id});
    for (const CallView& open : rig.view().calls) ASSERT_NE(open.id, other.key.call);
    rig.act(Answer{other.key.call, AnswerKind::coming});
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_EQ(rig.reply()->text, "this call is over");
}

TEST(Recovery, AnAnsweredCallStaysQuiet)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.act(Answer{rig.pages()[0].key.call, AnswerKind::here});
    rig.jump(rig.now().at(rig.now().steady + 2s));
    rig.step(restart(2, 2s));
    rig.pass(30s);
    EXPECT_EQ(rig.pages().size(), 1U);
}

TEST(Recovery, AQuietWardPagesNobodyAfterARestart)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    for (std::uint32_t incarnation = 2; incarnation < 10; ++incarnation) {
        rig.stream(Signal::rr, 16, 20);
        rig.jump(rig.now().at(rig.now().steady + 5s));
        rig.step(restart(incarnation, 5s));
    }
    EXPECT_THAT(rig.pages(), testing::IsEmpty());
}

TEST(Recovery, AfterTenSecondsAValueIsStillTheNewestAndLaterItIsForgotten)
{
    const auto shown_after = [](Duration stop) {
        Rig rig;
        rig.watch();
        rig.stream(Signal::rr, 16, 5);
        rig.jump(rig.now().at(rig.now().steady + stop));
        rig.step(restart(2, stop));
        const WardView view = rig.view();
        return std::any_of(view.beds[0].signals.begin(), view.beds[0].signals.end(),
                           [](const SignalView& one) { return one.signal == Signal::rr && one.last_at.ms != 0; });
    };
    EXPECT_TRUE(shown_after(10s));
    EXPECT_FALSE(shown_after(10s + 1ms));
}

TEST(Recovery, AfterALongStopNothingIsJudgedFromTheTimeInWhichNobodyListened)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.stream(Signal::rr, 16, 20);
    rig.jump(rig.now().at(rig.now().steady + 10min));
    rig.step(restart(2, 10min));
    EXPECT_THAT(rig.events("technical.silent"), testing::IsEmpty());
    EXPECT_THAT(rig.events("technical.gap"), testing::ElementsAre("raised"));
    const WardView view = rig.view();
    for (const auto& signal : view.beds[0].signals) {
        if (signal.signal != Signal::rr) continue;
        EXPECT_FALSE(signal.value) << "an old value is not shown as a new one";
        EXPECT_EQ(signal.last_at.ms, 0) << "nor as the last one";
    }
    rig.pass(40s);
    EXPECT_THAT(rig.events("technical.silent"), testing::ElementsAre("raised")) << "nor carried forward";
}

// A sign that a monitor left out before the stop, and leaves out after it, is missed after it as well.
TEST(Recovery, ASignThatDoesNotComeBackAfterAStopIsLost)
{
    Rig rig;
    rig.use_pack("lost.toml", std::string{small_pack} + R"(
[[rule]]
id = "breathing-lost"
title = "Breathing lost"
message = "No breathing rate"
prompt = "Count."
source = "test"
priority = "high"
when = "lost(rr) and age(rr) >= 2 min"
)");
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    for (int i = 0; i < 60; ++i) {
        rig.observe(Signal::rr, 16 + i % 2);
        rig.stream(Signal::spo2, 97 + i % 2, 1);
    }
    for (int i = 0; i < 90; ++i) rig.stream(Signal::spo2, 97 + i % 2, 1);
    rig.jump(rig.now().at(rig.now().steady + 15s));
    rig.step(restart(2, 15s));
    for (int i = 0; i < 130; ++i) rig.stream(Signal::spo2, 97 + i % 2, 1);
    EXPECT_THAT(rig.events("breathing-lost"), testing::ElementsAre("raised"));
}

TEST(Recovery, IdsOfTwoIncarnationsNeverMeet)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.jump(rig.now().at(rig.now().steady + 1s));
    rig.step(restart(2, 1s));
    rig.chart(InfusionRateEntry{4, {}});
    rig.pass(10s);
    const auto view = rig.view();
    ASSERT_GE(view.episodes.size(), 2U);
    EXPECT_EQ(view.episodes.front().id.incarnation, 1U);
    EXPECT_EQ(view.episodes.back().id.incarnation, 2U);
}

TEST(Recovery, TheNewestMessagesOfASourceAreKnownAfterASnapshot)
{
    Rig rig;
    for (std::uint64_t i = 1; i <= 5000; ++i) rig.step(MessageSeen{SourceId{0}, i, i + 1});
    rig.step(MessageSeen{SourceId{2}, 7, 8});
    rig.step(MessageSeen{SourceId{9}, 7, 8}); // no source of ours
    const auto restored = Ward::load(as_text(rig.ward.save()));
    ASSERT_TRUE(restored);
    const auto seen = restored->messages_seen(SourceId{0});
    ASSERT_EQ(seen.size(), 4096U);
    EXPECT_EQ(seen.front(), (MessageSeen{SourceId{0}, 905, 906}));
    EXPECT_EQ(seen.back(), (MessageSeen{SourceId{0}, 5000, 5001}));
    EXPECT_EQ(restored->messages_seen(SourceId{2}).size(), 1U);
    EXPECT_TRUE(restored->messages_seen(SourceId{1}).empty());
    EXPECT_TRUE(restored->messages_seen(SourceId{9}).empty());
}

TEST(Gap, SaysForHowLongNobodyWatchedInWholeWords)
{
    const std::vector<std::pair<Duration, std::string>> lengths{
        {500ms, "1 s"}, {30s, "30 s"}, {119'499ms, "119 s"}, {119'500ms, "2 min"},
        {7'199s, "119 min"}, {7'200s, "2 h"}, {49h, "49 h"}};
    for (const auto& length : lengths) {
        Rig rig;
        rig.watch();
        rig.step(restart(2, length.first));
        std::string told;
        for (const EpisodeView& one : rig.view().episodes)
            if (one.rule == "technical.gap") told = one.message;
        EXPECT_EQ(told, "Nobody was watching for " + length.second);
    }
}

TEST(Gap, OfAnUnknownLengthForgetsWhatTheMonitorsSaid)
{
    Rig rig;
    rig.watch();
    rig.observe(Signal::rr, 16);
    rig.observe(Signal::pump_rate, 1, 1);
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    Started started = restart(2, {});
    started.unwatched_known = false;
    rig.step(started);
    std::vector<std::string> told;
    for (const EpisodeView& one : rig.view().episodes) told.push_back(one.message);
    EXPECT_THAT(told, ::testing::Contains("Nobody was watching, for an unknown time"));
    const WardView seen = rig.view();
    for (const SignalView& one : seen.beds[0].signals) {
        if (one.signal == Signal::rr) {
            EXPECT_FALSE(one.value) << "it may be hours old";
        } else if (one.signal == Signal::reflex_knee) {
            EXPECT_EQ(one.value, 2) << "what was charted has its own time";
        }
    }
}

TEST(Names, OfBedsAndSourcesFindThemAndOthersFindNothing)
{
    const Rig rig;
    EXPECT_EQ(rig.ward.find_bed("bed-2"), BedId{1});
    EXPECT_EQ(rig.ward.find_bed("bed-3"), std::nullopt);
    EXPECT_EQ(rig.ward.find_source("pump-1"), SourceId{1});
    EXPECT_EQ(rig.ward.find_source("pump"), std::nullopt);
    EXPECT_EQ(rig.ward.bed_configuration(BedId{1})->place, "Ward L4 Bed 2");
    EXPECT_EQ(rig.ward.bed_configuration(BedId{2}), nullptr);
}

TEST(Recovery, OfTwoCallsEachSaysHowLongNobodyWatchedAndWhatIsOverIsNotSentAgain)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.high.follow_ups = true;
    rig.step(c);
    rig.watch(0);
    rig.watch(1);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 0);
    rig.pass(1s);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 1);
    rig.chart(ValueEntry{Signal::sbp, 80}, {}, 1);
    rig.step(ShellStatus{ShellFault::journal, true, "disk"});
    const CallId over = rig.pages().at(0).key.call;
    rig.chart(ValueEntry{Signal::reflex_knee, 2}, {}, 0);
    rig.act(Answer{over, AnswerKind::here}); // it ends, and its page and the word that it ended have no outcome
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 0);
    rig.jump(rig.now().at(rig.now().steady + 30s));
    rig.step(restart(2, 30s));
    std::set<std::uint16_t> beds;
    for (const Effect& effect : rig.latest) {
        const auto* sent = std::get_if<SendPage>(&effect);
        if (sent == nullptr || sent->page.bed == no_bed) continue;
        EXPECT_NE(sent->page.key.call, over);
        EXPECT_FALSE(is_follow_up(sent->page.reason)) << sent->page.key.text();
        EXPECT_EQ(sent->page.unwatched, Duration{30s}) << sent->page.key.text();
        beds.insert(sent->page.bed.value);
    }
    EXPECT_EQ(beds.size(), 2U);
}

TEST(Recovery, AFollowUpOfACallThatIsStillOpenIsNotSentAgain)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.high.follow_ups = true;
    rig.step(c);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.act(Answer{rig.pages().at(0).key.call, AnswerKind::cannot});
    ASSERT_EQ(rig.view().calls.at(0).state, CallState::calling);
    rig.jump(rig.now().at(rig.now().steady + 3s));
    rig.step(restart(2, 3s));
    for (const Effect& effect : rig.latest)
        if (const auto* sent = std::get_if<SendPage>(&effect)) {
            EXPECT_FALSE(is_follow_up(sent->page.reason));
        }
}

TEST(Recovery, CodesBeginAnewOnceAllWereSkipped)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.people[0].channels = {{"sms", "text", "1", false, true}};
    rig.step(c);
    rig.watch();
    for (std::uint32_t incarnation = 2; incarnation < 14; ++incarnation) {
        rig.jump(rig.now().at(rig.now().steady + 1s));
        rig.step(restart(incarnation, 1s));
    }
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    ASSERT_FALSE(rig.pages().empty());
    EXPECT_GE(rig.pages().back().code, 10);
    EXPECT_LE(rig.pages().back().code, 99);
}

// The restart itself finds it: nothing is heard of her any more.
TEST(Recovery, WhatTheRestartFindsRingsOnceAndSaysHowLongNobodyWatched)
{
    Rig rig;
    std::string text = small_pack;
    const std::string when = "when = \"sbp < 90 mmHg\"";
    text.replace(text.find(when), when.size(), when + "\n\n[[rule]]\nid = \"unheard\"\ntitle = \"Not heard\"\n"
                 "message = \"Breathing not heard\"\nprompt = \"Go.\"\nsource = \"test\"\npriority = \"high\"\n"
                 "grade = 2\nlatching = true\nwhen = \"not known(rr) and age(rr) < 60 s\"");
    rig.use_pack("p.toml", text);
    rig.watch();
    rig.stream(Signal::rr, 16, 3);
    ASSERT_TRUE(rig.pages().empty());
    rig.jump(rig.now().at(rig.now().steady + 2min));
    rig.step(restart(2, 2min));
    ASSERT_EQ(rig.events("unheard"), std::vector<std::string>{"raised"});
    const auto pages = rig.pages();
    ASSERT_EQ(pages.size(), 1U);
    EXPECT_EQ(pages[0].bed, BedId{0});
    EXPECT_EQ(pages[0].unwatched, Duration{2min});
    EXPECT_NE(page_text(pages[0], "02:14").find("ot watched for 2 min"), std::string::npos) << page_text(pages[0], "02:14");
}

// A vital sign that was there is missed from then on; that a monitor had an alarm on says nothing of now.
TEST(Recovery, AMonitorsOwnAlarmIsNeitherHeldNorMissedAfterAStop)
{
    Rig rig;
    rig.watch();
    rig.observe(Signal::rr, 16);
    rig.observe(Signal::monitor_apnoea, 1);
    rig.jump(rig.now().at(rig.now().steady + 15s));
    rig.step(restart(2, 15s));
    std::vector<Signal> known;
    const WardView view = rig.view();
    for (const SignalView& one : view.beds[0].signals) {
        if (one.signal != Signal::rr && one.signal != Signal::monitor_apnoea) continue;
        known.push_back(one.signal);
        EXPECT_FALSE(one.value);
    }
    EXPECT_EQ(known, std::vector<Signal>{Signal::rr});
}

} // namespace
} // namespace magwatch::test
