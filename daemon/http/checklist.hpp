// The calcium gluconate checklist of a bed: snapshot -> JSON, and body -> action. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/http/fields.hpp"
#include "daemon/http/render.hpp"

namespace magwatch::http
{

// null if there is none.
[[nodiscard]] Json checklist_json(const std::optional<ChecklistView>& list);
[[nodiscard]] Json render_protocol(const WardView& view, const BedView& bed);

// `bed` is null if there is no bed of this alias; `action.person` is read before.
void read_protocol_open(Fields& f, const BedView* bed, std::string_view alias, Action& action);
void read_protocol_step(Fields& f, const BedView* bed, std::string_view alias, Action& action);
void read_protocol_close(Fields& f, const BedView* bed, std::string_view alias, Action& action);

} // namespace magwatch::http
