#include "rules/pharmacokinetics/model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "rules/base/assert.hpp"
#include "rules/observation/quantity.hpp"

namespace magwatch {
namespace {

// Printed parameters; the header says of whom.
constexpr double salinger_base = 20.8 / 24.305; // 20.8 mg/L of magnesium, 24.305 g/mol
constexpr Disposition salinger{4.81, 15.6, 0, 0, salinger_base, 0.317, 0.862};
constexpr Disposition two_compartment{5.0, 24, 25, 5.6, 0.80, 0.317, 0.862};
constexpr Disposition easterling{3.378, 65.3, 0, 0, 0.925, 0.317, 0.862};
constexpr double salinger_kg = 55, two_compartment_kg = 70, easterling_kg = 90.54;
constexpr double reference_creatinine = 0.8; // mg/dL

constexpr double weight_power = 0.692, creatinine_power = 1.48, easterling_weight = -0.426;
constexpr double creatinine_least = 0.4, creatinine_most = 2.5; // mg/dL
constexpr double low_urine_factor = 0.5;

constexpr double base_sd = 0.08; // mmol/L
constexpr double spread_clearance = 0.39, spread_central = 0.26, spread_peripheral = 0.38, spread_exchange = 0.59;
// The share of Salinger in a typical prediction is 1/(1+exp(-mixture)): half for the typical woman, and
// between 0.08 and 0.92 for nine in ten (design value: either model may be the right one for her).
constexpr double spread_mixture = 1.5;
constexpr double residual_assumed = 0.22, residual_salinger = 0.229, residual_easterling = 0.197;

struct Name {
    Model model;
    std::string_view text;
};
constexpr std::array<Name, 4> names{{{Model::typical, "typical"},
                                     {Model::salinger, "salinger"},
                                     {Model::two_compartment, "two-compartment"},
                                     {Model::easterling, "easterling"}}};

double mg_per_dl(double creatinine_umol_l)
{
    return *convert(Signal::creatinine, creatinine_umol_l, Unit::umol_per_l, Unit::mg_per_dl);
}

Disposition scaled(Disposition body, const Covariates& woman, double reference_kg)
{
    const double creatinine = std::clamp(mg_per_dl(woman.creatinine_umol_l), creatinine_least, creatinine_most);
    const double size = std::pow(woman.weight_kg / reference_kg, weight_power);
    body.clearance *= std::pow(reference_creatinine / creatinine, creatinine_power);
    body.central *= size;
    body.peripheral *= size;
    if (woman.low_urine) body.clearance *= low_urine_factor;
    return body;
}

Disposition scaled_easterling(const Covariates& woman)
{
    Disposition body = easterling;
    body.central *= std::exp(easterling_weight * (woman.weight_kg / easterling_kg - 1));
    if (woman.low_urine) body.clearance *= low_urine_factor;
    return body;
}

double of(const Deviations& woman, Deviation which)
{
    return woman[static_cast<std::size_t>(which)];
}

Kinetics individual(Disposition body, const Deviations& woman)
{
    body.clearance *= std::exp(of(woman, Deviation::clearance));
    body.central *= std::exp(of(woman, Deviation::central));
    body.peripheral *= std::exp(of(woman, Deviation::peripheral));
    body.exchange *= std::exp(of(woman, Deviation::exchange));
    body.base *= std::exp(of(woman, Deviation::base));
    return Kinetics{body};
}

} // namespace

std::string_view name(Model model)
{
    const auto* const found = std::find_if(std::begin(names), std::end(names),
                                           [&](const Name& one) { return one.model == model; });
    MAGWATCH_ASSERT(found != std::end(names));
    return found->text;
}

std::optional<Model> model_from(std::string_view text)
{
    for (const Name& known : names) {
        if (known.text == text) return known.model;
    }
    return std::nullopt;
}

Studied studied(Model model)
{
    switch (model) {
    // Weights as printed; creatinine from the 5th to the 95th percentile.
    case Model::salinger: return {39, 94, 0.6, 1.2, true};
    // What acts on these two is Salinger's, and so are its limits.
    case Model::two_compartment:
    case Model::typical: return {39, 94, 0.6, 1.2, false};
    // 90.5 kg, sd 16: the middle 95 %; creatinine above 1.2 mg/dL was excluded, the lowest was 0.3.
    case Model::easterling: return {59, 122, 0.3, 1.2, false};
    }
    std::abort();
}

Population::Population(Model model, const Covariates& covariates) : model_{model}
{
    MAGWATCH_ASSERT(covariates.weight_kg > 0 && covariates.creatinine_umol_l > 0);
    const bool two_parts = model == Model::typical || model == Model::two_compartment;
    const double base = model == Model::easterling ? easterling.base : salinger.base;
    spread_ = {spread_clearance,
               spread_central,
               two_parts ? spread_peripheral : 0,
               two_parts ? spread_exchange : 0,
               base_sd / (two_parts ? two_compartment.base : base),
               model == Model::typical ? spread_mixture : 0};
    residual_ = residual_assumed;
    if (model == Model::salinger) residual_ = residual_salinger;
    if (model == Model::easterling) residual_ = residual_easterling;
    one_ = model == Model::easterling ? scaled_easterling(covariates) : scaled(salinger, covariates, salinger_kg);
    two_ = scaled(two_compartment, covariates, two_compartment_kg);
}

std::vector<double> Population::curve(const Deviations& woman, const Course& course,
                                      const std::vector<Instant>& times) const
{
    if (model_ == Model::two_compartment) return individual(two_, woman).curve(course, times);
    std::vector<double> values = individual(one_, woman).curve(course, times);
    if (model_ != Model::typical) return values;
    const double share = 1 / (1 + std::exp(-of(woman, Deviation::mixture)));
    const std::vector<double> other = individual(two_, woman).curve(course, times);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = share * values[i] + (1 - share) * other[i];
    return values;
}

double Population::concentration(const Deviations& woman, const Course& course, Instant at) const
{
    return curve(woman, course, std::vector{at}).front();
}

} // namespace magwatch
