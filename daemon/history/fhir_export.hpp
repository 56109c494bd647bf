// A bed's stay as a FHIR R4 Bundle of type collection: for each stay a Patient that is a pseudonym, an Observation for
// each value or mean, and the CodeSystem that defines our own codes. docs/EXPORT.md says what is in it and what not.
#pragma once

#include "daemon/history/question.hpp"
#include "daemon/history/recording.hpp"

namespace magwatch
{

inline constexpr std::size_t most_fhir_observations = 20'000; // about 15 MB

// `from` is set. What lies outside of every watch is nobody's, and left out.
[[nodiscard]] HistoryAnswer export_fhir(const HistoryQuestion& question, const Recording& recording);

} // namespace magwatch
