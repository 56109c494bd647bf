// Snapshots that earlier versions wrote: a ward goes on from them as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "rules/base/archive.hpp"
#include "rules/observation/symptom.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;

// What each file holds: bed 1 got 4 g over 20 min and 1 g/h since; 90 s later a level of 2.1 mmol/L, morphine, 80 mL of
// urine and an absent knee reflex were charted, and the alarm about the reflex was acknowledged.
std::string stored(const std::string& name)
{
    std::ifstream in{MAGWATCH_SOURCE_DIR "/tests/data/snapshots/" + name, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

const SignalView* shown(const WardView& view, Signal signal)
{
    for (const SignalView& one : view.beds[0].signals) {
        if (one.signal == signal) return &one;
    }
    return nullptr;
}

std::vector<std::string> rules_ringing(const WardView& view)
{
    std::vector<std::string> rules;
    for (const EpisodeView& episode : view.episodes) rules.push_back(episode.rule);
    return rules;
}

TEST(StoredSnapshot, OfTheFormatBeforeGoesOnAsItWas)
{
    auto ward = Ward::load(stored("ward-7.bin"));
    ASSERT_TRUE(ward);
    const Moment left{ward->last_instant(), WallTime{1'767'225'600'000 + ward->last_instant().ms - 1'000'000}};
    const WardView view = ward->view(left);
    EXPECT_TRUE(view.beds[0].watched);
    ASSERT_EQ(view.episodes.size(), 1U);
    EXPECT_EQ(view.episodes[0].rule, "reflex-absent");
    EXPECT_TRUE(view.episodes[0].acknowledged);
    const SignalView* level = shown(view, Signal::mg);
    ASSERT_NE(level, nullptr);
    EXPECT_EQ(level->value, 2.1);
    EXPECT_EQ(shown(view, Signal::sedated)->value, 1);

    // Nothing of it is decided anew, and what comes next is judged.
    EffectBuffer effects;
    const Moment next = left.at(left.steady + 1s);
    Started started;
    started.incarnation = 2;
    started.unwatched = 1s;
    ward->step(next, started, effects);
    EXPECT_EQ(rules_ringing(ward->view(next)), (std::vector<std::string>{"reflex-absent", "technical.gap"}));
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "midwife";
    entry.what = ValueEntry{Signal::sbp, 80};
    const Moment later = left.at(left.steady + 2s);
    ward->step(later, entry, effects);
    EXPECT_THAT(rules_ringing(ward->view(later)), testing::Contains("systolic"));

    const auto again = Ward::load(as_text(ward->save()));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->save(), ward->save());
}

// Of a program whose channels were all used together; a reflex was charted as absent 61 s ago and two rungs were told.
TEST(StoredSnapshot, OfAProgramWithoutRostersKeepsItsOpenCall)
{
    auto ward = Ward::load(stored("ward-8.bin"));
    ASSERT_TRUE(ward);
    const Moment left{ward->last_instant(), WallTime{1'767'225'600'000 + ward->last_instant().ms - 1'000'000}};
    const WardView view = ward->view(left);
    ASSERT_EQ(view.calls.size(), 1U);
    EXPECT_EQ(view.calls[0].state, CallState::calling);
    EXPECT_EQ(view.calls[0].rung, 1);
    EXPECT_EQ(view.calls[0].number, 1001U);
    EXPECT_FALSE(view.pages.empty());
    EffectBuffer effects;
    ward->step(left.at(left.steady + 60s), Tick{}, effects);
    std::size_t repeated = 0;
    for (const auto& effect : effects) repeated += std::holds_alternative<SendPage>(effect) ? 1 : 0;
    EXPECT_EQ(repeated, 2U);
}

// Of a program whose replies had no keys; a reflex was charted as absent 6 s ago and the midwife was told on two channels,
// the first of which takes replies.
TEST(StoredSnapshot, OfAProgramWithoutKeysOfRepliesTakesTheReply)
{
    auto ward = Ward::load(stored("ward-9.bin"));
    ASSERT_TRUE(ward);
    const Moment left{ward->last_instant(), WallTime{1'767'225'600'000 + ward->last_instant().ms - 1'000'000}};
    ASSERT_EQ(ward->view(left).calls.size(), 1U);
    EXPECT_EQ(ward->view(left).pages.size(), 2U);
    EffectBuffer effects;
    Action action;
    action.person = "midwife";
    action.what = AnswerCode{10, AnswerKind::coming, "sms/city/reply/1"};
    ward->step(left.at(left.steady + 1s), action, effects);
    EXPECT_EQ(ward->view(left).calls[0].state, CallState::accepted);
}

// Of a program that knew no commissioning records: on a ward, a monitor and a pump of bed 1 told their values for 20 s.
TEST(StoredSnapshot, OfAProgramWithoutCommissioningRecordsIsTrustedUntilTheShellTellsTheMap)
{
    auto ward = Ward::load(stored("ward-10.bin"));
    ASSERT_TRUE(ward);
    const Moment left{ward->last_instant(), WallTime{1'767'225'600'000 + ward->last_instant().ms - 1'000'000}};
    EXPECT_TRUE(ward->trusts(BedId{0}, SourceId{0}, Signal::rr));
    ASSERT_NE(shown(ward->view(left), Signal::rr), nullptr);
    EXPECT_EQ(shown(ward->view(left), Signal::rr)->value, 16);
    Configuration told = Rig::configuration();
    told.mode = Mode::ward;
    told.sources[0].bed = told.sources[1].bed = "bed-1";
    told.sources[0].fingerprint = "f1";
    EffectBuffer effects;
    ward->step(left.at(left.steady + 1s), told, effects);
    const WardView view = ward->view(left.at(left.steady + 1s));
    EXPECT_THAT(rules_ringing(view), testing::Contains("technical.commission_lost"))
        << "its values were used: that they are not any more is told aloud";
    EXPECT_THAT(rules_ringing(view), testing::Not(testing::Contains("technical.signals_lost")));
    EXPECT_EQ(shown(view, Signal::rr), nullptr);
}

// A disk may return any bit otherwise than it was written: what is taken is whole, the rest is refused, and neither ends the
// program. Every byte of every kept format, by turns with its lowest bit turned and as 0xFF.
TEST(StoredSnapshot, WithOneByteChangedIsRefusedOrTakenWhole)
{
    for (const char* name : {"ward-7.bin", "ward-8.bin", "ward-9.bin", "ward-10.bin", "ward-11.bin"}) {
        const std::string bytes = stored(name);
        ASSERT_FALSE(bytes.empty()) << name;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            std::string hurt = bytes;
            hurt[i] = i % 2 == 0 ? static_cast<char>(bytes[i] ^ 1) : '\xFF';
            const auto ward = Ward::load(hurt);
            if (!ward) continue;
            const Bytes saved = ward->save();
            const auto again = Ward::load(as_text(saved));
            ASSERT_TRUE(again) << name << ", byte " << i;
            ASSERT_EQ(again->save(), saved) << name << ", byte " << i;
        }
    }
}

