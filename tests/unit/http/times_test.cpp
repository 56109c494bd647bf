#include "daemon/http/times.hpp"

#include <gtest/gtest.h>

#include "daemon/http/utf8.hpp"

namespace magwatch::http
{
namespace
{

TEST(Times, AreWrittenAsUtcWithMilliseconds)
{
    EXPECT_EQ(format_time({0}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(format_time({1'709'164'799'999}), "2024-02-28T23:59:59.999Z");
    EXPECT_EQ(format_time({1'709'164'800'000}), "2024-02-29T00:00:00.000Z");
}

TEST(Times, AreReadWithTheirZone)
{
    EXPECT_EQ(parse_time("2024-02-29T00:00:00Z"), WallTime{1'709'164'800'000});
    EXPECT_EQ(parse_time("2024-02-29T00:00Z"), WallTime{1'709'164'800'000});
    EXPECT_EQ(parse_time("2024-02-29 01:30:00.25+01:30"), WallTime{1'709'164'800'250});
    EXPECT_EQ(parse_time("2024-02-28T19:00:00-05:00"), WallTime{1'709'164'800'000});
    EXPECT_EQ(parse_time(format_time({1'709'164'799'123})), WallTime{1'709'164'799'123});
}

TEST(Times, RefuseWhatLeavesADoubt)
{
    for (const char* text :
         {"", "2024-02-29T00:00:00", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
          "2024-02-29T24:00:00Z", "2024-02-29T00:60:00Z", "2024-02-29", "02:14", "now",
          "2024-02-29T00:00:00+1:00", "2024-02-29T00:00:00.Z", "2024-02-29T00:00:00Z ",
          "1969-12-31T23:59:59Z", "2024-02-29T00:00:00.0000000000Z"})
        EXPECT_EQ(parse_time(text), std::nullopt) << text;
}

TEST(PlainText, TakesLettersOfAnyLanguageAndNothingThatForges)
{
    EXPECT_TRUE(is_plain_text("Zoë Müller 夜勤 🙂"));
    EXPECT_TRUE(is_plain_text(""));
    for (const char* text :
         {"a\nb", "a\x1b[31m", "a\x7f", "\xe2\x80\xae", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xc0\xaf",
          "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"})
        EXPECT_FALSE(is_plain_text(text)) << text;
}

} // namespace
} // namespace magwatch::http
