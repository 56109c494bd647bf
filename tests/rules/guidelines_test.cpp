// The effective packs against a transcription of the guidelines that was made apart from them.
#include <gtest/gtest.h>

#include <charconv>
#include <cstdio>
#include <string>

#include <toml++/toml.h>

#include "rules/evaluation/evaluation.hpp"
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
        EXPECT_EQ(holds(*pack, "reflex-absent", {{Signal::reflex, 0.0}}), profile["reflex_absent"].value_or(false));
        EXPECT_FALSE(holds(*pack, "reflex-absent", {{Signal::reflex, 1.0}}));
    }
    EXPECT_EQ(seen, 10);
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

// A cell as the transcription writes it: "6 g", "2 g/h", "15 min".
std::string cell_text(std::optional<double> grams, const char* unit)
{
    if (!grams) return "";
    char out[32];
    std::snprintf(out, sizeof out, "%.6g %s", *grams, unit);
    return out;
}
std::string cell_text(std::optional<Duration> time)
{
    if (!time) return "";
    if (time->count() % 60'000 != 0) return std::to_string(time->count()) + " ms";
    return std::to_string(time->count() / 60'000) + " min";
}
// "1 h" and "60 min" are one length.
std::string minutes_of(const std::string& text)
{
    if (!text.ends_with(" h")) return text;
    return std::to_string(static_cast<int>(number_of(text)) * 60) + " min";
}

// The table of planned infusions states these cells and no other.
TEST(Indications, EveryCellIsTheRegimens)
{
    const toml::table document = toml::parse_file(MAGWATCH_SOURCE_DIR "/tests/rules/indications.toml");
    EXPECT_EQ(document.size(), builtin_sessions().indications.size());
    for (const IndicationRow& row : builtin_sessions().indications) {
        const toml::table* wanted = document[name(row.indication)].as_table();
        ASSERT_TRUE(wanted) << row.title;
        const std::pair<const char*, std::string> cells[] = {
            {"bolus_max", cell_text(row.bolus_max, "g")},
            {"bolus_min_duration", cell_text(row.bolus_min_duration)},
            {"bolus_rate_max", cell_text(row.bolus_rate_max, "g/h")},
            {"rate_warn", cell_text(row.rate_warn, "g/h")},
            {"rate_alarm", cell_text(row.rate_alarm, "g/h")},
            {"session_cap", cell_text(row.session_cap, "g")},
            {"hour_cap", cell_text(row.hour_cap, "g")},
            {"day_cap", cell_text(row.day_cap, "g")},
            {"two_day_cap_renal", cell_text(row.two_day_cap_renal, "g")},
            {"duration_max", cell_text(row.duration_max)},
            {"check_every", cell_text(row.check_every)},
            {"after_watch", cell_text(row.after_watch)},
        };
        std::size_t stated = 0;
        for (const auto& [cell, found] : cells) {
            const std::string text = (*wanted)[cell].value_or(std::string{});
            EXPECT_EQ(found, minutes_of(text)) << row.title << ": " << cell;
            stated += text.empty() ? 0 : 1;
        }
        EXPECT_EQ(stated, wanted->size()) << row.title << ": a cell of the transcription has another name";
    }
}

} // namespace
} // namespace magwatch
