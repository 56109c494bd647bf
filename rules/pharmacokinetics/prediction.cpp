#include "rules/pharmacokinetics/prediction.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "rules/observation/quantity.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr double z90 = 1.6448536269514722; // standard normal, 95th percentile
constexpr double z50 = 0.6744897501960817; // 75th percentile
constexpr double unexpected_z = 3;
constexpr double slope_step = 1e-3; // in units of the spread
constexpr double furthest = 5;      // spreads from the typical woman
constexpr int steps_max = 60;
constexpr std::size_t levels_max = 500, times_max = 100'000;

using Vector = std::array<double, deviation_count>;
using Matrix = std::array<Vector, deviation_count>;

// Deviations in units of the population's spread.
Deviations unscaled(const Population& population, const Vector& z)
{
    Deviations woman{};
    for (std::size_t i = 0; i < deviation_count; ++i) woman[i] = z[i] * population.spread()[i];
    return woman;
}

std::vector<double> log_curve(const Population& population, const Vector& z, const Course& course,
                              const std::vector<Instant>& times)
{
    std::vector<double> values = population.curve(unscaled(population, z), course, times);
    for (double& value : values) value = std::log(value);
    return values;
}

// d ln C / d z at each time.
std::vector<Vector> slopes(const Population& population, const Vector& z, const Course& course,
                           const std::vector<Instant>& times)
{
    std::vector<Vector> result(times.size(), Vector{});
    for (std::size_t i = 0; i < deviation_count; ++i) {
        if (population.spread()[i] <= 0) continue;
        Vector up = z, down = z;
        up[i] += slope_step;
        down[i] -= slope_step;
        const auto above = log_curve(population, up, course, times);
        const auto below = log_curve(population, down, course, times);
        for (std::size_t t = 0; t < times.size(); ++t) result[t][i] = (above[t] - below[t]) / (2 * slope_step);
    }
    return result;
}

// Lower triangle L with L L' = m, for a symmetric m whose smallest eigenvalue is at least 1.
Matrix cholesky(const Matrix& m)
{
    Matrix l{};
    for (std::size_t i = 0; i < deviation_count; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = m[i][j];
            for (std::size_t k = 0; k < j; ++k) sum -= l[i][k] * l[j][k];
            l[i][j] = i == j ? std::sqrt(sum) : sum / l[j][j];
        }
    }
    return l;
}

Vector solve_lower(const Matrix& l, Vector b)
{
    for (std::size_t i = 0; i < deviation_count; ++i) {
        for (std::size_t k = 0; k < i; ++k) b[i] -= l[i][k] * b[k];
        b[i] /= l[i][i];
    }
    return b;
}

Vector solve_upper(const Matrix& l, Vector b)
{
    for (std::size_t i = deviation_count; i-- > 0;) {
        for (std::size_t k = i + 1; k < deviation_count; ++k) b[i] -= l[k][i] * b[k];
        b[i] /= l[i][i];
    }
    return b;
}

// What is minimised, and how it bends.
class Fit {
public:
    Fit(const Population& population, const Course& course, std::span<const Level> levels)
        : population_{population}, course_{course}
    {
        for (const Level& level : levels) {
            times_.push_back(level.drawn);
            measured_.push_back(std::log(level.mmol_l));
        }
    }

    [[nodiscard]] double badness(const Vector& z) const
    {
        double sum = 0;
        const auto predicted = log_curve(population_, z, course_, times_);
        for (std::size_t j = 0; j < times_.size(); ++j) {
            const double r = (measured_[j] - predicted[j]) / population_.residual();
            sum += r * r;
        }
        for (const double d : z) sum += d * d;
        return sum;
    }

