#include "rules/alarm/alarm_condition.hpp"

#include <cstdlib>

namespace magwatch {

ConditionEvent advance(const ConditionPolicy& policy, ConditionState& state, const RuleTruth& truth, Instant now)
{
    switch (state.phase) {
    case ConditionPhase::clear:
        if (truth.raise != Truth::yes) return ConditionEvent::none;
        state = {ConditionPhase::pending, now};
        [[fallthrough]];
    case ConditionPhase::pending:
        if (truth.raise == Truth::no) {
            state = {ConditionPhase::clear, now};
            return ConditionEvent::none;
        }
        if (truth.raise != Truth::yes || now - state.since < policy.hold) return ConditionEvent::none;
        state = {ConditionPhase::active, now};
        return ConditionEvent::became_active;
    case ConditionPhase::active:
        if (truth.clear != Truth::yes || truth.raise == Truth::yes) return ConditionEvent::none;
        state = {ConditionPhase::clearing, now};
        [[fallthrough]];
    case ConditionPhase::clearing:
        if (truth.clear != Truth::yes || truth.raise == Truth::yes) {
            state = {ConditionPhase::active, now};
            return ConditionEvent::none;
        }
        if (now - state.since < policy.clear_hold) return ConditionEvent::none;
        state = {ConditionPhase::clear, now};
        return ConditionEvent::became_clear;
    }
    std::abort();
}

} // namespace magwatch
