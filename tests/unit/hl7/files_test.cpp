// Every OBX of every recording in tests/data/hl7 against a table that was made by reading the
// files.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/monitors/hl7/decode_json.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

const std::filesystem::path data = std::filesystem::path{MAGWATCH_SOURCE_DIR} / "tests/data";

std::string slurp(const std::filesystem::path& path)
{
    std::ifstream in{path, std::ios::binary};
    EXPECT_TRUE(in) << path;
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::vector<std::string> fields(const std::string& line)
{
    std::vector<std::string> result;
    std::istringstream in{line};
    for (std::string field; std::getline(in, field, '\t');) result.push_back(field);
    return result;
}

std::map<std::string, std::vector<std::vector<std::string>>> expected()
{
    std::map<std::string, std::vector<std::vector<std::string>>> rows;
    std::istringstream in{slurp(data / "hl7_expected.tsv")};
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.starts_with('#')) continue;
        auto row = fields(line);
        EXPECT_EQ(row.size(), 9U) << line;
        rows[row.front()].push_back(row);
    }
    return rows;
}

std::vector<nlohmann::json> decode(const std::string& file, const SourceProfile& profile = {})
{
    std::ostringstream out;
    decode_as_json(out, file, slurp(data / "hl7" / file), profile);
    std::vector<nlohmann::json> lines;
    std::istringstream in{out.str()};
    for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
}

double number(const std::string& text)
{
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    EXPECT_EQ(parsed.ptr, text.data() + text.size()) << text;
    return value;
}

void expect_row(const nlohmann::json& got, const std::vector<std::string>& want)
{
    const std::string where = want[0] + " row " + want[2] + ": " + got.dump();
    const auto text_or_null = [&](const char* key, const std::string& value) {
        if (value == "-") {
            EXPECT_TRUE(got.at(key).is_null()) << key << " of " << where;
        } else {
            EXPECT_EQ(got.at(key), value) << key << " of " << where;
        }
    };
    EXPECT_EQ(got.at("message"), want[1]) << where;
    EXPECT_EQ(got.at("code"), want[3]) << where;
    text_or_null("signal", want[4]);
    text_or_null("unit", want[6]);
    text_or_null("reason", want[8]);
    EXPECT_EQ(got.at("accepted"), want[8] == "-") << where;
    if (want[5] == "-") {
        EXPECT_TRUE(got.at("value").is_null()) << where;
    } else {
        EXPECT_NEAR(got.at("value").get<double>(), number(want[5]), 1e-6) << where;
    }
    if (want[7] != "-") {
        EXPECT_EQ(got.at("time"), want[7]) << where;
    }
}

TEST(Files, every_row_is_what_the_table_says)
{
    const auto table = expected();
    std::size_t rows = 0;
    for (const auto& entry : std::filesystem::directory_iterator{data / "hl7"}) {
        const std::string file = entry.path().filename().string();
        const auto lines = decode(file);
        const auto wanted = table.find(file);
        const std::size_t count = wanted == table.end() ? 0 : wanted->second.size();
        ASSERT_EQ(lines.size(), count) << file;
        for (std::size_t i = 0; i < count; ++i) expect_row(lines[i], wanted->second[i]);
        rows += count;
    }
    EXPECT_EQ(rows, 367U);
}

TEST(Files, test_messages_are_marked)
{
    for (const auto& line : decode("simhospital_vitals.hl7"))
        EXPECT_TRUE(line.at("test").get<bool>());
    for (const auto& line : decode("nist_pcd01_monitor.hl7"))
        EXPECT_FALSE(line.at("test").get<bool>());
}

TEST(Files, the_time_zone_of_the_source_is_used_where_the_message_has_none)
{
    SourceProfile profile;
    profile.zone = *Zone::from("-05:00");
    for (const auto& line : decode("lab_chem_magnesium.hl7", profile)) {
        EXPECT_EQ(line.at("time"), "2006-09-22T20:23:00Z");
    }
    // The message's own offset wins.
    EXPECT_EQ(decode("nist_pcd01_monitor.hl7", profile).at(3).at("time"), "2018-01-15T22:17:14Z");
}

TEST(Files, what_cannot_be_read_is_said)
{
    std::ostringstream out;
    const DecodeTotals totals = decode_as_json(out, "x", "this is no message\r", {});
    EXPECT_EQ(totals.unreadable, 1U);
    const auto line = nlohmann::json::parse(out.str());
    EXPECT_EQ(line.at("accepted"), false);
    EXPECT_EQ(line.at("reason"), "malformed");
}

TEST(Files, the_table_for_people_names_value_and_reason)
{
    std::ostringstream out;
    const DecodeTotals totals =
        decode_as_table(out, "lab", slurp(data / "hl7/lab_chem_magnesium.hl7"), SourceProfile{});
    EXPECT_EQ(totals.rows, 17U);
    EXPECT_EQ(totals.accepted, 3U);
    EXPECT_NE(out.str().find("0.905164 mmol/L"), std::string::npos) << out.str();
    EXPECT_NE(out.str().find("refused: unknown code"), std::string::npos);
}

TEST(Files, bytes_that_are_not_utf8_make_valid_json)
{
    std::ostringstream out;
    decode_as_json(
        out, "x",
        "MSH|^~\\&|A|B|||2026||ORU^R01|\xE9|P|2.3\rOBX|1|NM|\xFF^\xB0^L||1|\xB0\rOBX|2|NM|x", {});
    std::istringstream in{out.str()};
    for (std::string line; std::getline(in, line);)
        EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

} // namespace
} // namespace magwatch::adapters::hl7
