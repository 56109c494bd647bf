#include <gtest/gtest.h>

#include "rules/alarm/alarm_condition.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr ConditionPolicy policy{30s, 60s};
constexpr RuleTruth yes{Truth::yes, Truth::no};
constexpr RuleTruth no{Truth::no, Truth::yes};
constexpr RuleTruth between{Truth::no, Truth::no}; // inside the hysteresis
constexpr RuleTruth unknown{Truth::unknown, Truth::unknown};

TEST(AlarmCondition, HoldsBeforeItIsActive)
{
    ConditionState state;
    EXPECT_EQ(advance(policy, state, yes, {0}), ConditionEvent::none);
    EXPECT_EQ(deadline(policy, state), Instant{30'000});
    EXPECT_EQ(advance(policy, state, yes, {29'999}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, yes, {30'000}), ConditionEvent::became_active);
}

TEST(AlarmCondition, AKnownNoStartsTheDelayAnew)
{
    ConditionState state;
    (void)advance(policy, state, yes, {0});
    (void)advance(policy, state, no, {20'000});
    (void)advance(policy, state, yes, {21'000});
    EXPECT_EQ(advance(policy, state, yes, {50'000}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, yes, {51'000}), ConditionEvent::became_active);
}

TEST(AlarmCondition, UnknownNeitherFiresNorStopsTheDelay)
{
    ConditionState state;
    (void)advance(policy, state, yes, {0});
    EXPECT_EQ(advance(policy, state, unknown, {30'000}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, unknown, {40'000}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, yes, {41'000}), ConditionEvent::became_active);
}

TEST(AlarmCondition, ClearsOnlyAfterKnownGoodForItsTime)
{
    ConditionState state{ConditionPhase::active, {0}};
    EXPECT_EQ(advance(policy, state, unknown, {1'000}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, between, {2'000}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, no, {10'000}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, unknown, {20'000}), ConditionEvent::none);
    EXPECT_TRUE(state.present()) << "missing data starts the way out anew";
    EXPECT_EQ(advance(policy, state, no, {30'000}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, no, {89'999}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, no, {90'000}), ConditionEvent::became_clear);
}

TEST(AlarmCondition, WhatIsWrongAndOverAtOnceGoesOnBeingWrong)
{
    constexpr RuleTruth both{Truth::yes, Truth::yes};
    ConditionState state;
    EXPECT_EQ(advance(policy, state, both, {0}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, both, {30'000}), ConditionEvent::became_active);
    EXPECT_EQ(advance(policy, state, both, {200'000}), ConditionEvent::none);
    EXPECT_TRUE(state.present());
    (void)advance(policy, state, no, {210'000});
    EXPECT_TRUE(state.present()) << "it is not over before its time to clear";
    EXPECT_EQ(deadline(policy, state), Instant{270'000});
    EXPECT_EQ(advance(policy, state, both, {269'999}), ConditionEvent::none) << "and comes back within it";
    EXPECT_EQ(advance(policy, state, no, {270'000}), ConditionEvent::none);
    EXPECT_EQ(advance(policy, state, no, {330'000}), ConditionEvent::became_clear);
}

TEST(AlarmCondition, WithoutDelaysItActsAtOnce)
{
    ConditionState state;
    EXPECT_EQ(advance({}, state, yes, {5}), ConditionEvent::became_active);
    EXPECT_EQ(advance({}, state, no, {6}), ConditionEvent::became_clear);
}

} // namespace
} // namespace magwatch
