#include "rules/observation/signal.hpp"

#include <array>

#include "rules/base/assert.hpp"
#include "rules/observation/symptom.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
using K = SignalKind;
using S = Signal;

// Ranges: what a living adult can show, wide enough for every real value of the recordings in
// tests/data (signals.md 3), narrow enough that "no reading" written as 0, -1, 999 or 32767 is refused.
// Freshness: BEHAVIOUR "Freshness and lateness" (continuous 30 s, cuff interval + 5 min with the usual
// 15 min interval, reflex 2 h, urine 4 h, level 12 h); all are design values.
constexpr std::array<SignalInfo, signal_count> table = {{
    {S::hr, "hr", "heart rate", Unit::per_min, 15, 300, K::continuous, 30s},
    {S::pulse, "pulse", "pulse rate", Unit::per_min, 15, 300, K::continuous, 30s},
    {S::rr, "rr", "respiratory rate", Unit::per_min, 1, 120, K::continuous, 30s},
    {S::spo2, "spo2", "oxygen saturation", Unit::percent, 20, 100, K::continuous, 30s},
    {S::etco2, "etco2", "end-tidal carbon dioxide", Unit::mm_hg, 1, 150, K::continuous, 30s},
    {S::art_sys, "art_sys", "arterial systolic pressure", Unit::mm_hg, 20, 320, K::continuous, 30s},
    {S::art_dia, "art_dia", "arterial diastolic pressure", Unit::mm_hg, 5, 250, K::continuous, 30s},
    {S::art_mean, "art_mean", "arterial mean pressure", Unit::mm_hg, 10, 280, K::continuous, 30s},
    {S::temp, "temp", "temperature", Unit::celsius, 25, 45, K::cuff, 4h},
    {S::sbp, "sbp", "systolic blood pressure", Unit::mm_hg, 20, 320, K::cuff, 20min},
    {S::dbp, "dbp", "diastolic blood pressure", Unit::mm_hg, 5, 250, K::cuff, 20min},
    {S::map, "map", "mean blood pressure", Unit::mm_hg, 10, 280, K::cuff, 20min},
    {S::rr_counted, "rr_counted", "respiratory rate counted by hand", Unit::per_min, 0, 120, K::charted, 1h},
    {S::reflex_knee, "reflex_knee", "knee reflex", Unit::none, 0, 4, K::charted, 2h},
    {S::reflex_arm, "reflex_arm", "arm reflex", Unit::none, 0, 4, K::charted, 2h},
    {S::avpu, "avpu", "consciousness", Unit::none, 0, 3, K::charted, 2h},
    {S::gcs, "gcs", "Glasgow coma score", Unit::none, 3, 15, K::charted, 4h},
    {S::urine, "urine", "urine volume", Unit::millilitre, 0, 5000, K::charted, 4h},
    {S::weight, "weight", "body weight", Unit::kilogram, 25, 350, K::fact, lasting},
    {S::mg, "mg", "serum magnesium", Unit::mmol_per_l, 0.05, 20, K::laboratory, 12h},
    {S::creatinine, "creatinine", "serum creatinine", Unit::umol_per_l, 5, 3000, K::laboratory, 24h},
    {S::calcium, "calcium", "serum calcium", Unit::mmol_per_l, 0.2, 6, K::laboratory, 24h},
    {S::sao2, "sao2", "arterial oxygen saturation", Unit::percent, 20, 100, K::laboratory, 1h},
    {S::pump_flow, "pump_flow", "pump flow", Unit::ml_per_hour, 0, 3000, K::pump, 30s},
    {S::pump_rate, "pump_rate", "pump rate", Unit::gram_per_hour, 0, 500, K::pump, 30s},
    {S::pump_concentration, "pump_concentration", "concentration of the bag", Unit::gram_per_ml, 0.0005, 1,
     K::pump, 30s},
    {S::monitor_apnoea, "monitor_apnoea", "monitor's apnoea alarm", Unit::none, 0, 1, K::flag, 30s},
    {S::monitor_desaturation, "monitor_desaturation", "monitor's desaturation alarm", Unit::none, 0, 1,
     K::flag, 30s},
    {S::monitor_bradycardia, "monitor_bradycardia", "monitor's bradycardia alarm", Unit::none, 0, 1, K::flag,
     30s},
    {S::monitor_tachycardia, "monitor_tachycardia", "monitor's tachycardia alarm", Unit::none, 0, 1, K::flag,
     30s},
    {S::monitor_inop, "monitor_inop", "monitor's technical alarm", Unit::none, 0, 1, K::flag, 30s},
    {S::monitor_leads_off, "monitor_leads_off", "leads off", Unit::none, 0, 1, K::flag, 30s},
    {S::liveness, "liveness", "device liveness counter", Unit::none, -1e15, 1e15, K::flag, 30s},
    {S::epidural, "epidural", "working epidural or spinal", Unit::none, 0, 1, K::fact, lasting},
    {S::renal_impairment, "renal_impairment", "renal impairment", Unit::none, 0, 1, K::fact, lasting},
    {S::heart_block, "heart_block", "heart block or myocardial damage", Unit::none, 0, 1, K::fact, lasting},
    {S::neuromuscular, "neuromuscular", "neuromuscular disease", Unit::none, 0, 1, K::fact, lasting},
    {S::digoxin, "digoxin", "digoxin", Unit::none, 0, 1, K::fact, lasting},
    {S::reflex, "reflex", "tendon reflex", Unit::none, 0, 4, K::derived, 2h},
    {S::infusion_rate, "infusion_rate", "magnesium sulfate infusion rate", Unit::gram_per_hour, 0, 500,
     K::derived, lasting},
    {S::bolus_running, "bolus_running", "bolus in progress", Unit::none, 0, 1, K::derived, lasting},
    {S::bolus_dose, "bolus_dose", "dose of the bolus", Unit::gram, 0, 500, K::derived, lasting},
    {S::bolus_rate, "bolus_rate", "rate of the bolus", Unit::gram_per_hour, 0, 5000, K::derived, lasting},
    {S::dose_1h, "dose_1h", "magnesium sulfate in the last hour", Unit::gram, 0, 5000, K::derived, lasting},
    {S::dose_24h, "dose_24h", "magnesium sulfate in 24 h", Unit::gram, 0, 50000, K::derived, lasting},
    {S::dose_total, "dose_total", "magnesium sulfate since the watch started", Unit::gram, 0, 500000,
     K::derived, lasting},
    {S::infusing, "infusing", "infusion running", Unit::none, 0, 1, K::derived, lasting},
    {S::mg_on_board, "mg_on_board", "magnesium on board", Unit::none, 0, 1, K::derived, lasting},
    {S::stopped_since, "stopped_since", "infusion stopped", Unit::none, 0, 1, K::derived, lasting},
    // As long as a charted reflex: a symptom is what she said then.
    {S::symptom, "symptom", "symptoms", Unit::none, 0, 3, K::charted, 2h},
    {S::sedated, "sedated", "opioid or sedative in the last 4 h", Unit::none, 0, 1, K::derived, lasting},
    {S::post_ictal, "post_ictal", "fit in the last 30 min", Unit::none, 0, 1, K::derived, lasting},
    {S::gestation, "gestation", "completed weeks of gestation", Unit::none, 4, 45, K::fact, lasting},
    {S::postpartum, "postpartum", "after the birth", Unit::none, 0, 1, K::fact, lasting},
    {S::calcium_channel_blocker, "calcium_channel_blocker", "calcium channel blocker", Unit::none, 0, 1, K::fact,
     lasting},
    {S::neuromuscular_blocker, "neuromuscular_blocker", "neuromuscular blocker", Unit::none, 0, 1, K::fact,
     lasting},
    {S::level_doubt, "level_doubt", "doubt about the newest level", Unit::none, 0, 2, K::derived, lasting},
    {S::indication, "indication", "why magnesium is given", Unit::none, 1, 7, K::fact, lasting},
    // As long as a charted reflex: then somebody looks again.
    {S::reflex_untestable, "reflex_untestable", "no reflex can be tested", Unit::none, 0, 1, K::charted, 2h},
    {S::monitor_arrest, "monitor_arrest", "monitor's arrest alarm", Unit::none, 0, 1, K::flag, 30s},
    {S::monitor_heart_block, "monitor_heart_block", "monitor's heart block alarm", Unit::none, 0, 1, K::flag, 30s},
    {S::im_dose, "im_dose", "last dose into the muscle", Unit::gram, 0, 500, K::derived, lasting},
    {S::salt, "salt", "salt of magnesium", Unit::none, 0, 2, K::derived, lasting},
    {S::symptoms, "symptoms", "set of symptoms", Unit::none, 0, symptom_set_max, K::derived, 2h},
}};

