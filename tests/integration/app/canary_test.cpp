// The bed of nobody under virtual time: one alarm a period, known to be late when it does not come out.
#include <gtest/gtest.h>

#include "daemon/ward_loop/canary.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration every = 60s;

struct CanaryTest : ::testing::Test {
    // A turn of the loop: it asks the device, steps what it said, and takes pages out of the queue if they come out.
    void turn()
    {
        if (const auto said = canary.device(now)) {
            EXPECT_TRUE(Canary::owns(*said));
            ++said_;
            canary.step(now, *said, queue);
        }
        canary.step(now, Tick{}, queue);
        if (!comes_out) return;
        for (const SendPage& page : queue) out += canary.came_out(page, now) ? 1 : 0;
        queue.clear();
    }
    void go(Duration d) { now = {now.steady + d, now.wall + d}; }
    // Turns as the loop does: once a second, and where the canary's ward asks for it.
    void pass(Duration d)
    {
        const Instant end = now.steady + d;
        while (now.steady < end) {
            Instant next = std::min(end, now.steady + 1s);
            if (const auto due = canary.next_deadline(); due && *due > now.steady) next = std::min(next, *due);
            go(next - now.steady);
            turn();
        }
    }

    Moment now{Instant{1'000'000}, WallTime{1'767'225'600'000}};
    Canary canary{every};
    std::vector<SendPage> queue;
    bool comes_out = true;
    int out = 0, said_ = 0;
};

TEST_F(CanaryTest, OnePageComesOutInEachPeriodAndAtOnce)
{
    turn();
    pass(10 * every - 1s);
    EXPECT_EQ(out, 10);
    ASSERT_TRUE(canary.last());
    EXPECT_EQ(canary.last()->number, 10U);
    EXPECT_EQ(canary.last()->took, Duration{}); // stepped in the very moment at which its rule must raise
    EXPECT_EQ(canary.late(now.steady), Duration{});
    EXPECT_LT(said_, 10 * 6); // silent between its trials
}

TEST_F(CanaryTest, APageThatDoesNotComeOutIsLateUntilItDoes)
{
    turn();
    pass(2 * every);
    comes_out = false;
    const int before = out;
    pass(every);
    EXPECT_GT(canary.late(now.steady), every - 10s);
    const Duration late = canary.late(now.steady);
    pass(1s);
    EXPECT_EQ(canary.late(now.steady), late + 1s);
    comes_out = true;
    turn();
    EXPECT_EQ(out, before + 1);
    EXPECT_EQ(canary.late(now.steady), Duration{});
    EXPECT_GT(canary.last()->took, every - 10s);
}

TEST_F(CanaryTest, ALoopThatDoesNotAskForTheNextTrialIsLateToo)
{
    turn();
    pass(10s);
    ASSERT_EQ(out, 1);
    EXPECT_EQ(canary.late(now.steady + every - 10s), Duration{});
    EXPECT_GT(canary.late(now.steady + 2 * every), Duration{});
}

TEST_F(CanaryTest, AMachineThatSleptBeginsAnewAndOwesNothing)
{
    turn();
    pass(3s); // in the middle of a trial
    ASSERT_EQ(out, 0);
    go(8h);
    turn();
    EXPECT_EQ(canary.late(now.steady), Duration{});
    pass(10s);
    EXPECT_EQ(out, 1);
    EXPECT_EQ(canary.last()->took, Duration{});
}

TEST_F(CanaryTest, WhatWasDecidedBeforeTheFailureProvesNothing)
{
    turn();
    pass(every);
    comes_out = false;
    pass(10s); // the next trial failed, and its page waits
    ASSERT_FALSE(queue.empty());
    SendPage other = queue.front();
    other.at = {now.steady - every, now.wall - every};
    EXPECT_FALSE(canary.came_out(other, now));
    SendPage technical = queue.front();
    technical.page.kind = AlarmKind::technical;
    EXPECT_FALSE(canary.came_out(technical, now));
    EXPECT_TRUE(canary.came_out(queue.front(), now));
    EXPECT_FALSE(canary.came_out(queue.front(), now)); // it is over
}

TEST_F(CanaryTest, NoOtherBedsInputIsItsOwn)
{
    Observation o;
    for (const std::uint16_t bed : std::initializer_list<std::uint16_t>{0, 1, 499, 0xFFFF}) {
        o.bed = BedId{bed};
        EXPECT_FALSE(Canary::owns(Input{o})) << bed;
    }
    EXPECT_FALSE(Canary::owns(Input{Tick{}}));
}

} // namespace
} // namespace magwatch
