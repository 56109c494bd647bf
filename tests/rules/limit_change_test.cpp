// No number of a pack, of a schedule or of the table of indications can be changed by its last digit without a case of the
// pack or a comparison with a transcription failing. Delays that stand in C++: builtin_delays_test.cpp.
#include <gtest/gtest.h>

#include <charconv>
#include <filesystem>
#include <regex>
#include <sstream>

#include "daemon/config/pack_library.hpp"
#include "rules/alarm/rule_tests.hpp"
#include "tests/rules/transcription.hpp"
#include "tests/support/packs.hpp"

namespace magwatch {
namespace {

struct Change {
    std::size_t at, length;
    std::string put;
    std::string what; // "line 22: 16 to 17"
};

// The number one unit of its last digit higher or lower.
std::string beside(const std::string& number, int step)
{
    const std::size_t point = number.find('.');
    const std::size_t places = point == std::string::npos ? 0 : number.size() - point - 1;
    double unit = 1;
    for (std::size_t i = 0; i < places; ++i) unit /= 10;
    std::ostringstream out;
    out.setf(std::ios::fixed);
    out.precision(static_cast<std::streamsize>(places));
    double value = 0;
    EXPECT_EQ(std::from_chars(number.data(), number.data() + number.size(), value).ec, std::errc{}) << number;
    out << value + step * unit;
    return out.str();
}

// "[[check]]", "[limits]": the header of the table in which a place stands.
std::string table_of(const std::string& text, std::size_t at)
{
    const std::size_t header = text.rfind("\n[", at);
    if (header == std::string::npos) return "";
    return text.substr(header + 1, text.find('\n', header + 1) - header - 1);
}

// Every number in what the lines of these keys say, each up and down.
std::vector<Change> numbers_after(const std::string& text, const std::regex& line)
{
    static const std::regex number{R"((^|[^\w.])(\d+(\.\d+)?)(?![\w.]))"};
    std::vector<Change> out;
    for (std::sregex_iterator i{text.begin(), text.end(), line}, end; i != end; ++i) {
        const auto begin = static_cast<std::size_t>(i->position(2));
        const std::string part = (*i)[2];
        const auto row = 1 + std::count(text.begin(), text.begin() + i->position(2), '\n');
        for (std::sregex_iterator n{part.begin(), part.end(), number}; n != end; ++n) {
            const std::string was = (*n)[2];
            const std::size_t at = begin + static_cast<std::size_t>(n->position(2));
            for (const int step : {1, -1}) {
                const std::string put = beside(was, step);
                if (put.starts_with('-')) continue;
                out.push_back({at, was.size(), put, "line " + std::to_string(row) + ": " + was + " to " + put});
            }
        }
    }
    return out;
}

std::string changed(const std::string& text, const Change& change)
{
    std::string out = text;
    return out.replace(change.at, change.length, change.put);
}

// In a limit, a condition or a delay of a rule; and every limit's `inclusive`.
std::vector<Change> changes_of_rules(const std::string& text)
{
    static const std::regex rules{R"re((?:^|\n)(when|clear|needs|for|clear_for|at_most) = "([^"\n]*)")re"};
    static const std::regex limits{R"re((?:^|\n)(\w+) = \{ value = "([^"\n]*)")re"};
    static const std::regex itself{R"re(\n\w+ = \{ value = "[^"\n]*"(, inclusive = true))re"};
    std::vector<Change> out = numbers_after(text, rules);
    std::erase_if(out, [&](const Change& one) { return table_of(text, one.at) == "[[check]]"; });
    for (Change& one : numbers_after(text, limits)) {
        if (table_of(text, one.at) != "[[indication]]") out.push_back(std::move(one));
    }
    for (std::sregex_iterator i{text.begin(), text.end(), itself}, end; i != end; ++i) {
        const auto at = static_cast<std::size_t>(i->position(1));
        const auto row = 1 + std::count(text.begin(), text.begin() + i->position(1), '\n');
        out.push_back({at, static_cast<std::size_t>(i->length(1)), "", "line " + std::to_string(row) + ": no longer inclusive"});
    }
    return out;
}

// In a schedule: intervals, phases, the watch after a stop, what is asked before a dose, and what it is asked for.
std::vector<Change> changes_of_checks(const std::string& text)
{
    static const std::regex lines{R"re((?:^|\n)(every|first_every|first_for|phases|after_stop|before_dose|overdue_after|needs) = ([^\n]*))re"};
    std::vector<Change> out = numbers_after(text, lines);
    std::erase_if(out, [&](const Change& one) { return table_of(text, one.at) != "[[check]]"; });
    return out;
}

class LimitChange : public testing::TestWithParam<std::string> {};

TEST_P(LimitChange, IsNoticedByACase)
{
    const std::string path = MAGWATCH_SOURCE_DIR "/rules/packs/" + GetParam();
    const std::string text = test::read_text(path);
    const std::string tests = test::read_text(std::filesystem::path{path}.replace_extension(".test.toml"));
    const PackFolder library{path};
    const auto changes = changes_of_rules(text);
    for (const Change& change : changes) {
        EXPECT_FALSE(test_pack(changed(text, change), tests, path, "cases", &library).passed())
            << GetParam() << ", " << change.what;
    }
    RecordProperty("changes", static_cast<int>(changes.size()));
}

TEST_P(LimitChange, OfAScheduleIsNoticedByTheTranscription)
{
    const std::string path = MAGWATCH_SOURCE_DIR "/rules/packs/" + GetParam();
    const std::string text = test::read_text(path);
    const PackFolder library{path};
    const auto changes = changes_of_checks(text);
    for (const Change& change : changes) {
        const CompiledPack pack = compile_pack(changed(text, change), path, {}, &library);
        EXPECT_TRUE(!pack.pack || !test::schedule_differences(*pack.pack).empty()) << GetParam() << ", " << change.what;
    }
    // A cell of an indication that a pack states needs a transcription of its own; none does so far.
    static const std::regex cells{R"re(\n(\w+) = \{ value = "([^"\n]*)")re"};
    for (const Change& one : numbers_after(text, cells)) EXPECT_NE(table_of(text, one.at), "[[indication]]") << one.what;
    RecordProperty("changes", static_cast<int>(changes.size()));
}

// The table of indications, as a pack that states all of it again.
TEST(LimitChangeOfIndications, IsNoticedByTheTranscription)
{
    const std::string all = test::read_text(MAGWATCH_SOURCE_DIR "/rules/language/sessions.toml");
    const std::string text = all.substr(all.find("\n[[indication]]"));
    const std::string head = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n[[rule]]\nid = \"r\"\ntitle = \"t\"\nmessage = \"m\"\n"
                             "source = \"s\"\npriority = \"low\"\nwhen = \"epidural\"\n";
    const CompiledPack same = compile_pack(head + text, "p.toml");
    for (const Diagnostic& error : same.errors) ADD_FAILURE() << error.text();
    ASSERT_TRUE(same.pack);
    EXPECT_EQ(test::indication_differences(same.pack->sessions), std::vector<std::string>{});
    static const std::regex cells{R"re(\n(\w+) = \{ value = "([^"\n]*)")re"};
    const auto changes = numbers_after(text, cells);
    EXPECT_GT(changes.size(), 50U);
    for (const Change& change : changes) {
        const CompiledPack pack = compile_pack(head + changed(text, change), "p.toml");
        EXPECT_TRUE(!pack.pack || !test::indication_differences(pack.pack->sessions).empty()) << change.what;
    }
    RecordProperty("changes", static_cast<int>(changes.size()));
}

std::vector<std::string> packs()
{
    std::vector<std::string> out;
    for (const auto& path : test::shipped_packs()) out.push_back(path.filename().string());
    return out;
}
INSTANTIATE_TEST_SUITE_P(Packs, LimitChange, testing::ValuesIn(packs()), [](const auto& one) {
    std::string name = one.param.substr(0, one.param.find('.'));
    std::erase(name, '-');
    return name;
});

} // namespace
} // namespace magwatch
