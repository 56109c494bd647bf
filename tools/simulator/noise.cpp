#include "tools/simulator/noise.hpp"

#include <algorithm>

namespace magwatch::simulator {
namespace {

// Set by measuring the result against the figures above (tests/unit/simulator/noise_test.cpp).
constexpr ChannelFigures hr_figures{.hold = 0.56, .wander = 1.6, .jitter = 0.45, .kick = 0.03,
                                    .kick_size = 6, .slack = 6, .losses_per_hour = 0.1,
                                    .loss_median_s = 4, .loss_most_s = 10};
constexpr ChannelFigures pulse_figures{.hold = 0.68, .wander = 1.3, .jitter = 0.35, .kick = 0.008,
                                       .kick_size = 2, .slack = 6};
constexpr ChannelFigures rr_figures{.hold = 0.82, .wander = 0.8, .jitter = 0.35, .kick = 0.02,
                                    .kick_size = 3, .slack = 2.5, .losses_per_hour = 2,
                                    .loss_median_s = 7, .loss_most_s = 26};
constexpr ChannelFigures spo2_figures{.hold = 0.88, .wander = 0.45, .jitter = 0.12, .kick = 0.0,
                                      .kick_size = 0, .slack = 1.5};
// Oximeter: pulse and SpO2 are lost together.
constexpr double oximeter_losses_per_hour = 1.4;
constexpr int oximeter_loss_median_s = 11, oximeter_loss_most_s = 25;
constexpr std::int64_t cuff_cycle_ms = 35'000;
constexpr ChannelFigures silent{};

// Half of the lengths below the median, half above, none beyond `most`.
int loss_length(int median, int most, Random& random)
{
    const double u = random.uniform();
    const double length = u < 0.5 ? 1 + (median - 1) * 2 * u : median + (most - median) * (2 * u - 1) * (2 * u - 1);
    return static_cast<int>(length + 0.5);
}

int whole(double value) { return static_cast<int>(value < 0 ? value - 0.5 : value + 0.5); }

} // namespace

std::optional<int> Channel::next(double truth, Random& random)
{
    const ChannelFigures& f = *figures_;
    constexpr double keep = 0.97; // slow noise: correlated over half a minute
    constexpr double share = 0.243; // sqrt(1 - keep^2)
    wander_ = keep * wander_ + share * f.wander * random.normal();
    const double noise = wander_ + f.jitter * random.normal();
    const bool kicked = random.chance(f.kick);
    const double kick = kicked ? f.kick_size * random.uniform(-1, 1) : 0;
    const bool held = random.chance(f.hold);
    if (random.chance(f.losses_per_hour / 3600) && lost_s_ == 0)
        lost_s_ = loss_length(f.loss_median_s, f.loss_most_s, random);
    if (truth <= 0) {
        shown_ = 0;
        any_ = true;
    } else {
        const double distance = truth - shown_;
        const bool far = distance > f.slack || distance < -f.slack;
        if (!any_ || far || kicked || !held) shown_ = std::max(1, whole(truth + noise + kick));
        any_ = true;
    }
    if (lost_s_ > 0) {
        --lost_s_;
        return std::nullopt;
    }
    return shown_;
}

BedsideNoise::BedsideNoise(const NoiseOptions& options, std::uint64_t seed, std::uint64_t stream)
    : options_{options}, random_{seed, stream}, hr_{options.quiet ? silent : hr_figures},
      rr_{options.quiet ? silent : rr_figures}, spo2_{options.quiet ? silent : spo2_figures},
      pulse_{options.quiet ? silent : pulse_figures}
{
}

void BedsideNoise::take_cuff(const PatientTruth& truth, std::int64_t device_ms)
{
    const double off = options_.quiet ? 0 : 3 * random_.normal();
    CuffReading cuff;
    cuff.sbp = whole(truth.sbp + off);
    cuff.dbp = whole(truth.dbp + 0.6 * off);
    cuff.map = cuff.dbp + (cuff.sbp - cuff.dbp) / 3;
    cuff.at_ms = device_ms;
    // No pulse, no reading: the old one stays and ages.
    if (truth.hr > 0 && cuff.sbp > 30) reading_.cuff = cuff;
}

const MonitorReading& BedsideNoise::second(const PatientTruth& truth, std::int64_t device_ms)
{
    if (!reading_.cuff && !cuff_taken_) {
        take_cuff(truth, device_ms); // the first is taken on admission
        cuff_taken_ = true;
        cuff_started_ms_ = device_ms;
    } else if (device_ms - cuff_started_ms_ >= options_.cuff_every_ms) {
        cuff_started_ms_ = device_ms;
        cuff_taken_ = false;
    }
    const std::int64_t inflated_ms = device_ms - cuff_started_ms_;
    if (!cuff_taken_ && inflated_ms >= cuff_cycle_ms) {
        take_cuff(truth, device_ms);
        cuff_taken_ = true;
    }
    const bool squeezed = options_.cuff_on_oximeter_arm && !cuff_taken_;

    reading_.hr = hr_.next(truth.hr, random_);
    reading_.rr = rr_.next(truth.rr, random_);
    // The wave is weak while the cuff squeezes: first too low a number, then none.
    const double squeeze = squeezed ? std::min(12.0, 0.6 * static_cast<double>(inflated_ms) / 1000) : 0;
    std::optional<int> spo2 = spo2_.next(std::max(1.0, truth.spo2 - squeeze), random_);
    std::optional<int> pulse = pulse_.next(truth.hr, random_);
    if (spo2) spo2 = std::min(*spo2, 100);
    if (!options_.quiet && oximeter_lost_s_ == 0 && random_.chance(oximeter_losses_per_hour / 3600))
        oximeter_lost_s_ = loss_length(oximeter_loss_median_s, oximeter_loss_most_s, random_);
    const bool no_wave = (squeezed && inflated_ms > 20'000) || truth.hr <= 0;
    if (oximeter_lost_s_ > 0 || no_wave) {
        if (oximeter_lost_s_ > 0) --oximeter_lost_s_;
        spo2.reset();
        pulse.reset();
    }
    reading_.spo2 = spo2;
    reading_.pulse = pulse;
    reading_.temp = static_cast<double>(whole(truth.temp * 10)) / 10;
    return reading_;
}

} // namespace magwatch::simulator
