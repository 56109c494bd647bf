#include <algorithm>
#include <span>

#include "daemon/http/estimate.hpp"
#include "daemon/http/render.hpp"
#include "daemon/http/times.hpp"
#include "rules/observation/quantity.hpp"
#include "rules/pharmacokinetics/prediction.hpp"

namespace magwatch::http
{
namespace
{

// The models' reference: taken where nobody measured it, and said so.
constexpr double reference_creatinine_mg_dl = 0.8;
constexpr const char* what_it_is = "An estimate, not a lab result; no number here is an all-clear.";

Json point_json(const PredictedPoint& point, const Moment& now)
{
    Json out;
    out["at"] = format_time(now.at(point.at).wall);
    out["p5_mmol_l"] = point.p5_mmol_l;
    out["p25_mmol_l"] = point.p25_mmol_l;
    out["p50_mmol_l"] = point.p50_mmol_l;
    out["p75_mmol_l"] = point.p75_mmol_l;
    out["p95_mmol_l"] = point.p95_mmol_l;
    out["extrapolated"] = point.extrapolated != 0;
    if (point.extrapolated != 0) {
        out["extrapolated_by"] = Json::array();
        for (unsigned i = 0; i < extrapolation_count; ++i) {
            const auto reason = static_cast<Extrapolation>(1U << i);
            if (point.because(reason)) out["extrapolated_by"].push_back(name(reason));
        }
    }
    out["record_incomplete"] = point.record_incomplete;
    return out;
}

Json nothing(Json out, const std::string& because)
{
    out["points"] = Json::array();
    out["because"] = because;
    return out;
}

Json filled(Json out, const Prediction& prediction, const BedView& bed, const Moment& now)
{
    out["points"] = Json::array();
    for (const PredictedPoint& point : prediction.points) out["points"].push_back(point_json(point, now));
    out["levels"] = Json::array();
    for (std::size_t i = 0; i < bed.levels.size(); ++i) {
        out["levels"].push_back({{"at", format_time(bed.levels[i].at)},
                                 {"mmol_l", bed.levels[i].mmol_per_l},
                                 {"use", name(prediction.levels[i])}});
    }
    out["record_incomplete_since"] =
        prediction.incomplete_since ? Json(format_time(now.at(*prediction.incomplete_since).wall)) : Json{};
    // What lies behind us needs no level any more.
    Prediction ahead = prediction;
    std::erase_if(ahead.points, [&](const PredictedPoint& point) { return point.at < now.steady; });
    const auto when = may_exceed(ahead, above_target_mmol_l);
    out["take_level_before"] = when ? Json(format_time(now.at(*when).wall)) : Json{};
    out["above_target_mmol_l"] = above_target_mmol_l;
    return out;
}

} // namespace

namespace
{

struct Woman {
    Instant first; // the first dose
    Covariates covariates;
    std::vector<Level> levels;
};

// What a forecast of one bed is made from, or why there is none.
std::variant<Woman, std::string> woman_of(const WardView& view, const BedView& bed)
{
    const PredictionInput& from = bed.prediction;
    if (!bed.watched) return "this bed is not watched";
    const auto first = from.course.first_dose();
    if (!first) return "no magnesium is recorded";
    if (!from.weight_kg) return "her weight is not recorded";
    Woman woman{*first, {}, {}};
    woman.covariates.weight_kg = *from.weight_kg;
    woman.covariates.creatinine_umol_l = from.creatinine_umol_l.value_or(
        *convert(Signal::creatinine, reference_creatinine_mg_dl, Unit::mg_per_dl, Unit::umol_per_l));
    woman.covariates.low_urine = from.urine_low;
    for (const LevelView& level : bed.levels) {
        woman.levels.push_back({view.at.instant_of(level.at), level.mmol_per_l,
                                level.from_infusion_arm.value_or(false)});
    }
    return woman;
}

} // namespace

std::optional<Estimate> estimate_now(const WardView& view, const BedView& bed)
{
    const auto found = woman_of(view, bed);
    const auto* woman = std::get_if<Woman>(&found);
    if (woman == nullptr) return std::nullopt;
    const auto made = forecast(Model::typical, woman->covariates, bed.prediction.course, woman->levels,
                               std::span{&view.at.steady, 1});
    const auto* prediction = std::get_if<Prediction>(&made);
    if (prediction == nullptr || prediction->points.empty()) return std::nullopt;
    const PredictedPoint& point = prediction->points.back();
    return Estimate{point.p5_mmol_l, point.p50_mmol_l, point.p95_mmol_l, point.extrapolated != 0,
                    point.record_incomplete};
}

Json render_prediction(const WardView& view, const BedView& bed)
{
    const PredictionInput& from = bed.prediction;
    Json out;
    out["at"] = format_time(view.at.wall);
    out["bed"] = bed.alias;
    out["what"] = what_it_is;
    const auto found = woman_of(view, bed);
    if (const auto* missing = std::get_if<std::string>(&found)) return nothing(std::move(out), *missing);
    const auto& [first, woman, levels] = std::get<Woman>(found);
    const Instant begin = std::max(first, view.at.steady - studied_time);
    const auto made = forecast(Model::typical, woman, from.course, levels, forecast_times(begin, view.at.steady));
    if (const auto* wrong = std::get_if<std::string>(&made)) return nothing(std::move(out), *wrong);
    out["model"] = name(Model::typical);
    out["weight_kg"] = woman.weight_kg;
    out["creatinine_umol_l"] = woman.creatinine_umol_l;
    out["creatinine_assumed"] = !from.creatinine_umol_l.has_value();
    out["low_urine"] = woman.low_urine;
    return filled(std::move(out), std::get<Prediction>(made), bed, view.at);
}

} // namespace magwatch::http
