// magwatch rules rate: how often a pack pages when nothing is wrong, and how early when something is.
#include <cstdio>
#include <memory>
#include <sstream>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "daemon/config/pack_library.hpp"
#include "rules/base/fnv.hpp"
#include "tools/magwatch/diagnostics.hpp"
#include "tools/magwatch/rules.hpp"
#include "tools/rate/rate.hpp"
#include "tools/replay/replay.hpp"

namespace magwatch::cli
{
namespace
{

// Names the text that was measured, no more.
std::string hash_text(std::string_view text)
{
    Fnv1a hash;
    hash.add(text);
    char out[17];
    std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(hash.value()));
    return out;
}

struct Options {
    std::string path;
    rate::Request request;
    std::vector<std::string> recordings;
    std::string infusion = "0s:4g/20min,20min:1g/h";
};

void print_rules(Shell& shell, const std::map<std::string, int>& raised, bool high, double days)
{
    for (const auto& [rule, count] : raised) {
        const double rate = days > 0 ? count / days : 0;
        if (shell.json)
            shell.print({{"rule", rule}, {"high", high}, {"raised", count}, {"per_bed_day", rate}});
        else
            std::printf("  %-9s %-28s %6d  %8.3f per bed-day\n", high ? "high" : "other", rule.c_str(), count, rate);
    }
}

Json baseline_json(const rate::Baseline& b)
{
    return {{"mean", b.mean}, {"spread", b.spread}, {"low", b.low}, {"high", b.high}};
}

Json summary_of(const rate::Request& request, const rate::Report& report)
{
    Json courses = {{"courses", report.courses.size()},
                    {"unpaged", report.unpaged()},
                    {"lead_p5_s", report.lead(0.05)},
                    {"lead_median_s", report.lead(0.5)}};
    return {{"summary", true},
            {"pack", request.pack_name},
            {"pack_hash", hash_text(request.pack_text)},
            {"seed", request.seed},
            {"sample_period_s", request.period_s},
            {"baseline_rr", baseline_json(rate::rr_baseline)},
            {"baseline_spo2", baseline_json(rate::spo2_baseline)},
            {"bed_days", report.bed_days},
            {"observations", report.observations},
            {"high_pages", report.calls_high},
            {"high_pages_per_bed_day", report.high_per_bed_day()},
            {"other_pages", report.calls_other},
            {"frozen_per_bed_day", report.frozen_per_bed_day()},
            {"toxicity", std::move(courses)}};
}

void print(Shell& shell, const rate::Request& request, const rate::Report& report)
{
    const auto days = static_cast<double>(report.bed_days == 0 ? 1 : report.bed_days);
    std::printf("%s (%s), seed %llu, a value every %d s; RR %.1f +- %.1f (%.0f to %.0f) /min, SpO2 %.1f +- %.1f "
                "(%.1f to %.0f) %%\n",
                request.pack_name.c_str(), hash_text(request.pack_text).c_str(),
                static_cast<unsigned long long>(request.seed), request.period_s,
                rate::rr_baseline.mean, rate::rr_baseline.spread, rate::rr_baseline.low,
                rate::rr_baseline.high, rate::spo2_baseline.mean, rate::spo2_baseline.spread,
                rate::spo2_baseline.low, rate::spo2_baseline.high);
    print_rules(shell, report.raised_high, true, days);
    print_rules(shell, report.raised_other, false, days);
    std::printf("%d bed-days: %d high physiological pages, %.3f per bed-day; %d others, %.3f per bed-day\n",
                report.bed_days, report.calls_high, report.high_per_bed_day(), report.calls_other,
                report.calls_other / days);
    if (report.courses.empty()) return;
    std::printf("%zu courses to respiratory arrest: %d not paged before it; lead time p5 %.0f s, median %.0f s\n",
                report.courses.size(), report.unpaged(), report.lead(0.05), report.lead(0.5));
}

// Recorded patients instead of simulated ones. Nobody answers in a recording, so alarms are counted, not calls.
int run_recordings(Shell& shell, const Options& options, const std::string& pack_text, const std::string& pack_name)
{
    ReplayTally tally;
    for (const std::string& file : options.recordings) {
        std::ostringstream unread;
        std::ostringstream said;
        const ReplayRequest request{file, options.path, options.infusion, {}, false};
        const int status = replay(request, unread, said, &tally);
        if (status != 0) {
            shell.complain(said.str());
            return status == 2 ? usage : failed;
        }
    }
    const double days = tally.seconds / 86400;
    int high = 0, other = 0;
    for (const auto& [rule, count] : tally.raised_high) high += count;
    for (const auto& [rule, count] : tally.raised_other) other += count;
    print_rules(shell, tally.raised_high, true, days);
    print_rules(shell, tally.raised_other, false, days);
    if (shell.json) {
        shell.print({{"summary", true},
                     {"pack", pack_name},
                     {"pack_hash", hash_text(pack_text)},
                     {"infusion", options.infusion},
                     {"recordings", options.recordings.size()},
                     {"bed_days", days},
                     {"high_alarms", high},
                     {"high_alarms_per_bed_day", days > 0 ? high / days : 0},
                     {"other_alarms", other}});
    } else {
        std::printf("%s (%s), %zu recordings, %.2f bed-days, infusion %s: %d high physiological alarms, %.3f per "
                    "bed-day; %d others\n",
                    pack_name.c_str(), hash_text(pack_text).c_str(), options.recordings.size(), days,
                    options.infusion.c_str(), high, days > 0 ? high / days : 0, other);
    }
    return ok;
}

int run(Shell& shell, const Options& options)
{
    const auto pack = open_pack(shell, options.path);
    if (!pack) return failed;
    rate::Request request = options.request;
    request.pack_text = effective_text(*pack);
    request.pack_name = pack->name;
    if (!options.recordings.empty()) return run_recordings(shell, options, request.pack_text, request.pack_name);
    const bool watched = isatty(STDERR_FILENO) != 0 && !shell.json;
    if (watched)
        request.progress = [](int done, int of) {
            std::fprintf(stderr, "\r%d of %d", done, of);
            if (done == of) std::fputs("\r                    \r", stderr);
        };
    std::vector<std::string> errors;
    const rate::Report report = rate::measure(request, errors);
    for (const std::string& error : errors)
        shell.complain(error);
    if (!errors.empty()) return failed;
    if (!shell.json) {
        print(shell, request, report);
        return report.unpaged() == 0 ? ok : failed;
    }
    print_rules(shell, report.raised_high, true, report.bed_days);
    print_rules(shell, report.raised_other, false, report.bed_days);
    for (const rate::Course& course : report.courses) {
        if (course.paged_s >= 0) continue;
        shell.print({{"unpaged", course.kind}, {"arrest_s", course.arrest_s}});
    }
    shell.print(summary_of(request, report));
    return report.unpaged() == 0 ? ok : failed;
}

} // namespace

void add_rules_rate(CLI::App& rules, Shell& shell)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        leaf(rules, shell, "rate", "pages per simulated bed-day, and lead time before respiratory arrest",
             Talks::no, [=, &shell] { return run(shell, *options); });
    command->add_option("pack", options->path, "the pack, or minimal")->required();
    command->add_option("--bed-days", options->request.bed_days, "days of women who are well")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    command->add_option("--courses", options->request.courses, "courses to respiratory arrest")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    command->add_option("--seed", options->request.seed, "what everything is drawn from")->capture_default_str();
    command->add_option("--period", options->request.period_s, "seconds between a monitor's values")
        ->check(CLI::Range(1, 60))
        ->capture_default_str();
    command
        ->add_option("--recording", options->recordings,
                     "measure on these recordings (FILE.csv ...) instead: alarms per recorded bed-day")
        ->check(CLI::ExistingFile);
    command->add_option("--infusion", options->infusion, "what is taken as charted beside each recording")
        ->capture_default_str();
}

} // namespace magwatch::cli
