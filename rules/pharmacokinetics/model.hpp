// The published models of serum magnesium under magnesium sulfate, and how bodies differ from them.
//
// Pure. Total serum magnesium in mmol/L. Sources, by clinical.md 7.1 (tags: V read in the source's stored
// text, S second-hand, R recalled, C computed):
//   salinger         BJOG 2013;120:894. India, n=258, one sample each, 39 to 94 kg. CL 4.81 L/h, V 15.6 L,
//                    base 0.856 mmol/L (20.8 mg/L), IM ka 0.317/h, F 0.862; V x (kg/55)^0.692, CL x (0.8 mg/dL
//                    / creatinine)^1.48; residual 22.9 %. [CL, V, F V; rest S]
//   two_compartment  Clin Pharmacokinet 2002;41:1105. n=51. CL 5.0 L/h, Vc 24, Vp 25 L, Q 5.6 L/h [V] as
//                    printed at 70 kg and creatinine 0.8 mg/dL; base 0.80 (the trials' women before
//                    treatment); between women CL 39, Vc 26, Vp 38, Q 59 % [V]. Weight and creatinine act as
//                    in Salinger, and so does the muscle: our assembly (7.3), not validated.
//   typical          the mean of the two curves above: Salinger runs high, the other low, and their mean lies
//                    within 0.15 mmol/L of what seven published groups measured (7.5) [C].
//   easterling       BMC Pregnancy Childbirth 2018;18:290. Egypt, n=200, mean 90.5 kg. CL 3.378 L/h, V 65.3 L,
//                    base 0.925; V x exp(-0.426 (kg/90.54 - 1)); residual 19.7 %. [S] Its creatinine covariate
//                    is left out: as printed, clearance rises with creatinine.
// Between-woman spread is known of the 2002 model alone and taken for all; base sd 0.08 mmol/L (7.3); a
// residual of 22 % where none is printed. Creatinine is clamped to 0.4 to 2.5 mg/dL where it acts on
// clearance (7.3); low urine for 4 h halves clearance (7.3, design value).
// Limits: `studied()` says where a model was fitted; outside of it a prediction is extrapolated.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/pharmacokinetics/kinetics.hpp"

namespace magwatch {

enum class Model : std::uint8_t { typical, salinger, two_compartment, easterling };
// "typical", "salinger", "two-compartment", "easterling".
[[nodiscard]] std::string_view name(Model model);
[[nodiscard]] std::optional<Model> model_from(std::string_view text);

struct Covariates {
    double weight_kg = 0;
    double creatinine_umol_l = 0; // canonical; convert(Signal::creatinine, ...) for mg/dL
    bool low_urine = false;       // below the profile's limit for 4 h
    friend bool operator==(const Covariates&, const Covariates&) = default;
};

// How one woman differs from the typical one, in units of the logarithm: her clearance is the typical one
// times exp(clearance), and so on. `mixture` moves a typical prediction between its two models.
enum class Deviation : std::uint8_t { clearance, central, peripheral, exchange, base, mixture };
inline constexpr std::size_t deviation_count = 6;
using Deviations = std::array<double, deviation_count>;

// Where a model's data lie.
struct Studied {
    double weight_min_kg, weight_max_kg;
    double creatinine_min_mg_dl, creatinine_max_mg_dl;
    bool intramuscular;
};
[[nodiscard]] Studied studied(Model model);

// A model at a woman's covariates.
class Population {
public:
    // Weight and creatinine are plausible (Quantity::checked), which `forecast` sees to.
    Population(Model model, const Covariates& covariates);

    // mmol/L in the woman who differs like this; {} is the typical one.
    [[nodiscard]] double concentration(const Deviations& woman, const Course& course, Instant at) const;
    // At many times at once.
    [[nodiscard]] std::vector<double> curve(const Deviations& woman, const Course& course,
                                            const std::vector<Instant>& times) const;
    // Standard deviations of the deviations in the population; 0: this model has no such parameter.
    [[nodiscard]] const Deviations& spread() const { return spread_; }
    // Of one measured level around the curve, in units of the logarithm.
    [[nodiscard]] double residual() const { return residual_; }

private:
    Model model_;
    Disposition one_{}, two_{}; // `typical` needs both, the others one of them
    Deviations spread_{};
    double residual_ = 0;
};

} // namespace magwatch
