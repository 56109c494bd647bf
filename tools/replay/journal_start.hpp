// Where the reading of a journal begins: with its first record, or with the oldest state that it still holds.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <variant>

#include "daemon/journal/journal_reader.hpp"
#include "rules/ward/ward.hpp"

namespace magwatch {

struct JournalStart {
    std::optional<Ward> ward; // what was known then; nothing: the first record tells all
    Moment at{};
    std::int64_t after = 0;   // the batch that this state holds last
};

// Else an exit status: 1 it cannot be read, 2 its first records were pruned and no state tells what came before. What
// is pruned or refused is said on `errors`, and why there is none.
[[nodiscard]] std::variant<JournalStart, int> find_start(JournalReader& reader, const std::string& file,
                                                         std::ostream& errors);

} // namespace magwatch
