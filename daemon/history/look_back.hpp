// Answers a question about the past of a bed from the history. On the history's lane.
#pragma once

#include <vector>

#include "daemon/history/question.hpp"
#include "daemon/journal/history_file.hpp"

namespace magwatch
{

// `file`: null: there is no history. `running`: minutes of this bed that are not stored yet.
[[nodiscard]] HistoryAnswer look_back(const HistoryQuestion& question, HistoryFile* file,
                                      const std::vector<HistoryMinute>& running);

} // namespace magwatch
