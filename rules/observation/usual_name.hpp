// The signal that was probably meant by a name that is none: by what people usually call it, else by spelling.
//
// Pure. The table makes suggestions alone: a pack that uses one of its words is refused like any other mistake.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "rules/base/diagnostic.hpp"

namespace magwatch {

struct UsualName {
    std::string_view said, signal;
};
inline constexpr UsualName usual_names[] = {
    {"resp", "rr"},
    {"resps", "rr"},
    {"resp_rate", "rr"},
    {"respiration", "rr"},
    {"respirations", "rr"},
    {"respiratory_rate", "rr"},
    {"breathing", "rr"},
    {"breathing_rate", "rr"},
    {"breaths", "rr"},
    {"resp_counted", "rr_counted"},
    {"heart_rate", "hr"},
    {"heartrate", "hr"},
    {"bpm", "hr"},
    {"pulse_rate", "pulse"},
    {"sat", "spo2"},
    {"sats", "spo2"},
    {"saturation", "spo2"},
    {"o2", "spo2"},
    {"o2_sat", "spo2"},
    {"oxygen", "spo2"},
    {"co2", "etco2"},
    {"bp", "sbp"},
    {"nibp", "sbp"},
    {"blood_pressure", "sbp"},
    {"systolic", "sbp"},
    {"diastolic", "dbp"},
    {"abp", "art_sys"},
    {"temperature", "temp"},
    {"dtr", "reflex"},
    {"reflexes", "reflex"},
    {"tendon_reflex", "reflex"},
    {"patellar", "reflex_knee"},
    {"knee_jerk", "reflex_knee"},
    {"loc", "avpu"},
    {"consciousness", "avpu"},
    {"coma", "gcs"},
    {"glasgow", "gcs"},
    {"uo", "urine"},
    {"urine_output", "urine"},
    {"diuresis", "urine"},
    {"magnesium", "mg"},
    {"mag", "mg"},
    {"level", "mg"},
    {"serum_mg", "mg"},
    {"creat", "creatinine"},
    {"crea", "creatinine"},
    {"scr", "creatinine"},
    {"ca", "calcium"},
    {"rate", "infusion_rate"},
    {"drip_rate", "infusion_rate"},
    {"flow", "pump_flow"},
    {"dose", "dose_total"},
    {"cumulative_dose", "dose_total"},
    {"im", "im_dose"},
    {"intramuscular", "im_dose"},
    {"bolus", "bolus_dose"},
    {"load", "bolus_dose"},
    {"running", "infusing"},
    {"stopped", "stopped_since"},
    {"on_board", "mg_on_board"},
    {"apnoea", "monitor_apnoea"},
    {"apnea", "monitor_apnoea"},
    {"desat", "monitor_desaturation"},
    {"desaturation", "monitor_desaturation"},
    {"brady", "monitor_bradycardia"},
    {"bradycardia", "monitor_bradycardia"},
    {"tachy", "monitor_tachycardia"},
    {"asystole", "monitor_arrest"},
    {"arrest", "monitor_arrest"},
    {"av_block", "monitor_heart_block"},
    {"inop", "monitor_inop"},
    {"leads_off", "monitor_leads_off"},
    {"kidneys", "renal_impairment"},
    {"renal", "renal_impairment"},
    {"myasthenia", "neuromuscular"},
    {"opioid", "sedated"},
    {"sedation", "sedated"},
    {"fit", "post_ictal"},
    {"seizure", "post_ictal"},
    {"birth", "postpartum"},
    {"postnatal", "postpartum"},
    {"weeks", "gestation"},
};

// "; did you mean 'rr'?" or "".
template <class Candidates> [[nodiscard]] std::string meant_signal(std::string_view word, const Candidates& candidates)
{
    const auto usual = std::find_if(std::begin(usual_names), std::end(usual_names),
                                    [&](const UsualName& one) { return one.said == word; });
    if (usual != std::end(usual_names)) return "; did you mean '" + std::string{usual->signal} + "'?";
    return did_you_mean(word, candidates);
}

} // namespace magwatch
