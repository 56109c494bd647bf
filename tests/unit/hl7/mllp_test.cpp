#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "adapters/monitors/hl7/mllp.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

using namespace std::string_literals;

void feed(MllpDecoder& decoder, std::string_view bytes)
{
    const auto room = decoder.prepare(bytes.size());
    bytes.copy(room.data(), bytes.size());
    decoder.commit(bytes.size());
}

std::vector<std::string> frames(MllpDecoder& decoder)
{
    std::vector<std::string> result;
    while (const auto frame = decoder.next()) {
        result.push_back((frame->oversized ? "!" : "") + std::string{frame->payload});
    }
    return result;
}

using Frames = std::vector<std::string>;

TEST(MllpDecoder, takes_two_frames_of_one_segment)
{
    MllpDecoder decoder;
    feed(decoder, "\x0Bone\x1C\r\x0Btwo\x1C\r");
    EXPECT_EQ(frames(decoder), (Frames{"one", "two"}));
    EXPECT_EQ(decoder.counts().frames, 2U);
    EXPECT_FALSE(decoder.inside_frame());
}

TEST(MllpDecoder, takes_a_frame_byte_by_byte_whatever_the_cuts)
{
    const std::string stream = "\x0BMSH|a\rPID|b\r\x1C\r\0\r\n\x0B\x1C\r\x0Bxyz\x1C\r"s;
    for (std::size_t cut = 1; cut <= stream.size(); ++cut) {
        MllpDecoder decoder;
        Frames got;
        for (std::size_t at = 0; at < stream.size(); at += cut) {
            feed(decoder, std::string_view{stream}.substr(at, cut));
            for (auto& frame : frames(decoder)) got.push_back(std::move(frame));
        }
        EXPECT_EQ(got, (Frames{"MSH|a\rPID|b\r", "", "xyz"})) << "pieces of " << cut;
        EXPECT_EQ(decoder.counts().noise, 0U);
        EXPECT_EQ(decoder.counts().missing_end, 0U);
    }
}

TEST(MllpDecoder, bears_nul_cr_lf_between_frames_and_counts_other_noise)
{
    MllpDecoder decoder;
    feed(decoder, "\0\r\n\x0B"
                  "a\x1C\r\r\n\0junk\x0B"
                  "b\x1C\r"s);
    EXPECT_EQ(frames(decoder), (Frames{"a", "b"}));
    EXPECT_EQ(decoder.counts().noise, 4U);
}

TEST(MllpDecoder, a_start_inside_a_frame_starts_anew)
{
    MllpDecoder decoder;
    feed(decoder, "\x0Blost\x0Bkept\x1C\r");
    EXPECT_EQ(frames(decoder), (Frames{"kept"}));
    EXPECT_EQ(decoder.counts().restarted, 1U);
}

TEST(MllpDecoder, an_end_without_cr_ends_the_frame_at_once_and_is_counted)
{
    MllpDecoder decoder;
    feed(decoder, "\x0B"
                  "a\x1C");
    EXPECT_EQ(frames(decoder), (Frames{"a"})); // it does not wait for the 0x0D
    EXPECT_FALSE(decoder.inside_frame());
    feed(decoder, "\x0B"
                  "b\x1C\r");
    EXPECT_EQ(frames(decoder), (Frames{"b"}));
    EXPECT_EQ(decoder.counts().missing_end, 1U);
}

TEST(MllpDecoder, a_frame_over_the_limit_is_told_once_and_skipped_to_its_end)
{
    MllpDecoder decoder{10};
    feed(decoder, "\x0B"
                  "0123456789");
    EXPECT_EQ(frames(decoder), Frames{}); // at the limit is not over it
    EXPECT_TRUE(decoder.inside_frame());
    feed(decoder, "ABC");
    EXPECT_EQ(frames(decoder), (Frames{"!0123456789"}));
    for (int i = 0; i < 100; ++i) {
        feed(decoder, std::string(1000, 'x'));
        EXPECT_EQ(frames(decoder), Frames{});
    }
    EXPECT_TRUE(decoder.inside_frame()); // the time limit still runs
    feed(decoder, "\x1C\r\x0Bgood\x1C\r");
    EXPECT_EQ(frames(decoder), (Frames{"good"}));
    EXPECT_EQ(decoder.counts().oversized, 1U);
    EXPECT_EQ(decoder.counts().frames, 1U);
}

TEST(MllpDecoder, a_whole_frame_over_the_limit_at_once)
{
    MllpDecoder decoder{4};
    feed(decoder, "\x0Btoolong\x1C\r\x0Bok\x1C\r");
    EXPECT_EQ(frames(decoder), (Frames{"!tool", "ok"}));
}

TEST(SplitMessages, leaves_out_the_mark_and_the_envelope)
{
    const std::string file =
        "\xEF\xBB\xBF"
        "FHS|^~\\&|x\r\nBHS|^~\\&\r\nMSH|^~\\&|1\r\nPID|\r\nMSH|^~\\&|2\nPV1|\nBTS|2\nFTS|1\n";
    const auto messages = split_messages(file);
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[0], "MSH|^~\\&|1\r\nPID|");
    EXPECT_EQ(messages[1], "MSH|^~\\&|2\nPV1|");
}

TEST(SplitMessages, reads_a_captured_stream)
{
    const auto messages = split_messages("\x0BMSH|1\r\x1C\r\x0BMSH|2\r\x1C\r");
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[0], "MSH|1");
    EXPECT_EQ(messages[1], "MSH|2");
}

TEST(SplitMessages, does_not_lose_what_is_no_message)
{
    EXPECT_EQ(split_messages("hello\rMSH|1\r").size(), 2U);
    EXPECT_TRUE(split_messages("").empty());
    EXPECT_TRUE(split_messages("\r\n\r\n").empty());
}

} // namespace
} // namespace magwatch::adapters::hl7
