// docs/RULES.md, "The signals", says of each signal what the code says, and of no other.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rules/observation/quantity.hpp"
#include "rules/observation/symptom.hpp"

namespace magwatch {
namespace {

constexpr std::size_t columns = 7; // signal, meaning, comes as, units, plausible, given by, fresh for
constexpr std::size_t given_by = 5;

std::string_view word(SignalKind kind)
{
    switch (kind) {
    case SignalKind::continuous: return "continuous";
    case SignalKind::cuff: return "cuff";
    case SignalKind::charted: return "charted";
    case SignalKind::laboratory: return "laboratory";
    case SignalKind::pump: return "pump";
    case SignalKind::flag: return "flag";
    case SignalKind::fact: return "fact";
    case SignalKind::derived: return "derived";
    }
    return "";
}

std::string quoted(std::string_view text) { return "`" + std::string{text} + "`"; }

std::string number(double value)
{
    char out[40];
    std::snprintf(out, sizeof out, "%.10g", value);
    return out;
}

// The canonical unit first, then every other in which a value may be written.
std::string units_of(const SignalInfo& about)
{
    if (about.unit == Unit::none) return about.min == 0 && about.max == 1 ? "yes or no" : "none";
    std::string out = quoted(name(about.unit));
    for (int i = 0; i <= static_cast<int>(Unit::hour); ++i) {
        const auto unit = static_cast<Unit>(i);
        if (unit != about.unit && convert(about.signal, 1, unit, about.unit)) out += ", " + quoted(name(unit));
    }
    return out;
}

std::string fresh_of(const SignalInfo& about)
{
    if (about.kind == SignalKind::fact) return "until it changes";
    if (about.kind == SignalKind::derived && about.fresh_for == lasting) return "as its sources";
    const auto seconds = about.fresh_for.count() / 1000;
    if (seconds % 3600 == 0) return std::to_string(seconds / 3600) + " h";
    return seconds % 60 == 0 ? std::to_string(seconds / 60) + " min" : std::to_string(seconds) + " s";
}

std::vector<std::string> row_of(const SignalInfo& about)
{
    const std::string range = about.signal == Signal::liveness ? "any" : number(about.min) + " to " + number(about.max);
    return {quoted(about.name), std::string{about.title}, std::string{word(about.kind)}, units_of(about), range, "...",
            fresh_of(about)};
}

std::string trimmed(std::string text)
{
    text.erase(0, text.find_first_not_of(' '));
    return text.erase(text.find_last_not_of(' ') + 1);
}

// The rows of the table under "### The signals" that name a signal.
std::vector<std::vector<std::string>> table_of_docs()
{
    std::ifstream in{MAGWATCH_SOURCE_DIR "/docs/RULES.md"};
    std::vector<std::vector<std::string>> rows;
    bool here = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#")) here = line == "### The signals";
        if (!here || !line.starts_with("| `")) continue;
        std::vector<std::string> cells;
        std::istringstream cut{line.substr(1)};
        for (std::string cell; std::getline(cut, cell, '|');) cells.push_back(trimmed(cell));
        rows.push_back(std::move(cells));
    }
    return rows;
}

std::string line_of(const std::vector<std::string>& cells)
{
    std::string out = "|";
    for (const auto& cell : cells) out += " " + cell + " |";
    return out;
}

TEST(SignalTable, TheDocumentationHoldsEverySignalAsTheCodeHasIt)
{
    const auto rows = table_of_docs();
    for (std::size_t i = 0; i < signal_count; ++i) {
        auto expected = row_of(info(static_cast<Signal>(i)));
        const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row[0] == expected[0]; });
        if (found == rows.end()) {
            ADD_FAILURE() << "docs/RULES.md lacks " << line_of(expected);
            continue;
        }
        ASSERT_EQ(found->size(), columns) << line_of(*found);
        EXPECT_FALSE((*found)[given_by].empty()) << line_of(*found);
        expected[given_by] = (*found)[given_by];
        EXPECT_EQ(line_of(*found), line_of(expected));
    }
}

TEST(SignalTable, TheDocumentationHoldsNoSignalThatTheCodeDoesNotHave)
{
    std::set<std::string> seen;
    for (const auto& row : table_of_docs()) {
        EXPECT_TRUE(signal_from(row[0].substr(1, row[0].size() - 2))) << line_of(row);
        EXPECT_TRUE(seen.insert(row[0]).second) << row[0] << " stands there twice";
    }
    EXPECT_EQ(seen.size(), signal_count);
}

// What the section on coded signals says of symptom(NAME): every name, under its group.
TEST(SymptomNames, StandInTheDocumentationUnderTheirGroup)
{
    std::ifstream in{MAGWATCH_SOURCE_DIR "/docs/RULES.md"};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const std::size_t begin = text.find("The names:\n");
    ASSERT_NE(begin, std::string::npos);
    const auto end_of = [&](SymptomGroup group) { return text.find("(" + std::string{name(group)} + ")", begin); };
    const std::size_t ends[] = {begin, end_of(SymptomGroup::grave), end_of(SymptomGroup::examine), end_of(SymptomGroup::expected)};
    for (const SymptomInfo& one : symptoms()) {
        const std::size_t before = one.group == SymptomGroup::grave ? 0 : one.group == SymptomGroup::examine ? 1 : 2;
        ASSERT_NE(ends[before + 1], std::string::npos);
        const std::size_t at = text.find("`" + symptom_word(one) + "`", ends[before]);
        EXPECT_LT(at, ends[before + 1]) << "docs/RULES.md lacks " << symptom_word(one) << " as " << name(one.group);
    }
}

} // namespace
} // namespace magwatch
