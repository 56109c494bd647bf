// nights [--count N] [--seed S] [--twice N] [--expect I3]: so many nights, some twice, and what did not hold.
// With --expect the program succeeds if that invariant, and no night without it, is broken: the proof that the oracle
// sees what it is there for.
#include <cstdio>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "tests/simulation/nights/night.hpp"
#include "tests/support/tested_commit.hpp"

int main(int argc, char** argv)
{
    using namespace magwatch::nights;
    CLI::App app{"Nights of escalation under virtual time"};
    std::uint64_t count = 10'000, seed = 1, twice = 50;
    std::string expect;
    app.add_option("--count", count, "nights")->capture_default_str();
    app.add_option("--seed", seed, "of the first")->capture_default_str();
    app.add_option("--twice", twice, "every so many nights are done twice and must be the same; 0: none")->capture_default_str();
    app.add_option("--expect", expect, "an invariant that must be found broken: I1, I3, I6 or I7");
    CLI11_PARSE(app, argc, argv);

    std::uint64_t steps = 0, pages = 0, high = 0, restarts = 0, answers = 0, broken = 0;
    std::set<std::string> found;
    for (std::uint64_t i = 0; i < count; ++i) {
        const NightResult night = run_night(seed + i);
        steps += night.steps;
        pages += night.pages;
        high += night.high;
        restarts += night.restarts;
        answers += night.answers;
        bool good = night.violations.empty() && night.converged;
        if (twice != 0 && i % twice == 0 && run_night(seed + i).trace != night.trace) {
            good = false;
            fmt::print("seed {} of {}: not the same twice\n", night.seed, magwatch::test::tested_commit());
        }
        for (const magwatch::box::Violation& violation : night.violations) found.insert(violation.invariant);
        if (good) continue;
        ++broken;
        if (broken > 5 || !expect.empty()) continue;
        const std::string which = fmt::format("seed {} of {}", night.seed, magwatch::test::tested_commit());
        if (!night.converged) fmt::print("{}: an alarm is open although all works and everybody comes\n", which);
        for (const magwatch::box::Violation& violation : night.violations)
            fmt::print("{}: {} at {} ms: {}\n", which, violation.invariant, violation.at.ms, violation.what);
    }
    fmt::print("{} nights, {} steps, {} high alarms, {} pages, {} answers, {} restarts: {} nights in which something "
               "did not hold\n",
               count, steps, high, pages, answers, restarts, broken);
    if (expect.empty()) return broken == 0 ? 0 : 1;
    fmt::print("{} {}\n", expect, found.contains(expect) ? "is seen to be broken" : "is not seen to be broken");
    return found.contains(expect) ? 0 : 1;
}
