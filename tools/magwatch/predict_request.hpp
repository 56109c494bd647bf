// What `magwatch predict` is given on its command line, read and checked.
//
// Pure. Times are counted from the start of the infusion plan. What cannot be read, or can be read in two ways, is
// refused with one sentence that says how to write it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/monitors/replay/infusion_plan.hpp"
#include "rules/patient/salt.hpp"
#include "rules/pharmacokinetics/prediction.hpp"

namespace magwatch::cli
{

// A plan is written by a person, so infusions that overlap are a slip and refused. Grams are of `salt`.
[[nodiscard]] std::variant<Course, std::string>
course_from(std::span<const adapters::InfusionStep> steps, Salt salt);

// "6h:2.1mmol/L", also in mg/dL and mEq/L; several are separated by commas. The time is that of the draw.
[[nodiscard]] std::variant<std::vector<Level>, std::string> parse_levels(std::string_view text);

// "20min,1h,2h".
[[nodiscard]] std::variant<std::vector<Instant>, std::string> parse_times(std::string_view text);

} // namespace magwatch::cli
