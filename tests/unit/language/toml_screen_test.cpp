// What must not reach the reader of TOML is found at its place, and nothing else is.
#include "rules/base/toml_screen.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace magwatch {
namespace {

using namespace std::string_literals;

TEST(TomlScreen, LetsEveryTextThroughThatTomlAllows)
{
    const std::vector<std::string> good{
        "",
        "\xEF\xBB\xBFname = 1\n", // a byte order mark
        "a = 1\r\nb = 2\r\n",
        "\ta = 1 # caf\u00e9 \u5e8a \U0001F6CF\n",
        "a = \"\u00e9\" # \"\nb = 2",
        "a = '\u00e9\\' # '\nb = 2", // a backslash escapes nothing between single quotes
        "a = \"\\\\\" # \u00e9\n",
        "a = \"say \\\"\u00e9\\\"\"\n",
        "a = \"\"\"\n\u00e9 \"\" \\\"\"\" \u00e9\"\"\"\n# \u00e9",
        "a = '''\n\u00e9 '' \u00e9'''\n",
        "a = \"\"\"\u00e9\"\"\"\"\" # up to two of five quotes are of the text: \u00e9\n",
        "a = '''\u00e9''''' # \u00e9\n",
        "a = \"\"\"\u00e9\"\"\"", // and at the end of the file
        "a = \"\"\"\u00e9\"\"\"\"",
        "a = \"b\\", // cut off: for the reader to say
        "a = \"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"",
    };
    for (const std::string& text : good) {
        const auto problem = screen_toml(text);
        EXPECT_FALSE(problem) << text << ": " << problem->line << ":" << problem->column << ": " << problem->message;
    }
}

TEST(TomlScreen, RefusesBytesThatAreNotUtf8)
{
    const std::vector<std::string> never{"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xF5\x80\x80\x80", "\xFF"};
    const std::vector<std::string> cut_off{"\xC2", "\xE1\x80", "\xF1\x80\x80"};
    const std::vector<std::string> another_begins{"\xC2" "A", "\xC2\xC2", "\xE1\x80" "A", "\xE1" "A\x80", "\xF1\x80\x80" "A"};
    const std::vector<std::string> longer_than_needed{"\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF"};
    const std::vector<std::string> no_character{"\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF4\xBF\xBF\xBF"};
    for (const auto* list : {&never, &cut_off, &another_begins, &longer_than_needed, &no_character}) {
        for (const std::string& bytes : *list) {
            const auto problem = screen_toml("a = 1\n# x" + bytes);
            ASSERT_TRUE(problem) << testing::PrintToString(bytes);
            EXPECT_EQ(problem->message, "the file is not UTF-8");
            EXPECT_EQ(problem->line, 2U);
            EXPECT_EQ(problem->column, 4U);
        }
    }
}

TEST(TomlScreen, RefusesControlCharactersEverywhere)
{
    for (const char control : {'\0', '\x01', '\x08', '\x0B', '\x1F', '\x7F', '\r'}) {
        for (const std::string& before : {""s, "# "s, "a = \""s, "a = '"s, "a = \"\"\""s, "a = '''"s}) {
            const auto problem = screen_toml(before + control + "x");
            ASSERT_TRUE(problem) << before << static_cast<int>(control);
            EXPECT_EQ(problem->message, "the file has a control character");
            EXPECT_EQ(problem->column, before.size() + 1);
        }
    }
}

// A parser that reads a word to its end does not see the string that seems to begin in it.
TEST(TomlScreen, RefusesAQuotationMarkInsideOfAWordAndOtherLettersAfterADot)
{
    const std::vector<std::string> inside{
        "a = 2\"\u01bd\"",  "a = 2'\u01bd'",   "a\"b\" = 1", "a = \"b\"\"\u01bd\"",
        "a = [1]\"\u01bd\"", "a = true\"\"\"\u01bd\"\"\"", "a = \"\"\"b\"\"\"'\u01bd'"};
    for (const std::string& text : inside) {
        const auto problem = screen_toml(text);
        ASSERT_TRUE(problem) << text;
        EXPECT_EQ(problem->message, "the file has a quotation mark inside of a word");
    }
    for (const std::string text : {"a.\"\u01bd\" = 1", "a = 2.\"\u01bd\"", "a = x.'b\u01bd'", "a = 2.\"\"\"\u01bd"}) {
        const auto problem = screen_toml(text);
        ASSERT_TRUE(problem) << text;
        EXPECT_EQ(problem->message, "the file has a character beyond ASCII after a dot");
    }
    for (const std::string text : {"a = 2='''\u01bd", "a = 2=\"\u01bd\"", "a==1", "a = [1, 2] == 3"}) {
        const auto problem = screen_toml(text);
        ASSERT_TRUE(problem) << text;
        EXPECT_EQ(problem->message, "the file has two equals signs for one key");
    }
    for (const std::string text :
         {"a = 1 # = x\nb = 2", "a = 1\r\nb = 2", "a = {b = 1, c = {d = 2}, e = '='}", "a = '=' # =\nb = [{c = 1},\n{d = 2}]",
          "a = \"\"\"x = 1\ny = 2\"\"\"\nb = 1", "a = '''=\n='''\nb = 1", "[a]\nb=1\n[[c]]\nd=1"})
        EXPECT_FALSE(screen_toml(text)) << text;
    for (const std::string text :
         {"\"\u01bd\" = 1", "\xEF\xBB\xBF'\u01bd' = 1", "a.\"b\".c = \"\u01bd\"", "[\"\u01bd\"]",
          "a = [\"\u01bd\",'\u01bd']", "a={\"\u01bd\"='\u01bd'}", "a = \"\" # \u01bd", "a =\n\t\"\u01bd\""})
        EXPECT_FALSE(screen_toml(text)) << text;
}

TEST(TomlScreen, RefusesOtherLettersOutsideOfQuotesAndComments)
{
    struct Case {
        std::string text;
        std::uint32_t line, column;
    };
    const std::vector<Case> cases{
        {"\u00e9 = 1", 1, 1},
        {"a = 1\n\u00e9 = 2", 2, 1},
        {"# \u00e9\n\u00e9", 2, 1},
        {"a = \"\u00e9\" \u00e9", 1, 9},
        {"a = '\u00e9' \u00e9", 1, 9},
        {"a = \"\\\\\" \u00e9", 1, 10},
        {"a = \"\"\"\u00e9\"\"\" \u00e9", 1, 13},
        {"a = \"\"\"x\"\"\"\"\" \u00e9", 1, 15},
        {"a = '''x''''' \u00e9", 1, 15},
        {"a = \"cut off\n\u00e9", 2, 1}, // a text between single marks ends with its line
        {"a = 'cut off\n\u00e9", 2, 1},
    };
    for (const Case& one : cases) {
        const auto problem = screen_toml(one.text);
        ASSERT_TRUE(problem) << one.text;
        EXPECT_EQ(problem->message, "the file has a character beyond ASCII outside of quotes and comments");
        EXPECT_EQ(problem->line, one.line) << one.text;
        EXPECT_EQ(problem->column, one.column) << one.text;
    }
}

} // namespace
} // namespace magwatch
