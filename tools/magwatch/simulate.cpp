// magwatch simulate: one seed of the ward in a box, to follow what a campaign found.
#include <unistd.h>

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "runtime/build_info.hpp"
#include "tools/box/box.hpp"
#include "tools/box/swarm.hpp"
#include "tools/box/tell.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

struct Options {
    box::Request request;
    double hours = 24;
    std::string until;
    bool trace = false, shrink = false;
};

Json summary_of(const box::Outcome& outcome)
{
    char trace[17];
    std::snprintf(trace, sizeof trace, "%016llx", static_cast<unsigned long long>(outcome.trace));
    return {{"simulation", true},
            {"seed", outcome.seed},
            {"commit", build_info().commit},
            {"patient_days", outcome.patient_days},
            {"steps", outcome.steps},
            {"observations", outcome.observations},
            {"high_alarms", outcome.high},
            {"pages", outcome.pages},
            {"answers", outcome.answers},
            {"deaths", outcome.deaths},
            {"jumps", outcome.jumps},
            {"state_bytes", outcome.state_bytes},
            {"trace", trace},
            {"violations", outcome.violations.size()}};
}

void print(const box::Outcome& outcome)
{
    for (const box::Violation& violation : outcome.violations)
        std::printf("%s  %s: %s\n", box::time_text(violation.at - Instant{}).c_str(), violation.invariant.c_str(),
                    violation.what.c_str());
    std::printf("SIMULATION, seed %llu of %s: %.1f patient-days, %llu steps, %llu high alarms, %llu pages, "
                "%llu answers, %llu deaths of the machine, %llu jumps of time: %zu findings\n",
                static_cast<unsigned long long>(outcome.seed), commit_text().c_str(), outcome.patient_days,
                static_cast<unsigned long long>(outcome.steps), static_cast<unsigned long long>(outcome.high),
                static_cast<unsigned long long>(outcome.pages), static_cast<unsigned long long>(outcome.answers),
                static_cast<unsigned long long>(outcome.deaths), static_cast<unsigned long long>(outcome.jumps),
                outcome.violations.size());
}

int run(Shell& shell, Options options)
{
    options.request.troubles = Duration{static_cast<std::int64_t>(options.hours * 3'600'000)};
    double seconds = 0;
    if (!options.until.empty()) {
        if (!read_duration(options.until, seconds) || seconds <= 0) {
            shell.complain("--until: a length of time, such as 90min or 3h, not \"" + options.until + "\"");
            return usage;
        }
        options.request.until = Duration{static_cast<std::int64_t>(seconds * 1000)};
    }
    if (options.trace) {
        options.request.trace = [&shell](const std::string& line) {
            if (shell.json) shell.print({{"line", line}});
            else std::printf("%s\n", line.c_str());
        };
    }
    box::Outcome outcome = box::run(options.request);
    if (options.shrink && !outcome.violations.empty()) {
        if (isatty(STDERR_FILENO) != 0)
            std::fputs("looking for a smaller run, once for each kind of trouble ...\n", stderr);
        const box::Request least = box::shrink(options.request, outcome);
        std::string again = "magwatch simulate --seed " + std::to_string(least.seed) + " --until " +
                            std::to_string(least.until.count() / 1000) + "s";
        for (const std::string& kind : least.without)
            again += " --without " + kind;
        shell.complain(again + " --trace");
        outcome = box::run(least);
    }
    if (shell.json) {
        for (const box::Violation& violation : outcome.violations)
            shell.print({{"invariant", violation.invariant},
                         {"at_seconds", static_cast<double>(violation.at.ms) / 1000},
                         {"what", violation.what}});
        shell.print(summary_of(outcome));
    } else {
        print(outcome);
    }
    return outcome.violations.empty() ? ok : failed;
}

} // namespace

void add_simulate(CLI::App& app, Shell& shell)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = leaf(app, shell, "simulate",
                             "SIMULATION: a ward under virtual time in which everything goes wrong, from one seed",
                             Talks::no, [=, &shell] { return run(shell, *options); });
    command->add_option("--seed", options->request.seed, "what everything is drawn from")->capture_default_str();
    command->add_option("--hours", options->hours, "of trouble; then half an hour in which all is mended")
        ->check(CLI::Range(0.1, 10'000.0))
        ->capture_default_str();
    command->add_option("--beds", options->request.beds, "the last is empty at first, the one before has no monitor")
        ->check(CLI::Range(2, 64))
        ->capture_default_str();
    command->add_option("--until", options->until, "stop there: 90min, 3h, 5000s");
    std::vector<std::string> kinds;
    for (const box::Trouble& trouble : box::troubles())
        kinds.emplace_back(trouble.name);
    command->add_option("--without", options->request.without, "leave out this kind of trouble")
        ->allow_extra_args(false)
        ->check(CLI::IsMember(kinds));
    command->add_flag("--trace", options->trace, "a line for each thing that happens, with its virtual time");
    command->add_flag("--shrink", options->shrink,
                      "if something does not hold: look for the fewest kinds of trouble and the shortest time that "
                      "show it");
    command->footer("Ends with 0 if everything held, with 1 and what did not, by the invariants of "
                    "docs/SIMULATION.md.\n"
                    "Equal seeds give equal runs on every machine: the trace in --json is their hash.");
}

} // namespace magwatch::cli
