// The chart of a bed for people: every entry in plain words, with what was struck through. Pure.
#pragma once

#include <string>
#include <string_view>

#include "daemon/http/render.hpp"
#include "rules/ward/view.hpp"

namespace magwatch::http
{

// The kind of an entry as POST /api/v1/entries names it.
[[nodiscard]] std::string_view kind_of(const EntryWhat& what);
// "knee reflex 2", "magnesium level 2.1 mmol/L": with its unit, and without what a person typed.
[[nodiscard]] std::string words_of(const EntryWhat& what);
// What a person typed: a note, a reason, the name of a drug; "" = nothing.
[[nodiscard]] std::string note_of(const EntryWhat& what);

[[nodiscard]] Json render_chart(const BedView& bed);

// An entry of this bed by its id ("3-17"); null if there is none.
[[nodiscard]] const ChartEntry* find_entry(const BedView& bed, std::string_view id);

} // namespace magwatch::http
