// Reads a journal that nobody writes: a stopped daemon's file or a copy. For replay and other
// tools.
//
// Writes nothing, not even beside the file; reads what a killed daemon left in the -wal. Blocking;
// errors are values. Must not be used by the process that has the file open to write (see locked_by
// in sqlite.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/journal/journal_file.hpp"

namespace magwatch {

class JournalReader
{
public:
    // `path` is journal.db itself or its directory.
    [[nodiscard]] static std::variant<JournalReader, JournalError> open(const std::string& path);
    JournalReader(JournalReader&&) noexcept;
    JournalReader& operator=(JournalReader&&) noexcept;
    ~JournalReader();

    // The state to start a replay from: the newest usable snapshot taken before `wall`; nullopt:
    // there is none.
    [[nodiscard]] std::variant<std::optional<JournalSnapshot>, JournalError>
    snapshot_before(WallTime wall);
    [[nodiscard]] std::variant<std::optional<JournalSnapshot>, JournalError> last_snapshot();
    // The oldest usable snapshot: where a replay begins in a journal whose first batches were pruned, or that was begun
    // with a state (then it is that before batch 1).
    [[nodiscard]] std::variant<std::optional<JournalSnapshot>, JournalError> first_snapshot();
    // At most `limit` batches after `batch` (0 = from the first), oldest first.
    [[nodiscard]] std::variant<std::vector<JournalBatch>, JournalError>
    batches_after(std::int64_t batch, std::size_t limit = 1000);
    [[nodiscard]] std::variant<std::vector<JournalIncarnation>, JournalError> incarnations();
    [[nodiscard]] std::variant<std::optional<Bytes>, JournalError> named(const std::string& name);
    // Ids of the oldest and newest batch; 0, 0 in an empty journal. An oldest one above 1 means
    // that earlier ones were pruned: a replay then starts from a snapshot.
    [[nodiscard]] std::variant<std::pair<std::int64_t, std::int64_t>, JournalError> range();

private:
    struct Impl;
    explicit JournalReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace magwatch
