// history.db: vital signs per bed and minute, for trends. Nothing that decides anything reads it; lost, it is lost
// alone. docs/JOURNAL_FORMAT.md describes it.
//
// Blocking: lives on the history's lane. Errors are values. Minutes are UTC, counted from 1970.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/journal/journal_file.hpp"

namespace magwatch {

struct HistorySample {
    std::uint16_t offset_ms = 0; // within its minute
    double value = 0;            // in the signal's unit
    friend bool operator==(const HistorySample&, const HistorySample&) = default;
    template <class Archive> void archive(Archive& a) { a(offset_ms, value); }
};

struct HistorySignal {
    std::string signal; // its name, not its number: numbers change between versions
    std::uint32_t count = 0;
    double min = 0, max = 0, mean = 0, last = 0;
    std::vector<HistorySample> samples; // in order; empty where the disk was low
    friend bool operator==(const HistorySignal&, const HistorySignal&) = default;

    void add(std::uint16_t offset_ms, double value, bool keep_sample);
    void add(const HistorySignal& later);
};

struct HistoryMinute {
    std::string bed; // alias
    std::int64_t minute = 0;
    std::vector<HistorySignal> signals; // by name
    friend bool operator==(const HistoryMinute&, const HistoryMinute&) = default;
    HistorySignal& of(std::string_view signal);
};

// The bytes of one row: pure. nullopt if they are damaged.
[[nodiscard]] Bytes pack_minute(const std::vector<HistorySignal>& signals);
[[nodiscard]] std::optional<std::vector<HistorySignal>> unpack_minute(std::string_view packed);

struct HistoryLimits {
    Duration keep{30LL * 86'400'000};
    std::uint64_t max_bytes = 4096ULL << 20;
};

struct HistoryOpened;

class HistoryFile {
public:
    // As JournalFile::open: a damaged file is moved aside, a newer one refused.
    [[nodiscard]] static HistoryOpened open(const std::string& directory, WallTime now);
    ~HistoryFile();
    HistoryFile(const HistoryFile&) = delete;
    HistoryFile& operator=(const HistoryFile&) = delete;

    // A minute that is there already (a restart within it, a wall clock set back) gets the new values added.
    [[nodiscard]] std::optional<JournalError> write(const std::vector<HistoryMinute>& minutes);
    // Minutes from `from` to before `to`, oldest first, at most `limit`; damaged rows are left out.
    [[nodiscard]] std::variant<std::vector<HistoryMinute>, JournalError> read(const std::string& bed, std::int64_t from,
                                                                              std::int64_t to,
                                                                              std::size_t limit = 10'000);
    // A step of checkpoint and pruning. True: there is more to do. Steps are small, so that an hour under a
    // wrong wall clock cannot prune weeks.
    [[nodiscard]] std::variant<bool, JournalError> maintain(WallTime now, const HistoryLimits& limits);
    // As of JournalFile.
    [[nodiscard]] std::variant<CopyProgress, JournalError> copy_step(const std::string& path);
    void end_copy();

private:
    struct Impl;
    explicit HistoryFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

struct HistoryOpened {
    std::unique_ptr<HistoryFile> file; // nullptr: failed
    std::optional<JournalError> error;
    bool newer_version = false;
    std::string moved_aside;
};

} // namespace magwatch
