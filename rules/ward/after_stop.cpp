// What follows a stop: an infusion that stopped unplanned, the senior decision that a stop for toxicity needs, and
// the watch for its recurrence (calcium acts for less long than magnesium stays).
#include <algorithm>

#include "rules/ward/findings.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// BEHAVIOUR "Grades and the antidote"; all design values.
constexpr Duration decision_by = 30min;
constexpr Duration recurrence_for = 6h;
constexpr Duration recurrence_every = 15min;
constexpr Duration toxic_before = 1h;  // a stop this soon after a sign is taken to be for it
constexpr Duration end_tolerance = 15min; // a plan is not exact
constexpr Duration bolus_tolerance = 5min;
constexpr double whole_dose = 0.95;
constexpr const char* about_stop = "after_stop";

// The stop that the pump made was to be expected.
bool planned(const Bedside& bedside, const Infusion& infusion)
{
    const Instant at = *bedside.stopped;
    if (const auto& session = bedside.session) {
        if (session->expected_end && at >= *session->expected_end - end_tolerance) return true;
        const double given = infusion.dose_total() - session->dose_before;
        if (session->grams > 0 && given >= session->grams * whole_dose) return true;
        if (session->grams_per_hour > 0) return false;
    }
    // A bolus that ran to its end, and nothing was to follow.
    const Instant end = infusion.bolus_end();
    return infusion.any_bolus() && infusion.charted_rate() <= 0 && at >= end - bolus_tolerance &&
           at <= end + bolus_tolerance;
}

} // namespace

bool Ward::State::grave(const Episode& episode)
{
    const AlarmText& alarm = episode.alarm;
    return alarm.kind == AlarmKind::physiological && alarm.priority == Priority::high && alarm.grade > 0;
}

bool Ward::State::stop_decided(const Bedside& bedside)
{
    const auto found = bedside.decisions.find(about_stop);
    return bedside.recurrence && found != bedside.decisions.end() && found->second.at >= bedside.recurrence->stopped;
}

void Ward::State::follow_stop(const Moment& now, BedId id)
{
    Watch& watch = *beds[id.value].watch;
    Bedside& b = watch.bedside;
    const auto rate = watch.infusion.rate_now();
    const bool declared = watch.infusion.stop_declared();
    if (rate.value_or(0) > 0 && !declared) {
        b.ran = true;
        b.stopped.reset();
    } else if (!b.stopped && (declared || (rate && b.ran))) {
        b.stopped = now.steady;
        b.ran = false;
        const bool toxic = std::any_of(episodes.begin(), episodes.end(), [&](const auto& item) {
            return item.second.bed == id && grave(item.second);
        });
        if (toxic) b.toxic = now.steady;
    }
    if (!b.stopped || !b.toxic || *b.toxic < *b.stopped - toxic_before) return;
    const Instant until = std::max(*b.stopped, *b.toxic) + recurrence_for;
    if (b.recurrence && b.recurrence->until >= until) return;
    b.recurrence = Recurrence{*b.stopped, until};
    review_checks(now, id);
}

void Ward::State::find_stop(const Watch& watch, Findings& out) const
{
    const Bedside& bedside = watch.bedside;
    const Infusion& infusion = watch.infusion;
    const bool on_board = infusion.on_board(out.now, on_board_length(watch, out.now)).value_or(true);
    if (bedside.stopped && infusion.pump_heard() && !infusion.stop_declared() && on_board &&
        infusion.rate_now().value_or(1) <= 0 && !planned(bedside, infusion)) {
        out.add(SessionAlarm::stopped);
    }
    if (!bedside.recurrence || out.now >= bedside.recurrence->until) return;
    out.look_again(bedside.recurrence->until);
    if (stop_decided(bedside)) return;
    const Instant due = bedside.recurrence->stopped + decision_by;
    out.look_again(due);
    if (out.now < due) return;
    out.add(SessionAlarm::decision);
}

std::optional<Duration> Ward::State::session_checks(const Watch& watch, Instant now) const
{
    std::optional<Duration> every;
    if (pack && watch.bedside.session) every = pack->sessions.row(watch.bedside.session->plan.indication).check_every;
    const bool watching = watch.bedside.recurrence && now < watch.bedside.recurrence->until;
    return watching ? std::min(every.value_or(recurrence_every), recurrence_every) : every;
}

void show_stop(const Bedside& bedside, bool decided, const Moment& now, BedView& b)
{
    if (!bedside.recurrence || now.steady >= bedside.recurrence->until) return;
    b.after_stop = AfterStopView{now.at(bedside.recurrence->stopped).wall, now.at(bedside.recurrence->until).wall,
                                 now.at(bedside.recurrence->stopped + decision_by).wall, decided};
}

} // namespace magwatch
