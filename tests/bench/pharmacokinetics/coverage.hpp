// How often the 90 % and the 50 % band of an individual fit hold what is measured later, on simulated women.
//
// Deterministic for a seed. A woman is drawn from a population, given one of the usual regimens, sampled with that
// population's residual error at up to three times outside of boluses, and predicted from these samples; then one more
// sample is drawn at a later time and either lies in the band or does not. `curve` counts her true curve instead,
// without the error of a measurement: a band that is right for measurements is wide for the curve.
#pragma once

#include <cstdint>
#include <string_view>

#include "rules/pharmacokinetics/prediction.hpp"

namespace magwatch {

enum class Women : std::uint8_t {
    of_the_model,    // the prior of the model that is fitted
    of_the_2002_one, // clinical.md 7.3: two compartments, the 2002 spread, base 0.85 (sd 0.08), residual 22 %
    of_salinger,     // weight and creatinine vary, nothing else does; residual 22.9 %
    of_easterling    // likewise, 19.7 %, at Easterling's weights
};
[[nodiscard]] std::string_view name(Women women);

struct Coverage {
    int women = 0;
    double measured = 0, curve = 0; // shares within P5 to P95
    double below = 0, above = 0;    // shares of the measured ones outside
    double half = 0;                // share of the measured ones within P25 to P75
    double width = 0;               // mean of P95/P5
};

[[nodiscard]] Coverage coverage(Model fitted, Women women, int levels, int count, std::uint32_t seed);

} // namespace magwatch
