// journal.db: the ward's inputs, snapshots and start-ups, made durable. It sees bytes, never their
// meaning.
//
// Blocking: lives on the journal's lane (or in a tool). One process and one connection ever open it
// to write. Every change is one transaction of SQLite in WAL mode with synchronous=FULL: what
// returned without an error survives a crash and a power cut; of what did not return, nothing or
// all of it does. Errors are values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/journal/journal_format.hpp"
#include "rules/base/archive.hpp"
#include "rules/base/instant.hpp"
#include "runtime/clock.hpp"

namespace magwatch {

struct JournalError {
    std::string what;
    bool disk_full = false;
    bool damaged = false;
    bool in_use = false; // another process writes it
    bool newer = false;  // what is in it was written by a newer program
};

// Consecutive inputs, as the ward loop encoded them, each with its own instant inside.
struct JournalBatch {
    std::int64_t id = 0; // given when it is written: 1, 2, 3, ... without holes
    Instant first, last; // ward time of the first and of the last record
    WallTime wall;       // of the last record
    Records records;
    std::uint64_t lost_before = 0; // inputs that could not be kept in memory while the disk failed
    bool damaged = false;          // read, but its bytes are wrong: `records` is empty
};

struct JournalSnapshot {
    std::int64_t id = 0;
    std::int64_t batch = 0; // the state after this batch; 0 = before the first
    Moment at;
    Bytes state;
};

struct JournalIncarnation {
    std::uint32_t incarnation = 0;
    std::string boot_id;
    Moment at;
    Duration boottime{};
};

// One thing to write. A flush writes a list of these in order, in one transaction.
struct JournalNamed {
    std::string name; // "configuration"
    Bytes bytes;
};
using JournalItem = std::variant<JournalBatch, JournalSnapshot, JournalNamed>;

// Ages are measured in ward time, which no wrong wall clock can move.
struct JournalLimits {
    Duration keep{30LL * 86'400'000};
    std::uint64_t max_bytes = 2048ULL << 20;
};

// Of a copy that is being made, in pages.
struct CopyProgress {
    bool done = false;
    int left = 0, total = 0;
};
inline constexpr int copy_step_pages = 64; // 256 KiB: no commit waits longer than for these

struct JournalOpened;

class JournalFile
{
public:
    // Opens or creates `directory`/journal.db. A damaged file is moved aside and a new one started;
    // a file of a newer version or one that another process writes is left alone and refused.
    // `check_limit` bounds the check of the whole file; what it did not reach is checked when it is
    // read.
    [[nodiscard]] static JournalOpened open(const std::string& directory, WallTime now,
                                            Duration check_limit = Duration{500});
    // Renames a journal that nobody has open, so that the next open() makes a new one. Where it went.
    static std::string put_aside(const std::string& directory, WallTime now);
    ~JournalFile();
    JournalFile(const JournalFile&) = delete;
    JournalFile& operator=(const JournalFile&) = delete;

    // --- at start ---
    // The last sign of life, for continue_time(); nullopt in a new file.
    [[nodiscard]] std::variant<std::optional<LastMoment>, JournalError> last_moment();
    // Commits a new incarnation and gives its number, which no earlier start of this ward had.
    // `floor`: at least that number, after records of later starts were lost.
    [[nodiscard]] std::variant<std::uint32_t, JournalError>
    begin_incarnation(const Moment& at, Duration boottime, const std::string& boot_id, std::int64_t floor = 0);
    // The newest snapshot whose bytes are right and after which no batch is missing; nullopt: start
    // from the beginning. `skipped` counts newer ones that were damaged.
    [[nodiscard]] std::variant<std::optional<JournalSnapshot>, JournalError>
    last_snapshot(int* skipped = nullptr);
    // At most `limit` batches after `batch`, oldest first; damaged ones are marked, not left out.
    [[nodiscard]] std::variant<std::vector<JournalBatch>, JournalError>
    batches_after(std::int64_t batch, std::size_t limit = 1000);
    [[nodiscard]] std::variant<std::optional<Bytes>, JournalError> named(const std::string& name);

    // --- while running ---
    // Writes everything in one transaction and returns when it is durable. Ids are set in `items`.
    [[nodiscard]] std::optional<JournalError> write(std::vector<JournalItem>& items);
    // A sign of life where there was nothing to write.
    [[nodiscard]] std::optional<JournalError> alive(const Moment& at);
    // A little housekeeping for an idle moment: checkpoint, and a step of pruning. True: there is
    // more to do.
    [[nodiscard]] std::variant<bool, JournalError> maintain(const Moment& now,
                                                            const JournalLimits& limits);
    // Empties the write-ahead log; before a clean end.
    [[nodiscard]] std::optional<JournalError> checkpoint();
    // A copy of it at `path`, for replay and backup while the daemon runs: the first call begins it, each one goes on
    // for a few milliseconds. After an error, or done, there is none under way; end_copy() gives one up.
    [[nodiscard]] std::variant<CopyProgress, JournalError> copy_step(const std::string& path);
    void end_copy();
    [[nodiscard]] std::uint64_t bytes() const; // in use, of the file
    // Gives back the bytes that were kept for a full disk; true if there were any.
    bool release_reserve();

private:
    struct Impl;
    explicit JournalFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Seconds since 2020: where records of starts are missing, larger than any count of starts that they may have held,
// so that no id is given twice.
[[nodiscard]] std::int64_t incarnation_floor(WallTime now);

struct JournalOpened {
    std::unique_ptr<JournalFile> file; // nullptr: failed
    std::optional<JournalError> error; // why it failed
    bool newer_version = false;        // made by a newer magwatch: untouched
    bool created = false;              // there was none, or it was moved aside
    std::string moved_aside;           // where the damaged file went; "" = it was sound
    std::string damage;                // what was wrong with it
    bool check_complete = true;        // the check reached the end within its limit
    // Why what was durable at its end is, or may be, not in it any more, records of starts too: the next one needs a
    // floor. Said until a start or a batch is written. "" = nothing is known of it.
    std::string end_missing;
};

} // namespace magwatch
