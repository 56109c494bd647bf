#include "runtime/toml_reader.hpp"

#include <gmock/gmock.h>

namespace magwatch {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> messages(TomlFile& file)
{
    std::vector<std::string> all;
    for (const Diagnostic& d : file.finish())
        all.push_back(std::to_string(d.line) + ":" + std::to_string(d.column) + " " + d.message);
    return all;
}

TEST(TomlReader, ReadsWhatIsThereAndFindsNothingWrong)
{
    TomlFile file{"a.toml",
                  "name = \"L4\"\nport = 502\nratio = 0.5\nwait = \"1.5 min\"\non = true\n"
                  "rungs = [[\"a\"], [\"b\", \"c\"]]\ntags = [\"x\", \"y\"]\nbits = [1, 2]\n"
                  "[one]\nk = 1\n[[many]]\nk = 2\n[[many]]\nk = 3\n"};
    const TomlTable root = file.root();
    EXPECT_EQ(root.need_text("name")->value, "L4");
    EXPECT_EQ(root.need_integer("port", 1, 65535), 502);
    EXPECT_EQ(root.need_number("ratio"), 0.5);
    EXPECT_EQ(root.number("port"), 502.0);
    EXPECT_EQ(root.need_duration("wait", 0s, 1h), 90s);
    EXPECT_EQ(root.boolean("on"), true);
    EXPECT_EQ(root.text_lists("rungs")->at(1).at(1).value, "c");
    EXPECT_EQ(root.text_lists("rungs")->at(1).at(1).at.column, 23U);
    EXPECT_EQ(root.texts("tags")->size(), 2U);
    EXPECT_THAT(*root.integers("bits", 0, 15), ElementsAre(1, 2));
    EXPECT_EQ(root.table("one")->integer("k", 0, 9), 1);
    ASSERT_EQ(root.tables("many").size(), 2U);
    EXPECT_EQ(root.tables("many")[1].integer("k", 0, 9), 3);
    for (const auto& one : root.tables("many")) (void)one.has("k");
    EXPECT_FALSE(root.text("absent").has_value());
    EXPECT_THAT(messages(file), IsEmpty());
}

TEST(TomlReader, ReportsEveryMistakeAtItsPlaceInTheOrderOfTheFile)
{
    TomlFile file{
        "a.toml",
        "port = \"x\"\nwait = 5\nlimit = \"5 minutes\"\nmode = \"wart\"\n[bed]\nplaec = \"x\"\n"};
    const TomlTable root = file.root();
    (void)root.table("bed")->need_text("place");
    (void)root.choice("mode", {"ward", "demo"});
    (void)root.duration("limit", 0s, 1h);
    (void)root.duration("wait", 0s, 1h);
    (void)root.integer("port", 1, 65535);
    EXPECT_THAT(
        messages(file),
        ElementsAre("1:8 'port' must be a whole number, not text",
                    HasSubstr("2:8 'wait' must be text with a unit"),
                    HasSubstr("3:9 'limit': \"5 minutes\" is not a duration"),
                    "4:8 'mode': \"wart\" is not one of \"ward\", \"demo\"; did you mean 'ward'?",
                    "5:1 missing 'place'", "6:1 unknown key 'plaec'; did you mean 'place'?"));
}

TEST(TomlReader, AKeyThatNobodyAskedForIsAMistakeEvenAtTheTop)
{
    TomlFile file{"a.toml", "[[webhok]]\nurl = \"x\"\n"};
    (void)file.root().tables("webhook");
    EXPECT_THAT(messages(file), ElementsAre("1:3 unknown key 'webhok'; did you mean 'webhook'?"));
}

TEST(TomlReader, RangesAndEmptyTextsAreMistakes)
{
    TomlFile file{"a.toml",
                  "a = 70000\nb = \"\"\nc = \"2 h\"\nd = nan\ne = [1, \"x\"]\nf = [\"x\", \"\"]\n"};
    const TomlTable root = file.root();
    EXPECT_FALSE(root.integer("a", 1, 65535));
    EXPECT_FALSE(root.text("b"));
    EXPECT_FALSE(root.duration("c", 0s, 1h));
    EXPECT_FALSE(root.number("d"));
    EXPECT_FALSE(root.integers("e", 0, 9));
    EXPECT_FALSE(root.texts("f"));
    EXPECT_THAT(messages(file),
                ElementsAre("1:5 'a' is 70000, but must be 1 to 65535", "2:5 'b' must not be empty",
                            "3:5 'c' is 2 h, but must be 0 s to 1 h", "4:5 'd' must be a number",
                            "5:5 'e' must be a list of whole numbers from 0 to 9",
                            HasSubstr("6:5 'f' must be a list of texts")));
}

TEST(TomlReader, AFileThatIsNotTomlHasOneMistakeAtItsPlace)
{
    TomlFile file{"a.toml", "a = 1\nb = = 2\n"};
    EXPECT_TRUE(file.failed());
    EXPECT_FALSE(file.root().text("b").has_value());
    const auto mistakes = file.finish();
    ASSERT_EQ(mistakes.size(), 1U);
    EXPECT_EQ(mistakes[0].line, 2U);
    EXPECT_THAT(mistakes[0].text(), HasSubstr("    2 | b = = 2\n      |     ^"));
}

TEST(TomlReader, WhatTomlForbidsOutsideOfQuotesNeverReachesTheParser)
{
    const auto place = [](const std::string& text) {
        TomlFile file{"a.toml", text};
        const auto mistakes = file.finish();
        return mistakes.empty()
                   ? "fine"
                   : std::to_string(mistakes[0].line) + ":" + std::to_string(mistakes[0].column);
    };
    EXPECT_EQ(place("[\x12"), "1:2");
    EXPECT_EQ(place("a = 1\n\xC8\xA1 = 2\n"), "2:1");
    EXPECT_EQ(place("a = \"\xC3\xA4\" \xC3\xA4\n"), "1:9");
    EXPECT_EQ(place("a = \"\xC3\"\n"), "1:6");
    EXPECT_EQ(place("a = 1\rb = 2\n"), "1:6");
    EXPECT_EQ(place("# \xE2\x89\xA5 8\n"), "fine");
    for (const char* text : {"k = \"\"\"\n\xC3\xA4 \"\" \\\"\"\"\"\"\"\n", "k = '''\xC3\xA4''''\n",
                             "k = '\\' # \xC3\xA4\n", "k = \"\\\" # \xC3\xA4\" # \xC3\xA4\r\n",
                             "\xEF\xBB\xBFk = 'x'\n"}) {
        TomlFile file{"a.toml", text};
        (void)file.root().has("k");
        EXPECT_THAT(messages(file), IsEmpty()) << text;
    }
}

TEST(TomlReader, DuplicateKeysAndTablesAreRefused)
{
    TomlFile twice{"a.toml", "a = 1\na = 2\n"};
    EXPECT_TRUE(twice.failed());
}

TEST(TomlReader, FailAtAKeyOrATableStandsThere)
{
    TomlFile file{"a.toml", "x = 1\n  [t]\n  k = \"v\"\n"};
    const TomlTable t = *file.root().table("t");
    (void)file.root().has("x");
    t.fail("k", "bad value");
    t.fail("absent", "bad table");
    EXPECT_EQ(t.need_text("k")->at.column, 7U);
    EXPECT_THAT(messages(file), ElementsAre("2:3 bad table", "3:7 bad value"));
}

TEST(Durations, AreANumberAndAUnit)
{
    EXPECT_EQ(parse_duration("1500 ms"), 1500ms);
    EXPECT_EQ(parse_duration("30s"), 30s);
    EXPECT_EQ(parse_duration("1.5 min"), 90s);
    EXPECT_EQ(parse_duration("4 h"), 4h);
    EXPECT_EQ(parse_duration("2 days"), 48h);
    EXPECT_EQ(parse_duration("0 s"), 0s);
    for (const char* bad : {"", "5", "s", "-1 s", "1e3 s", "5 m", "5  s", " 5 s", "5 s ", "5s5",
                            "nan s", "inf h", "1.5 ms", "9999999999 days", "0x10 s", "5\n"})
        EXPECT_FALSE(parse_duration(bad)) << bad;
    EXPECT_EQ(duration_text(90s), "90 s");
    EXPECT_EQ(duration_text(4h), "4 h");
    EXPECT_EQ(duration_text(24h), "1 day");
    EXPECT_EQ(duration_text(0s), "0 s");
    for (const Duration d :
         {Duration{1ms}, Duration{90s}, Duration{4h}, Duration{720h}, Duration{0s}})
        EXPECT_EQ(parse_duration(duration_text(d)), d);
}

TEST(ReadTextFile, SaysWhyAFileCannotBeRead)
{
    const auto missing = read_text_file("/nonexistent/a.toml");
    ASSERT_TRUE(std::holds_alternative<Diagnostic>(missing));
    EXPECT_EQ(std::get<Diagnostic>(missing).text(),
              "/nonexistent/a.toml: error: cannot be read: No such file or directory");
    EXPECT_THAT(std::get<Diagnostic>(read_text_file("/tmp")).message,
                HasSubstr("not a regular file"));
    EXPECT_THAT(std::get<Diagnostic>(read_text_file("/dev/zero")).message,
                HasSubstr("not a regular file"));
    EXPECT_TRUE(
        std::holds_alternative<std::string>(read_text_file(MAGWATCH_SOURCE_DIR "/CMakeLists.txt")));
    EXPECT_THAT(
        std::get<Diagnostic>(read_text_file(MAGWATCH_SOURCE_DIR "/CMakeLists.txt", 10)).message,
        HasSubstr("longer than 10 bytes"));
}

} // namespace
} // namespace magwatch
