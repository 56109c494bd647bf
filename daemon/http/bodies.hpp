// Bodies of requests -> inputs of the ward, or the first mistake. Values go through
// Quantity::checked; beds, calls and alarms must exist in the snapshot. Pure.
//
// docs/API.md describes every body.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/http/fields.hpp"
#include "daemon/http/routes.hpp"
#include "rules/ward/input.hpp"
#include "rules/ward/view.hpp"

namespace magwatch::http
{

// What a request asks the ward to do. Each input is an Entry or an Action whose `request` is still
// 0.
struct Change {
    std::vector<Input> inputs;
    std::string warning; // recorded, but look again: shown with the answer
};

// `parameter` is what stood in the path (a bed's alias, an alarm's or a call's id).
[[nodiscard]] std::variant<Change, Mistake> read_change(RouteId route, std::string_view parameter,
                                                        std::string_view body, const WardView& view,
                                                        WallTime now);

[[nodiscard]] const BedView* find_bed(const WardView& view, std::string_view alias);
// By id ("1-7") or by the number that people say ("1207", "#1207").
[[nodiscard]] const CallView* find_call(const WardView& view, std::string_view id);
[[nodiscard]] const EpisodeView* find_episode(const WardView& view, std::string_view id);

} // namespace magwatch::http
