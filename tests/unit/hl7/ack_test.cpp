#include <algorithm>

#include <gtest/gtest.h>

#include "adapters/monitors/hl7/ack.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

std::string ack(std::string_view request, const Acknowledgement& answer, bool commit)
{
    Message message;
    message.parse(request);
    std::string out;
    append_ack(out, message, answer, commit, {"MAGWATCH", "L4", "20260101000000.000+0000", "MW-1"});
    return out;
}

constexpr std::string_view request =
    "MSH|^~\\&|GW^1^EUI-64|WARD|MGTOX|HOSP|20260101||ORU^R01^ORU_R01|M0001|P|2.6|||AL|NE\rOBX|";

TEST(Ack, swaps_the_ends_and_names_the_request)
{
    EXPECT_EQ(ack(request, {}, true), "\x0BMSH|^~\\&|MGTOX|HOSP|GW^1^EUI-64|WARD|20260101000000."
                                      "000+0000||ACK^R01^ACK|MW-1|P|2.6\r"
                                      "MSA|CA|M0001\r\x1C\r");
}

TEST(Ack, says_why_not)
{
    EXPECT_EQ(
        ack("MSH|^~\\&|A|B|||2026||ADT^A01|7|P|2.3",
            {Verdict::rejected, ErrorCode::message_type, "only ORU"}, false),
        "\x0BMSH|^~\\&|MAGWATCH|L4|A|B|20260101000000.000+0000||ACK^A01^ACK|MW-1|P|2.3\r"
        "MSA|AR|7|only ORU\rERR|||200^Unsupported message type^HL70357|E||||only ORU\r\x1C\r");
}

TEST(Ack, uses_the_separators_of_the_request)
{
    EXPECT_EQ(ack("MSH@~&#\\@A@B@@@2026@@ORU~R01@9@P@2.5",
                  {Verdict::error, ErrorCode::internal, "a@b"}, false),
              "\x0BMSH@~&#\\@MAGWATCH@L4@A@B@20260101000000.000+0000@@ACK~R01~ACK@MW-1@P@2.5\r"
              "MSA@AE@9@a#F#b\rERR@@@207~Application internal error~HL70357@E@@@@a#F#b\r\x1C\r");
}

TEST(Ack, answers_even_what_has_no_header)
{
    const std::string out =
        ack("garbage", {Verdict::rejected, ErrorCode::sequence, "no MSH segment"}, false);
    EXPECT_NE(out.find("\rMSA|AR||no MSH segment\r"), std::string::npos) << out;
}

TEST(Ack, a_broken_control_id_becomes_no_segment)
{
    const std::string out = ack("MSH|^~\\&|A|B|||2026||ORU^R01|12\n34|P|2.3\rOBX|", {}, false);
    EXPECT_NE(out.find("\rMSA|AA|1234\r"), std::string::npos) << out;
}

TEST(Ack, a_broken_line_in_the_separators_becomes_no_segment)
{
    const std::string out =
        ack(std::string_view{"MSH|^~\r\0\0\0AB|A|B|||2026||ORU^R01|7|P|2.5\rPID|1\r", 47}, {}, false);
    EXPECT_TRUE(out.starts_with("\x0BMSH|^~|")) << out;
    EXPECT_EQ(std::count(out.begin(), out.end(), '\r'), 3) << out; // MSH, MSA, the frame's end
}

TEST(AckStyle, modes)
{
    const auto style = [](const char* accept, const char* application, Verdict verdict) {
        const AckStyle s = ack_style(accept, application, verdict);
        return std::string{s.commit ? "C" : ""} + (s.application ? "A" : "");
    };
    using enum Verdict;
    EXPECT_EQ(style("", "", accepted), "A"); // original mode
    EXPECT_EQ(style("", "", rejected), "A");
    EXPECT_EQ(style("AL", "NE", accepted), "C"); // PCD-01
    EXPECT_EQ(style("NE", "AL", accepted), "A"); // GE
    EXPECT_EQ(style("AL", "AL", accepted), "CA");
    EXPECT_EQ(style("NE", "NE", error), "");
    EXPECT_EQ(style("AL", "", accepted), "C");
    EXPECT_EQ(style("", "AL", accepted), "A");
    EXPECT_EQ(style("ER", "NE", accepted), "");
    EXPECT_EQ(style("ER", "NE", error), "C");
    EXPECT_EQ(style("SU", "ER", accepted), "C");
    EXPECT_EQ(style("SU", "ER", rejected), "A");
    EXPECT_EQ(style("al", " ne ", accepted), "C");
}

} // namespace
} // namespace magwatch::adapters::hl7