    // Half the curvature of the badness (Gauss-Newton), and half its downhill slope.
    void expand(const Vector& z, Matrix& curvature, Vector& downhill) const
    {
        const auto predicted = log_curve(population_, z, course_, times_);
        const auto slope = slopes(population_, z, course_, times_);
        curvature = {};
        for (std::size_t i = 0; i < deviation_count; ++i) {
            curvature[i][i] = 1;
            downhill[i] = -z[i];
        }
        const double s = population_.residual();
        for (std::size_t t = 0; t < times_.size(); ++t) {
            const double r = (measured_[t] - predicted[t]) / s;
            for (std::size_t i = 0; i < deviation_count; ++i) {
                downhill[i] += slope[t][i] / s * r;
                for (std::size_t k = 0; k < deviation_count; ++k)
                    curvature[i][k] += slope[t][i] * slope[t][k] / (s * s);
            }
        }
    }

    [[nodiscard]] Vector best() const
    {
        Vector z{};
        if (times_.empty()) return z;
        double now = badness(z), damping = 0;
        for (int step = 0; step < steps_max; ++step) {
            Matrix curvature;
            Vector downhill;
            expand(z, curvature, downhill);
            for (std::size_t i = 0; i < deviation_count; ++i) curvature[i][i] += damping;
            const Matrix l = cholesky(curvature);
            const Vector move = solve_upper(l, solve_lower(l, downhill));
            Vector next = z;
            double largest = 0;
            for (std::size_t i = 0; i < deviation_count; ++i) {
                next[i] = std::clamp(z[i] + move[i], -furthest, furthest);
                largest = std::max(largest, std::fabs(next[i] - z[i]));
            }
            const double then = badness(next);
            if (!(then <= now)) {
                damping = damping > 0 ? damping * 4 : 1;
                continue;
            }
            z = next;
            now = then;
            damping = damping > 0.01 ? damping / 4 : 0;
            if (largest < 1e-7) break;
        }
        return z;
    }

private:
    const Population& population_;
    const Course& course_;
    std::vector<Instant> times_;
    std::vector<double> measured_;
};

struct Band {
    std::vector<double> p5, p25, p50, p75, p95;
};

Band band(const Population& population, const Vector& z, const Matrix& factor, const Course& course,
          const std::vector<Instant>& times)
{
    Band result;
    const auto middle = log_curve(population, z, course, times);
    const auto slope = slopes(population, z, course, times);
    for (std::size_t t = 0; t < times.size(); ++t) {
        // g' (L L')^-1 g = |L^-1 g|^2
        double variance = population.residual() * population.residual();
        const Vector parts = solve_lower(factor, slope[t]);
        for (const double part : parts) variance += part * part;
        const double deviation = std::sqrt(variance);
        result.p5.push_back(std::exp(middle[t] - z90 * deviation));
        result.p25.push_back(std::exp(middle[t] - z50 * deviation));
        result.p50.push_back(std::exp(middle[t]));
        result.p75.push_back(std::exp(middle[t] + z50 * deviation));
        result.p95.push_back(std::exp(middle[t] + z90 * deviation));
    }
    return result;
}

double rounded(double mmol_l)
{
    return std::round(mmol_l * 1000) / 1000;
}

// The earliest time by which more than `limit` grams were given within `length`; never() if there is none.
Instant exceeds(const Course& course, Duration length, double limit, bool with_intramuscular)
{
    // Between these times the dose in the window changes evenly; it jumps only at intramuscular doses.
    std::vector<Instant> corners;
    const auto corner = [&](Instant t) {
        corners.push_back(t);
        corners.push_back(t + length);
    };
    for (const Course::Piece& piece : course.pieces()) {
        corner(piece.from);
        if (piece.until != Instant::never()) corner(piece.until);
    }
    if (with_intramuscular) {
        for (const auto& dose : course.intramuscular_doses()) corner(dose.at);
    }
    std::sort(corners.begin(), corners.end());
    double before = 0;
    for (std::size_t i = 0; i < corners.size(); ++i) {
        const double dose = course.grams(corners[i] - length, corners[i], with_intramuscular);
        if (dose > limit + 1e-9) {
            if (i == 0) return corners[i];
            const double part = (limit - before) / (dose - before);
            const auto span = static_cast<double>((corners[i] - corners[i - 1]).count());
            return corners[i - 1] + Duration{static_cast<std::int64_t>(std::max(part, 0.0) * span)};
        }
        before = dose;
    }
    return Instant::never();
}

