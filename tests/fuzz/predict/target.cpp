// Any bytes as what `magwatch predict` is given, "PLAN|LEVELS|TIMES|WEIGHT CREATININE", and as a stored course: refused, or
// a band of numbers in order.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/base/archive.hpp"
#include "tools/magwatch/predict_request.hpp"

using namespace magwatch;

namespace {

void require(bool promise)
{
    if (!promise) std::abort();
}

std::string_view take(std::string_view& text)
{
    const std::size_t end = std::min(text.find('|'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

void check(const Prediction& prediction)
{
    for (const PredictedPoint& p : prediction.points) {
        require(std::isfinite(p.p5_mmol_l) && std::isfinite(p.p50_mmol_l) && std::isfinite(p.p95_mmol_l));
        require(p.p5_mmol_l >= 0 && p.p5_mmol_l <= p.p25_mmol_l && p.p25_mmol_l <= p.p50_mmol_l);
        require(p.p50_mmol_l <= p.p75_mmol_l && p.p75_mmol_l <= p.p95_mmol_l);
    }
}

void predict(const Course& course, const std::vector<Level>& levels, const std::vector<Instant>& times,
             const Covariates& woman)
{
    for (const Model model : {Model::typical, Model::salinger, Model::two_compartment, Model::easterling}) {
        const auto made = forecast(model, woman, course, levels, times);
        if (const auto* prediction = std::get_if<Prediction>(&made)) check(*prediction);
        else require(!std::get<std::string>(made).empty());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view text{reinterpret_cast<const char*>(data), size};
    Course stored;
    Reader reader{text};
    reader(stored);
    if (reader.ok()) predict(stored, {}, {Instant{0}, Instant{3'600'000}, Instant{864'000'000}}, {70, 70.72, false});

    const auto plan = adapters::parse_infusion_plan(take(text));
    const auto levels = cli::parse_levels(take(text));
    const auto times = cli::parse_times(take(text));
    if (text.size() < 2 || !std::holds_alternative<std::vector<adapters::InfusionStep>>(plan)) return 0;
    const auto& steps = std::get<std::vector<adapters::InfusionStep>>(plan);
    if (steps.size() > 100) return 0;
    const auto course = cli::course_from(steps, text[0] % 2 == 0 ? Salt::sulfate_heptahydrate : Salt::sulfate_anhydrous);
    if (!std::holds_alternative<Course>(course)) return 0;
    const Covariates woman{static_cast<double>(text[0]) * 2, static_cast<double>(text[1]) * 10, text.size() % 2 == 0};
    const auto* levels_read = std::get_if<std::vector<Level>>(&levels);
    const auto* times_read = std::get_if<std::vector<Instant>>(&times);
    predict(std::get<Course>(course), levels_read != nullptr ? *levels_read : std::vector<Level>{},
            times_read != nullptr ? *times_read : std::vector<Instant>{Instant{3'600'000}}, woman);
    return 0;
}
