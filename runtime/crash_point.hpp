// Where a kill matters most: the seam by which a test has the daemon die at exactly one of these points.
//
// In the daemon crash_point() is empty. The program that dies, `magwatchd_crash` of tests/system, is the same code
// linked with another definition of it. Called on the loop's thread.
#pragma once

#include <cstdint>

namespace magwatch {

enum class CrashPoint : std::uint8_t {
    intent,    // pages are decided, nothing of it is in the journal
    outcome,   // what became of a hand-over was heard, and is not in the journal
    receipt,   // the same of what a channel says later: delivered, read
    answer,    // a person's answer, the same
    committed, // what was appended before is durable
    send,      // a page is about to go to its channel
    sent,      // the channel has it; it may be on the wire or not
    said,      // an answer is durable, and its sender is being told
};

// `records`: how many were appended to the journal before this point; at `committed`, how many are durable.
void crash_point(CrashPoint point, std::uint64_t records = 0) noexcept;

} // namespace magwatch
