// How signals are called in FHIR: LOINC where a code says exactly the same, else codes of our own, which the bundle
// defines itself. Pure.
//
// Sources: loinc.org for the codes; the vital signs profiles of FHIR R4 for which of them and for their units. For the
// grade of a tendon reflex no code is confirmed, and the answers of LOINC's AVPU list belong to it: ours.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "rules/observation/signal.hpp"

namespace magwatch
{

inline constexpr std::string_view loinc_system = "http://loinc.org";
inline constexpr std::string_view ucum_system = "http://unitsofmeasure.org";
inline constexpr std::string_view local_system = "urn:uuid:6d61676e-7761-8463-8f64-652d73797331"; // of our codes
inline constexpr std::string_view stay_system = "urn:uuid:6d61676e-7761-8463-8f64-652d73746179";  // of pseudonyms

enum class FhirValue : std::uint8_t { quantity, integer, word };

struct FhirCode {
    Signal signal;
    bool loinc;
    std::string_view code, display;
    std::string_view category; // of http://terminology.hl7.org/CodeSystem/observation-category
    std::string_view ucum;     // of a quantity
    std::string_view method;   // "" = none
    FhirValue value = FhirValue::quantity;
};

[[nodiscard]] std::span<const FhirCode> fhir_codes();
[[nodiscard]] const FhirCode* fhir_code(Signal signal); // null: not exported

} // namespace magwatch
