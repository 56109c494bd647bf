// magwatch rules rate: how often a pack pages when nothing is wrong, and how early when something is.
#include <cstdio>
#include <memory>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "daemon/config/pack_library.hpp"
#include "tools/magwatch/diagnostics.hpp"
#include "tools/magwatch/rules.hpp"
#include "tools/rate/rate.hpp"

namespace magwatch::cli
{
namespace
{

// FNV-1a: names the text that was measured, no more.
std::uint64_t hash_of(std::string_view text)
{
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
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
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx",
                  static_cast<unsigned long long>(hash_of(request.pack_text)));
    return {{"summary", true},
            {"pack", request.pack_name},
            {"pack_hash", hash},
            {"seed", request.seed},
            {"sample_period_s", request.period_s},
            {"baseline_rr", baseline_json(rate::rr_baseline)},
            {"baseline_spo2", baseline_json(rate::spo2_baseline)},
            {"bed_days", report.bed_days},
            {"observations", report.observations},
            {"high_pages", report.calls_high},
            {"high_pages_per_bed_day", report.high_per_bed_day()},
            {"other_pages", report.calls_other},
            {"toxicity", std::move(courses)}};
}

void print(const rate::Request& request, const rate::Report& report)
{
    const auto days = static_cast<double>(report.bed_days == 0 ? 1 : report.bed_days);
    std::printf("%s, seed %llu, a value every %d s; RR %.1f +- %.1f (%.0f to %.0f) /min, SpO2 %.1f +- %.1f "
                "(%.1f to %.0f) %%\n",
                request.pack_name.c_str(), static_cast<unsigned long long>(request.seed), request.period_s,
                rate::rr_baseline.mean, rate::rr_baseline.spread, rate::rr_baseline.low,
                rate::rr_baseline.high, rate::spo2_baseline.mean, rate::spo2_baseline.spread,
                rate::spo2_baseline.low, rate::spo2_baseline.high);
    for (const auto* alarms : {&report.raised_high, &report.raised_other})
        for (const auto& [rule, count] : *alarms)
            std::printf("  %-9s %-28s %6d  %8.3f per bed-day\n",
                        alarms == &report.raised_high ? "high" : "other", rule.c_str(), count, count / days);
    std::printf("%d bed-days: %d high physiological pages, %.3f per bed-day; %d others, %.3f per bed-day\n",
                report.bed_days, report.calls_high, report.high_per_bed_day(), report.calls_other,
                report.calls_other / days);
    if (report.courses.empty()) return;
    std::printf("%zu courses to respiratory arrest: %d not paged before it; lead time p5 %.0f s, median %.0f s\n",
                report.courses.size(), report.unpaged(), report.lead(0.05), report.lead(0.5));
}

int run(Shell& shell, const std::string& path, rate::Request request)
{
    const auto pack = open_pack(shell, path);
    if (!pack) return failed;
    request.pack_text = effective_text(*pack);
    request.pack_name = pack->name;
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
        print(request, report);
        return report.unpaged() == 0 ? ok : failed;
    }
    for (const auto* alarms : {&report.raised_high, &report.raised_other})
        for (const auto& [rule, count] : *alarms)
            shell.print({{"rule", rule},
                         {"high", alarms == &report.raised_high},
                         {"raised", count},
                         {"per_bed_day", report.bed_days == 0 ? 0.0 : count / double(report.bed_days)}});
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
    struct Options {
        std::string path;
        rate::Request request;
    };
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        leaf(rules, shell, "rate", "pages per simulated bed-day, and lead time before respiratory arrest",
             Talks::no, [=, &shell] { return run(shell, options->path, options->request); });
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
}

} // namespace magwatch::cli
