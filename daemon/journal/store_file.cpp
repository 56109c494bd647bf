#include "daemon/journal/store_file.hpp"

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "daemon/journal/disk_space.hpp"
#include "daemon/journal/log_end.hpp"

namespace magwatch {

namespace fs = std::filesystem;

namespace {

void create_private_file(const std::string& path)
{
    // SQLite gives its log the permissions of the database: nobody else reads what is known of
    // patients.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) ::close(fd);
}

// What stands in the way of writing `path`, found out without writing.
std::optional<StoreOpened> refusal(const std::string& path, const StoreFormat& format)
{
    StoreOpened refused;
    if (const auto process = locked_by(path)) {
        refused.error = JournalError{fmt::format("{} is in use by process {}", path, *process),
                                     false, false, true};
        return refused;
    }
    std::error_code none;
    if (!fs::exists(path, none) || fs::file_size(path, none) == 0) return std::nullopt;
    try {
        Database probe{path, Database::Access::read_closed};
        const std::int64_t application = probe.integer("PRAGMA application_id");
        const std::int64_t version = probe.integer("PRAGMA user_version");
        if (application != format.application_id && application != 0) {
            refused.error = JournalError{path + " is a database of another program"};
            return refused;
        }
        if (version <= format.version) return std::nullopt;
        refused.newer_version = true;
        refused.error = JournalError{
            fmt::format("{} has format {}, this magwatch knows {}: it was made by a newer one",
                        path, version, format.version)};
        return refused;
    } catch (const SqliteError& error) {
        if (error.damaged()) return std::nullopt; // open_store() deals with it
        refused.error = error_from(error);
        return refused;
    }
}

// Whoever looks at the log again must not find what is left in it. On a disk that takes nothing it stays.
void empty_log(Database& database)
{
    try {
        database.checkpoint(true);
    } catch (const SqliteError& error) {
        if (error.damaged()) throw;
    }
}

// For people to look at, before SQLite writes over it.
void keep_damaged_log(const std::string& path, WallTime now)
{
    const auto space = read_disk_space(fs::path{path}.parent_path().string());
    if (!space || disk_level(*space, DiskLevel::low) != DiskLevel::ok) return;
    std::error_code ignored;
    fs::copy_file(path + "-wal", fmt::format("{}-wal.damaged-{}", path, now.ms / 1000), ignored);
}

// An open database with our schema; `damage` tells what is wrong with what was found.
std::optional<Database> open_database(const std::string& path, const StoreFormat& format, WallTime now,
                                      Duration check_limit, StoreOpened& opened)
{
    try {
        create_private_file(path);
        const LogEnd end = look_at_log_end(path);
        opened.end_missing = opened.end_missing || end.damaged;
        if (end.damaged) keep_damaged_log(path, now);
        Database database{path, Database::Access::read_write};
        if (auto wrong = database.quick_check(check_limit, opened.check_complete)) {
            opened.damage = *wrong;
            return std::nullopt;
        }
        if (end.leftovers) empty_log(database);
        if (database.integer("PRAGMA user_version") == 0) {
            opened.created = true;
            Transaction transaction{database};
            database.run(format.schema);
            database.pragma("application_id", format.application_id);
            database.pragma("user_version", format.version);
            transaction.commit();
        } else if (database.integer("PRAGMA user_version") < format.version) {
            // What is written from now on, an older program cannot read.
            Transaction transaction{database};
            database.run(format.upgrade);
            database.pragma("user_version", format.version);
            transaction.commit();
        }
        return database;
    } catch (const SqliteError& error) {
        if (error.damaged())
            opened.damage = error.what();
        else
            opened.error = error_from(error);
        return std::nullopt;
    }
}

} // namespace

std::string move_aside(const std::string& path, WallTime now)
{
    std::string target;
    std::error_code error;
    for (int i = 0;; ++i) {
        target = fmt::format("{}.damaged-{}{}", path, now.ms / 1000, i == 0 ? "" : fmt::format("-{}", i));
        if (!fs::exists(target, error)) break;
    }
    for (const char* suffix : {"", "-wal", "-shm", "-mark"}) fs::rename(path + suffix, target + suffix, error);
    return target;
}

JournalError error_from(const SqliteError& error)
{
    return {error.what(), error.disk_full(), error.damaged(), error.in_use()};
}

StoreOpened open_store(const std::string& path, const StoreFormat& format, WallTime now, Duration check_limit)
{
    std::error_code error;
    fs::create_directories(fs::path{path}.parent_path(), error);
    if (auto refused = refusal(path, format)) return std::move(*refused);
    StoreOpened opened;
    opened.database = open_database(path, format, now, check_limit, opened);
    if (!opened.database && opened.error && !opened.error->in_use) {
        const bool end_missing = opened.end_missing;
        opened = {}; // a passing fault must not cost the ward its journal
        opened.end_missing = end_missing;
        opened.database = open_database(path, format, now, check_limit, opened);
    }
    if (!opened.database && !opened.damage.empty()) {
        opened.moved_aside = move_aside(path, now);
        std::string damage = std::exchange(opened.damage, {});
        opened.end_missing = false; // that, and all the rest
        opened.database = open_database(path, format, now, check_limit, opened);
        opened.damage = std::move(damage);
    }
    if (!opened.database && !opened.error) opened.error = JournalError{opened.damage, false, true, false};
    return opened;
}

} // namespace magwatch
