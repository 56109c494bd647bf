// Salts of magnesium are different drugs: a gram of one holds another dose than a gram of the other.
//
// Pure. Everything inside counts grams of magnesium sulfate heptahydrate, the salt in which guidelines state
// doses; other salts are converted where they are charted. Molar masses: clinical.md 0 (NLM).
#pragma once

#include <cstdint>
#include <cstdlib>

namespace magwatch {

enum class Salt : std::uint8_t { sulfate_heptahydrate, sulfate_anhydrous, chloride_hexahydrate };

inline constexpr double heptahydrate_g_per_mol = 246.47;
// 1 g of the heptahydrate holds 4.057 mmol of magnesium.
inline constexpr double mmol_per_gram_heptahydrate = 1000 / heptahydrate_g_per_mol;

// Grams of the salt to grams of magnesium sulfate heptahydrate with the same magnesium.
[[nodiscard]] inline double as_heptahydrate(double grams, Salt salt)
{
    constexpr double anhydrous = 120.37, chloride = 203.3; // g/mol
    switch (salt) {
    case Salt::sulfate_heptahydrate: return grams;
    case Salt::sulfate_anhydrous: return grams * heptahydrate_g_per_mol / anhydrous;
    case Salt::chloride_hexahydrate: return grams * heptahydrate_g_per_mol / chloride;
    }
    std::abort();
}

} // namespace magwatch
