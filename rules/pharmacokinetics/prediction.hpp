// Serum magnesium between and after measured levels: an estimate with its uncertainty, never a finding.
//
// Pure, deterministic, a few milliseconds for a chart of a day. Total serum magnesium in mmol/L, rounded to
// 0.001. It informs: a band on a chart, a reason to take a level earlier. It raises no alarm, clears none,
// and no rule of rate or dose reads it. Models and their sources: model.hpp.
//
// The individual fit (MAP, clinical.md 7.2, 7.3): each woman's parameters are the typical ones times exp(eta),
// eta normal with the model's spread; the etas minimise
//   sum over levels ((ln measured - ln predicted) / residual)^2 + sum (eta / spread)^2
// by Gauss-Newton steps that are damped until they help. Without levels all etas are 0: the typical curve.
// The band (Laplace's approximation, linearised): the etas' covariance is the inverse of that sum's curvature
// (J'J + I in units of the spread); through the slope of ln C at each time it becomes a standard deviation of
// ln C, to which the residual is added. P5 and P95 are 1.645 of these below and above P50: 90 of 100 measured
// levels are meant to lie between them; P25 and P75 are 0.674 of them: half of the levels are. The residual is
// part of it because most of it is the woman, not the laboratory: Salinger's and Easterling's models have no
// other variability at all. No random numbers.
// Levels drawn during or less than 30 min after a bolus, or from the arm of the infusion, are not fitted.
// Where the infusion record is silent the band spans that it went on and that it had stopped.
// The whole has been compared with its own simulations and published group means, not with patients.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/pharmacokinetics/model.hpp"

namespace magwatch {

// Why a prediction lies outside of what the model was made from.
enum class Extrapolation : std::uint8_t {
    weight = 1,        // outside of the studied weights
    creatinine = 2,    // outside of the studied creatinines
    dose = 4,          // faster or more than the studied regimens
    intramuscular = 8, // the muscle, in a model that was fitted to doses by vein
    time = 16,         // more than 24 h after the first dose
    low_urine = 32,    // half the clearance is a design value
};
inline constexpr std::uint8_t extrapolation_count = 6;
[[nodiscard]] std::string_view name(Extrapolation reason);

// The regimens that the models were fitted to or compared with (clinical.md 7.4, 7.5; the edges are design
// values): loads of up to 6 g at up to 18 g/h, infusions of up to 2 g/h, 8 g by vein in an hour, 54 g in 24 h.
inline constexpr double studied_bolus_g = 6, studied_bolus_g_per_h = 18, studied_g_per_h = 2;
inline constexpr double studied_g_in_1h = 8, studied_g_in_24h = 54;
inline constexpr Duration studied_time = std::chrono::hours{24};
// Above this a level calls for action (clinical.md 3.1, default coding: above the target).
inline constexpr double above_target_mmol_l = 3.5;
// How far ahead a chart looks.
inline constexpr Duration forecast_ahead = std::chrono::hours{6};
inline constexpr Duration forecast_step = std::chrono::minutes{10};

// A measured level.
struct Level {
    Instant drawn; // the time of the draw, not of the result
    double mmol_l = 0;
    bool infusion_arm = false; // drawn from the arm into which magnesium runs
    friend bool operator==(const Level&, const Level&) = default;
};

enum class LevelUse : std::uint8_t {
    fitted,
    unexpected,  // fitted, but more than 3 standard deviations from what was expected: look at the sample,
                 // the infusion record and the patient
    near_bolus,  // not fitted
    from_the_arm // not fitted
};
[[nodiscard]] std::string_view name(LevelUse use);

struct PredictedPoint {
    Instant at;
    double p5_mmol_l = 0, p25_mmol_l = 0, p50_mmol_l = 0, p75_mmol_l = 0, p95_mmol_l = 0;
    std::uint8_t extrapolated = 0; // of Extrapolation; 0: inside of what was studied
    bool record_incomplete = false; // the infusion record is silent before this time
    [[nodiscard]] bool because(Extrapolation reason) const
    {
        return (extrapolated & static_cast<std::uint8_t>(reason)) != 0;
    }
    friend bool operator==(const PredictedPoint&, const PredictedPoint&) = default;
};

struct Prediction {
    Model model{};
    std::vector<PredictedPoint> points;   // in the order of the times asked for
    std::vector<LevelUse> levels;         // in the order of the levels given
    Deviations woman{};                   // the fitted deviations
    std::optional<Instant> incomplete_since;
};

// The prediction, or one sentence that says what is wrong: an implausible weight, creatinine or level.
[[nodiscard]] std::variant<Prediction, std::string> forecast(Model model, const Covariates& covariates,
                                                             const Course& course, std::span<const Level> levels,
                                                             std::span<const Instant> times);

// Every 10 min from `from` to 6 h after `now`.
[[nodiscard]] std::vector<Instant> forecast_times(Instant from, Instant now);

// The first of the points, in their order, at which a level above this is no longer unlikely (P95): reason to
// take one before. Nothing if there is none, which is no all-clear.
[[nodiscard]] std::optional<Instant> may_exceed(const Prediction& prediction, double mmol_l);

} // namespace magwatch
