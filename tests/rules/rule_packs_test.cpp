// Every pack that is shipped compiles and passes its own cases.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/config/pack_library.hpp"
#include "rules/evaluation/rule_tests.hpp"

namespace magwatch {
namespace {

std::string read(const std::filesystem::path& path)
{
    std::ifstream in{path};
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

TEST(RulePacks, EveryPackPassesItsCases)
{
    int packs = 0;
    for (const auto& entry : std::filesystem::directory_iterator{MAGWATCH_SOURCE_DIR "/rules/packs"}) {
        const std::filesystem::path& path = entry.path();
        const std::string name = path.filename().string();
        if (!name.ends_with(".toml") || name.ends_with(".test.toml")) continue;
        ++packs;
        std::filesystem::path beside = path;
        beside.replace_extension(".test.toml");
        const PackFolder library{path.string()};
        const PackTest result = test_pack(read(path), read(beside), path.string(), beside.string(), &library);
        for (const Diagnostic& error : result.errors) ADD_FAILURE() << error.text();
        for (const CaseResult& one : result.cases) {
            for (const std::string& difference : one.differences) {
                ADD_FAILURE() << one.file << ":" << one.line << ": " << one.title << ": " << difference;
            }
        }
        for (const std::string& rule : result.untested) ADD_FAILURE() << name << ": " << rule;
        EXPECT_TRUE(result.passed()) << name;
    }
    EXPECT_GE(packs, 1);
}

// A page has 160 characters; the words of two rules must fit beside place, prompt and answer codes.
TEST(RulePacks, TheWordsOfTheExamplePackFitAPage)
{
    const auto compiled = compile_pack(read(MAGWATCH_SOURCE_DIR "/rules/packs/example.toml"), "example.toml");
    ASSERT_TRUE(compiled.pack);
    EXPECT_TRUE(compiled.pack->example);
    for (const Rule& rule : compiled.pack->rules) {
        EXPECT_LE(rule.message.size(), 40U) << rule.id;
        EXPECT_FALSE(rule.source.empty()) << rule.id;
        if (rule.kind == AlarmKind::physiological && rule.priority == Priority::high) {
            EXPECT_TRUE(rule.latching) << rule.id;
        }
        if (rule.kind == AlarmKind::physiological && rule.grade == 2) {
            EXPECT_EQ(rule.priority, Priority::high) << rule.id;
        }
    }
}

// The dose rules act before any sign and whatever the estimate says.
TEST(RulePacks, DoseRulesReadDosesAlone)
{
    const auto compiled = compile_pack(read(MAGWATCH_SOURCE_DIR "/rules/packs/example.toml"), "example.toml");
    ASSERT_TRUE(compiled.pack);
    const SignalMask doses = mask(Signal::infusion_rate) | mask(Signal::bolus_running) | mask(Signal::bolus_dose) |
                             mask(Signal::bolus_rate) | mask(Signal::dose_1h) | mask(Signal::dose_24h);
    int seen = 0;
    for (const Rule& rule : compiled.pack->rules) {
        if ((rule.reads & doses) == 0) continue;
        ++seen;
        EXPECT_EQ(rule.reads & ~doses, 0U) << rule.id;
    }
    EXPECT_EQ(seen, 6);
}

} // namespace
} // namespace magwatch