// From when the doses are not those that were studied.
Instant dose_studied_until(const Course& course)
{
    Instant first = Instant::never();
    for (const Course::Piece& piece : course.pieces()) {
        const double grams = course.grams(piece.from, std::min(piece.until, piece.from + 24h), false);
        const bool good = piece.bolus ? grams <= studied_bolus_g + 1e-9 &&
                                            piece.grams_per_hour <= studied_bolus_g_per_h + 1e-9
                                      : piece.grams_per_hour <= studied_g_per_h + 1e-9 ||
                                            (piece.grams_per_hour <= studied_bolus_g_per_h + 1e-9 &&
                                             piece.until <= piece.from + 1h && grams <= studied_bolus_g + 1e-9);
        if (!good) first = std::min(first, piece.from);
    }
    first = std::min(first, exceeds(course, 1h, studied_g_in_1h, false));
    return std::min(first, exceeds(course, 24h, studied_g_in_24h, true));
}

class Extrapolations {
public:
    Extrapolations(Model model, const Covariates& woman, const Course& course)
        : first_dose_{course.first_dose().value_or(Instant::never())}, dose_{dose_studied_until(course)}
    {
        const Studied range = studied(model);
        const double creatinine =
            *convert(Signal::creatinine, woman.creatinine_umol_l, Unit::umol_per_l, Unit::mg_per_dl);
        const double slack = 1e-9; // 1.2 mg/dL stays 1.2 through umol/L
        if (woman.weight_kg < range.weight_min_kg || woman.weight_kg > range.weight_max_kg)
            always_ |= bit(Extrapolation::weight);
        if (creatinine < range.creatinine_min_mg_dl - slack || creatinine > range.creatinine_max_mg_dl + slack)
            always_ |= bit(Extrapolation::creatinine);
        if (woman.low_urine) always_ |= bit(Extrapolation::low_urine);
        const auto muscle = course.intramuscular_doses();
        if (!range.intramuscular && !muscle.empty()) muscle_ = muscle.front().at;
    }

    [[nodiscard]] std::uint8_t at(Instant t) const
    {
        std::uint8_t reasons = always_;
        if (t > dose_) reasons |= bit(Extrapolation::dose);
        if (t > muscle_) reasons |= bit(Extrapolation::intramuscular);
        if (t > first_dose_ && t - first_dose_ > studied_time) reasons |= bit(Extrapolation::time);
        return reasons;
    }

private:
    static std::uint8_t bit(Extrapolation reason) { return static_cast<std::uint8_t>(reason); }

    Instant first_dose_, dose_, muscle_ = Instant::never();
    std::uint8_t always_ = 0;
};

std::string refusal(const Covariates& woman, std::span<const Level> levels, std::span<const Instant> times)
{
    const auto bad = [](Signal signal, double value) {
        return std::holds_alternative<Refusal>(Quantity::checked(signal, value, info(signal).unit));
    };
    if (bad(Signal::weight, woman.weight_kg)) return "the weight is not plausible: 25 to 350 kg";
    if (bad(Signal::creatinine, woman.creatinine_umol_l))
        return "the creatinine is not plausible: 5 to 3000 umol/L (0.06 to 33.9 mg/dL)";
    for (const Level& level : levels) {
        if (bad(Signal::mg, level.mmol_l))
            return "a magnesium level is not plausible: 0.05 to 20 mmol/L (0.12 to 48.6 mg/dL)";
    }
    if (levels.size() > levels_max) return "more than 500 levels";
    if (times.size() > times_max) return "more than 100000 times";
    return {};
}

