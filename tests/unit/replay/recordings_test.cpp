// What the recordings of tests/data/numerics must give: counted from the files by another program, with the
// plausible ranges of rules/observation.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapters/monitors/replay/csv.hpp"

using namespace magwatch;
using namespace magwatch::adapters;
using namespace std::chrono_literals;

namespace {

const std::string folder = MAGWATCH_SOURCE_DIR "/tests/data/numerics/";

Recording read(const std::string& name)
{
    std::ifstream file{folder + name + ".csv", std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    auto result = read_csv(name, text, {BedId{0}, SourceId{0}, SourceId{1}, WallTime{0}});
    if (const auto* mistakes = std::get_if<std::vector<Diagnostic>>(&result)) {
        ADD_FAILURE() << mistakes->front().text();
        return {};
    }
    return std::get<Recording>(std::move(result));
}

const ReplayColumn& column(const Recording& recording, std::string_view name)
{
    const auto found = std::find_if(recording.columns.begin(), recording.columns.end(),
                                    [&](const ReplayColumn& column) { return column.name == name; });
    if (found == recording.columns.end()) throw std::runtime_error{"no column " + std::string{name}};
    return *found;
}

std::vector<double> values(const Recording& recording, Signal signal)
{
    std::vector<double> out;
    for (const ReplayRow& row : recording.rows) {
        for (const Observation& observation : row.observations) {
            if (observation.signal == signal) out.push_back(observation.value);
        }
    }
    return out;
}

struct Expected {
    const char* name;
    std::size_t rows, observations, refused;
};
constexpr Expected expected[] = {
    {"bidmc_01_1hz", 481, 1898, 0},
    {"bidmc_02_1hz", 481, 1924, 0},
    {"bidmc_03_1hz", 481, 1924, 0},
    {"bidmc_04_1hz", 481, 1924, 0},
    {"bidmc_05_1hz", 481, 1912, 0},
    {"bidmc_06_1hz", 481, 1924, 0},
    {"bidmc_07_1hz", 481, 1924, 0},
    {"bidmc_08_1hz", 481, 1924, 0},
    {"chal2012_136706_irregular", 68, 424, 1}, // a temperature of 0
    {"chal2012_140085_irregular", 42, 235, 0},
    {"chal2012_140649_irregular", 49, 317, 0},
    {"chal2012_141153_irregular", 53, 318, 0},
    {"chal2012_141643_irregular", 56, 280, 0},
    {"chal2012_142147_irregular", 91, 430, 0},
    {"chal2012_144251_irregular", 51, 278, 0},
    {"chal2012_155774_irregular", 65, 420, 0},
    {"chal2012_161886_irregular", 52, 304, 0},
    {"chal2019_p105663_1h", 56, 335, 0},
    {"chal2019_p114961_1h", 57, 328, 0},
    {"chal2019_p115034_1h", 49, 288, 0},
    {"chal2019_p115858_1h", 48, 322, 0},
    {"chal2019_p115958_1h", 40, 210, 0},
    {"chal2019_p116955_1h", 27, 163, 0},
    {"chal2019_p117952_1h", 22, 58, 0},
    {"chal2019_p118949_1h", 57, 346, 0},
    {"chal2019_p119049_1h", 53, 325, 0},
    {"mimic_s25047_1min", 72, 291, 2}, // respiratory rates of 0.9
    {"mimic_s25047_1min_rawzeros", 72, 291, 54},
};

} // namespace

TEST(Recordings, EveryFileGivesWhatItHolds)
{
    for (const Expected& file : expected) {
        const Recording recording = read(file.name);
        EXPECT_EQ(recording.rows.size(), file.rows) << file.name;
        EXPECT_EQ(recording.observations, file.observations) << file.name;
        EXPECT_EQ(recording.refused, file.refused) << file.name;
    }
}

TEST(Recordings, EveryFileIsInTheTable)
{
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        const std::string name = entry.path().stem();
        if (name == "index") continue;
        EXPECT_TRUE(std::any_of(std::begin(expected), std::end(expected),
                                [&](const Expected& file) { return file.name == name; }))
            << name;
    }
}

TEST(Recordings, ZerosOfAMonitorWithoutAReadingAreNeverAValue)
{
    const Recording zeros = read("mimic_s25047_1min_rawzeros");
    const Recording blanks = read("mimic_s25047_1min");
    for (const Signal signal : {Signal::hr, Signal::pulse, Signal::spo2, Signal::rr}) {
        const std::vector<double> found = values(zeros, signal);
        EXPECT_EQ(found, values(blanks, signal)) << name(signal);
        EXPECT_EQ(std::count(found.begin(), found.end(), 0), 0) << name(signal);
    }
    EXPECT_EQ(column(zeros, "hr_bpm").refused, 28U);
    EXPECT_EQ(column(zeros, "spo2_pct").refused, 11U);
}

TEST(Recordings, AOneHertzRecordingStartsAtMinusZero)
{
    const Recording recording = read("bidmc_05_1hz");
    EXPECT_EQ(recording.rows.front().at, 0ms);
    EXPECT_EQ(recording.rows[1].at, 1s);
    EXPECT_EQ(column(recording, "rr_bpm").fresh_for, 30s);
    const std::vector<double> rr = values(recording, Signal::rr);
    EXPECT_EQ(*std::min_element(rr.begin(), rr.end()), 3);
    EXPECT_EQ(*std::max_element(rr.begin(), rr.end()), 15);
}

TEST(Recordings, FreshnessOfSparseRecordings)
{
    EXPECT_EQ(column(read("mimic_s25047_1min"), "spo2_pct").fresh_for, 150s);
    const Recording hourly = read("chal2019_p115034_1h");
    EXPECT_EQ(column(hourly, "rr_bpm").fresh_for, 150min);
    EXPECT_EQ(column(hourly, "sbp_mmhg").fresh_for, 150min);
    EXPECT_EQ(column(hourly, "mg_mmol_l").fresh_for, 17h + 30min);
    const Recording charted = read("chal2012_136706_irregular");
    EXPECT_EQ(column(charted, "urine_ml").fresh_for, 4h) << "the signal's own limit is longer";
    EXPECT_EQ(values(charted, Signal::mg).front(), 2.798);
}
