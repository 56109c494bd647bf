#include "rules/escalation/gsm7.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace magwatch {
namespace {

TEST(Gsm7, KeepsTheDefaultAlphabetAsItIs)
{
    const std::string alphabet = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
                                 "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    EXPECT_EQ(to_gsm7(alphabet), alphabet);
    EXPECT_EQ(gsm7_length(alphabet), 128U - 3U); // the whole table but LF, CR and ESC
    EXPECT_TRUE(is_gsm7(alphabet));
}

TEST(Gsm7, ReplacesWhatPhonesCannotShow)
{
    EXPECT_EQ(to_gsm7("Kreißsaal Šárka [2] {a|b}"), "Kreißsaal Sarka (2) (a/b)");
    EXPECT_EQ(to_gsm7("SpO₂ ≤ 92 % – “low”…"), "SpO2 <= 92 % - \"low\"...");
    EXPECT_EQ(to_gsm7("37 °C, 5 µg, 3 €"), "37 degC, 5 ug, 3 EUR");
    EXPECT_EQ(to_gsm7("Łódź Ženeva Œuvre"), "Lodz Zeneva OEuvre");
    EXPECT_EQ(to_gsm7("床 3"), "? 3");
}

TEST(Gsm7, LetsNoLineBreakControlOrDirectionMarkThrough)
{
    EXPECT_EQ(to_gsm7(" Bed\r\n\r\n3\t\x1b[31m \x7f x "), "Bed 3 (31m x");
    EXPECT_EQ(to_gsm7("a\xE2\x80\xAE" "b\xE2\x80\x8B" "c\xE2\x80\xA8" "d"), "abc d");
    EXPECT_EQ(to_gsm7(std::string{"a\0b", 3}), "a b");
}

TEST(Gsm7, EveryBlankIsOneSpaceAndWhatCannotBeSeenIsNothing)
{
    for (const char* blank : {"\xC2\x80", "\u00a0", "\u2000", "\u2007", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f",
                              "\u3000"})
        EXPECT_EQ(to_gsm7("Bed" + std::string{blank} + blank + "3"), "Bed 3") << testing::PrintToString(blank);
    for (const char* unseen : {"\u00ad", "\u0300", "\u036f", "\u061c", "\u200b", "\u200f", "\u202a", "\u202e", "\u2060",
                               "\u206f", "\ufeff"})
        EXPECT_EQ(to_gsm7("Bed" + std::string{unseen} + "3"), "Bed3") << testing::PrintToString(unseen);
    EXPECT_EQ(to_gsm7("a \u00b0"), "a deg") << "one space, not two";
    EXPECT_EQ(to_gsm7("\u00b0C"), "degC") << "and none at the beginning";
    EXPECT_FALSE(is_gsm7("Bed\t3"));
    EXPECT_FALSE(is_gsm7("Bed [3]"));
}

TEST(Gsm7, DegreesAreApartFromTheNumberBeforeThem)
{
    EXPECT_EQ(to_gsm7("38°"), "38 deg");
    EXPECT_EQ(to_gsm7("38 °"), "38 deg");
    EXPECT_EQ(to_gsm7("°"), "deg");
}

TEST(Gsm7, BrokenUtf8BecomesAQuestionMark)
{
    EXPECT_EQ(to_gsm7("a\xFFz"), "a?z");
    EXPECT_EQ(to_gsm7("a\xC3"), "a?");
    EXPECT_EQ(to_gsm7("a\xC0\xAFz"), "a??z"); // overlong
}

TEST(Gsm7, PrefixNeverCutsACharacter)
{
    EXPECT_EQ(gsm7_prefix("Äöü", 2), "Äö");
    EXPECT_EQ(gsm7_prefix("ab", 9), "ab");
}

TEST(Gsm7, AnyBytesGiveTextOfTheAlphabet)
{
    const bool ok = rc::check("any bytes", [](const std::string& bytes) {
        const std::string text = to_gsm7(bytes);
        RC_ASSERT(is_gsm7(text));
        RC_ASSERT(text.find("  ") == std::string::npos);
        RC_ASSERT(to_gsm7(text) == text);
    });
    EXPECT_TRUE(ok);
}

} // namespace
} // namespace magwatch
