// No number of a pack can be changed by its last digit without a case of it failing.
#include <gtest/gtest.h>

#include <charconv>
#include <filesystem>
#include <regex>
#include <sstream>

#include "daemon/config/pack_library.hpp"
#include "rules/alarm/rule_tests.hpp"
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

// A case knows of no schedule: what gates a check is tested where the ward runs it.
bool in_check(const std::string& text, std::ptrdiff_t at)
{
    const std::size_t header = text.rfind("\n[[", static_cast<std::size_t>(at));
    return header != std::string::npos && text.compare(header + 1, 9, "[[check]]") == 0;
}

// Every number in a limit, a condition or a delay, each up and down; and every limit's `inclusive`.
std::vector<Change> changes_of(const std::string& text)
{
    static const std::regex line_of_numbers{R"re((^|\n)(when|clear|needs|for|clear_for) = "([^"\n]*)")re"};
    static const std::regex limit{R"re((^|\n)\w+ = \{ value = "([^"\n]*)"(, inclusive = true)?)re"};
    static const std::regex number{R"((^|[^\w.])(\d+(\.\d+)?)(?![\w.]))"};
    std::vector<Change> out;
    const auto line_of = [&](std::size_t at) { return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'); };
    const auto numbers_in = [&](std::size_t begin, const std::string& part) {
        for (std::sregex_iterator i{part.begin(), part.end(), number}, end; i != end; ++i) {
            const std::string was = (*i)[2];
            const std::size_t at = begin + static_cast<std::size_t>(i->position(2));
            for (const int step : {1, -1}) {
                const std::string put = beside(was, step);
                if (put.starts_with('-')) continue;
                out.push_back({at, was.size(), put, "line " + std::to_string(line_of(at)) + ": " + was + " to " + put});
            }
        }
    };
    for (std::sregex_iterator i{text.begin(), text.end(), line_of_numbers}, end; i != end; ++i) {
        if (!in_check(text, i->position(2))) numbers_in(static_cast<std::size_t>(i->position(3)), (*i)[3]);
    }
    for (std::sregex_iterator i{text.begin(), text.end(), limit}, end; i != end; ++i) {
        const auto at = static_cast<std::size_t>(i->position(2));
        numbers_in(at, (*i)[2]);
        if ((*i)[3].matched) {
            out.push_back({static_cast<std::size_t>(i->position(3)), static_cast<std::size_t>(i->length(3)), "",
                           "line " + std::to_string(line_of(at)) + ": no longer inclusive"});
        }
    }
    return out;
}

class LimitChange : public testing::TestWithParam<std::string> {};

TEST_P(LimitChange, IsNoticedByACase)
{
    const std::string path = MAGWATCH_SOURCE_DIR "/rules/packs/" + GetParam();
    const std::string text = test::read_text(path);
    const std::string tests = test::read_text(std::filesystem::path{path}.replace_extension(".test.toml"));
    const PackFolder library{path};
    const auto changes = changes_of(text);
    for (const Change& change : changes) {
        std::string changed = text;
        changed.replace(change.at, change.length, change.put);
        EXPECT_FALSE(test_pack(changed, tests, path, "cases", &library).passed()) << GetParam() << ", " << change.what;
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
