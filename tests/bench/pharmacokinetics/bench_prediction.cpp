// bench_prediction [WOMEN [SEED]]: the coverage of the 90 % band for every model and population, and what a chart costs.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "tests/bench/pharmacokinetics/coverage.hpp"

using namespace magwatch;
using namespace std::chrono_literals;

namespace {

constexpr Model all_models[] = {Model::typical, Model::two_compartment, Model::salinger, Model::easterling};
constexpr Women all_women[] = {Women::of_the_model, Women::of_the_2002_one, Women::of_salinger, Women::of_easterling};

void print_coverage(int count, std::uint32_t seed)
{
    for (const Model model : all_models) {
        for (const Women women : all_women) {
            for (const int levels : {0, 1, 2, 3}) {
                const Coverage c = coverage(model, women, levels, count, seed);
                std::printf("{\"fitted\":\"%s\",\"women\":\"%s\",\"levels\":%d,\"n\":%d,\"seed\":%u,\"measured\":%.3f,"
                            "\"below\":%.3f,\"above\":%.3f,\"half\":%.3f,\"curve\":%.3f,\"p95_over_p5\":%.2f}\n",
                            std::string{name(model)}.c_str(), std::string{name(women)}.c_str(), levels, c.women, seed,
                            c.measured, c.below, c.above, c.half, c.curve, c.width);
            }
        }
    }
}

// A chart of 24 h and 6 h ahead, a pump that changed its rate every 15 min, three levels.
void print_cost()
{
    Course course;
    bool given = course.bolus(Instant{}, 4, 20min);
    for (int i = 2; i < 96; ++i) given = course.pump_rate(Instant{} + 15min * i, 1 + 0.1 * (i % 3)) && given;
    if (!given) return;
    const std::vector<Level> levels{{Instant{} + 4h, 1.9, false}, {Instant{} + 9h, 2.2, false}, {Instant{} + 15h, 2.4, false}};
    const auto times = forecast_times(Instant{}, Instant{} + 24h);
    const auto start = std::chrono::steady_clock::now();
    constexpr int charts = 50;
    std::size_t points = 0;
    for (int i = 0; i < charts; ++i)
        points += std::get<Prediction>(forecast(Model::typical, {70, 70.7, false}, course, levels, times)).points.size();
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() / charts;
    std::printf("{\"chart_points\":%zu,\"pieces\":%zu,\"levels\":%zu,\"ms_per_chart\":%.2f}\n", points / charts,
                course.pieces().size(), levels.size(), ms);
}

std::uint32_t number(int argc, char** argv, int at, std::uint32_t otherwise)
{
    if (argc > at) std::from_chars(argv[at], argv[at] + std::strlen(argv[at]), otherwise);
    return otherwise;
}

} // namespace

int main(int argc, char** argv)
{
    print_coverage(static_cast<int>(number(argc, argv, 1, 2000)), number(argc, argv, 2, 1));
    print_cost();
    return 0;
}
