// What was infused beside a recording, as one line of text: "0s:4g/20min,20min:1g/h".
//
// Pure. Steps are separated by commas and never go back in time; each is TIME:WHAT, the time counted from
// the start of the recording, and WHAT one of
//   4g/20min   a bolus or load of 4 g over 20 minutes
//   1g/h       the infusion runs at 1 g/h from then on
//   stop       the infusion is stopped
//   5g im      5 g into the muscle
// Grams are of magnesium sulfate heptahydrate, the salt in which guidelines state doses (clinical.md 0).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch::adapters {

struct PlannedBolus {
    double grams = 0;
    Duration over{};
    friend bool operator==(const PlannedBolus&, const PlannedBolus&) = default;
};
struct PlannedRate {
    double grams_per_hour = 0;
    friend bool operator==(const PlannedRate&, const PlannedRate&) = default;
};
struct PlannedStop {
    friend bool operator==(const PlannedStop&, const PlannedStop&) = default;
};
struct PlannedIntramuscular {
    double grams = 0;
    friend bool operator==(const PlannedIntramuscular&, const PlannedIntramuscular&) = default;
};

struct InfusionStep {
    Duration at{}; // since the start of the recording
    std::variant<PlannedBolus, PlannedRate, PlannedStop, PlannedIntramuscular> what;
    friend bool operator==(const InfusionStep&, const InfusionStep&) = default;
};

// The steps in time order, or one sentence that says which step is wrong and how to write it.
[[nodiscard]] std::variant<std::vector<InfusionStep>, std::string> parse_infusion_plan(std::string_view text);

} // namespace magwatch::adapters
