// The second check of a change of the rate: asked for, shown as missing, and never waited for.
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

constexpr double exact = 1e-9; // g/h: conversions round

bool differs(double a, double b) { return a > b ? a - b > exact : b - a > exact; }

} // namespace

bool Ward::State::changes_rate(const Watch& watch, const EntryWhat& what)
{
    const auto* rate = std::get_if<InfusionRateEntry>(&what);
    if (rate == nullptr) return false;
    const double charted = watch.infusion.charted_rate(), wanted = as_heptahydrate(rate->grams_per_hour, rate->salt);
    const double runs = watch.infusion.rate_now().value_or(charted);
    // A pump that already runs at the new rate was changed from the one that was charted before.
    return runs > 0 && (differs(runs, wanted) || (charted > 0 && differs(charted, wanted)));
}

const ChartEntry* rate_change(const Chart& chart)
{
    const ChartEntry* newest = nullptr;
    for (const ChartEntry& one : chart.entries) {
        const bool rate = std::holds_alternative<InfusionRateEntry>(one.what);
        if (one.struck || (!rate && !std::holds_alternative<InfusionStopEntry>(one.what))) continue;
        // What is charted late is no change of what runs now.
        const bool later = newest == nullptr || one.at > newest->at ||
                           (one.at == newest->at && one.counts.steady >= newest->counts.steady);
        if (later) newest = &one;
    }
    return newest != nullptr && newest->changes_rate ? newest : nullptr;
}

std::string Ward::State::why_not_second(const Entry& entry)
{
    if (entry.second.empty()) return "";
    if (!std::holds_alternative<InfusionRateEntry>(entry.what)) return "this entry has no second check";
    return same_person(entry.second, entry.person) ? "the second check is another person" : "";
}

void Ward::State::do_action(const Moment& now, const Action& action, const CheckRate& check)
{
    Bed* bed = find(check.bed);
    if (bed == nullptr || !bed->watch) return reply(now, action.request, false, "this bed is not watched");
    Chart& chart = bed->watch->chart;
    const ChartEntry* waits = rate_change(chart);
    if (waits == nullptr || !waits->second.empty())
        return reply(now, action.request, false, "no change of the rate waits for a second check");
    if (same_person(waits->by, action.person))
        return reply(now, action.request, false, "the second check is another person");
    chart.entries[static_cast<std::size_t>(waits - chart.entries.data())].second = action.person;
    ++chart.changes;
    bed->watch->chart_shown.reset();
    publish(check.bed);
    reply(now, action.request, true, "second check recorded");
}

} // namespace magwatch
