// weeks [--days N] [--seed S] [--expect I2]: runs of the ward in a box until so many patient-days have passed, some seeds
// twice, and what did not hold. With --expect the program succeeds if that invariant is seen to be broken: the proof
// that the judges see what they are there for.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "tests/support/tested_commit.hpp"
#include "tools/box/box.hpp"

namespace {

struct Total {
    double days = 0;
    std::uint64_t runs = 0, steps = 0, observations = 0, high = 0, pages = 0, answers = 0, deaths = 0, jumps = 0, broken = 0;
    std::size_t state_bytes = 0;
    magwatch::box::LongestFreeze freeze;
    std::set<std::string> found;
};

void add(Total& total, const magwatch::box::Outcome& run)
{
    total.days += run.patient_days;
    ++total.runs;
    total.steps += run.steps;
    total.observations += run.observations;
    total.high += run.high;
    total.pages += run.pages;
    total.answers += run.answers;
    total.deaths += run.deaths;
    total.jumps += run.jumps;
    total.state_bytes = std::max(total.state_bytes, run.state_bytes);
    total.freeze.with_counter = std::max(total.freeze.with_counter, run.longest_freeze.with_counter);
    total.freeze.without = std::max(total.freeze.without, run.longest_freeze.without);
    for (const auto& violation : run.violations) total.found.insert(violation.invariant);
}

} // namespace

int main(int argc, char** argv)
{
    using namespace magwatch;
    CLI::App app{"Patient-days of a ward in a box"};
    double days = 100;
    std::uint64_t seed = 1, count = 0;
    std::string expect;
    std::uint64_t twice = 8;
    app.add_option("--days", days, "patient-days")->capture_default_str();
    app.add_option("--count", count, "so many runs instead, however many patient-days they are");
    app.add_option("--seed", seed, "the first")->capture_default_str();
    app.add_option("--expect", expect, "an invariant that must be found broken: I1 to I10");
    app.add_option("--twice", twice, "every so many runs are done twice and must be the same; 0: none")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const auto began = std::chrono::steady_clock::now();
    Total total;
    for (; count > 0 ? total.runs < count : total.days < days; ++seed) {
        box::Request request;
        request.seed = seed;
        const box::Outcome run = box::run(request);
        add(total, run);
        bool good = run.violations.empty();
        if (twice != 0 && total.runs % twice == 1 % twice && box::run(request).trace != run.trace) {
            good = false;
            fmt::print("seed {} of {}: not the same twice\n", seed, test::tested_commit());
        }
        if (good) continue;
        ++total.broken;
        if (!expect.empty() && total.found.contains(expect)) break; // seen
        if (!expect.empty()) continue;
        for (const auto& violation : run.violations)
            fmt::print("seed {} of {}: {} at {} ms: {}\n", seed, test::tested_commit(), violation.invariant, violation.at.ms,
                       violation.what);
        fmt::print("magwatch simulate --seed {} --trace\n", seed);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    fmt::print("{:.0f} patient-days in {} runs: {} steps, {} observations, {} high alarms, {} pages, {} answers, {} deaths of "
               "the machine, {} jumps of time: {} runs in which something did not hold\n",
               total.days, total.runs, total.steps, total.observations, total.high, total.pages, total.answers,
               total.deaths, total.jumps, total.broken);
    fmt::print("a monitor stood still for {:.1f} s at most before that was told, without a counter for {:.1f} s; a ward came to "
               "{} KiB\n",
               static_cast<double>(total.freeze.with_counter.count()) / 1000,
               static_cast<double>(total.freeze.without.count()) / 1000, total.state_bytes / 1024);
    std::fprintf(stderr, "%.1f s, %.2f patient-weeks a second\n", seconds, total.days / 7 / seconds);
    if (expect.empty()) return total.broken == 0 ? 0 : 1;
    fmt::print("{} {}\n", expect, total.found.contains(expect) ? "is seen to be broken" : "is not seen to be broken");
    return total.found.contains(expect) ? 0 : 1;
}
