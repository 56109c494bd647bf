#include "tools/simulator/noise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <vector>

namespace magwatch::simulator {
namespace {

struct Figures {
    double same = 0, losses_per_hour = 0;
    int p50 = 0, p95 = 0, p99 = 0;
    int loss_median = 0, loss_most = 0;
};

using Pick = std::function<std::optional<int>(const MonitorReading&)>;

// 20 patients for 2 h each at 1 Hz.
Figures measure(const Pick& pick)
{
    std::vector<int> changes, losses;
    constexpr int patients = 20, seconds = 7200;
    for (std::uint64_t seed = 1; seed <= patients; ++seed) {
        BedsideNoise noise{{}, seed, 1};
        const PatientModel body{{}};
        std::optional<int> before;
        int lost = 0;
        for (int s = 0; s < seconds; ++s) {
            const std::optional<int> value = pick(noise.second(body.truth(), s * 1000LL));
            if (!value) {
                ++lost;
            } else {
                if (lost > 0) losses.push_back(std::exchange(lost, 0));
                if (before) changes.push_back(std::abs(*value - *before));
            }
            before = value;
        }
    }
    std::sort(changes.begin(), changes.end());
    std::sort(losses.begin(), losses.end());
    const auto at = [](const std::vector<int>& v, std::size_t percent) {
        return v.empty() ? 0 : v[std::min(v.size() - 1, v.size() * percent / 100)];
    };
    Figures f;
    f.same = static_cast<double>(std::count(changes.begin(), changes.end(), 0)) /
             static_cast<double>(changes.size());
    f.p50 = at(changes, 50);
    f.p95 = at(changes, 95);
    f.p99 = at(changes, 99);
    f.losses_per_hour = static_cast<double>(losses.size()) / (patients * seconds / 3600.0);
    f.loss_median = at(losses, 50);
    f.loss_most = losses.empty() ? 0 : losses.back();
    return f;
}

// Expected: signals.md 3, BIDMC rows.
TEST(Noise, HeartRateMovesAsRecorded)
{
    const Figures f = measure([](const MonitorReading& r) { return r.hr; });
    EXPECT_NEAR(f.same, 0.72, 0.03);
    EXPECT_EQ(f.p50, 0);
    EXPECT_EQ(f.p95, 2);
    EXPECT_NEAR(f.p99, 5, 1);
}

TEST(Noise, PulseMovesAsRecorded)
{
    const Figures f = measure([](const MonitorReading& r) { return r.pulse; });
    EXPECT_NEAR(f.same, 0.81, 0.03);
    EXPECT_EQ(f.p95, 1);
    EXPECT_EQ(f.p99, 2);
}

TEST(Noise, RespiratoryRateMovesAndDropsOutAsRecorded)
{
    const Figures f = measure([](const MonitorReading& r) { return r.rr; });
    EXPECT_NEAR(f.same, 0.91, 0.02);
    EXPECT_EQ(f.p95, 1);
    EXPECT_EQ(f.p99, 2);
    EXPECT_NEAR(f.losses_per_hour, 2, 0.6);
    EXPECT_NEAR(f.loss_median, 7, 2);
    EXPECT_LE(f.loss_most, 26);
}

TEST(Noise, SaturationStandsAndDropsOutAsRecorded)
{
    const Figures f = measure([](const MonitorReading& r) { return r.spo2; });
    EXPECT_NEAR(f.same, 0.96, 0.02);
    EXPECT_EQ(f.p95, 0);
    EXPECT_EQ(f.p99, 1);
    EXPECT_NEAR(f.losses_per_hour, 1.4, 0.5);
    EXPECT_NEAR(f.loss_median, 11, 3);
    EXPECT_LE(f.loss_most, 26);
}

TEST(Noise, AFallOfTheTruthShowsWithinSeconds)
{
    BedsideNoise noise{{}, 7, 1};
    PatientTruth truth = PatientModel{{}}.truth();
    for (int s = 0; s < 60; ++s) noise.second(truth, s * 1000LL);
    truth.rr = 8;
    truth.spo2 = 85;
    const MonitorReading& reading = noise.second(truth, 60'000);
    ASSERT_TRUE(reading.rr && reading.spo2);
    EXPECT_NEAR(*reading.rr, 8, 3);
    EXPECT_NEAR(*reading.spo2, 85, 2);
}

TEST(Noise, NoBreathIsShownAsZeroAndNeverAsAnOldNumber)
{
    BedsideNoise noise{{.quiet = true}, 7, 1};
    PatientTruth truth = PatientModel{{}}.truth();
    noise.second(truth, 0);
    truth.rr = 0;
    EXPECT_EQ(noise.second(truth, 1000).rr, 0);
}

TEST(Noise, TheCuffMeasuresEveryTenMinutesAndAgesBetween)
{
    BedsideNoise noise{{.quiet = true}, 1, 1};
    const PatientTruth truth = PatientModel{{}}.truth();
    std::vector<std::int64_t> times;
    for (int s = 0; s <= 1900; ++s) {
        const MonitorReading& reading = noise.second(truth, s * 1000LL);
        ASSERT_TRUE(reading.cuff);
        if (times.empty() || times.back() != reading.cuff->at_ms) times.push_back(reading.cuff->at_ms);
        EXPECT_LT(reading.cuff->dbp, reading.cuff->map);
        EXPECT_LT(reading.cuff->map, reading.cuff->sbp);
    }
    EXPECT_EQ(times, (std::vector<std::int64_t>{0, 635'000, 1'235'000, 1'835'000}));
}

TEST(Noise, TheCuffOnTheOximeterArmTakesThePulseAwayAndGivesItBack)
{
    BedsideNoise noise{{.quiet = true, .cuff_on_oximeter_arm = true}, 1, 1};
    const PatientTruth truth = PatientModel{{}}.truth();
    int lowest = 100, lost = 0;
    for (int s = 0; s < 700; ++s) {
        const MonitorReading& reading = noise.second(truth, s * 1000LL);
        if (s < 600 || s > 636) {
            EXPECT_EQ(reading.spo2, 98) << s;
            continue;
        }
        if (reading.spo2) lowest = std::min(lowest, *reading.spo2);
        else ++lost;
    }
    EXPECT_LT(lowest, 94);
    EXPECT_GT(lost, 5);
}

} // namespace
} // namespace magwatch::simulator
