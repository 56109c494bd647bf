// Recorded HL7 messages as messages of now: what changes, what does not, and when they go out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <nlohmann/json.hpp>

#include "adapters/monitors/hl7/decode_json.hpp"
#include "adapters/monitors/hl7/mllp.hpp"
#include "adapters/monitors/hl7/time.hpp"
#include "tools/replay/hl7_recording.hpp"
#include "tools/replay/message_stage.hpp"
#include "tools/replay/served_sections.hpp"

namespace magwatch
{
namespace
{

namespace hl7 = adapters::hl7;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr WallTime now{1'767'262'499'123}; // 2026-01-01 10:14:59.123 UTC

std::string message(const std::string& sent, const std::string& id, const std::string& rest = "")
{
    return "MSH|^~\\&|GW^1^ISO|WARD|||" + sent + "||ORU^R01|" + id + "|P|2.6\r" + rest;
}

std::vector<nlohmann::json> rows_of(const std::string& bytes)
{
    std::ostringstream out;
    hl7::SourceProfile profile;
    profile.usable_with_status_x = true;
    (void)hl7::decode_as_json(out, "f", bytes, profile);
    std::vector<nlohmann::json> rows;
    std::istringstream lines{out.str()};
    for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
    return rows;
}

TEST(ToldAsOf, MovesTimesAndKeepsTheirDistances)
{
    const std::string recorded =
        message("20200508130645+0000", "9",
                "PV1||I|LD^^BED4\n"
                "OBR|1||||||20200508130600+0000|||||||||\r\n"
                "OBX|1|NM|150021^SYS^MDC|1.1|120|266016^MDC_DIM_MMHG^MDC|||||R|||20200508150145.5+0200\r"
                "OBX|2|NM|150022^DIA^MDC|1.1|80|266016^MDC_DIM_MMHG^MDC|||||R|||20200508\r");
    EXPECT_EQ(told_as_of(recorded, now, "NEW1"),
              "MSH|^~\\&|GW^1^ISO|WARD|||20260101101459.123+0000||ORU^R01|NEW1|T|2.6\r"
              "PV1||I|LD^^BED4\r"
              "OBR|1||||||20260101101414.123+0000|||||||||\r"
              "OBX|1|NM|150021^SYS^MDC|1.1|120|266016^MDC_DIM_MMHG^MDC|||||R|||20260101100959.623+0000\r"
              "OBX|2|NM|150022^DIA^MDC|1.1|80|266016^MDC_DIM_MMHG^MDC|||||R|||20200508\r");
}

TEST(ToldAsOf, WithoutATimeOfItsOwnTheNewestOfItsTimesIsNow)
{
    const std::string told = told_as_of(
        message("", "1", "OBR|1||||||20200508130600\rOBX|1|NM|a||1||||||F|||20200508130700\r"), now, "N");
    EXPECT_THAT(told, HasSubstr("OBR|1||||||20260101101359.123+0000\r"));
    EXPECT_THAT(told, HasSubstr("|F|||20260101101459.123+0000\r"));
}

TEST(ToldAsOf, LeavesOutWhoThePatientIs)
{
    const std::string told = told_as_of(
        message("20200508130645", "1",
                "PID|1||4711^^^MRN||Rahman^Robin||19311002\rNK1|1|Rahman^Mary\rPV1||I|LD\rIN1|1|x\r"
                "GT1|1||Rahman\rOBX|1|NM|a||1\r"),
        now, "N");
    EXPECT_THAT(told, HasSubstr("\rPID|\rPV1||I|LD\rOBX|1|NM|a||1\r"));
    EXPECT_THAT(told, Not(HasSubstr("Rahman")));
    EXPECT_THAT(told, Not(HasSubstr("4711")));
}

TEST(ToldAsOf, AsksForOneAnswerInTheSendersOwnSeparators)
{
    const std::string own = "MSH@~&#\\@GW@WARD@@@20200508130645@@ORU~R01@1@P@2.6@@@NE@NE@@UNICODE UTF-8\r";
    EXPECT_EQ(told_as_of(own + "PID@1@@4711\rOBR@1@@@@@@20200508130645\r", now, "N"),
              "MSH@~&#\\@GW@WARD@@@20260101101459.123+0000@@ORU~R01@N@T@2.6@@@AL@NE@@UNICODE UTF-8\r"
              "PID@\rOBR@1@@@@@@20260101101459.123+0000\r");
    // Who asked for nothing gets the original answer.
    EXPECT_THAT(told_as_of(message("20200508130645", "1"), now, "N"), HasSubstr("|N|T|2.6\r"));
}

TEST(ToldAsOf, NoValueOfARealRecordingChanges)
{
    std::size_t messages = 0, accepted = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator{std::string{MAGWATCH_SOURCE_DIR} + "/tests/data/hl7"}) {
        std::ifstream in{entry.path(), std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
        const Hl7Recording recording = hl7_recording_of(bytes);
        EXPECT_EQ(recording.messages.size(), hl7::split_messages(bytes).size()) << entry.path();
        for (const RecordedMessage& one : recording.messages) {
            ++messages;
            auto before = rows_of(one.bytes), after = rows_of(told_as_of(one.bytes, now, "NEW"));
            ASSERT_EQ(before.size(), after.size()) << entry.path();
            for (std::size_t i = 0; i < before.size(); ++i) {
                EXPECT_EQ(after[i]["message"], "NEW");
                EXPECT_EQ(after[i]["test"], true);
                EXPECT_EQ(before[i]["time"].is_null(), after[i]["time"].is_null());
                accepted += after[i]["accepted"] == true ? 1 : 0;
                for (const char* other : {"message", "test", "time"}) {
                    before[i].erase(other);
                    after[i].erase(other);
                }
                EXPECT_EQ(before[i], after[i]) << entry.path();
            }
        }
    }
    EXPECT_GT(messages, 20U);
    EXPECT_GT(accepted, 20U);
}

TEST(Hl7Recording, FollowsTheSendersClockAndLeavesAcknowledgementsOut)
{
    const std::string pv1 = "PV1||I|LD^^BED4\r";
    const Hl7Recording recording = hl7_recording_of(
        "\x0B" + message("20200508130000", "1", pv1) + "\x1C\r\x0B" +
        "MSH|^~\\&|US||GW|WARD|20200508130000||ACK|77|P|2.6\rMSA|AA|1\r\x1C\r\x0B" +
        message("20200508130010", "2", pv1) + "\x1C\r\x0B" + message("20200508125900", "3", pv1) + "\x1C\r\x0B" +
        message("20200508130030", "4") + "\x1C\r");
    std::vector<std::int64_t> at;
    for (const auto& one : recording.messages) at.push_back(one.at.count());
    EXPECT_THAT(at, ElementsAre(0, 10'000, 10'000, 30'000));
    EXPECT_EQ(recording.left_out.at("an acknowledgement"), 1);
    EXPECT_EQ(recording.without_bed, 1);
    ASSERT_THAT(recording.senders, SizeIs(1));
    EXPECT_EQ(recording.senders[0].application, "GW");
    EXPECT_THAT(recording.senders[0].locations, ElementsAre("LD^^BED4"));
    EXPECT_EQ(recording.senders[0].period, Duration{20'000});
}

TEST(SenderSections, NameSendersAndTheirBeds)
{
    const std::string text = sender_sections(
        {{"", "", {"LD^^BED4"}, Duration{10'000}}, {"GW", "WARD", {"LD^^BED4", "LD^^BED5"}, {}}}, 2575, 2);
    EXPECT_TRUE(text.starts_with("# SIMULATION"));
    EXPECT_THAT(text, HasSubstr("alias = \"bed-2\"\n"));
    EXPECT_THAT(text, Not(HasSubstr("alias = \"bed-3\"\n")));
    EXPECT_THAT(text, HasSubstr("name = \"replay-1\"\napplication = \"GW\"\nfacility = \"WARD\"\nzone = \"Z\"\n"
                                "accept_test_data = true # MSH-11 says T\n\n[hl7.source.beds]\n"
                                "\"LD^^BED4\" = \"bed-1\"\n\"LD^^BED5\" = \"bed-2\"\n"))
        << text;
    EXPECT_THAT(text, HasSubstr("name = \"replay-2\"\nzone = \"Z\"\nperiod = \"5 s\"\n")) << "it would take all";
}

std::vector<RecordedMessage> spaced(std::size_t count, std::int64_t spacing_ms)
{
    std::vector<RecordedMessage> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back({Duration{static_cast<std::int64_t>(i) * spacing_ms}, message("20200508130000", "1")});
    return out;
}

TEST(MessageStage, SendsWhatIsDueAtItsSpeedAndEndsWithTheLastAnswer)
{
    MessageStage stage{spaced(3, 10'000), {10, {}, false, 42}};
    auto due = stage.due_reports(now.ms);
    ASSERT_THAT(due, SizeIs(1));
    EXPECT_EQ(due[0].control_id, "REPLAY42-1");
    EXPECT_THAT(due[0].message, HasSubstr("|20260101101459.123+0000||ORU^R01|REPLAY42-1|T|"));
    stage.step(999);
    EXPECT_THAT(stage.due_reports(now.ms), SizeIs(0));
    stage.step(1);
    EXPECT_THAT(stage.due_reports(now.ms), SizeIs(1));
    stage.answered("REPLAY42-1", "AA");
    stage.answered("REPLAY42-2", "AR");
    stage.step(5000);
    EXPECT_THAT(stage.due_reports(now.ms), SizeIs(1));
    EXPECT_EQ(stage.position(), stage.length());
    EXPECT_FALSE(stage.over());
    stage.answered("REPLAY42-3", "CA");
    EXPECT_TRUE(stage.over());
    const Answered answered = stage.answers();
    EXPECT_EQ(answered.accepted, 2U);
    EXPECT_EQ(answered.refused, 1U);
    EXPECT_EQ(answered.refusals.at("AR"), 1U);
    EXPECT_EQ(answered.waiting, 0U);
}

TEST(MessageStage, WaitsForASlowReceiverAndDropsNothing)
{
    MessageStage stage{spaced(100, 1), {}};
    stage.step(10'000);
    std::uint64_t answered = 0;
    for (auto due = stage.due_reports(now.ms); !due.empty(); due = stage.due_reports(now.ms)) {
        EXPECT_LE(due.size(), MessageStage::most_unanswered);
        EXPECT_FALSE(stage.over());
        for (const auto& one : due) stage.answered(one.control_id, "AA");
        answered += due.size();
    }
    EXPECT_EQ(answered, 100U);
    EXPECT_EQ(stage.answers().accepted, 100U);
    EXPECT_TRUE(stage.over());
}

TEST(MessageStage, GivesUpOnAReceiverThatIsNotThere)
{
    MessageStage stage{spaced(2, 1000), {}};
    stage.step(2000);
    EXPECT_THAT(stage.due_reports(now.ms), SizeIs(2));
    stage.step(MessageStage::patience_ms);
    EXPECT_FALSE(stage.over());
    stage.step(1);
    EXPECT_TRUE(stage.over());
    EXPECT_EQ(stage.answers().waiting, 2U);
}

TEST(MessageStage, ALoopBeginsAnewAndAStartIsKept)
{
    MessageStage stage{spaced(2, 10'000), {1, Duration{5000}, true, 0}};
    EXPECT_THAT(stage.due_reports(now.ms), SizeIs(0));
    stage.step(5000);
    EXPECT_THAT(stage.due_reports(now.ms), SizeIs(1));
    stage.step(1000); // the second after the last
    EXPECT_THAT(stage.due_reports(now.ms), SizeIs(1));
    EXPECT_EQ(stage.rounds(), 1);
    stage.step(9999);
    EXPECT_THAT(stage.due_reports(now.ms), SizeIs(0));
    stage.step(1);
    EXPECT_THAT(stage.due_reports(now.ms), SizeIs(1));
    EXPECT_FALSE(stage.over());
}

} // namespace
} // namespace magwatch
