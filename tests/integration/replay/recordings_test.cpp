// What each recording must give, from looking at the data first (tests/data/README.md).
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tools/replay/replay.hpp"

namespace magwatch {
namespace {

const std::string source = MAGWATCH_SOURCE_DIR;
const std::string numerics = source + "/tests/data/numerics/";
const std::string course = "0s:4g/20min,20min:1g/h";

std::string run(const std::string& file, std::vector<LimitSetting> limits = {})
{
    std::ostringstream out, errors;
    const ReplayRequest request{numerics + file, source + "/rules/packs/example.toml", course, std::move(limits), true};
    EXPECT_EQ(replay(request, out, errors), 0) << errors.str();
    return out.str();
}

std::vector<nlohmann::json> lines(const std::string& text)
{
    std::vector<nlohmann::json> parsed;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) parsed.push_back(nlohmann::json::parse(line));
    return parsed;
}

std::set<std::string> raised(const std::string& text, const std::string& priority, const std::string& kind)
{
    std::set<std::string> rules;
    for (const auto& line : lines(text)) {
        if (line.contains("event") && line["event"] == "raised" && line["priority"] == priority && line["kind"] == kind) {
            rules.insert(line["rule"].get<std::string>());
        }
    }
    return rules;
}

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> recordings()
{
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{numerics}) {
        if (entry.path().filename() != "index.csv") names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
}

// A case for each file: days of ward time are many steps, and with a sanitizer each is slow.
class EveryRecording : public testing::TestWithParam<std::string> {};

TEST_P(EveryRecording, ReplaysTwiceWithIdenticalBytesAndEndsWithASummary)
{
    const std::string first = run(GetParam());
    EXPECT_EQ(first, run(GetParam()));
    const auto parsed = lines(first);
    ASSERT_FALSE(parsed.empty());
    EXPECT_EQ(parsed.back().value("summary", false), true);
    EXPECT_GT(parsed.back()["observations"].get<int>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Files, EveryRecording, testing::ValuesIn(recordings()), [](const auto& file) {
    return file.param.substr(0, file.param.find('.'));
});

TEST(Recordings, AllOfThemAreThere)
{
    EXPECT_EQ(recordings().size(), 28U);
}

TEST(Recordings, SlowBreathingIsRaisedAndPaged)
{
    const std::string text = run("bidmc_05_1hz.csv");
    EXPECT_THAT(raised(text, "high", "physiological"), Contains("rr-low"));
    std::size_t pages = 0;
    for (const auto& line : lines(text)) {
        if (line.value("event", "") == "page" && line.value("rule", "") == "rr-low") ++pages;
    }
    EXPECT_GT(pages, 0U);
    EXPECT_EQ(lines(text).back()["pages"].get<std::size_t>() > 0, true);
}

TEST(Recordings, QuietPatientsRaiseNothingHigh)
{
    for (const char* file : {"bidmc_01_1hz.csv", "bidmc_02_1hz.csv", "bidmc_03_1hz.csv", "bidmc_06_1hz.csv", "bidmc_07_1hz.csv"}) {
        const std::string text = run(file);
        EXPECT_THAT(raised(text, "high", "physiological"), IsEmpty()) << file;
        EXPECT_THAT(raised(text, "high", "technical"), IsEmpty()) << file;
    }
}

TEST(Recordings, LowOxygenIsRaisedWhereTheLimitIs94AndNotWhereItIs92)
{
    for (const char* file : {"bidmc_04_1hz.csv", "bidmc_08_1hz.csv"}) {
        EXPECT_THAT(raised(run(file, {{"spo2_stop", "94 %"}}), "high", "physiological"), Contains("spo2-low")) << file;
        EXPECT_THAT(raised(run(file, {{"spo2_stop", "92 %"}}), "high", "physiological"), Not(Contains("spo2-low"))) << file;
    }
}

TEST(Recordings, AnIsolatedLevelAlarmsAndAsksForARepeat)
{
    bool asks = false;
    for (const auto& line : lines(run("chal2012_144251_irregular.csv"))) {
        if (!line.contains("rule") || line["event"] != "raised") continue;
        const auto rule = line["rule"].get<std::string>();
        if (!rule.starts_with("level")) continue;
        const auto message = line["message"].get<std::string>();
        asks = asks || message.find("epeat") != std::string::npos;
    }
    EXPECT_TRUE(asks);
}

TEST(Recordings, ZerosAreNeverAHeartRateOrASaturationAndGapsAreTechnicalAlarms)
{
    const std::string text = run("mimic_s25047_1min_rawzeros.csv");
    const auto parsed = lines(text);
    // The monitor gave a heart rate of 44.7 once, at 2220 s; its zeros stand at 360 s and from 2700 s. Its
    // saturation is 0 at 0, 60 and 840 s; the first one below 94 that is none is 89.5 at 900 s.
    for (const auto& line : parsed) {
        if (line.value("event", "") != "raised") continue;
        const auto rule = line["rule"].get<std::string>();
        const double at = line["time_s"].get<double>();
        if (rule == "hr-low") {
            EXPECT_GE(at, 2220);
            EXPECT_LT(at, 2600);
        }
        if (rule.starts_with("spo2")) {
            EXPECT_GE(at, 900);
        }
    }
    EXPECT_GT(parsed.back()["refused"].get<int>(), 0);
    std::size_t technical = 0;
    for (const auto& line : parsed) {
        if (line.value("event", "") == "raised" && line.value("kind", "") == "technical") ++technical;
    }
    EXPECT_GT(technical, 0U);
}

TEST(Recordings, MistakesAreToldAndGiveAStatus)
{
    std::ostringstream out, errors;
    EXPECT_EQ(replay({numerics + "none.csv", source + "/rules/packs/example.toml", "", {}, true}, out, errors), 1);
    EXPECT_EQ(replay({numerics + "bidmc_01_1hz.csv", source + "/none.toml", "", {}, true}, out, errors), 1);
    EXPECT_EQ(replay({numerics + "bidmc_01_1hz.csv", source + "/rules/packs/example.toml", "4 bags", {}, true}, out, errors), 2);
    EXPECT_THAT(errors.str(), testing::HasSubstr("--infusion"));
}

} // namespace
} // namespace magwatch