// Of a program that knew 58 signals: anhydrous sulfate ran, then 5 g of the heptahydrate were injected, and slurred speech
// and flushing were charted.
TEST(StoredSnapshot, TellsWhatItKnowsOfSignalsThatCameLater)
{
    const auto ward = Ward::load(stored("ward-7-symptoms.bin"));
    ASSERT_TRUE(ward);
    const WardView view = ward->view(Moment{ward->last_instant(), WallTime{1'767'225'600'000}});
    ASSERT_NE(shown(view, Signal::salt), nullptr);
    EXPECT_EQ(shown(view, Signal::salt)->value, 0) << "the one charted last";
    ASSERT_NE(shown(view, Signal::symptoms), nullptr);
    EXPECT_EQ(shown(view, Signal::symptoms)->value,
              (1U << *symptom_bit("slurred_speech")) | (1U << *symptom_bit("flushing")));
    EXPECT_EQ(shown(view, Signal::symptoms)->last_at, shown(view, Signal::symptom)->last_at);
    EXPECT_EQ(shown(view, Signal::im_dose), nullptr) << "it told the injection to the doses alone";
}

// Answers kept for another plan of the rules mean nothing: here the same rule with another limit.
TEST(StoredSnapshot, WhatWasAnsweredUnderAnotherPlanIsAskedAgain)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    std::string bytes{as_text(rig.ward.save())};
    const std::string was = "reflex < 1", is = "reflex < 3";
    const std::size_t at = bytes.find(was);
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, was.size(), is);
    auto ward = Ward::load(bytes);
    ASSERT_TRUE(ward);
    EffectBuffer effects;
    const Moment next = rig.now().at(rig.now().steady + 1s);
    ward->step(next, Tick{}, effects);
    ASSERT_EQ(ward->view(next).episodes.size(), 1U);
    EXPECT_EQ(ward->view(next).episodes[0].rule, "reflex-absent");
}

