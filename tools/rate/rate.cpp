#include "tools/rate/rate.hpp"

#include <algorithm>
#include <cmath>

#include "rules/language/pack.hpp"
#include "rules/ward/technical.hpp"
#include "tools/rate/simulated_bed.hpp"

namespace magwatch::rate {
namespace {

using simulator::PatientParameters;
using simulator::Random;

constexpr std::int64_t hour_s = 3600;

double draw(const Baseline& baseline, Random& random)
{
    for (;;) {
        const double drawn = baseline.mean + baseline.spread * random.normal();
        if (drawn >= baseline.low && drawn <= baseline.high) return drawn;
    }
}

PatientParameters draw_woman(Random& random)
{
    PatientParameters p;
    p.rr = draw(rr_baseline, random);
    p.spo2 = draw(spo2_baseline, random);
    p.hr = draw(hr_baseline, random);
    p.sbp = draw(sbp_baseline, random);
    p.dbp = 0.62 * p.sbp;
    p.clearance *= std::clamp(1 + clearance_spread * random.normal(), 0.6, 1.6);
    p.sensitivity = 1 + sensitivity_spread * random.normal();
    p.urine = random.uniform(45, 110);
    return p;
}

// One day of a woman who is well.
void calm_day(const Request& request, int number, Report& report)
{
    Random random{request.seed, 2 * static_cast<std::uint64_t>(number)};
    BedOptions options;
    options.period_s = request.period_s;
    options.says_not_available = random.chance(0.5);
    SimulatedBed bed{request.pack_text, request.pack_name, draw_woman(random), options, random.next()};
    bed.start({});
    bed.chart_bolus(4, 20);
    Charting charting{.every_s = hour_s, .first_every_s = 900, .late = 0.1};
    bed.set_charting(charting);
    bed.answer_pages(true);
    bool maintained = false;
    for (std::int64_t s = 0; s < 24 * hour_s; ++s) {
        if (s >= 1200 && !maintained) {
            bed.chart_rate(1);
            maintained = true;
        }
        bed.second(s < 1200 ? 12 : 1);
    }
    for (const auto& [rule, count] : bed.seen().raised_high) report.raised_high[rule] += count;
    for (const auto& [rule, count] : bed.seen().raised_other) report.raised_other[rule] += count;
    report.calls_high += bed.seen().calls_high;
    report.calls_other += bed.seen().calls_other;
    report.observations += bed.seen().observations;
}

struct Plan {
    std::string kind;
    PatientParameters woman;
    BedOptions options;
    Charting charting;
    double charted_rate = 1;  // g/h after the load; < 0: nothing is charted at all
    double true_rate = 1;     // g/h after the load
    double kidneys_end = 1;   // share of the clearance that is left
    double kidneys_over_h = 1; // within this time
    bool epidural = false;
};

Plan draw_course(int number, Random& random)
{
    Plan plan;
    plan.woman = draw_woman(random);
    plan.options.says_not_available = random.chance(0.5);
    plan.charting = {.every_s = hour_s, .first_every_s = 900, .late = 0.1};
    switch (number % 3) {
    case 0:
        plan.kind = "wrong-rate";
        plan.true_rate = random.uniform(5, 16);
        plan.charted_rate = random.chance(0.5) ? 1 : -1;
        break;
    case 1:
        plan.kind = "kidneys";
        plan.true_rate = plan.charted_rate = random.uniform(1.5, 2);
        plan.kidneys_end = random.uniform(0.02, 0.12);
        plan.kidneys_over_h = random.uniform(4, 16);
        break;
    default:
        plan.kind = "sparse";
        plan.true_rate = random.uniform(4, 10);
        plan.charted_rate = 2;
        plan.charting = {.every_s = 4 * hour_s, .first_every_s = 4 * hour_s, .late = 0.5};
        plan.epidural = random.chance(0.5);
        plan.woman.epidural = plan.epidural;
        plan.options.cuff_on_oximeter_arm = !plan.epidural;
        break;
    }
    return plan;
}

Course run_course(const Request& request, int number)
{
    constexpr std::int64_t longest_s = 72 * hour_s;
    Random random{request.seed, 2 * static_cast<std::uint64_t>(number) + 1};
    Course course;
    // A course that does not end in an arrest within three days is no course: the next one is drawn.
    for (int attempt = 0; attempt < 20; ++attempt) {
        Plan plan = draw_course(number, random);
        plan.options.period_s = request.period_s;
        course.kind = plan.kind;
        course.paged_s = -1;
        SimulatedBed bed{request.pack_text, request.pack_name, plan.woman, plan.options, random.next()};
        bed.start({.epidural = plan.epidural});
        bed.set_charting(plan.charting);
        if (plan.charted_rate >= 0) bed.chart_bolus(4, 20);
        bool maintained = false;
        for (std::int64_t s = 0; s < longest_s; ++s) {
            if (s >= 1200 && !maintained && plan.charted_rate >= 0) {
                bed.chart_rate(plan.charted_rate);
                maintained = true;
            }
            const double gone = std::min(1.0, static_cast<double>(s) / (plan.kidneys_over_h * hour_s));
            if (plan.kidneys_end < 1 && s % 60 == 0) bed.set_kidneys(1 - gone * (1 - plan.kidneys_end));
            bed.second(s < 1200 ? 12 : plan.true_rate);
            if (course.paged_s < 0 && bed.seen().calls_high > 0) {
                course.paged_s = static_cast<double>(s);
                course.rule = bed.seen().first_rule;
                bed.body_only(); // what is left to know is when breathing stops
            }
            if (bed.truth().rr > 0) continue;
            course.arrest_s = static_cast<double>(s);
            return course;
        }
    }
    return course;
}

} // namespace

double Report::high_per_bed_day() const { return bed_days == 0 ? 0 : static_cast<double>(calls_high) / bed_days; }

double Report::frozen_per_bed_day() const
{
    const auto found = raised_other.find(info(BedFault::frozen).alarm.rule);
    if (bed_days == 0 || found == raised_other.end()) return 0;
    return static_cast<double>(found->second) / bed_days;
}

int Report::unpaged() const
{
    const auto never = [](const Course& c) { return c.paged_s < 0; };
    return static_cast<int>(std::count_if(courses.begin(), courses.end(), never));
}

double Report::lead(double share) const
{
    std::vector<double> leads;
    for (const Course& course : courses) {
        if (course.paged_s >= 0) leads.push_back(course.arrest_s - course.paged_s);
    }
    if (leads.empty()) return 0;
    std::sort(leads.begin(), leads.end());
    return leads[static_cast<std::size_t>(share * static_cast<double>(leads.size() - 1))];
}

Report measure(const Request& request, std::vector<std::string>& errors)
{
    Report report;
    const CompiledPack compiled = compile_pack(request.pack_text, request.pack_name);
    for (const Diagnostic& error : compiled.errors) errors.push_back(error.text());
    if (!compiled.pack) return report;
    const int all = request.bed_days + request.courses;
    for (int i = 0; i < request.bed_days; ++i) {
        calm_day(request, i, report);
        ++report.bed_days;
        if (request.progress) request.progress(i + 1, all);
    }
    for (int i = 0; i < request.courses; ++i) {
        report.courses.push_back(run_course(request, i));
        if (request.progress) request.progress(request.bed_days + i + 1, all);
    }
    return report;
}

} // namespace magwatch::rate
