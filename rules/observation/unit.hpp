// Units of everything that is measured, charted or dosed.
//
// Pure. Names are UCUM where UCUM has one; every spelling that real devices use is listed in unit.cpp.
// A spelling that is not listed is unknown and the value is refused: a unit is never guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace magwatch {

enum class Unit : std::uint8_t {
    none, // pure number: a grade, a score, a flag
    per_min,
    percent,
    mm_hg,
    kilo_pascal,
    celsius,
    fahrenheit,
    mmol_per_l,
    meq_per_l,
    mg_per_dl,
    umol_per_l,
    gram,
    milligram,
    mmol,
    millilitre,
    litre,
    ml_per_hour,
    gram_per_hour,
    mg_per_min,
    gram_per_ml,
    mg_per_ml,
    kilogram,
    second,
    minute,
    hour,
};

// The name used in packs, pages, JSON and journals, such as "/min" or "mmol/L".
[[nodiscard]] std::string_view name(Unit unit);

// The unit that a spelling means ("beats/min", "{beat}/min", "MG/DL", "mm[Hg]", "MDC_DIM_MMHG", ...).
// Case is ignored where no two units differ by case alone. Empty text is no unit: nullopt.
[[nodiscard]] std::optional<Unit> unit_from(std::string_view text);

} // namespace magwatch
