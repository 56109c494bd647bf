// The effective packs against a transcription of the guidelines that was made apart from them.
#include <gtest/gtest.h>

#include <charconv>
#include <string>

#include <toml++/toml.h>

#include "rules/evaluation/evaluation.hpp"
#include "rules/observation/symptom.hpp"
#include "tests/rules/transcription.hpp"
#include "tests/support/packs.hpp"

namespace magwatch {
namespace {

std::shared_ptr<const Pack> load(const std::string& name)
{
    const CompiledPack compiled = test::compiled_pack(test::shipped_pack(name));
    for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
    return compiled.pack;
}

// Whether the rule's condition holds after the values came, one an hour.
bool holds(const Pack& pack, std::string_view rule, const std::vector<std::pair<Signal, double>>& values)
{
    PatientState patient;
    patient.set_windows(pack.windows);
    patient.set_watch_start(Instant{0});
    Evaluation evaluation{pack};
    Instant now{0};
    for (const auto& [signal, value] : values) {
        now = now + std::chrono::hours{1};
        patient.accept(signal, value, now, now, no_source);
        evaluation.evaluate(pack, patient, now, ~SignalMask{0}, [](std::size_t, const RuleTruth&) {});
    }
    for (std::size_t i = 0; i < pack.rules.size(); ++i) {
        if (pack.rules[i].id == rule) return evaluation.truth(i).raise == Truth::yes;
    }
    ADD_FAILURE() << pack.name << " has no rule " << rule;
    return false;
}

// The number that a text such as "16 /min" begins with.
double number_of(const std::string& text)
{
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    EXPECT_EQ(read.ec, std::errc{}) << text;
    return value;
}

struct Cell {
    double value = 0;
    bool itself = false;
    bool read = false; // [V] or [S]: the pack states it
};
std::optional<Cell> cell(const toml::table& profile, std::string_view key)
{
    const toml::table* table = profile[key].as_table();
    if (!table) return std::nullopt;
    Cell out;
    out.value = (*table)["value"].value_or(0.0);
    out.itself = (*table)["itself"].value_or(false);
    out.read = (*table)["tag"].value_or(std::string{}) != "R";
    return out;
}

class Guideline : public testing::Test {
protected:
    void check(const Pack& pack, const toml::table& profile, std::string_view key, std::string_view limit)
    {
        const PackLimit* mine = pack.outline.limit(limit);
        ASSERT_TRUE(mine) << pack.name << " has no " << limit;
        const auto wanted = cell(profile, key);
        if (!wanted || !wanted->read) {
            EXPECT_EQ(mine->from, "minimal") << pack.name << ": a silent or recalled " << key << " is inherited";
            return;
        }
        EXPECT_EQ(mine->from, pack.name) << key << " is stated by the guideline";
        EXPECT_EQ(number_of(mine->value), wanted->value) << pack.name << ": " << key;
        EXPECT_EQ(mine->inclusive, wanted->itself) << pack.name << ": " << key << " at exactly " << mine->value;
        EXPECT_EQ(mine->source.find("[R]"), std::string::npos);
    }
    // What the pack does at the limit and beside it, by evaluation.
    void probe(const Pack& pack, std::string_view rule, Signal signal, double limit, bool itself, int parts)
    {
        const auto values = [&](double total) {
            std::vector<std::pair<Signal, double>> out;
            for (int i = 0; i < parts; ++i) out.emplace_back(signal, total / parts);
            return out;
        };
        EXPECT_TRUE(holds(pack, rule, values(limit - 1))) << pack.name << ": " << rule << " at " << limit - 1;
        EXPECT_EQ(holds(pack, rule, values(limit)), itself) << pack.name << ": " << rule << " at " << limit;
        EXPECT_FALSE(holds(pack, rule, values(limit + 1))) << pack.name << ": " << rule << " at " << limit + 1;
    }
};

TEST_F(Guideline, EveryCellOfEveryProfile)
{
    const toml::table document = toml::parse_file(MAGWATCH_SOURCE_DIR "/tests/rules/guidelines.toml");
    int seen = 0;
    for (const toml::node& node : *document["profile"].as_array()) {
        const toml::table& profile = *node.as_table();
        const auto pack = load(profile["pack"].value_or(std::string{}));
        ASSERT_TRUE(pack);
        ++seen;
        check(*pack, profile, "rr", "rr_stop");
        check(*pack, profile, "spo2", "spo2_stop");
        check(*pack, profile, "urine", "urine_stop");
        if (const auto rr = cell(profile, "rr"); rr && rr->read) {
            probe(*pack, "rr-low", Signal::rr, rr->value, rr->itself, 1);
            probe(*pack, "rr-counted-low", Signal::rr_counted, rr->value, rr->itself, 1);
        }
        if (const auto spo2 = cell(profile, "spo2"); spo2 && spo2->read) {
            probe(*pack, "spo2-low", Signal::spo2, spo2->value, spo2->itself, 1);
        }
        if (const auto urine = cell(profile, "urine"); urine && urine->read) {
            probe(*pack, "urine-low", Signal::urine, urine->value, urine->itself, 4);
        }
        if (const auto urine = cell(profile, "urine_hour"); urine && urine->read) {
            probe(*pack, "urine-low-hour", Signal::urine, urine->value, urine->itself, 1);
        }
        // An absent reflex stops under every pack: where the guideline says so, and where it is inherited.
        EXPECT_TRUE(holds(*pack, "reflex-absent", {{Signal::reflex, 0.0}}));
        EXPECT_FALSE(holds(*pack, "reflex-absent", {{Signal::reflex, 1.0}}));
        for (const char* const column : {"rr", "spo2", "urine", "reflex"}) {
            EXPECT_TRUE(cell(profile, column) || profile[column].value_or(std::string{}) == "silent")
                << pack->name << " leaves out " << column;
        }
    }
    EXPECT_EQ(seen, 10);
}

// "voice", "chest pain", 89.
double value_of(Signal signal, const toml::node& node)
{
    if (const auto number = node.value<double>()) return *number;
    const std::string word = node.value_or(std::string{});
    if (signal == Signal::symptom) {
        const SymptomInfo* const known = find_symptom(word);
        EXPECT_NE(known, nullptr) << word;
        return known ? static_cast<double>(known->group) : 0;
    }
    const auto value = word_value(signal, word);
    EXPECT_TRUE(value) << word;
    return value.value_or(0);
}

std::vector<std::pair<Signal, double>> values_of(const toml::array& list)
{
    std::vector<std::pair<Signal, double>> out;
    for (const toml::node& node : list) {
        const toml::array& pair = *node.as_array();
        const auto signal = signal_from(pair[0].value_or(std::string{}));
        if (signal) out.emplace_back(*signal, value_of(*signal, pair[1]));
        EXPECT_TRUE(signal) << pair[0].value_or(std::string{});
    }
    return out;
}

// The rest of a guideline's row is compared, or says why it cannot be.
TEST_F(Guideline, WhatElseItsRowHolds)
{
    const toml::table document = toml::parse_file(MAGWATCH_SOURCE_DIR "/tests/rules/guidelines.toml");
    int compared = 0, left_out = 0;
    for (const toml::node& node : *document["profile"].as_array()) {
        const toml::table& profile = *node.as_table();
        const toml::array* const more = profile["more"].as_array();
        if (!more) continue;
        const auto pack = load(profile["pack"].value_or(std::string{}));
        ASSERT_TRUE(pack);
        for (const toml::node& item : *more) {
            const toml::table& one = *item.as_table();
            const std::string about = pack->name + ": " + one["cell"].value_or(std::string{});
            if (one.contains("left_out")) {
                ++left_out;
                EXPECT_FALSE(one["left_out"].value_or(std::string{}).empty()) << about;
                continue;
            }
            ++compared;
            const std::string rule = one["rule"].value_or(std::string{});
            ASSERT_TRUE(one["raised"].as_array() && one["quiet"].as_array()) << about;
            EXPECT_TRUE(holds(*pack, rule, values_of(*one["raised"].as_array()))) << about;
            EXPECT_FALSE(holds(*pack, rule, values_of(*one["quiet"].as_array()))) << about;
        }
    }
    EXPECT_EQ(compared, 9);
    EXPECT_EQ(left_out, 3);
}

// Nothing is looser than what the root holds unless the guideline says so.
TEST_F(Guideline, TheMinimalPackIsAsStrictAsEveryProfile)
{
    const toml::table document = toml::parse_file(MAGWATCH_SOURCE_DIR "/tests/rules/guidelines.toml");
    const auto root = load("minimal");
    ASSERT_TRUE(root);
    for (const toml::node& node : *document["profile"].as_array()) {
        const toml::table& profile = *node.as_table();
        for (const auto& [key, rule, signal, parts] :
             {std::tuple{"rr", "rr-low", Signal::rr, 1}, std::tuple{"spo2", "spo2-low", Signal::spo2, 1},
              std::tuple{"urine", "urine-low", Signal::urine, 4}}) {
            const auto one = cell(profile, key);
            if (!one || !one->read) continue;
            std::vector<std::pair<Signal, double>> worst;
            for (int i = 0; i < parts; ++i) worst.emplace_back(signal, (one->value - (one->itself ? 0 : 1)) / parts);
            EXPECT_TRUE(holds(*root, rule, worst)) << profile["pack"].value_or(std::string{}) << ": " << key;
        }
    }
}

// The table of planned infusions states these cells and no other.
TEST(Indications, EveryCellIsTheRegimens)
{
    EXPECT_EQ(test::indication_differences(builtin_sessions()), std::vector<std::string>{});
}

// Every check of every pack is due when its sources say.
TEST(Schedules, OfEveryPackAreTheTranscribed)
{
    for (const auto& path : test::shipped_packs()) {
        const CompiledPack compiled = test::compiled_pack(path);
        ASSERT_TRUE(compiled.pack) << path;
        EXPECT_EQ(test::schedule_differences(*compiled.pack), std::vector<std::string>{}) << path;
    }
}

} // namespace
} // namespace magwatch
