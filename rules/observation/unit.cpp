#include "rules/observation/unit.hpp"

#include <array>
#include <cctype>
#include <string>
#include <utility>

namespace magwatch {
namespace {

struct Spelling {
    std::string_view text; // lower case
    Unit unit;
};

// MDC names and codes: IEEE 11073-10101 as used by IHE PCD-01; the rest seen in real traffic.
constexpr Spelling spellings[] = {
    {"1", Unit::none}, {"{grade}", Unit::none}, {"{score}", Unit::none}, {"mdc_dim_dimless", Unit::none},
    {"262656", Unit::none},
    {"/min", Unit::per_min}, {"1/min", Unit::per_min}, {"bpm", Unit::per_min}, {"{beat}/min", Unit::per_min},
    {"{beats}/min", Unit::per_min}, {"beats/min", Unit::per_min}, {"beat/min", Unit::per_min},
    {"{resp}/min", Unit::per_min}, {"{breath}/min", Unit::per_min}, {"{breaths}/min", Unit::per_min},
    {"breaths/min", Unit::per_min}, {"resp/min", Unit::per_min}, {"rpm", Unit::per_min}, {"br/min", Unit::per_min},
    {"mdc_dim_beat_per_min", Unit::per_min}, {"mdc_dim_resp_per_min", Unit::per_min},
    {"mdc_dim_per_min", Unit::per_min}, {"264864", Unit::per_min}, {"264928", Unit::per_min},
    {"264672", Unit::per_min},
    {"%", Unit::percent}, {"percent", Unit::percent}, {"mdc_dim_percent", Unit::percent},
    {"262688", Unit::percent},
    {"mmhg", Unit::mm_hg}, {"mm hg", Unit::mm_hg}, {"mm[hg]", Unit::mm_hg}, {"mdc_dim_mmhg", Unit::mm_hg},
    {"266016", Unit::mm_hg},
    {"kpa", Unit::kilo_pascal}, {"mdc_dim_kilo_pascal", Unit::kilo_pascal}, {"265987", Unit::kilo_pascal},
    {"cel", Unit::celsius}, {"degc", Unit::celsius}, {"deg c", Unit::celsius}, {"°c", Unit::celsius},
    {"c", Unit::celsius}, {"mdc_dim_degc", Unit::celsius}, {"268192", Unit::celsius},
    {"[degf]", Unit::fahrenheit}, {"degf", Unit::fahrenheit}, {"°f", Unit::fahrenheit},
    {"mdc_dim_fahr", Unit::fahrenheit}, {"266560", Unit::fahrenheit},
    {"mmol/l", Unit::mmol_per_l}, {"mdc_dim_milli_mole_per_l", Unit::mmol_per_l},
    {"266866", Unit::mmol_per_l}, {"mm/l", Unit::mmol_per_l},
    {"meq/l", Unit::meq_per_l}, {"mdc_dim_milli_equiv_per_l", Unit::meq_per_l}, {"266994", Unit::meq_per_l},
    {"mg/dl", Unit::mg_per_dl}, {"mdc_dim_milli_g_per_dl", Unit::mg_per_dl}, {"264274", Unit::mg_per_dl},
    {"umol/l", Unit::umol_per_l}, {"umoll", Unit::umol_per_l}, {"µmol/l", Unit::umol_per_l},
    {"μmol/l", Unit::umol_per_l}, {"mcmol/l", Unit::umol_per_l},
    {"g", Unit::gram}, {"mdc_dim_g", Unit::gram}, {"263872", Unit::gram},
    {"mg", Unit::milligram}, {"mdc_dim_milli_g", Unit::milligram}, {"263890", Unit::milligram},
    {"mmol", Unit::mmol},
    {"ml", Unit::millilitre}, {"mdc_dim_milli_l", Unit::millilitre}, {"263762", Unit::millilitre},
    {"l", Unit::litre},
    {"ml/h", Unit::ml_per_hour}, {"ml/hr", Unit::ml_per_hour}, {"mdc_dim_milli_l_per_hr", Unit::ml_per_hour},
    {"mdc_dim_ml_per_hr", Unit::ml_per_hour}, {"265266", Unit::ml_per_hour},
    {"g/h", Unit::gram_per_hour}, {"g/hr", Unit::gram_per_hour}, {"mdc_dim_x_g_per_hr", Unit::gram_per_hour},
    {"265504", Unit::gram_per_hour},
    {"mg/min", Unit::mg_per_min},
    {"g/ml", Unit::gram_per_ml},
    {"mg/ml", Unit::mg_per_ml}, {"mdc_dim_milli_g_per_ml", Unit::mg_per_ml}, {"264306", Unit::mg_per_ml},
    {"kg", Unit::kilogram}, {"mdc_dim_kilo_g", Unit::kilogram}, {"263875", Unit::kilogram},
    {"s", Unit::second}, {"sec", Unit::second}, {"mdc_dim_sec", Unit::second}, {"264320", Unit::second},
    {"min", Unit::minute}, {"mdc_dim_min", Unit::minute}, {"264352", Unit::minute},
    {"h", Unit::hour}, {"hr", Unit::hour}, {"mdc_dim_hr", Unit::hour}, {"264384", Unit::hour},
};

constexpr std::array<std::string_view, 25> names = {
    "1", "/min", "%", "mmHg", "kPa", "Cel", "[degF]", "mmol/L", "mEq/L", "mg/dL", "umol/L", "g", "mg",
    "mmol", "mL", "L", "mL/h", "g/h", "mg/min", "g/mL", "mg/mL", "kg", "s", "min", "h"};

} // namespace

std::string_view name(Unit unit) { return names[static_cast<std::size_t>(unit)]; }

std::optional<Unit> unit_from(std::string_view text)
{
    if (text.empty() || text.size() > 32) return std::nullopt;
    std::string lower{text};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    for (const auto& spelling : spellings) {
        if (spelling.text == lower) return spelling.unit;
    }
    return std::nullopt;
}

} // namespace magwatch
