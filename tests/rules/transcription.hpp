// The packs' schedules and the table of indications against transcriptions that were made apart from them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/language/pack.hpp"

namespace magwatch::test {

// A check as tests/rules/schedules.toml writes it: "15 min for 2 h, then 1 h; overdue after 15 min".
[[nodiscard]] std::string schedule_text(const Pack& pack, const Check& check);
// What of the pack's checks is otherwise than in tests/rules/schedules.toml.
[[nodiscard]] std::vector<std::string> schedule_differences(const Pack& pack);

// The cells of an indication as tests/rules/indications.toml writes them; "" where it limits nothing.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> cells_of(const IndicationRow& row);
// What of the table is otherwise than there.
[[nodiscard]] std::vector<std::string> indication_differences(const SessionTable& table);

} // namespace magwatch::test
