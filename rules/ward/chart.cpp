// What staff chart. An entry is stored, or refused with the reason; never half.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration future_tolerance = 60s; // clocks of two PCs may differ a little

// A person counting or testing at the bed is a person at the bed.
bool done_at_bedside(const Entry& entry)
{
    if (std::holds_alternative<InfusionStopEntry>(entry.what)) return true;
    if (std::holds_alternative<SymptomEntry>(entry.what)) return true;
    if (std::holds_alternative<UntestableEntry>(entry.what)) return true;
    const auto* value = std::get_if<ValueEntry>(&entry.what);
    return value != nullptr && (value->signal == Signal::rr_counted || value->signal == Signal::reflex_knee ||
                                value->signal == Signal::reflex_arm || value->signal == Signal::avpu);
}

// Doses for the estimate and for the prediction. Doses charted late are added for the time since they began; a pump
// that was heard counted its own itself. A dose that is no plausible one makes the record incomplete from then on.
void chart_infusion(Watch& watch, const Entry& entry, Instant at, Instant now)
{
    Infusion& infusion = watch.infusion;
    Course& course = watch.course;
    infusion.advance(now);
    const bool pump_tells = infusion.pump_heard();
    const bool unheard = infusion.rate_unknown_since().has_value();
    bool good = true;
    if (const auto* rate = std::get_if<InfusionRateEntry>(&entry.what)) {
        const double grams_per_hour = as_heptahydrate(rate->grams_per_hour, rate->salt);
        const Instant newest = infusion.charted_at();
        infusion.rate(grams_per_hour, at, now);
        const Instant until = at < newest ? newest : Instant::never();
        if (!pump_tells || infusion.contradicted()) good = course.rate(at, grams_per_hour, until);
    } else if (const auto* bolus = std::get_if<BolusEntry>(&entry.what)) {
        const double grams = as_heptahydrate(bolus->grams, bolus->salt);
        infusion.bolus(grams, bolus->over, at, now, given_by(watch.chart.pump, at, std::min(at + bolus->over, now)));
        if (!pump_tells || !infusion.bolus_by_pump()) good = course.bolus(at, grams, bolus->over);
    } else if (const auto* dose = std::get_if<IntramuscularEntry>(&entry.what)) {
        const double grams = as_heptahydrate(dose->grams, dose->salt);
        infusion.intramuscular(grams, at, now);
        good = course.intramuscular(at, grams);
    } else {
        const Instant newest = infusion.charted_at();
        infusion.stop(at, now);
        if (at >= newest && infusion.stop_declared()) course.stop(now);
        else if (at >= newest) good = course.rate(now, 0); // a bolus was begun after it
        else if (!pump_tells) good = course.rate(at, 0, newest);
    }
    if (!good) course.unknown_since(at);
    if (unheard && !infusion.pump_heard()) watch.pumps.forget_lost(now); // who charts it stands at them
}

// For the session: which salt, and when a bolus ran.
void remember_given(Bedside& bedside, const Entry& entry, Instant at)
{
    if (const auto* rate = std::get_if<InfusionRateEntry>(&entry.what)) bedside.salt = rate->salt;
    if (const auto* dose = std::get_if<IntramuscularEntry>(&entry.what)) bedside.salt = dose->salt;
    const auto* bolus = std::get_if<BolusEntry>(&entry.what);
    if (bolus == nullptr) return;
    bedside.salt = bolus->salt;
    bedside.boluses.emplace_back(at, at + bolus->over);
    if (bedside.boluses.size() > 32) bedside.boluses.erase(bedside.boluses.begin());
}

} // namespace

void Ward::State::apply(const Moment& now, const Entry& entry)
{
    const Bed* bed = find(entry.bed);
    if (bed == nullptr) return reply(now, entry.request, false, "no such bed");
    // Who charts and who checked may be said otherwise the second time, and a time that is not said is a later one.
    const std::uint64_t said = hash_said(entry.bed, entry.what, entry.corrects, entry.reason);
    if (key_used(now, entry.request, entry.key, said)) return;
    if (entry.person.empty()) return reply(now, entry.request, false, "who charts this? 'by' is missing");
    if (!bed->watch) {
        return reply(now, entry.request, false, "this bed is not watched: start the watch first");
    }
    const bool correction = entry.corrects != EntryId{} || std::holds_alternative<StrikeEntry>(entry.what);
    if (const std::string why = why_not_correct(entry); !why.empty()) return reply(now, entry.request, false, why);
    WallTime at_wall = entry.at.ms == 0 ? now.wall : entry.at;
    for (const ChartEntry& one : bed->watch->chart.entries) // said at another time, it was seen when it was
        if (correction && entry.at.ms == 0 && one.id == entry.corrects) at_wall = one.at;
    if (at_wall > now.wall + future_tolerance) return reply(now, entry.request, false, "the time lies in the future");
    if (const std::string why = why_not_second(entry); !why.empty()) return reply(now, entry.request, false, why);
    if (const std::string why = why_not(entry, now); !why.empty()) return reply(now, entry.request, false, why);
    keys.remember(entry.key, said);
    std::string text = correction ? correct(now, entry, at_wall) : record(now, entry, at_wall);
    // A correction is made at a desk: it answers no call.
    if (!correction && done_at_bedside(entry))
        bedside_act(now, entry.bed, entry.person, std::min(now.instant_of(at_wall), now.steady));
    refresh_next(beds[entry.bed.value], now.steady);
    reply(now, entry.request, true, std::move(text));
}

bool Ward::State::key_used(const Moment& now, std::uint64_t request, const std::string& key, std::uint64_t said)
{
    const KeyUse use = keys.use(key, said);
    if (use == KeyUse::again) reply(now, request, true, "already recorded");
    if (use == KeyUse::other)
        reply(now, request, false, "its key came before with something else: send it under a key of its own");
    return use != KeyUse::fresh;
}

