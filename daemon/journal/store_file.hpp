// Opening a database of ours to write: who may, what to do with a damaged one, and its format number.
// Shared by JournalFile and HistoryFile. Blocking.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/journal/journal_file.hpp"
#include "daemon/journal/sqlite.hpp"

namespace magwatch {

struct StoreFormat {
    std::int64_t application_id = 0;
    std::int64_t version = 0;
    Sql schema;
    Sql upgrade = ""; // what an older file needs besides its new number; "" = nothing
};

struct StoreOpened {
    std::optional<Database> database; // nullopt: failed
    std::optional<JournalError> error;
    bool newer_version = false;
    bool created = false;
    std::string moved_aside, damage;
    bool check_complete = true;
    bool end_missing = false; // its log is damaged: what was durable at its end is not in it any more
};

[[nodiscard]] StoreOpened open_store(const std::string& path, const StoreFormat& format, WallTime now,
                                     Duration check_limit);

// Renames a store with its log, for people to look at. Where it went.
std::string move_aside(const std::string& path, WallTime now);

[[nodiscard]] JournalError error_from(const SqliteError& error);

// Runs `work` and turns SqliteError into a value.
template <class Work> auto guarded(Work&& work) -> std::variant<std::invoke_result_t<Work>, JournalError>
{
    try {
        return work();
    } catch (const SqliteError& error) {
        return error_from(error);
    }
}
template <class Work> std::optional<JournalError> attempted(Work&& work)
{
    try {
        work();
        return std::nullopt;
    } catch (const SqliteError& error) {
        return error_from(error);
    }
}

// One step of the copy in `slot`, which begins with the first.
template <class From>
std::variant<CopyProgress, JournalError> step_copy(std::optional<DatabaseCopy>& slot, const std::string& path,
                                                   From from)
{
    auto stepped = guarded([&] {
        if (!slot) slot.emplace(from(), path);
        CopyProgress progress;
        progress.done = slot->step(copy_step_pages);
        progress.left = slot->left();
        progress.total = slot->total();
        return progress;
    });
    const auto* progress = std::get_if<CopyProgress>(&stepped);
    if (progress == nullptr || progress->done) slot.reset();
    return stepped;
}

} // namespace magwatch
