// Every delay that stands in C++ instead of a pack, with the test that holds it: printed, and checked to be there.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <regex>
#include <set>

#include <toml++/toml.h>

#include "rules/alarm/rule_tests.hpp"
#include "rules/ward/session_alarm.hpp"
#include "rules/ward/technical.hpp"
#include "tests/support/packs.hpp"

namespace magwatch {
namespace {

const std::filesystem::path root = MAGWATCH_SOURCE_DIR;

const toml::table& document()
{
    static const toml::table table = toml::parse_file((root / "tests/rules/builtin_delays.toml").string());
    return table;
}

// "Suite.Name" of every test under tests/.
std::set<std::string> tests()
{
    static const std::regex test{R"(\nTEST(?:_F|_P)?\((\w+), (\w+)\))"};
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{root / "tests/unit"}) {
        if (entry.path().extension() != ".cpp") continue;
        const std::string text = test::read_text(entry.path());
        for (std::sregex_iterator i{text.begin(), text.end(), test}, end; i != end; ++i)
            out.insert((*i)[1].str() + "." + (*i)[2].str());
    }
    return out;
}

// Name and value of each length of time that a source file fixes.
std::map<std::string, std::string> lengths_in(const std::string& file)
{
    static const std::regex constant{R"(\n(?:inline )?constexpr Duration (\w+) = ([^;]+);)"};
    std::map<std::string, std::string> out;
    const std::string text = test::read_text(root / file);
    for (std::sregex_iterator i{text.begin(), text.end(), constant}, end; i != end; ++i) out[(*i)[1]] = (*i)[2];
    return out;
}

TEST(BuiltinDelays, HaveTheirValueAndATestThatHoldsThem)
{
    const std::set<std::string> known = tests();
    std::set<std::string> listed;
    for (const toml::node& node : *document()["constant"].as_array()) {
        const toml::table& table = *node.as_table();
        const std::string file = table["file"].value_or(std::string{});
        listed.insert(file);
        auto found = lengths_in(file);
        for (const auto& [key, cell] : table) {
            if (key.str() == "file") continue;
            const std::string name{key.str()};
            const std::string value = (*cell.as_table())["value"].value_or(std::string{});
            const std::string test = (*cell.as_table())["test"].value_or(std::string{});
            EXPECT_EQ(found[name], value) << file << ": " << name;
            EXPECT_TRUE(known.contains(test)) << file << ": " << name << ": there is no test " << test;
            std::cout << "in C++, not in data: " << file << ": " << name << " = " << value << ", held by " << test << "\n";
        }
        // What the ward's folder fixes is listed to the last.
        for (const auto& [name, value] : found) {
            EXPECT_TRUE(!file.starts_with("rules/ward/") || table.contains(name)) << file << ": " << name << " = " << value;
        }
    }
    for (const auto& entry : std::filesystem::directory_iterator{root / "rules/ward"}) {
        const std::string file = "rules/ward/" + entry.path().filename().string();
        EXPECT_TRUE(lengths_in(file).empty() || listed.contains(file)) << file << " fixes delays that are not listed";
    }
}

template <class Fault> void expect_delays(std::size_t count, std::set<std::string>& seen)
{
    for (std::size_t i = 0; i < count; ++i) {
        const FaultInfo& about = info(static_cast<Fault>(i));
        const std::string id = about.alarm.rule.substr(about.alarm.rule.find('.') + 1);
        const toml::array* wanted = document()["fault"][id].as_array();
        ASSERT_TRUE(wanted && wanted->size() == 2) << about.alarm.rule << " is not in the table";
        const auto text = [](Duration length) { return length > Duration{} ? length_text(length) : std::string{}; };
        EXPECT_EQ(text(about.policy.hold), (*wanted)[0].value_or(std::string{})) << about.alarm.rule;
        EXPECT_EQ(text(about.policy.clear_hold), (*wanted)[1].value_or(std::string{})) << about.alarm.rule << ", to end";
        seen.insert(id);
    }
}

TEST(BuiltinDelays, OfTheSessionsAlarmsAreTheWrittenOnes)
{
    const toml::table& wanted = *document()["session"].as_table();
    std::size_t seen = 0;
    for (const SessionAlarmInfo& about : session_alarms()) {
        const std::string is = about.hold > Duration{} ? length_text(about.hold) : "";
        EXPECT_EQ(is, wanted[about.id].value_or(std::string{})) << about.id;
        seen += is.empty() ? 0 : 1;
    }
    EXPECT_EQ(seen, wanted.size());
}

TEST(BuiltinDelays, OfTechnicalAlarmsAreTheWrittenOnes)
{
    std::set<std::string> seen;
    expect_delays<BedFault>(bed_fault_count, seen);
    expect_delays<WardFault>(ward_fault_count, seen);
    EXPECT_EQ(seen.size(), document()["fault"].as_table()->size());
}

} // namespace
} // namespace magwatch
