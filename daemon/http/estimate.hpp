// Serum magnesium of one bed now, as the model has it. Pure; a millisecond or less. mmol/L. No finding: it raises
// and clears nothing (rules/pharmacokinetics/prediction.hpp).
#pragma once

#include <optional>

#include "rules/ward/view.hpp"

namespace magwatch::http
{

struct Estimate {
    double p5_mmol_l = 0, p50_mmol_l = 0, p95_mmol_l = 0; // the band: 90 of 100 levels are meant to be in it
    bool extrapolated = false;                            // outside of what the model was made from
    bool record_incomplete = false;                       // the infusion was not heard for a while
};

// Nothing for a bed that is not watched, has had no magnesium or no weight.
[[nodiscard]] std::optional<Estimate> estimate_now(const WardView& view, const BedView& bed);

} // namespace magwatch::http
