// The symptoms that staff chart, by name, in the three groups of BEHAVIOUR "Grades and the antidote".
//
// Pure. A symptom stands in the journal and on screens under its name; rules read the group (signal `symptom`) and
// single ones by name, `symptom(slurred_speech)`, from the set of all (signal `symptoms`: bit i is symptoms()[i], so
// the table grows at its end alone; snapshots hold it). Sources of the names: BEHAVIOUR; sweating and fast heartbeat
// from the leaflet of an outpatient clinic, which has them reported, and so in the group in which they are examined
// (the stricter reading).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
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
inline constexpr std::size_t symptom_count = 24;
// All of them at once, as a value of the signal `symptoms`.
inline constexpr double symptom_set_max = (1U << symptom_count) - 1;

// As packs write it: "slurred_speech".
[[nodiscard]] std::string symptom_word(const SymptomInfo& symptom);
// Its bit in the set, by such a word; nothing: none that we know.
[[nodiscard]] std::optional<std::uint8_t> symptom_bit(std::string_view word);
// The gravest group of a set.
[[nodiscard]] SymptomGroup gravest(std::uint32_t set);
// By its name or by one of the other words that people use ("weakness"); null: none that we know.
[[nodiscard]] const SymptomInfo* find_symptom(std::string_view text);

} // namespace magwatch
