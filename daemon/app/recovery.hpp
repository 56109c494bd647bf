// The ward as it was: the newest snapshot and the inputs after it.
//
// Blocking; runs once, at start, before the loop. Effects of the replayed inputs are dropped: what was
// decided was decided. What must be said again comes out of stepping `Started` afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "daemon/journal/journal_file.hpp"
#include "rules/ward/ward.hpp"
#include "runtime/clock.hpp"

namespace magwatch {

struct Recovered {
    Ward ward;
    ContinuedTime time;           // offset for the clock, and how long nobody watched
    Started started;              // to be stepped first
    std::uint64_t replayed = 0;   // inputs after the snapshot
    std::vector<std::string> notes; // what was damaged or left out, for the log
};

// Commits a new incarnation, of at least the number `floor`, and rebuilds the ward. The reason if the journal cannot be
// read or written.
[[nodiscard]] std::variant<Recovered, std::string> recover(JournalFile& journal, const ClockReading& now,
                                                           const std::string& boot_id, std::int64_t floor = 0);

} // namespace magwatch
