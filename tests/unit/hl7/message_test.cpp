#include <gtest/gtest.h>

#include <string>

#include "adapters/monitors/hl7/message.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

Message parsed(std::string_view text)
{
    Message message;
    EXPECT_EQ(message.parse(text), ParseFault::none) << text;
    return message;
}

TEST(Message, counts_fields_as_the_standard_does)
{
    const Message m = parsed("MSH|^~\\&|APP|FAC|||20260101||ORU^R01|7|P|2.6\rPID|||X\rNTE\r");
    ASSERT_EQ(m.size(), 3U);
    EXPECT_EQ(m.header(1), "|");
    EXPECT_EQ(m.header(2), "^~\\&");
    EXPECT_EQ(m.header(3), "APP");
    EXPECT_EQ(m.header(9), "ORU^R01");
    EXPECT_EQ(m.header(12), "2.6");
    EXPECT_EQ(m.header(13), "");
    EXPECT_EQ(m.header(900), "");
    EXPECT_EQ(m[1].name(), "PID");
    EXPECT_EQ(m[1].field(3), "X");
    EXPECT_EQ(m[1].field(4), "");
    EXPECT_EQ(m[2].name(), "NTE");
    EXPECT_EQ(m[2].field(1), "");
}

TEST(Message, takes_every_line_ending)
{
    for (const char* const end : {"\r", "\n", "\r\n", "\r\r", "\n\r", "\r\n\r\n"}) {
        const std::string e{end};
        const std::string text = "MSH|^~\\&|A" + e + "PV1||I" + e + "OBX|1|NM" + e;
        const Message m = parsed(text);
        ASSERT_EQ(m.size(), 3U);
        EXPECT_EQ(m.header(3), "A");
        EXPECT_EQ(m[1].field(2), "I");
        EXPECT_EQ(m[2].field(2), "NM");
    }
}

TEST(Message, puts_a_broken_line_back)
{
    const Message m = parsed(
        "MSH|^~\\&|A|B|C|D|2026||ORU^R01|12\n34|P|2.6\rOBX|1|TX|x||two\rlines here||\rOBX|2|NM");
    ASSERT_EQ(m.size(), 3U);
    EXPECT_EQ(m.header(10), "12\n34");
    EXPECT_EQ(m.header(11), "P");
    EXPECT_EQ(m[1].field(5), "two\rlines here");
    EXPECT_EQ(m.continued_lines(), 2U);
}

TEST(Message, takes_separators_from_the_message)
{
    const Message m = parsed("MSH@~&#\\@SEND@F@@@2026@@ORU~R01@9@P@2.5\rPID@@@MRN~~~H");
    EXPECT_EQ(m.separators().component, '~');
    EXPECT_EQ(m.separators().repetition, '&');
    EXPECT_EQ(m.separators().escape, '#');
    EXPECT_EQ(m.separators().subcomponent, '\\');
    EXPECT_EQ(m.header(10), "9");
    EXPECT_EQ(part(m[1].field(3), 4, '~'), "H");
}

TEST(Message, takes_a_truncation_character_and_a_missing_escape)
{
    EXPECT_EQ(parsed("MSH|^~\\&#|A").separators().truncation, '#');
    const Separators s = parsed("MSH|^~&|A").separators();
    EXPECT_EQ(s.escape, '\0');
    EXPECT_EQ(s.subcomponent, '&');
}

TEST(Message, refuses_what_has_no_usable_header)
{
    Message m;
    EXPECT_EQ(m.parse(""), ParseFault::no_header);
    EXPECT_EQ(m.parse("PID|||1\rMSH|^~\\&|"), ParseFault::no_header);
    EXPECT_EQ(m.parse("MSH"), ParseFault::bad_header);
    EXPECT_EQ(m.parse("MSH||||"), ParseFault::bad_header);
    EXPECT_EQ(m.parse("MSH|^^\\&|A"), ParseFault::bad_header);
    EXPECT_EQ(m.parse("MSHA^~\\&AA"), ParseFault::bad_header);
    EXPECT_EQ(m.parse("MSH|^~\\|&|A"), ParseFault::none) << "a short MSH-2 is borne";
    EXPECT_EQ(m.size(), 1U);
}

