#include "tests/bench/pharmacokinetics/coverage.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

struct Woman {
    Covariates covariates;
    Model model{};
    Deviations deviations{};
    double residual = 0;
    double offset = 0; // of the base, mmol/L
};

class Chance
{
public:
    explicit Chance(std::uint32_t seed) : engine_{seed} {}
    double uniform(double from, double to) { return from + (to - from) * (static_cast<double>(engine_()) + 0.5) / 4294967296.0; }
    // Box and Muller: the same numbers with every standard library.
    double normal()
    {
        const double radius = std::sqrt(-2 * std::log(uniform(0, 1)));
        return radius * std::cos(2 * std::numbers::pi * uniform(0, 1));
    }

private:
    std::mt19937 engine_;
};

Course any_regimen(Chance& chance)
{
    struct Regimen {
        double load_g, g_per_h;
        Duration over;
    };
    constexpr Regimen usual[] = {{4, 1, 20min}, {4, 2, 20min}, {6, 2, 30min}, {4.5, 1.5, 20min}};
    const Regimen& chosen = usual[static_cast<std::size_t>(chance.uniform(0, 4))];
    Course course;
    const bool given = course.bolus(Instant{}, chosen.load_g, chosen.over) &&
                       course.rate(Instant{} + chosen.over, chosen.g_per_h);
    if (!given) std::abort();
    if (chance.uniform(0, 1) < 0.2) course.stop(Instant{} + 7h);
    return course;
}

Woman draw(Model fitted, Women women, Chance& chance)
{
    Woman woman;
    const bool heavy = women == Women::of_easterling || (women == Women::of_the_model && fitted == Model::easterling);
    const double kg = heavy ? 90.54 + 16 * std::clamp(chance.normal(), -1.9, 1.9) : chance.uniform(42, 92);
    woman.covariates = {kg, 88.4 * chance.uniform(0.6, 1.2), false};
    woman.model = fitted;
    if (women == Women::of_the_2002_one) woman.model = Model::two_compartment;
    if (women == Women::of_salinger) woman.model = Model::salinger;
    if (women == Women::of_easterling) woman.model = Model::easterling;
    const Population population{woman.model, woman.covariates};
    woman.residual = population.residual();
    if (women == Women::of_the_model || women == Women::of_the_2002_one) {
        for (std::size_t i = 0; i < deviation_count; ++i)
            woman.deviations[i] = population.spread()[i] * chance.normal();
    }
    if (women == Women::of_the_2002_one) {
        woman.deviations[static_cast<std::size_t>(Deviation::base)] = 0;
        woman.offset = 0.05 + 0.08 * chance.normal(); // 0.85 where the printed model has 0.80
    }
    return woman;
}

double level_of(const Woman& woman, const Course& course, Instant at)
{
    const Population population{woman.model, woman.covariates};
    return std::max(0.1, population.concentration(woman.deviations, course, at) + woman.offset);
}

} // namespace

std::string_view name(Women women)
{
    switch (women) {
    case Women::of_the_model: return "the model's own prior";
    case Women::of_the_2002_one: return "the 2002 prior";
    case Women::of_salinger: return "Salinger";
    case Women::of_easterling: return "Easterling";
    }
    std::abort();
}

Coverage coverage(Model fitted, Women women, int levels, int count, std::uint32_t seed)
{
    Chance chance{seed};
    Coverage result;
    result.women = count;
    for (int i = 0; i < count; ++i) {
        const Woman woman = draw(fitted, women, chance);
        const Course course = any_regimen(chance);
        const auto measured = [&](Instant at) {
            const double value = level_of(woman, course, at) * std::exp(woman.residual * chance.normal());
            return std::clamp(value, 0.06, 19.0);
        };
        std::vector<Level> samples;
        for (int j = 0; j < levels; ++j) {
            const Instant drawn = Instant{} + Duration{static_cast<std::int64_t>(chance.uniform(1, 6) * 3.6e6)};
            samples.push_back({drawn, measured(drawn), false});
        }
        const Instant later = Instant{} + Duration{static_cast<std::int64_t>(chance.uniform(6, 12) * 3.6e6)};
        const std::vector<Instant> times{later};
        const auto made = forecast(fitted, woman.covariates, course, samples, times);
        const PredictedPoint& p = std::get<Prediction>(made).points[0];
        const double sample = measured(later), truth = level_of(woman, course, later);
        result.below += sample < p.p5_mmol_l;
        result.above += sample > p.p95_mmol_l;
        result.half += sample >= p.p25_mmol_l && sample <= p.p75_mmol_l;
        result.curve += truth >= p.p5_mmol_l && truth <= p.p95_mmol_l;
        result.width += p.p95_mmol_l / p.p5_mmol_l;
    }
    for (double* share : {&result.below, &result.above, &result.half, &result.curve, &result.width}) *share /= count;
    result.measured = 1 - result.below - result.above;
    return result;
}

} // namespace magwatch
