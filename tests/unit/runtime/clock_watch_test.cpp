#include "runtime/clock_watch.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

struct ClockWatchTest : ::testing::Test {
    ClockReading now{1000s, 900s, WallTime{1'700'000'000'000}};
    ClockWatch watch;
    ClockFindings turn(Duration boottime, Duration monotonic, Duration wall)
    {
        now.boottime += boottime;
        now.monotonic += monotonic;
        now.wall = now.wall + wall;
        return watch.check(now);
    }
};

TEST_F(ClockWatchTest, AQuietHourFindsNothing)
{
    for (int i = 0; i < 3600; ++i) {
        const auto found = turn(1s, 1s, 1s + (i % 2 == 0 ? 1ms : -1ms));
        ASSERT_FALSE(found.wall_jump || found.stopped) << i;
    }
}

TEST_F(ClockWatchTest, AStepOfTheWallClockIsFoundOnceWithItsSizeAndSign)
{
    (void)turn(1s, 1s, 1s);
    EXPECT_EQ(turn(1s, 1s, 1s + 1h).wall_jump, 1h);
    EXPECT_FALSE(turn(1s, 1s, 1s).wall_jump);
    EXPECT_EQ(turn(1s, 1s, 1s - 2001ms).wall_jump, -2001ms);
    EXPECT_FALSE(turn(1s, 1s, 1s).stopped);
}

TEST_F(ClockWatchTest, ManySmallStepsAddUpToAJump)
{
    (void)turn(1s, 1s, 1s);
    int jumps = 0;
    for (int i = 0; i < 30; ++i) jumps += turn(1s, 1s, 1s + 300ms).wall_jump ? 1 : 0;
    EXPECT_GE(jumps, 3);
}

TEST_F(ClockWatchTest, ALawfulSlewIsNoJump)
{
    for (int i = 0; i < 36'000; ++i)
        ASSERT_FALSE(turn(1s, 1s, 1s + (i % 2 == 0 ? 1ms : 0ms)).wall_jump);
}

TEST_F(ClockWatchTest, SuspendIsToldApartFromALoopThatStoodStill)
{
    (void)turn(1s, 1s, 1s);
    const auto slept = turn(600s, 2s, 600s);
    EXPECT_EQ(slept.stopped, 600s);
    EXPECT_EQ(slept.suspended, 598s);
    EXPECT_FALSE(slept.wall_jump);
    const auto stalled = turn(5001ms, 5001ms, 5001ms);
    EXPECT_EQ(stalled.stopped, 5001ms);
    EXPECT_EQ(stalled.suspended, 0s);
    EXPECT_FALSE(turn(5s, 5s, 5s).stopped);
}

TEST(Synchronisation, IsReadWithoutSettingAnything)
{
    const ClockReading before = read_clocks();
    (void)read_synchronisation();
    const ClockReading after = read_clocks();
    EXPECT_LT((after.wall - before.wall) - (after.boottime - before.boottime), 1s);
}

} // namespace
} // namespace magwatch