TEST(Message, skips_mark_and_envelope_and_stops_at_the_next_message)
{
    const std::string text =
        "\xEF\xBB\xBF\r\nFHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|1\rPID|\rMSH|^~\\&|2\rBTS|2\r";
    Message m;
    ASSERT_EQ(m.parse(text), ParseFault::none);
    EXPECT_EQ(m.header(3), "1");
    EXPECT_EQ(m.size(), 2U);
    const std::string_view rest = std::string_view{text}.substr(m.consumed());
    ASSERT_EQ(m.parse(rest), ParseFault::none);
    EXPECT_EQ(m.header(3), "2");
    EXPECT_EQ(m.size(), 1U);
}

TEST(Message, keeps_its_limits)
{
    Message m;
    Limits limits;
    limits.bytes = 100;
    EXPECT_EQ(m.parse("MSH|^~\\&|" + std::string(100, 'x'), limits), ParseFault::too_long);
    std::string many = "MSH|^~\\&|A\r";
    for (int i = 0; i < 5000; ++i) many += "OBX|\r";
    EXPECT_EQ(m.parse(many), ParseFault::too_many_segments);
    EXPECT_EQ(m.parse("MSH|^~\\&|A\rOBX" + std::string(3000, '|')), ParseFault::too_many_fields);
    EXPECT_EQ(m.parse("MSH|^~\\&|A\rOBX" + std::string(300'000, '|')), ParseFault::too_many_fields);
}

TEST(Message, replaces_escapes_and_keeps_unknown_ones)
{
    const Message m = parsed("MSH|^~\\&|A");
    std::string s;
    EXPECT_EQ(m.unescape("plain", s), "plain");
    EXPECT_EQ(m.unescape("\\F\\\\S\\\\T\\\\R\\\\E\\", s), "|^&~\\");
    EXPECT_EQ(m.unescape("a\\.br\\b", s), "a\nb");
    EXPECT_EQ(m.unescape("\\H\\loud\\N\\", s), "loud");
    EXPECT_EQ(m.unescape("\\X414243\\", s), "ABC");
    EXPECT_EQ(m.unescape("\\XZZ\\", s), "\\XZZ\\");
    EXPECT_EQ(m.unescape("text \\Z99\\ more", s), "text \\Z99\\ more");
    EXPECT_EQ(m.unescape("lonely \\ mark", s), "lonely \\ mark");
    EXPECT_EQ(m.unescape("cut\\P\\ here", s), "cut# here");
    EXPECT_EQ(m.unescape("\\Zxx\\T\\", s), "\\Zxx&");
}

TEST(Message, text_that_is_sent_can_never_become_a_segment)
{
    std::string out;
    append_escaped(out, "a|b^c~d&e\\f\rPID|\ng", Separators{});
    EXPECT_EQ(out, "a\\F\\b\\S\\c\\R\\d\\T\\e\\E\\f PID\\F\\ g");
}

TEST(Message, reads_bytes_that_are_not_utf8_as_latin1)
{
    std::string s;
    EXPECT_EQ(to_utf8("\xC2\xB5mol", s), "\xC2\xB5mol");
    EXPECT_EQ(to_utf8("\xB5mol", s), "\xC2\xB5mol");
    EXPECT_FALSE(is_utf8("\xC0\x80"));
    EXPECT_FALSE(is_utf8("\xED\xA0\x80"));
    EXPECT_FALSE(is_utf8("\xE2\x82"));
    EXPECT_TRUE(is_utf8("\xE2\x82\xAC\xF0\x9F\x98\x80"));
}

} // namespace
} // namespace magwatch::adapters::hl7
