// The engine and the hand-written floor find the same transitions, and those that other engines found.
#include <gtest/gtest.h>

#include "tests/bench/rules/trace.hpp"

namespace magwatch::bench {
namespace {

TEST(RulesAgree, TheSharedTraceGivesTheSharedFigures)
{
    const auto trace = make_trace(20, 2000);
    ASSERT_EQ(trace.size(), 321'810U);
    const Tally shared{883, 873, 1270938731};
    const Measured floor = run_floor(trace, 20);
    EXPECT_EQ(floor.observations, 319'810U);
    EXPECT_EQ(floor.tally, shared);
    const Measured engine = run_engine(trace, 20);
    EXPECT_EQ(engine.observations, 319'810U);
    EXPECT_EQ(engine.tally.raises, shared.raises);
    EXPECT_EQ(engine.tally.clears, shared.clears);
    EXPECT_EQ(engine.tally.hash, shared.hash);
}

TEST(RulesAgree, OnAnotherWard)
{
    const auto trace = make_trace(77, 900);
    EXPECT_EQ(run_floor(trace, 77).tally, run_engine(trace, 77).tally);
}

} // namespace
} // namespace magwatch::bench
