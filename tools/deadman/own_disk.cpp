#include "tools/deadman/own_disk.hpp"

#include <utility>

#include <fmt/format.h>

namespace magwatch::deadman {
namespace {

using namespace std::chrono_literals;

constexpr auto told_after = 10s;
constexpr auto again_after = 12h;

} // namespace

std::optional<OwnPage> OwnDisk::tick(bool failing, const Now& now)
{
    if (!failing) {
        const auto since = std::exchange(since_, std::nullopt);
        if (!std::exchange(told_, std::nullopt)) return std::nullopt;
        return OwnPage{PageKind::back, fmt::format("MAG DEADMAN {}. The dead-man's own disk works again after {}.",
                                                   now.clock, span(now.steady - *since))};
    }
    if (!since_) since_ = now.steady;
    const bool first = !told_;
    if (first ? now.steady - *since_ < told_after : now.steady - *told_ < again_after) return std::nullopt;
    told_ = now.steady;
    return OwnPage{first ? PageKind::alarm : PageKind::repeat,
                   fmt::format("MAG DEADMAN {}. The dead-man's own disk fails: it watches on, but a restart forgets "
                               "what it heard and told. Look after its PC.",
                               now.clock)};
}

} // namespace magwatch::deadman
