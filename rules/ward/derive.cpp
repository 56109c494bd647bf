// What follows from what was measured and charted: doses, magnesium on board, the reflex that counts.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

// The laboratory's upper limit of creatinine in pregnancy, 1.0 mg/dL (clinical.md 8, "SCr >= 1.0").
constexpr double creatinine_raised = 88.4;
// 100 mL in 4 h, the limit most guidelines share (clinical.md 2.1).
constexpr double urine_low_4h = 100;

bool same(const SignalState& latest, double value)
{
    return latest.has_value && latest.validity == Validity::valid && latest.value == value;
}

} // namespace

Duration Ward::State::on_board_length(const Watch& watch, Instant now) const
{
    const auto renal = watch.patient.value(Signal::renal_impairment, now);
    const auto creatinine = watch.patient.value(Signal::creatinine, now);
    if ((renal && *renal > 0) || (creatinine && *creatinine > creatinine_raised)) return on_board_for_renal;
    return urine_low(watch) ? on_board_for_renal : on_board_for;
}

bool Ward::State::urine_low(const Watch& watch) const
{
    for (std::size_t i = 0; i < watch.patient.window_count(); ++i) {
        const Window& window = watch.patient.window(i);
        if (window.spec().signal != Signal::urine || window.spec().length != std::chrono::hours{4}) continue;
        const auto urine = window.value();
        if (urine && *urine < urine_low_4h) return true;
    }
    return false;
}

SignalMask Ward::State::derive_infusion(Watch& watch, Instant now)
{
    if (replaying == Replaying::chart) return 0; // doses stay as they are
    Infusion& infusion = watch.infusion;
    infusion.advance(now);
    PatientState& patient = watch.patient;
    SignalMask changed = 0;
    const auto tell = [&](Signal signal, std::optional<double> value) {
        const SignalState& latest = patient.latest(signal);
        if (value) {
            if (same(latest, *value)) return;
            patient.accept(signal, *value, now, now, no_source);
        } else {
            if (!latest.has_value || latest.validity != Validity::valid) return;
            patient.reject(signal, Validity::not_available, now);
        }
        changed |= mask(signal);
    };
    const auto flag = [](bool yes) { return yes ? 1.0 : 0.0; };
    const Duration on_board = on_board_length(watch, now);
    const auto rate = infusion.rate_now();
    tell(Signal::infusion_rate, rate);
    // What people chart goes into the course as they chart it; a pump that was heard knows better.
    if (infusion.pump_heard() && changed != 0 && !infusion.contradicted()) {
        const bool by_hand = infusion.bolus_running(now) && !infusion.bolus_by_pump();
        const bool told = rate && (by_hand ? watch.course.rate(now, *rate) : watch.course.pump_rate(now, *rate));
        if (!told) watch.course.unknown_since(now);
    }
    const auto acts = infusion.on_board(now, on_board);
    tell(Signal::mg_on_board, acts ? std::optional{flag(*acts)} : std::nullopt);
    tell(Signal::infusing, rate ? std::optional{flag(*rate > 0)} : std::nullopt);
    if (infusion.recorded()) {
        tell(Signal::bolus_running, flag(infusion.bolus_running(now)));
        tell(Signal::stopped_since, flag(infusion.stop_declared()));
        tell(Signal::dose_1h, infusion.dose_in(std::chrono::hours{1}, now));
        tell(Signal::dose_24h, infusion.dose_in(std::chrono::hours{24}, now));
        tell(Signal::dose_total, infusion.dose_total());
    }
    if (infusion.any_bolus()) {
        tell(Signal::bolus_dose, infusion.bolus_grams());
        tell(Signal::bolus_rate, infusion.bolus_rate());
    }
    watch.infusion_next = infusion.next_change(now, on_board);
    return changed;
}

SignalMask Ward::State::derive_given(Watch& watch, const Entry& entry, Instant at)
{
    PatientState& patient = watch.patient;
    SignalMask changed = 0;
    if (watch.bedside.salt) {
        const auto salt = static_cast<double>(*watch.bedside.salt);
        if (!same(patient.latest(Signal::salt), salt)) {
            patient.accept(Signal::salt, salt, last.steady, last.steady, no_source);
            changed |= mask(Signal::salt);
        }
    }
    const auto* dose = std::get_if<IntramuscularEntry>(&entry.what);
    const SignalState& latest = patient.latest(Signal::im_dose);
    if (dose == nullptr || (latest.has_value && latest.value_at > at)) return changed;
    patient.accept(Signal::im_dose, as_heptahydrate(dose->grams, dose->salt), at, at, no_source);
    return changed | mask(Signal::im_dose);
}

// Two sites, one reflex: under a working epidural or spinal the legs say nothing and only the arm counts;
// otherwise the newest of the two.
SignalMask Ward::State::derive_reflex(Watch& watch, Signal changed)
{
    if (changed != Signal::reflex_knee && changed != Signal::reflex_arm && changed != Signal::epidural) return 0;
    PatientState& patient = watch.patient;
    SignalMask told = mask(Signal::reflex);
    if (const SignalState& seen = patient.latest(changed); changed != Signal::epidural && seen.has_value) {
        const SignalState& untestable = patient.latest(Signal::reflex_untestable);
        if (untestable.has_value && untestable.value > 0 && untestable.value_at <= seen.value_at) {
            patient.accept(Signal::reflex_untestable, 0, seen.value_at, seen.received, seen.source);
            told |= mask(Signal::reflex_untestable);
        }
    }
    const SignalState& knee = patient.latest(Signal::reflex_knee);
    const SignalState& arm = patient.latest(Signal::reflex_arm);
    const SignalState& block = patient.latest(Signal::epidural);
    const bool blocked = block.has_value && block.value > 0;
    const SignalState* counts = nullptr;
    if (arm.has_value) counts = &arm;
    if (!blocked && knee.has_value && (counts == nullptr || knee.value_at > counts->value_at)) counts = &knee;
    const SignalState& now = patient.latest(Signal::reflex);
    if (counts == nullptr) {
        if (!now.has_value) return told & ~mask(Signal::reflex);
        patient.forget(Signal::reflex);
        return told;
    }
    if (now.has_value && counts->value_at < now.value_at) patient.forget(Signal::reflex);
    patient.accept(Signal::reflex, counts->value, counts->value_at, counts->received, counts->source);
    return told;
}

} // namespace magwatch
