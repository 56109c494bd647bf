#include "adapters/pagers/pcd_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace magwatch::adapters {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string head = "MSH|^~\\&|MANAGER||magwatch||20261121021405||ORA^R41^ORA_R41|s1|P|2.7|||AL|NE\r";

PcdManager manager()
{
    PcdManager m;
    m.host = "127.0.0.1";
    m.port = 2575;
    m.system_id = "0009FBFFFF112233";
    m.ward = "L4";
    return m;
}

TEST(PcdStatus, EveryStatusOfTheProfileIsKnown)
{
    const std::vector<std::pair<std::string, PcdEvent>> known{
        {"Received", PcdEvent::received}, {"Delivered", PcdEvent::delivered}, {"Read", PcdEvent::read},
        {"Accepted", PcdEvent::accepted}, {"Rejected", PcdEvent::rejected}, {"Cancelled", PcdEvent::cancelled},
        {"Undeliverable", PcdEvent::undeliverable}, {"Timeout", PcdEvent::timeout}};
    for (const auto& [word, event] : known) {
        const auto said = parse_pcd05(head + "MSA|AA|m1-7\rPRT|1|UC|" + word + "||midwife-1^Jones\r");
        ASSERT_TRUE(std::holds_alternative<PcdStatus>(said)) << word;
        const auto& status = std::get<PcdStatus>(said);
        EXPECT_EQ(status.control_id, "m1-7");
        EXPECT_EQ(status.message_id, "s1");
        ASSERT_THAT(status.participants, SizeIs(1));
        EXPECT_EQ(status.participants[0].event, event);
        EXPECT_EQ(status.participants[0].person, "midwife-1");
    }
}

TEST(PcdStatus, ItsWordMayStandInACodedFieldAndTheSeparatorsAreTheMessagesOwn)
{
    const auto said = parse_pcd05("MSH|^~\\&#|MockAM|||20191105|||ORA^R41^ORA_R41|79||2.7\r");
    EXPECT_TRUE(std::holds_alternative<PcdMistake>(said));
    const auto coded = parse_pcd05("MSH|^~\\&#|AM||||20191105183942||ORA^R41^ORA_R41|79||2.7\rMSA|AA|m1\rOBR|||1^x\r"
                                   "PRT|||^Delivered\rPRT|||Read^x\r");
    ASSERT_TRUE(std::holds_alternative<PcdStatus>(coded));
    EXPECT_THAT(std::get<PcdStatus>(coded).participants, SizeIs(2));
}

TEST(PcdStatus, AnythingElseIsAMistakeInWords)
{
    for (const std::string& bytes :
         {std::string{}, std::string{"hello"}, head, head + "MSA|AA|m1\r", head + "PRT|1||Read\r",
          head + "MSA|AA|m1\rPRT|1||Eaten\r", head + "MSA|AA|\rPRT|1||Read\r",
          std::string{"MSH|^~\\&|M||m||20261121||ORU^R40^ORU_R40|s|P|2.6\rMSA|AA|m1\rPRT|1||Read\r"},
          std::string{"MSH|^~\\&|M||m||20261121||ORA^R41^ORA_R41|s|T|2.6\rMSA|AA|m1\rPRT|1||Read\r"}}) {
        const auto said = parse_pcd05(bytes);
        ASSERT_TRUE(std::holds_alternative<PcdMistake>(said)) << bytes;
        EXPECT_FALSE(std::get<PcdMistake>(said).what.empty());
    }
}

TEST(PcdAck, CodesAreJudged)
{
    const auto verdict = [](const std::string& msa) {
        const auto said = parse_pcd_ack("MSH|^~\\&|M||m||20261121||ACK^R40^ACK|a|P|2.6\r" + msa);
        return std::holds_alternative<PcdAck>(said) ? std::optional{std::get<PcdAck>(said).verdict} : std::nullopt;
    };
    EXPECT_EQ(verdict("MSA|CA|m1\r"), Verdict::accepted);
    EXPECT_EQ(verdict("MSA|AA|m1\r"), Verdict::accepted);
    EXPECT_EQ(verdict("MSA|CE|m1\r"), Verdict::retry);
    EXPECT_EQ(verdict("MSA|CR|m1\r"), Verdict::refused);
    EXPECT_EQ(verdict("MSA|XX|m1\r"), std::nullopt);
    EXPECT_EQ(verdict(""), std::nullopt);
}

TEST(PcdReport, NoTextBecomesASegmentAndASimulationIsATest)
{
    PcdReport report;
    report.page.key = {{1, 7}, 0, 0, "midwife-1", "pcd"};
    report.page.place = "Ward\rOBX|9|NM|1^2";
    report.text = "STOP\rOBX|99|ST|x|y\nMSH|^~\\&";
    report.page.simulation = true;
    const std::string message = pcd04_report(manager(), report, {"m1-1", 1, WallTime{0}});
    EXPECT_EQ(std::count(message.begin(), message.end(), '\r'), 4 + 8);
    EXPECT_THAT(message, HasSubstr("|ORU^R40^ORU_R40|m1-1|T|2.6|1||"));
    EXPECT_EQ(mllp_framed("x"), "\x0Bx\x1C\r");
}

TEST(PcdManagers, MistakesAreFound)
{
    EXPECT_THAT(mistakes(manager()), IsEmpty());
    PcdManager wrong = manager();
    wrong.system_id = "0009fbffff112233";
    EXPECT_THAT(mistakes(wrong), Contains(HasSubstr("EUI-64")));
    wrong = manager();
    wrong.host = "alarms.example";
    EXPECT_THAT(mistakes(wrong), Contains(HasSubstr("not encrypted")));
    wrong.allow_plain = true;
    EXPECT_THAT(mistakes(wrong), IsEmpty());
}

} // namespace
} // namespace magwatch::adapters
