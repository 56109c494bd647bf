// The ward as it was: the newest snapshot and the inputs after it.
//
// Blocking; runs once, at start, before the loop. Effects of the replayed inputs are dropped: what was
// decided was decided. What must be said again comes out of stepping `Started` afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/app/start_notes.hpp"
#include "daemon/journal/journal_file.hpp"
#include "rules/ward/ward.hpp"
#include "runtime/clock.hpp"

namespace magwatch {

// Of the journal's note that this start was ended on purpose, and by whom: the start after it tells so.
inline constexpr const char* stop_note_name = "stopped";
[[nodiscard]] Bytes stop_note(std::uint32_t incarnation, const std::string& by);

struct Recovered {
    Ward ward;
    ContinuedTime time;           // offset for the clock, and how long nobody watched
    Started started;              // to be stepped first
    std::uint64_t replayed = 0;   // inputs after the snapshot
    std::uint64_t damaged = 0;    // batches and records that could not be read: what they said is lost
    LoadRefused refused;          // what the snapshot held and this version does not take
    std::uint64_t left_out = 0;   // records that starts before this one died at, or all after the snapshot
    std::vector<std::string> notes; // what was damaged or left out, for the log
};

// What of the records is stepped again.
struct Replay {
    StartPlan plan;
    std::function<void(const RecordPlace&)> stepping{}; // before each record; may be empty
};

// Commits a new incarnation, of at least the number `floor`, and rebuilds the ward. The reason if the journal cannot be
// read; what a newer program wrote is not damage, and nothing is written then. A disk that takes nothing is no reason:
// the ward goes on, with a number that no earlier start had.
[[nodiscard]] std::variant<Recovered, JournalError> recover(JournalFile& journal, const ClockReading& now,
                                                            const std::string& boot_id, std::int64_t floor = 0,
                                                            const Replay& replay = {});

} // namespace magwatch
