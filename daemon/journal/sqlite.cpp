#include "daemon/journal/sqlite.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

namespace magwatch {

namespace {

[[noreturn]] void fail(sqlite3* handle, int code, std::string_view doing)
{
    const int extended = handle != nullptr ? sqlite3_extended_errcode(handle) : code;
    const char* what = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    throw SqliteError{extended, fmt::format("{}: {} ({})", doing, what, extended)};
}

// A path as a URI: SQLite decodes %XX.
std::string uri_of(const std::string& path, std::string_view query)
{
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '%' || c == '?' || c == '#')
            uri += fmt::format("%{:02x}", static_cast<unsigned>(c));
        else
            uri += c;
    }
    return uri + std::string{query};
}

std::int64_t file_size(const std::string& path)
{
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    return error ? 0 : static_cast<std::int64_t>(size);
}

} // namespace

bool SqliteError::damaged() const
{
    const int primary = code_ & 0xFF;
    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

bool SqliteError::in_use() const
{
    const int primary = code_ & 0xFF;
    return primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
}

bool SqliteError::disk_full() const
{
    return (code_ & 0xFF) == SQLITE_FULL;
}

bool SqliteError::interrupted() const
{
    return (code_ & 0xFF) == SQLITE_INTERRUPT;
}

// --- Statement ---

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept
{
    sqlite3_finalize(statement);
}

Statement& Statement::bind(int parameter, std::int64_t value)
{
    if (const int rc = sqlite3_bind_int64(statement_.get(), parameter, value); rc != SQLITE_OK)
        fail(sqlite3_db_handle(statement_.get()), rc, "bind");
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view text)
{
    const int rc = sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8);
    if (rc != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()), rc, "bind");
    return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes)
{
    // A null pointer would bind NULL instead of no bytes.
    const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    const int rc =
        sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC);
    if (rc != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()), rc, "bind");
    return *this;
}

bool Statement::step()
{
    const int rc = sqlite3_step(statement_.get());
    if (rc == SQLITE_ROW) return true;
    sqlite3* handle = sqlite3_db_handle(statement_.get());
    if (rc != SQLITE_DONE) {
        // reset() gives the same error again; the message must be read before.
        const int code = sqlite3_extended_errcode(handle);
        const std::string text = fmt::format("{} ({})", sqlite3_errmsg(handle), code);
        sqlite3_reset(statement_.get());
        throw SqliteError{code, text};
    }
    sqlite3_reset(statement_.get());
    return false;
}

void Statement::run()
{
    while (step()) {
    }
}

void Statement::reset()
{
    sqlite3_reset(statement_.get());
}