std::string Ward::State::why_not(const Entry& entry, const Moment& now) const
{
    if (const auto* screening = std::get_if<ScreeningEntry>(&entry.what)) return why_not(*screening);
    if (const auto* decision = std::get_if<DecisionEntry>(&entry.what)) return why_not(*decision);
    if (const auto* session = std::get_if<SessionEntry>(&entry.what)) return why_not(*session, now);
    if (const auto* symptom = std::get_if<SymptomEntry>(&entry.what)) return why_not(*symptom);
    if (const auto* sedation = std::get_if<SedationEntry>(&entry.what)) return why_not(*sedation);
    if (const auto* untestable = std::get_if<UntestableEntry>(&entry.what)) return why_not(*untestable);
    if (const auto* concerned = std::get_if<ConcernedEntry>(&entry.what)) return why_not(*concerned, entry.bed);
    return "";
}

// Stores an entry that is to be stored; the reply for the person who charted it.
std::string Ward::State::take_entry(const Moment& now, const Entry& entry, WallTime at_wall)
{
    const Instant at = std::min(now.instant_of(at_wall), now.steady);
    if (const auto* value = std::get_if<ValueEntry>(&entry.what)) {
        std::string text = take_charted(now, entry.bed, value->signal, value->value, at_wall, std::nullopt, false);
        if (info(value->signal).kind == SignalKind::fact) {
            note_fact(now, entry.bed, value->signal, value->value, entry.person);
            review_session(now, entry.bed);
        }
        return text;
    }
    if (const auto* level = std::get_if<LevelEntry>(&entry.what)) {
        return take_charted(now, entry.bed, Signal::mg, level->mmol_per_l, at_wall, std::nullopt, false,
                            level->from_infusion_arm);
    }
    if (const auto* screening = std::get_if<ScreeningEntry>(&entry.what)) {
        return take_screening(now, entry.bed, *screening, entry.person);
    }
    if (const auto* decision = std::get_if<DecisionEntry>(&entry.what)) {
        beds[entry.bed.value].watch->bedside.decisions[decision->about] = {decision->reason, now.steady, entry.person};
        if (decision->about == "after_stop")
            note_in_antidote(now, entry.bed, StepKind::decide, entry.person, decision->reason, now.steady);
        review_session(now, entry.bed);
        publish(entry.bed);
        return "decision recorded";
    }
    if (const auto* session = std::get_if<SessionEntry>(&entry.what)) {
        return take_session(now, entry.bed, *session, entry.person);
    }
    if (const auto* urine = std::get_if<UrineEntry>(&entry.what)) {
        return take_charted(now, entry.bed, Signal::urine, urine->millilitres, at_wall, urine->since, false);
    }
    if (const auto* symptom = std::get_if<SymptomEntry>(&entry.what)) {
        return take_symptoms(now, entry.bed, *symptom, at, entry.person);
    }
    if (const auto* sedation = std::get_if<SedationEntry>(&entry.what)) {
        take_event(now, entry.bed, {BedsideEvent::Kind::sedation, sedation->drug, at, entry.person});
        return "recorded";
    }
    if (std::holds_alternative<FitEntry>(entry.what)) {
        take_event(now, entry.bed, {BedsideEvent::Kind::fit, "", at, entry.person});
        return "recorded";
    }
    if (const auto* untestable = std::get_if<UntestableEntry>(&entry.what)) {
        const SignalState& tested = beds[entry.bed.value].watch->patient.latest(Signal::reflex);
        if (tested.has_value && tested.value_at > at) return "kept as history: a reflex was tested after that";
        take_event(now, entry.bed, {BedsideEvent::Kind::untestable, untestable->reason, at, entry.person});
        return take_charted(now, entry.bed, Signal::reflex_untestable, 1, at_wall, std::nullopt, false);
    }
    if (std::holds_alternative<StrikeEntry>(entry.what)) return ""; // correct() did it
    if (const auto* concerned = std::get_if<ConcernedEntry>(&entry.what)) {
        return take_concern(now, entry.bed, *concerned, at, entry.person);
    }
    return take_dose(now, entry, at);
}

std::string Ward::State::take_dose(const Moment& now, const Entry& entry, Instant at)
{
    Watch& watch = *beds[entry.bed.value].watch;
    const bool runs = std::holds_alternative<InfusionRateEntry>(entry.what) ||
                      std::holds_alternative<InfusionStopEntry>(entry.what);
    const bool late = runs && at < watch.infusion.charted_at();
    chart_infusion(watch, entry, at, now.steady);
    remember_given(watch.bedside, entry, at);
    evaluate(now, entry.bed, derive_infusion(watch, now.steady) | derive_given(watch, entry, at));
    if (std::holds_alternative<InfusionStopEntry>(entry.what) && !late)
        note_in_antidote(now, entry.bed, StepKind::stop, entry.person, "", at);
    std::string unchecked;
    const bool dose = std::holds_alternative<BolusEntry>(entry.what) ||
                      std::holds_alternative<IntramuscularEntry>(entry.what);
    if (dose) unchecked = checks_before_dose(now, entry.bed, at);
    review_session(now, entry.bed);
    review_checks(now, entry.bed);
    review(now, entry.bed);
    publish(entry.bed);
    return late ? "kept as history: what is charted of a later time holds" : "recorded" + unchecked;
}

void Ward::State::reply(const Moment& now, std::uint64_t request, bool accepted, std::string text)
{
    if (request == 0) return;
    effects->push_back(Reply{now, request, accepted, std::move(text)});
}

} // namespace magwatch