// Codes of a signal never change their meaning: journals hold them.
constexpr SignalWord words[] = {
    {"alert", S::avpu, 0},
    {"voice", S::avpu, 1},
    {"pain", S::avpu, 2},
    {"unresponsive", S::avpu, 3},
    {"none", S::symptom, 0},
    {"expected", S::symptom, 1},
    {"examine", S::symptom, 2},
    {"grave", S::symptom, 3},
    {"none", S::level_doubt, 0},
    {"near_bolus", S::level_doubt, 1},
    {"infusion_arm", S::level_doubt, 2},
    {"pre_eclampsia", S::indication, 1},
    {"neuroprotection", S::indication, 2},
    {"asthma", S::indication, 3},
    {"arrhythmia", S::indication, 4},
    {"migraine", S::indication, 5},
    {"hypomagnesaemia", S::indication, 6},
    {"wellness", S::indication, 7},
    {"sulfate_heptahydrate", S::salt, 0},
    {"sulfate_anhydrous", S::salt, 1},
    {"chloride_hexahydrate", S::salt, 2},
};

} // namespace

const SignalInfo& info(Signal signal)
{
    const auto index = static_cast<std::size_t>(signal);
    MAGWATCH_ASSERT(index < table.size() && table[index].signal == signal);
    return table[index];
}

std::optional<Signal> signal_from(std::string_view text)
{
    for (const auto& entry : table) {
        if (entry.name == text) return entry.signal;
    }
    return std::nullopt;
}

std::span<const SignalWord> signal_words() { return words; }

std::optional<double> word_value(Signal signal, std::string_view text)
{
    for (const auto& one : words) {
        if (one.signal == signal && one.word == text) return one.value;
    }
    return std::nullopt;
}

std::string_view value_word(Signal signal, double value)
{
    for (const auto& one : words) {
        if (one.signal == signal && one.value == value) return one.word;
    }
    return "";
}

} // namespace magwatch
