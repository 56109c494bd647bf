// Reading what journal.db holds; shared by the daemon's JournalFile and the tools' JournalReader.
// Blocking; throws SqliteError.
#pragma once

#include <optional>
#include <vector>

#include "daemon/journal/journal_file.hpp"
#include "daemon/journal/sqlite.hpp"

namespace magwatch::journal_queries {

[[nodiscard]] std::optional<JournalSnapshot> last_snapshot(Database& database, int* skipped);
// The newest usable snapshot up to which everything happened before `wall`.
[[nodiscard]] std::optional<JournalSnapshot> snapshot_before(Database& database, WallTime wall);
// The oldest usable snapshot.
[[nodiscard]] std::optional<JournalSnapshot> first_snapshot(Database& database);
[[nodiscard]] std::vector<JournalBatch> batches_after(Database& database, std::int64_t batch,
                                                      std::size_t limit);
[[nodiscard]] std::vector<JournalIncarnation> incarnations(Database& database);
[[nodiscard]] std::optional<Bytes> named(Database& database, const std::string& name);
[[nodiscard]] std::int64_t first_batch(Database& database); // 0: there is none
[[nodiscard]] std::int64_t last_batch(Database& database);

} // namespace magwatch::journal_queries
