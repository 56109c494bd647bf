// history.db: vital signs per bed and minute, and what happened at the bed, for trends and exports. Nothing that
// decides anything reads it; lost, it is lost alone. docs/JOURNAL_FORMAT.md describes it.
//
// Blocking: lives on the history's lane. Errors are values. Minutes are UTC, counted from 1970.
#pragma once

#include <cstdint>
#include <functional>
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

// What happened at a bed at one moment: an alarm, an entry, a page. Words of ours; no name and nothing that somebody
// typed.
struct HistoryEvent {
    std::string bed; // alias
    WallTime at;
    std::string kind; // daemon/history/event_words.hpp lists them
    std::string text;
    std::string priority; // of an alarm or a page; "" = none
    std::string ref;      // id of the alarm or call that it belongs to; "" = none
    friend bool operator==(const HistoryEvent&, const HistoryEvent&) = default;
};

// The bytes of one row: pure. nullopt if they are damaged.
[[nodiscard]] Bytes pack_minute(const std::vector<HistorySignal>& signals);
[[nodiscard]] std::optional<std::vector<HistorySignal>> unpack_minute(std::string_view packed);

// Drops the samples where a minute has more than two of a signal: its count, least, greatest, mean and last value stay.
// What comes seldom (a cuff, a charted value) keeps its time. True if anything was dropped. Pure.
bool thin_minute(std::vector<HistorySignal>& signals);

struct HistoryLimits {
    Duration keep{30LL * 86'400'000};
    Duration full{72LL * 3'600'000}; // older minutes are thinned
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
    // The same without a copy of it all: calls `take` with each minute, which is lent until it returns. It must not
    // throw.
    [[nodiscard]] std::optional<JournalError> visit(const std::string& bed, std::int64_t from, std::int64_t to,
                                                    const std::function<void(const HistoryMinute&)>& take);
    [[nodiscard]] std::optional<JournalError> write_events(const std::vector<HistoryEvent>& events);
    // Events of a bed from `from` to before `to`, oldest first, the newest `limit` of them; damaged rows are left out.
    [[nodiscard]] std::variant<std::vector<HistoryEvent>, JournalError>
    events(const std::string& bed, WallTime from, WallTime to, std::size_t limit = 10'000);
    // Minutes before this one hold no samples of signals that came often.
    [[nodiscard]] std::variant<std::int64_t, JournalError> thinned_to();
    // A step of checkpoint, pruning and thinning, about once a minute. True: there is more to do. What is old is held
    // against a time that goes after the wall clock at most twice as fast as ward time passes, over restarts too: a
    // wall clock that is ahead costs at most as much of the oldest as it was ahead for, and after months without power
    // the rest goes bit by bit.
    [[nodiscard]] std::variant<bool, JournalError> maintain(const Moment& now, const HistoryLimits& limits);
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
