// The symptoms that staff chart, by name, in the three groups of BEHAVIOUR "Grades and the antidote".
//
// Pure. A symptom stands in the journal and on screens under its name; rules read the group alone (signal
// `symptom`). Sources of the names: BEHAVIOUR; sweating and fast heartbeat from the leaflet of an outpatient
// clinic, which has them reported, and so in the group in which they are examined (the stricter reading).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace magwatch {

// In the order of gravity; the values of the signal `symptom`.
enum class SymptomGroup : std::uint8_t {
    none,
    expected, // alone: expected, consider a slower rate; counts once another sign is there
    examine,  // reflexes and breathing are due now
    grave,    // stop and call
};
[[nodiscard]] std::string_view name(SymptomGroup group);

struct SymptomInfo {
    std::string_view name; // "slurred speech"
    SymptomGroup group{};
};
[[nodiscard]] std::span<const SymptomInfo> symptoms();
// By its name or by one of the other words that people use ("weakness"); null: none that we know.
[[nodiscard]] const SymptomInfo* find_symptom(std::string_view text);

} // namespace magwatch