std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const
{
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    if (text == nullptr) return {};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const
{
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

// --- Database ---

void Database::Close::operator()(sqlite3* handle) const noexcept
{
    sqlite3_close_v2(handle);
}

Database::Database(const std::string& path, Access access)
{
    std::string uri = uri_of(path, "");
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const bool closed = access == Access::read_closed;
    if (closed) {
        // Without a -wal nothing but the file counts. With one, it must be read too: its index is
        // kept in memory (exclusive mode), and no locks are taken, because a read-only descriptor
        // cannot have them.
        const bool has_wal = file_size(path + "-wal") > 0;
        uri = uri_of(path, has_wal ? "?vfs=unix-none" : "?immutable=1");
        flags = SQLITE_OPEN_READONLY;
    }
    sqlite3* handle = nullptr;
    const int rc = sqlite3_open_v2(uri.c_str(), &handle,
                                   flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(handle);
    if (rc != SQLITE_OK) fail(handle, rc, "open " + path);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (closed) {
        // Closing must not fold the -wal into a file that is only being looked at.
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        run("PRAGMA locking_mode=EXCLUSIVE");
        return;
    }
    create_settings();
}

void Database::create_settings()
{
    // One connection of one process, ever: Debian 12's SQLite 3.40.1 has the WAL-reset bug, which
    // needs two. Exclusive mode before the first access also keeps the log's index in memory
    // instead of a -shm file.
    run("PRAGMA locking_mode=EXCLUSIVE");
    run("PRAGMA auto_vacuum=INCREMENTAL"); // acts on a new file alone: pruning gives space back in
                                           // steps
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("PRAGMA wal_autocheckpoint=0"); // a checkpoint inside a commit would make that commit slow
    run("PRAGMA journal_size_limit=8388608");
    run("PRAGMA cell_size_check=ON");
    run("PRAGMA mmap_size=0");
    run("PRAGMA temp_store=MEMORY");
    const auto count = [](void* pages, sqlite3*, const char*, int in_log) {
        *static_cast<int*>(pages) = in_log;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(handle_.get(), count, wal_pages_.get());
}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

void Database::run(Sql sql) { run_text(std::string{sql.text()}); }

void Database::pragma(Sql name, std::int64_t value) { run_text(fmt::format("PRAGMA {}({})", name.text(), value)); }

void Database::run_text(const std::string& sql)
{
    if (const int rc = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
        rc != SQLITE_OK)
        fail(handle_.get(), rc, sql.substr(0, 40));
}

Statement Database::prepare(Sql sql)
{
    const std::string_view text = sql.text();
    sqlite3_stmt* statement = nullptr;
    const int rc = sqlite3_prepare_v3(handle_.get(), text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (rc != SQLITE_OK) fail(handle_.get(), rc, text.substr(0, 40));
    return Statement{statement};
}

std::int64_t Database::integer(Sql sql)
{
    Statement statement = prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::optional<std::string> Database::quick_check(Duration limit, bool& complete)
{
    using Steady = std::chrono::steady_clock;
    Steady::time_point deadline = Steady::now() + limit;
    const auto late = [](void* until) {
        return Steady::now() > *static_cast<Steady::time_point*>(until) ? 1 : 0;
    };
    constexpr int instructions = 500;
    sqlite3_progress_handler(handle_.get(), instructions, late, &deadline);
    std::optional<std::string> wrong;
    complete = true;
    try {
        Statement check = prepare("PRAGMA quick_check(1)");
        if (check.step() && check.text(0) != "ok") wrong = std::string{check.text(0)};
    } catch (const SqliteError& error) {
        complete = !error.interrupted();
        if (error.damaged())
            wrong = error.what();
        else if (complete) {
            sqlite3_progress_handler(handle_.get(), 0, nullptr, nullptr);
            throw;
        }
    }
    sqlite3_progress_handler(handle_.get(), 0, nullptr, nullptr);
    return wrong;
}

void Database::checkpoint(bool truncate)
{
    int in_log = 0, moved = 0;
    const int rc = sqlite3_wal_checkpoint_v2(
        handle_.get(), nullptr, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART,
        &in_log, &moved);
    if (rc != SQLITE_OK) fail(handle_.get(), rc, "checkpoint");
    *wal_pages_ = in_log - moved;
}

// --- DatabaseCopy ---

DatabaseCopy::DatabaseCopy(Database& from, const std::string& path)
{
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd_ < 0)
        throw SqliteError{SQLITE_CANTOPEN, fmt::format("{}: {}", path, std::generic_category().message(errno))};
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    target_.reset(raw);
    if (opened != SQLITE_OK) fail(raw, opened, "open " + path);
    // The copy is thrown away if it does not become whole, so it needs no journal; step() syncs it. A small cache,
    // because what waits in it is written all at once in the end.
    for (const char* setting : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF",
                                "PRAGMA cache_size=-256"})
        if (const int rc = sqlite3_exec(raw, setting, nullptr, nullptr, nullptr); rc != SQLITE_OK)
            fail(raw, rc, setting);
    backup_ = sqlite3_backup_init(raw, "main", from.handle_.get(), "main");
    if (backup_ == nullptr) fail(raw, SQLITE_ERROR, "copy");
}

DatabaseCopy::~DatabaseCopy()
{
    if (backup_ != nullptr) sqlite3_backup_finish(backup_);
    target_.reset();
    if (fd_ >= 0) ::close(fd_);
}

bool DatabaseCopy::step(int pages)
{
    const int rc = sqlite3_backup_step(backup_, pages);
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_BUSY && rc != SQLITE_LOCKED) {
        sqlite3* target = target_.get();
        sqlite3_backup_finish(std::exchange(backup_, nullptr));
        fail(target, rc, "copy");
    }
    if (rc == SQLITE_DONE) {
        const int finished = sqlite3_backup_finish(std::exchange(backup_, nullptr));
        if (finished != SQLITE_OK) fail(target_.get(), finished, "copy");
        target_.reset();
    }
    sync(rc == SQLITE_DONE);
    return rc == SQLITE_DONE;
}

int DatabaseCopy::total() const
{
    return backup_ != nullptr ? sqlite3_backup_pagecount(backup_) : 0;
}

int DatabaseCopy::left() const
{
    return backup_ != nullptr ? sqlite3_backup_remaining(backup_) : 0;
}

// After each step, so that no commit of the source ever finds more than a step before it in the disk's queue; only the
// last one waits for the file system's own journal, which commits of the source wait for too.
void DatabaseCopy::sync(bool last) const
{
    if (!last)
        (void)::sync_file_range(fd_, 0, 0,
                                SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    else if (::fdatasync(fd_) != 0)
        throw SqliteError{SQLITE_IOERR, fmt::format("copy: {}", std::generic_category().message(errno))};
}

// --- Transaction ---

Transaction::Transaction(Database& database) : database_{&database}
{
    database.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction()
{
    if (database_ == nullptr) return;
    try {
        database_->run("ROLLBACK");
    } catch (const SqliteError&) {
        // Some failures roll back by themselves; then there is no transaction left.
    }
}

void Transaction::commit()
{
    database_->run("COMMIT");
    database_ = nullptr;
}

std::optional<int> locked_by(const std::string& path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    struct flock lock {
    };
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000; // SQLite's lock bytes (its file format, 1.4)
    lock.l_len = 512;
    const bool asked = ::fcntl(fd, F_GETLK, &lock) == 0;
    ::close(fd);
    if (!asked || lock.l_type == F_UNLCK) return std::nullopt;
    return static_cast<int>(lock.l_pid);
}

} // namespace magwatch
