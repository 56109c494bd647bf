// The alarm CONDITION of one rule on one bed (terms of IEC 60601-1-8): is it wrong?
// Who is told about it, the alarm signal, is another machine (episode.hpp, rules/escalation/call.hpp).
//
// Pure: no clock, no I/O, no allocation. An unknown truth neither raises nor clears: it leaves a running
// delay running, so that a flickering sensor cannot hold an alarm off for ever, but only a known yes fires.
#pragma once

#include <cstdint>
#include <optional>

#include "rules/base/instant.hpp"
#include "rules/evaluation/evaluation.hpp"

namespace magwatch {

enum class ConditionPhase : std::uint8_t {
    clear,
    pending, // true, but not yet for long enough
    active,
    clearing // the way out: true to clear, but not yet for long enough
};

struct ConditionPolicy {
    Duration hold{};       // `for`
    Duration clear_hold{}; // `clear_for`
};

struct ConditionState {
    ConditionPhase phase = ConditionPhase::clear;
    Instant since{};
    [[nodiscard]] bool present() const
    {
        return phase == ConditionPhase::active || phase == ConditionPhase::clearing;
    }
    // Whether a delay runs, of which `deadline` tells the end.
    [[nodiscard]] bool delayed() const { return phase == ConditionPhase::pending || phase == ConditionPhase::clearing; }
    template <class Archive> void archive(Archive& a) { a(phase, since); }
};

enum class ConditionEvent : std::uint8_t { none, became_active, became_clear };

// Advances `state` to `now` under the truth that holds since the last call.
[[nodiscard]] ConditionEvent advance(const ConditionPolicy& policy, ConditionState& state, const RuleTruth& truth,
                                     Instant now);

// When the delay that runs is over; nothing if none runs.
[[nodiscard]] inline std::optional<Instant> deadline(const ConditionPolicy& policy, const ConditionState& state)
{
    if (state.phase == ConditionPhase::pending) return state.since + policy.hold;
    if (state.phase == ConditionPhase::clearing) return state.since + policy.clear_hold;
    return std::nullopt;
}

} // namespace magwatch
