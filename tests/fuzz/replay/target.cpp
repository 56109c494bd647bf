// Any bytes as a recording and as an infusion plan: no crash, and what comes out keeps its promises.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/monitors/replay/csv.hpp"
#include "adapters/monitors/replay/infusion_plan.hpp"

using namespace magwatch;
using namespace magwatch::adapters;

namespace {

void require(bool promise)
{
    if (!promise) std::abort();
}

void check(const Recording& recording)
{
    std::size_t observations = 0, refused = 0;
    Duration last{-1};
    for (const ReplayRow& row : recording.rows) {
        require(row.at > last);
        last = row.at;
        observations += row.observations.size();
        refused += row.refused.size();
        for (const Observation& observation : row.observations) {
            const SignalInfo& signal = info(observation.signal);
            require(observation.value >= signal.min && observation.value <= signal.max);
        }
    }
    require(observations == recording.observations && refused == recording.refused);
    for (const ReplayColumn& column : recording.columns) require(column.fresh_for >= info(column.signal).fresh_for);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto recording = read_csv("fuzz.csv", text, {});
    if (const auto* read = std::get_if<Recording>(&recording)) {
        check(*read);
    } else {
        require(!std::get<std::vector<Diagnostic>>(recording).empty());
    }
    const auto plan = parse_infusion_plan(text);
    if (const auto* steps = std::get_if<std::vector<InfusionStep>>(&plan)) {
        for (std::size_t i = 1; i < steps->size(); ++i) require((*steps)[i].at >= (*steps)[i - 1].at);
    }
    return 0;
}
