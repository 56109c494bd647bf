#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sys/stat.h>
#include <utility>

#include <fmt/format.h>

#include "daemon/app/last_good.hpp"
#include "daemon/journal/journal_format.hpp"
#include "daemon/journal/journal_reader.hpp"
#include "daemon/journal/sqlite.hpp"
#include "tools/backup/backup.hpp"
#include "tools/backup/manifest.hpp"

namespace magwatch::backup
{
namespace
{

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::size_t rows_at_once = 200;
constexpr int pages_at_once = 1024; // nobody waits for this disk
constexpr Duration check_limit = 1h;

template <class T> T value_or_throw(std::variant<T, JournalError> result)
{
    if (auto* error = std::get_if<JournalError>(&result)) throw BackupError{error->what};
    return std::move(std::get<T>(result));
}

void check_file(const std::string& path, JournalFacts& facts)
{
    Database database{path, Database::Access::read_closed};
    bool complete = false;
    const auto wrong = database.quick_check(check_limit, complete);
    if (wrong) throw BackupError{path + " is damaged: " + *wrong};
    if (!complete) throw BackupError{path + " could not be checked in time"};
    facts.format = static_cast<int>(database.integer("PRAGMA user_version"));
    const std::int64_t last = std::max({database.integer("SELECT max(wall) FROM batches"),
                                        database.integer("SELECT max(wall) FROM incarnations"),
                                        database.integer("SELECT value FROM meta WHERE key = 'alive_wall'")});
    facts.records_until = WallTime{last};
}

void check_rows(JournalReader& reader, const std::string& path, JournalFacts& facts)
{
    const auto [first, last] = value_or_throw(reader.range());
    if (last == 0) return;
    for (std::int64_t after = first - 1; after < last;) {
        const auto batches = value_or_throw(reader.batches_after(after, rows_at_once));
        if (batches.empty()) throw BackupError{fmt::format("{} is damaged: batch {} is missing", path, after + 1)};
        for (const JournalBatch& batch : batches) {
            if (batch.damaged || batch.id != after + 1)
                throw BackupError{fmt::format("{} is damaged: batch {} cannot be read", path, after + 1)};
            after = batch.id;
        }
    }
    facts.batches = last - first + 1;
}

// What tells whether a file was written meanwhile.
struct Stamp {
    std::uint64_t inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
};
Stamp stamp_of(const std::string& path)
{
    struct stat found {
    };
    if (::stat(path.c_str(), &found) != 0) return {};
    return {found.st_ino, static_cast<std::uint64_t>(found.st_size), found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

// One file that nobody has open; whoever opens it while it is read wins.
void copy_closed(const std::string& path, const std::string& to, const std::function<void(int)>& progress)
{
    const auto stamps = [&] { return std::pair{stamp_of(path), stamp_of(path + "-wal")}; };
    const auto before = stamps();
    {
        Database database{path, Database::Access::read_closed};
        DatabaseCopy copy{database, to};
        while (!copy.step(pages_at_once))
            progress(static_cast<int>(100LL * (copy.total() - copy.left()) / std::max(copy.total(), 1)));
    }
    if (locked_by(path) || stamps() != before)
        throw BackupError{path + " was opened by a daemon while it was read: try again"};
}

void refuse_open(const std::string& path)
{
    if (const auto process = locked_by(path))
        throw BackupError{fmt::format("{} is in use by process {}", path, *process)};
}

} // namespace

JournalFacts inspect_journal(const std::string& path)
{
    JournalFacts facts;
    try {
        check_file(path, facts);
        auto reader = value_or_throw(JournalReader::open(path));
        check_rows(reader, path, facts);
        if (const auto kept = value_or_throw(reader.named(last_good_name))) {
            facts.configuration = last_good_files(*kept).value_or(decltype(facts.configuration){});
            if (const auto config = unpack_last_good(*kept)) facts.ward = config->ward.name;
        }
    } catch (const SqliteError& error) {
        throw BackupError{path + ": " + error.what()};
    }
    return facts;
}

bool copy_closed_store(const std::string& directory, const std::string& folder, bool history,
                       const std::function<void(int percent)>& progress)
{
    const std::string journal = directory + "/" + journal_name, trends = directory + "/" + history_name;
    std::error_code none;
    if (!fs::exists(journal, none)) return false;
    refuse_open(journal);
    try {
        copy_closed(journal, folder + "/" + journal_name, progress);
        if (history && fs::exists(trends, none)) {
            refuse_open(trends);
            copy_closed(trends, folder + "/" + history_name, progress);
        }
    } catch (const SqliteError& error) {
        throw BackupError{error.what()};
    }
    return true;
}

} // namespace magwatch::backup
