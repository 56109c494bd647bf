#include <algorithm>

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
    out["p50_mmol_l"] = point.p50_mmol_l;
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

Json render_prediction(const WardView& view, const BedView& bed)
{
    const PredictionInput& from = bed.prediction;
    Json out;
    out["at"] = format_time(view.at.wall);
    out["bed"] = bed.alias;
    out["what"] = what_it_is;
    if (!bed.watched) return nothing(std::move(out), "this bed is not watched");
    const auto first = from.course.first_dose();
    if (!first) return nothing(std::move(out), "no magnesium is recorded");
    if (!from.weight_kg) return nothing(std::move(out), "her weight is not recorded");
    Covariates woman;
    woman.weight_kg = *from.weight_kg;
    woman.creatinine_umol_l = from.creatinine_umol_l.value_or(
        *convert(Signal::creatinine, reference_creatinine_mg_dl, Unit::mg_per_dl, Unit::umol_per_l));
    woman.low_urine = from.urine_low;
    std::vector<Level> levels;
    for (const LevelView& level : bed.levels) {
        levels.push_back({view.at.instant_of(level.at), level.mmol_per_l,
                          level.from_infusion_arm.value_or(false)});
    }
    const Instant begin = std::max(*first, view.at.steady - studied_time);
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
