#include "rules/observation/quantity.hpp"

#include <cmath>

#include "rules/base/assert.hpp"

namespace magwatch {
namespace {

// value * factor + offset = the same in the canonical unit.
struct Conversion {
    Unit from;
    Unit to;
    double factor;
    double offset;
};

constexpr Conversion general[] = {
    {Unit::kilo_pascal, Unit::mm_hg, 7.50062, 0},
    {Unit::fahrenheit, Unit::celsius, 1 / 1.8, -32 / 1.8},
    {Unit::milligram, Unit::gram, 0.001, 0},
    {Unit::litre, Unit::millilitre, 1000, 0},
    {Unit::mg_per_min, Unit::gram_per_hour, 0.06, 0},
    {Unit::mg_per_ml, Unit::gram_per_ml, 0.001, 0},
};
// What a millimole weighs depends on the substance (clinical.md 0).
constexpr Conversion magnesium[] = {
    {Unit::meq_per_l, Unit::mmol_per_l, 0.5, 0},
    {Unit::mg_per_dl, Unit::mmol_per_l, 1 / 2.4305, 0},
};
constexpr Conversion creatinine[] = {
    {Unit::mg_per_dl, Unit::umol_per_l, 88.4, 0},
    {Unit::mmol_per_l, Unit::umol_per_l, 1000, 0},
};
constexpr Conversion calcium[] = {
    {Unit::mg_per_dl, Unit::mmol_per_l, 1 / 4.0078, 0},
    {Unit::meq_per_l, Unit::mmol_per_l, 0.5, 0},
};

template <std::size_t N>
std::optional<double> apply(const Conversion (&rows)[N], double value, Unit from, Unit to)
{
    for (const auto& row : rows) {
        if (row.from == from && row.to == to) return value * row.factor + row.offset;
        if (row.from == to && row.to == from) return (value - row.offset) / row.factor;
    }
    return std::nullopt;
}

// Through the substance's canonical unit where neither end is it (mg/dL to mEq/L).
template <std::size_t N>
std::optional<double> through(const Conversion (&rows)[N], double value, Unit from, Unit middle, Unit to)
{
    if (const auto direct = apply(rows, value, from, to)) return direct;
    const auto first = apply(rows, value, from, middle);
    return first ? apply(rows, *first, middle, to) : std::nullopt;
}

} // namespace

std::string_view name(Refusal reason)
{
    switch (reason) {
    case Refusal::unknown_code: return "unknown code";
    case Refusal::code_mismatch: return "code and name disagree";
    case Refusal::missing_unit: return "unit missing";
    case Refusal::unknown_unit: return "unknown unit";
    case Refusal::no_value: return "no value";
    case Refusal::not_a_number: return "not a number";
    case Refusal::sentinel: return "sentinel for no reading";
    case Refusal::implausible: return "implausible";
    case Refusal::not_usable: return "marked not usable";
    case Refusal::test_data: return "test data";
    case Refusal::setting: return "a setting, not a measurement";
    case Refusal::wrong_patient: return "withdrawn or wrong patient";
    case Refusal::unknown_bed: return "unknown bed";
    case Refusal::bad_time: return "unreadable time";
    case Refusal::too_late: return "too late";
    case Refusal::duplicate: return "duplicate";
    case Refusal::malformed: return "malformed";
    case Refusal::quality: return "quality bit";
    }
    std::abort();
}

std::optional<double> convert(Signal signal, double value, Unit from, Unit to)
{
    if (from == to) return value;
    switch (signal) {
    case Signal::mg: return through(magnesium, value, from, Unit::mmol_per_l, to);
    case Signal::creatinine: return through(creatinine, value, from, Unit::umol_per_l, to);
    case Signal::calcium: return through(calcium, value, from, Unit::mmol_per_l, to);
    default: return apply(general, value, from, to);
    }
}

std::variant<Quantity, Refusal> Quantity::checked(Signal signal, double value, Unit unit)
{
    if (!std::isfinite(value)) return Refusal::not_a_number;
    const SignalInfo& about = info(signal);
    const auto canonical = convert(signal, value, unit, about.unit);
    if (!canonical) return Refusal::unknown_unit;
    if (!(*canonical >= about.min && *canonical <= about.max)) return Refusal::implausible;
    return Quantity{*canonical, about.unit};
}

} // namespace magwatch