LevelUse use_of(const Level& level, const Course& course)
{
    if (level.infusion_arm) return LevelUse::from_the_arm;
    return course.near_bolus(level.drawn) ? LevelUse::near_bolus : LevelUse::fitted;
}

// How far the level is from what was expected before any was known.
bool is_unexpected(const Population& population, const Course& course, const Level& level)
{
    const std::vector<Instant> at{level.drawn};
    double variance = population.residual() * population.residual();
    const Vector slope = slopes(population, {}, course, at).front();
    for (const double part : slope) variance += part * part;
    const double off = std::log(level.mmol_l) - log_curve(population, {}, course, at).front();
    return std::fabs(off) > unexpected_z * std::sqrt(variance);
}

} // namespace

std::string_view name(Extrapolation reason)
{
    switch (reason) {
    case Extrapolation::weight: return "weight";
    case Extrapolation::creatinine: return "creatinine";
    case Extrapolation::dose: return "dose";
    case Extrapolation::intramuscular: return "intramuscular";
    case Extrapolation::time: return "time";
    case Extrapolation::low_urine: return "low urine";
    }
    std::abort();
}

std::string_view name(LevelUse use)
{
    switch (use) {
    case LevelUse::fitted: return "fitted";
    case LevelUse::unexpected: return "fitted, though far from what was expected";
    case LevelUse::near_bolus: return "not fitted: drawn during or less than 30 min after a bolus";
    case LevelUse::from_the_arm: return "not fitted: drawn from the arm of the infusion";
    }
    std::abort();
}

std::variant<Prediction, std::string> forecast(Model model, const Covariates& covariates, const Course& course,
                                               std::span<const Level> levels, std::span<const Instant> times)
{
    if (std::string wrong = refusal(covariates, levels, times); !wrong.empty()) return wrong;
    const Population population{model, covariates};
    Prediction result;
    result.model = model;
    result.incomplete_since = course.incomplete_since();
    std::vector<Level> fitted;
    for (const Level& level : levels) {
        LevelUse use = use_of(level, course);
        if (use == LevelUse::fitted) {
            fitted.push_back(level);
            if (is_unexpected(population, course, level)) use = LevelUse::unexpected;
        }
        result.levels.push_back(use);
    }
    const Fit fit{population, course, fitted};
    const Vector z = fit.best();
    result.woman = unscaled(population, z);
    Matrix curvature;
    Vector downhill;
    fit.expand(z, curvature, downhill);
    const Matrix factor = cholesky(curvature);

    const std::vector<Instant> at{times.begin(), times.end()};
    const Band went_on = band(population, z, factor, course, at);
    const Band stopped = result.incomplete_since ? band(population, z, factor, course.without_assumed(), at) : went_on;
    const Extrapolations extrapolations{model, covariates, course};
    for (std::size_t t = 0; t < at.size(); ++t) {
        result.points.push_back({at[t], rounded(std::min(went_on.p5[t], stopped.p5[t])),
                                 rounded(std::min(went_on.p25[t], stopped.p25[t])), rounded(went_on.p50[t]),
                                 rounded(std::max(went_on.p75[t], stopped.p75[t])),
                                 rounded(std::max(went_on.p95[t], stopped.p95[t])), extrapolations.at(at[t]),
                                 result.incomplete_since && at[t] > *result.incomplete_since});
    }
    return result;
}

std::vector<Instant> forecast_times(Instant from, Instant now)
{
    std::vector<Instant> times;
    for (Instant t = from; t <= now + forecast_ahead && times.size() < times_max; t = t + forecast_step)
        times.push_back(t);
    return times;
}

std::optional<Instant> may_exceed(const Prediction& prediction, double mmol_l)
{
    for (const PredictedPoint& point : prediction.points) {
        if (point.p95_mmol_l > mmol_l) return point.at;
    }
    return std::nullopt;
}

} // namespace magwatch
