// SQLite, wrapped: the only door to sqlite3.h is sqlite.cpp.
//
// A Database is used by one thread at a time. Failures throw SqliteError; the classes that stand
// above it (JournalFile, HistoryFile, JournalReader) catch it and give values.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "rules/base/archive.hpp"
#include "rules/base/instant.hpp"

struct sqlite3;
struct sqlite3_backup;
struct sqlite3_stmt;

namespace magwatch {

class SqliteError : public std::runtime_error
{
public:
    SqliteError(int code, const std::string& what) : std::runtime_error{what}, code_{code} {}
    [[nodiscard]] int code() const { return code_; } // extended result code
    [[nodiscard]] bool damaged() const;              // the file is not a sound database
    [[nodiscard]] bool in_use() const;               // another process has it
    [[nodiscard]] bool disk_full() const;
    [[nodiscard]] bool interrupted() const;

private:
    int code_;
};

// SQL that stands in the source: what comes from outside is bound to it and can never be part of it.
class Sql
{
public:
    template <std::convertible_to<std::string_view> Text> consteval Sql(const Text& text) : text_{text} {}
    [[nodiscard]] constexpr std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

class Statement
{
public:
    // Parameters count from 1, columns from 0.
    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, std::string_view text);
    Statement& bind_blob(int parameter, std::string_view bytes); // must live until the next reset()
    // True while there is a row. After false, or before a new round of bindings, reset() is
    // implied.
    bool step();
    void run(); // a statement that gives no rows
    void reset();
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string_view text(int column) const; // valid until the next step
    [[nodiscard]] std::string_view blob(int column) const; // valid until the next step

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_{statement} {}
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database
{
public:
    enum class Access {
        read_write,  // creates; keeps every other process out (locking_mode=EXCLUSIVE)
        read_closed, // a file that nobody has open: reads it and its -wal, writes nothing
    };
    Database(const std::string& path, Access access);
    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;

    void run(Sql sql);
    void pragma(Sql name, std::int64_t value);
    [[nodiscard]] Statement prepare(Sql sql);
    [[nodiscard]] std::int64_t integer(Sql sql); // first column of the first row; 0 if none
    // nullopt: sound. Else what is wrong. `complete` tells whether the check ended within the
    // limit.
    [[nodiscard]] std::optional<std::string> quick_check(Duration limit, bool& complete);
    // Moves the write-ahead log into the file; `truncate` also empties the log.
    void checkpoint(bool truncate);
    [[nodiscard]] int wal_pages() const
    {
        return *wal_pages_;
    } // in the log, to be moved into the file

private:
    friend class DatabaseCopy;
    void create_settings();
    void run_text(const std::string& sql);
    struct Close {
        void operator()(sqlite3* handle) const noexcept;
    };
    std::unique_ptr<int> wal_pages_ = std::make_unique<int>(0); // written by SQLite's hook
    std::unique_ptr<sqlite3, Close> handle_;
};

// A copy of a whole database into a new file (mode 0600), by SQLite's backup API, in steps between which the source
// may be written: what is written to pages that were copied is written to the copy too. The source must outlive it.
class DatabaseCopy
{
public:
    // `path` must not exist.
    DatabaseCopy(Database& from, const std::string& path);
    ~DatabaseCopy(); // the file of an unfinished copy stays: whoever asked for it removes it
    DatabaseCopy(const DatabaseCopy&) = delete;
    DatabaseCopy& operator=(const DatabaseCopy&) = delete;
    // Copies that many pages more and brings them to the disk. True: it is whole and durable.
    bool step(int pages);
    [[nodiscard]] int total() const; // pages, as of the last step
    [[nodiscard]] int left() const;

private:
    void sync(bool last) const;
    std::unique_ptr<sqlite3, Database::Close> target_;
    sqlite3_backup* backup_ = nullptr;
    int fd_ = -1; // of the same file, to bring it to the disk
};

// Rolls back unless committed.
class Transaction
{
public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Database* database_;
};

// The process that holds locks on the database at `path`, if any. Never call it from the process
// that has the file open: closing any descriptor of a file drops the process's own locks (POSIX).
[[nodiscard]] std::optional<int> locked_by(const std::string& path);

} // namespace magwatch
