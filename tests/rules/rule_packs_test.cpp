// Every pack that is shipped compiles and passes its own cases.
#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/config/pack_library.hpp"
#include "rules/alarm/rule_tests.hpp"
#include "tests/support/packs.hpp"

namespace magwatch {
namespace {

std::shared_ptr<const Pack> compiled(const std::filesystem::path& path)
{
    const CompiledPack out = test::compiled_pack(path);
    for (const Diagnostic& error : out.errors) ADD_FAILURE() << error.text();
    return out.pack;
}

TEST(RulePacks, EveryPackPassesItsCases)
{
    int packs = 0;
    for (const std::filesystem::path& path : test::shipped_packs()) {
        const std::string name = path.filename().string();
        ++packs;
        std::filesystem::path beside = path;
        beside.replace_extension(".test.toml");
        const PackFolder library{path.string()};
        const PackTest result = test_pack(test::read_text(path), test::read_text(beside), path.string(), beside.string(), &library);
        for (const Diagnostic& error : result.errors) ADD_FAILURE() << error.text();
        for (const CaseResult& one : result.cases) {
            for (const std::string& difference : one.differences) {
                ADD_FAILURE() << one.file << ":" << one.line << ": " << one.title << ": " << difference;
            }
        }
        for (const std::string& rule : result.untested) ADD_FAILURE() << name << ": " << rule;
        EXPECT_TRUE(result.passed()) << name;
    }
    EXPECT_EQ(packs, 12);
}

// A page has 160 characters; the words of two rules must fit beside place, prompt and answer codes.
TEST(RulePacks, TheWordsOfEveryPackFitAPage)
{
    for (const std::filesystem::path& path : test::shipped_packs()) {
        const auto pack = compiled(path);
        ASSERT_TRUE(pack);
        EXPECT_EQ(pack->example, path.filename() == "example.toml") << path;
        for (const Rule& rule : pack->rules) {
            EXPECT_LE(rule.message.size(), 40U) << path << rule.id;
            EXPECT_FALSE(rule.source.empty()) << path << rule.id;
            if (rule.kind == AlarmKind::physiological && rule.priority == Priority::high) {
                EXPECT_TRUE(rule.latching) << path << rule.id;
            }
            if (rule.kind == AlarmKind::physiological && rule.grade == 2) {
                EXPECT_EQ(rule.priority, Priority::high) << path << rule.id;
            }
        }
    }
}

// The dose rules act before any sign and whatever the estimate says.
TEST(RulePacks, DoseRulesReadDosesAlone)
{
    const SignalMask doses = mask(Signal::infusion_rate) | mask(Signal::bolus_running) | mask(Signal::bolus_dose) |
                             mask(Signal::bolus_rate) | mask(Signal::dose_1h) | mask(Signal::dose_24h);
    for (const std::filesystem::path& path : test::shipped_packs()) {
        const auto pack = compiled(path);
        ASSERT_TRUE(pack);
        int seen = 0, disabled = 0;
        for (const PackItem& item : pack->outline.rules) disabled += item.id == "rate-warn" && item.disabled ? 1 : 0;
        for (const Rule& rule : pack->rules) {
            if ((rule.reads & doses) == 0) continue;
            ++seen;
            EXPECT_EQ(rule.reads & ~doses, 0U) << path << rule.id;
        }
        EXPECT_EQ(seen + disabled, 6) << path;
    }
}

} // namespace
} // namespace magwatch
