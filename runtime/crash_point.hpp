// Where a kill matters most: the seam by which a test has the daemon die at exactly one of these points.
//
// In the daemon crash_point() is empty. The program that dies, `magwatchd_crash` of tests/system, is the same code
// linked with another definition of it. Called on the loop's thread.
#pragma once

#include <cstdint>

#include "rules/escalation/page.hpp"

namespace magwatch {

enum class CrashPoint : std::uint8_t {
    intent,    // pages are decided, nothing of it is in the journal
    sending,   // a channel says that a page goes on the wire, and it is not in the journal
    outcome,   // the same of what became of the hand-over
    receipt,   // the same of what a channel says later: delivered, read
    answer,    // the same of a person's answer
    committed, // what was appended before is durable
    send,      // a page is about to go to its channel
    sent,      // the channel has it; it may be on the wire or not
    said,      // an answer is durable, and its sender is being told
};

// The point that a word of a channel passes.
[[nodiscard]] constexpr CrashPoint point_of(PageOutcome outcome)
{
    if (outcome == PageOutcome::sending) return CrashPoint::sending;
    const bool later = outcome == PageOutcome::delivered || outcome == PageOutcome::read;
    return later ? CrashPoint::receipt : CrashPoint::outcome;
}

// `records`: how many were appended to the journal before this point; at `committed`, how many are durable.
void crash_point(CrashPoint point, std::uint64_t records = 0) noexcept;

} // namespace magwatch