// Of the oldest format that is read. Bed 1: 2 g/h for half an hour, no reflex and little urine; bed 2: nothing of
// magnesium; bed 3: 2 g/h, stopped just now; bed 4: 5 g injected just now; bed 5: 10 g injected a minute
// ago, which no rate by vein comes to.
TEST(StoredSnapshot, OfTheOldestFormatThatIsReadGoesOnAsItWas)
{
    auto ward = Ward::load(stored("ward-2.bin"));
    ASSERT_TRUE(ward);
    const Moment left{ward->last_instant(), WallTime{1'767'225'600'000 + ward->last_instant().ms - 1'000'000}};
    const WardView view = ward->view(left);
    ASSERT_EQ(view.beds.size(), 6U);
    EXPECT_EQ(view.beds_watched, 5U);
    EXPECT_THAT(rules_ringing(view), testing::IsSupersetOf({"reflex-absent", "urine-low", "technical.infusion_record"}));
    const auto course = [&](std::size_t bed) { return view.beds.at(bed).prediction.course; };
    EXPECT_NEAR(course(0).grams(left.steady - 1h, left.steady, false), 1, 0.01);
    EXPECT_EQ(*course(0).incomplete_since(), left.steady - 30min + 1ms) << "how it was given is not known";
    EXPECT_TRUE(course(1).pieces().empty());
    EXPECT_NEAR(course(2).grams(left.steady - 1h, left.steady + 1h, false), 1, 0.01) << "stopped";
    EXPECT_TRUE(course(3).pieces().empty());
    EXPECT_TRUE(course(4).pieces().empty());
    EXPECT_TRUE(ward->messages_seen(SourceId{0}).empty());
    const auto again = Ward::load(as_text(ward->save()));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->save(), ward->save());
    // And a correction rests on what it knew.
    EffectBuffer effects;
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "midwife";
    entry.what = ValueEntry{Signal::avpu, 2};
    ward->step(left, entry, effects);
    entry.what = StrikeEntry{};
    entry.corrects = ward->view(left).beds[0].chart->back().id;
    entry.reason = "other bed";
    ward->step(left, entry, effects);
    EXPECT_NEAR(ward->view(left).beds[0].dose_total, 1, 0.01);
    EXPECT_THAT(rules_ringing(ward->view(left)), testing::Contains("urine-low"));
}

// What a journal of a program before holds has fewer fields.
template <class T> T of_format(const T& value, std::uint32_t format, std::size_t fewer_bytes)
{
    Bytes bytes = to_bytes(value);
    bytes.resize(bytes.size() - fewer_bytes);
    Reader reader{bytes};
    reader.set_format(format);
    T out;
    reader(out);
    EXPECT_TRUE(reader.done());
    return out;
}

TEST(StoredInput, OfAFormatBeforeIsReadWithoutWhatItDidNotHave)
{
    Entry entry;
    entry.bed = BedId{1};
    entry.person = "midwife";
    entry.what = ValueEntry{Signal::avpu, 2};
    const Entry read = of_format(entry, 11, 4); // corrects, reason, second
    EXPECT_EQ(read.person, "midwife");
    EXPECT_EQ(read.corrects, EntryId{});
    Started started;
    started.incarnation = 4;
    EXPECT_EQ(of_format(started, 11, 1).incarnation, 4U); // stopped_by
    const AnswerCode code{17, AnswerKind::here, ""};
    EXPECT_EQ(of_format(code, 9, 1).code, 17); // key
    EXPECT_EQ(of_format(code, 10, 0).kind, AnswerKind::here);
}

} // namespace
} // namespace magwatch::test
