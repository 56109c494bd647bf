// A bed's stay as CSV (RFC 4180, UTF-8): a row for each value, or for the mean of each minute, and for each event.
// docs/EXPORT.md describes the columns.
#pragma once

#include "daemon/history/question.hpp"
#include "daemon/history/recording.hpp"

namespace magwatch
{

// What one answer may hold, so that the daemon stays small; a longer time takes several.
inline constexpr Duration longest_csv = std::chrono::hours{24 * 7};
inline constexpr Duration longest_full_csv = std::chrono::hours{2};

// `from` is set.
[[nodiscard]] HistoryAnswer export_csv(const HistoryQuestion& question, const Recording& recording);

} // namespace magwatch
