#include "daemon/history/fhir_codes.hpp"

namespace magwatch
{
namespace
{

using S = Signal;
constexpr std::string_view vital = "vital-signs", exam = "exam", lab = "laboratory", therapy = "therapy";
constexpr std::string_view line = "arterial line";

constexpr FhirCode table[] = {
    {S::hr, true, "8867-4", "Heart rate", vital, "/min", ""},
    {S::pulse, true, "8889-8", "Heart rate by Pulse oximetry", vital, "/min", ""},
    {S::rr, true, "9279-1", "Respiratory rate", vital, "/min", ""},
    {S::rr_counted, true, "9279-1", "Respiratory rate", vital, "/min", "counted by hand"},
    {S::spo2, true, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", vital, "%", ""},
    {S::temp, true, "8310-5", "Body temperature", vital, "Cel", ""},
    {S::sbp, true, "8480-6", "Systolic blood pressure", vital, "mm[Hg]", ""},
    {S::dbp, true, "8462-4", "Diastolic blood pressure", vital, "mm[Hg]", ""},
    {S::map, true, "8478-0", "Mean blood pressure", vital, "mm[Hg]", ""},
    {S::art_sys, true, "8480-6", "Systolic blood pressure", vital, "mm[Hg]", line},
    {S::art_dia, true, "8462-4", "Diastolic blood pressure", vital, "mm[Hg]", line},
    {S::art_mean, true, "8478-0", "Mean blood pressure", vital, "mm[Hg]", line},
    {S::gcs, true, "9269-2", "Glasgow coma score total", exam, "{score}", ""},
    {S::avpu, true, "67775-7", "Level of responsiveness", exam, "", "", FhirValue::word},
    {S::weight, true, "29463-7", "Body weight", vital, "kg", ""},
    {S::urine, true, "9187-6", "Urine output", exam, "mL", ""},
    {S::mg, true, "2601-3", "Magnesium [Moles/volume] in Serum or Plasma", lab, "mmol/L", ""},
    {S::creatinine, true, "14682-9", "Creatinine [Moles/volume] in Serum or Plasma", lab, "umol/L", ""},
    {S::calcium, true, "2000-8", "Calcium [Moles/volume] in Serum or Plasma", lab, "mmol/L", ""},
    {S::sao2, true, "2708-6", "Oxygen saturation in Arterial blood", lab, "%", ""},
    {S::reflex_knee, false, "reflex-knee", "Knee reflex, grade 0 to 4", exam, "", "", FhirValue::integer},
    {S::reflex_arm, false, "reflex-arm", "Arm reflex, grade 0 to 4", exam, "", "", FhirValue::integer},
    {S::etco2, false, "etco2", "End-tidal carbon dioxide, partial pressure", vital, "mm[Hg]", ""},
    {S::infusion_rate, false, "infusion-rate", "Magnesium sulfate heptahydrate, infusion rate as charted", therapy,
     "g/h", ""},
    {S::bolus_dose, false, "bolus-dose", "Magnesium sulfate heptahydrate, bolus by vein as charted", therapy, "g", ""},
    {S::im_dose, false, "im-dose", "Magnesium sulfate heptahydrate, into the muscle as charted", therapy, "g", ""},
    {S::pump_rate, false, "pump-rate", "Magnesium sulfate heptahydrate, dose rate told by the pump", therapy, "g/h",
     ""},
    {S::pump_flow, false, "pump-flow", "Volume rate told by the pump", therapy, "mL/h", ""},
};

} // namespace

std::span<const FhirCode> fhir_codes() { return table; }

const FhirCode* fhir_code(Signal signal)
{
    for (const FhirCode& one : table) {
        if (one.signal == signal) return &one;
    }
    return nullptr;
}

} // namespace magwatch
