// What a bedside monitor shows of a patient once a second: held values, whole numbers, gaps, a cuff.
//
// Pure and seeded; equal seeds give equal readings on every machine. The figures are those of signals.md 3
// (BIDMC, 53 recordings at 1 Hz): share of seconds with the value of the second before HR 72, pulse 81, RR
// 91, SpO2 96 %; change between seconds at p50/p95/p99 HR 0/2/5, pulse 0/1/2, RR 0/1/2, SpO2 0/0/1; SpO2
// and pulse lost 1.4 times an hour for 11 s (median, at most 25), RR twice an hour for 7 s (at most 26);
// the cuff every 10 min, and between its readings the value ages.
#pragma once

#include <cstdint>
#include <optional>

#include "tools/simulator/patient_model.hpp"
#include "tools/simulator/random.hpp"

namespace magwatch::simulator {

// One numeric channel: noise around the truth, quantised, held, with dropouts.
struct ChannelFigures {
    double hold = 0;             // chance that a second shows the old value although a new one is there
    double wander = 0;           // size of the slow noise around the truth
    double jitter = 0;           // size of the fast noise
    double kick = 0, kick_size = 0; // chance of a beat read wrongly, and how far off
    double slack = 2;            // a truth this far from what is shown is shown at once
    double losses_per_hour = 0;  // dropouts
    int loss_median_s = 0, loss_most_s = 0;
};

class Channel {
public:
    explicit Channel(const ChannelFigures& figures) : figures_{&figures} {}
    // The next second's reading; nothing while the signal is lost.
    std::optional<int> next(double truth, Random& random);

private:
    const ChannelFigures* figures_;
    double wander_ = 0;
    int shown_ = 0;
    bool any_ = false;
    int lost_s_ = 0;
};

struct CuffReading {
    int sbp = 0, dbp = 0, map = 0;
    std::int64_t at_ms = 0; // device time
};

struct MonitorReading {
    std::optional<int> hr, rr, spo2, pulse;
    std::optional<double> temp; // Cel, to 0.1
    std::optional<CuffReading> cuff;
};

struct NoiseOptions {
    bool quiet = false;             // no dropouts and no wrong beats: for tests of something else
    bool cuff_on_oximeter_arm = false; // the cuff takes the pulse from the oximeter at each cycle
    std::int64_t cuff_every_ms = 600'000;
};

class BedsideNoise {
public:
    BedsideNoise(const NoiseOptions& options, std::uint64_t seed, std::uint64_t stream);
    // One second of device time.
    const MonitorReading& second(const PatientTruth& truth, std::int64_t device_ms);
    [[nodiscard]] const MonitorReading& reading() const { return reading_; }

private:
    void take_cuff(const PatientTruth& truth, std::int64_t device_ms);

    NoiseOptions options_;
    Random random_;
    Channel hr_, rr_, spo2_, pulse_;
    MonitorReading reading_;
    std::int64_t cuff_started_ms_ = 0;
    bool cuff_taken_ = false;
    int oximeter_lost_s_ = 0;
};

} // namespace magwatch::simulator
