#include "adapters/monitors/modbus/poll_schedule.hpp"

#include <gtest/gtest.h>

namespace magwatch::adapters::modbus
{
namespace
{

using namespace std::chrono_literals;
using Time = PollSchedule::Time;
const Time t0 = Time{} + 1000h;

void add(PollSchedule& s, std::vector<Duration> intervals = {1s})
{
    s.add_unit(t0, intervals);
}

TEST(PollSchedule, CadenceDoesNotDrift)
{
    PollSchedule s;
    add(s);
    Time now = t0;
    for (int i = 0; i < 1000; ++i) {
        const auto due = s.next(Lane::main, now);
        ASSERT_TRUE(due);
        EXPECT_EQ(due->at, t0 + i * 1s);
        s.begin(*due);
        EXPECT_FALSE(s.next(Lane::main, now + 10s)) << "one poll of a unit at a time";
        EXPECT_EQ(s.answered(*due, now + 7ms), 0U);
        EXPECT_FALSE(s.next(Lane::main, now + 8ms));
        now = s.wake(Lane::main, now + 8ms) + 3ms; // the loop is a little late each time
    }
}

TEST(PollSchedule, MissedSlotsAreSkippedNotMadeUpFor)
{
    PollSchedule s;
    add(s);
    const auto due = s.next(Lane::main, t0);
    ASSERT_TRUE(due);
    s.begin(*due);
    EXPECT_EQ(s.answered(*due, t0 + 3500ms), 3U);
    EXPECT_EQ(s.wake(Lane::main, t0 + 3500ms), t0 + 4s);
}

TEST(PollSchedule, GroupsOfOneUnitEachAtTheirOwnInterval)
{
    PollSchedule s;
    add(s, {1s, 5s});
    int fast = 0, slow = 0;
    for (Time now = t0; now < t0 + 20s; now += 100ms) {
        while (const auto due = s.next(Lane::main, now)) {
            (due->group == 0 ? fast : slow) += 1;
            s.begin(*due);
            s.answered(*due, now);
        }
    }
    EXPECT_EQ(fast, 20);
    EXPECT_EQ(slow, 4);
}

TEST(PollSchedule, ASilentUnitIsAskedLessOftenButForEver)
{
    PollSchedule s;
    add(s, {1s, 5s});
    Time now = t0;
    std::vector<std::int64_t> waits;
    for (int i = 0; i < 8; ++i) {
        const auto due = s.next(Lane::main, now);
        ASSERT_TRUE(due);
        EXPECT_EQ(due->group, 0);
        EXPECT_EQ(due->probe, i > 0);
        s.begin(*due);
        s.failed(*due, now, 0.5);
        waits.push_back(
            std::chrono::duration_cast<std::chrono::milliseconds>(s.wake(Lane::main, now) - now)
                .count());
        now = s.wake(Lane::main, now);
    }
    EXPECT_EQ(waits,
              (std::vector<std::int64_t>{1000, 2000, 4000, 8000, 10000, 10000, 10000, 10000}));
    const auto due = s.next(Lane::main, now);
    s.begin(*due);
    s.answered(*due, now);
    EXPECT_EQ(s.failures(0), 0U);
    const auto slow = s.next(Lane::main, now);
    ASSERT_TRUE(slow) << "back again: its other group is wanted at once";
    EXPECT_EQ(slow->group, 1);
}

TEST(PollSchedule, JitterSpreadsTheRetries)
{
    for (const double chance : {0.0, 0.999}) {
        PollSchedule s;
        add(s);
        const auto due = s.next(Lane::main, t0);
        s.begin(*due);
        s.failed(*due, t0, chance);
        const auto wait = s.wake(Lane::main, t0) - t0;
        if (chance == 0.0)
            EXPECT_EQ(wait, 800ms);
        else
            EXPECT_NEAR(static_cast<double>(wait / 1ms), 1199, 1);
    }
}

TEST(PollSchedule, BehindAGatewayTheSilentUnitLeavesTheSharedConnection)
{
    PollSchedule s;
    add(s);
    add(s);
    const auto dead = s.next(Lane::main, t0);
    ASSERT_TRUE(dead);
    EXPECT_EQ(dead->unit, 0);
    s.begin(*dead);
    s.failed(*dead, t0 + 1s, 0.5);
    EXPECT_TRUE(s.has_silent());
    int on_main = 0, on_probe = 0;
    for (Time now = t0 + 1s; now < t0 + 200s; now += 10ms) {
        while (const auto due = s.next(Lane::main, now)) {
            s.begin(*due);
            if (due->unit == 0) {
                ++on_main;
                s.failed(*due, now, 0.5);
            } else {
                s.answered(*due, now);
            }
        }
        while (const auto due = s.next(Lane::probe, now)) {
            EXPECT_EQ(due->unit, 0);
            ++on_probe;
            s.begin(*due);
            s.failed(*due, now, 0.5);
        }
    }
    EXPECT_GE(on_probe, 14);
    EXPECT_NEAR(on_main, on_probe / 3, 1) << "every fourth try takes the shared connection";
    const auto wake = s.wake(Lane::probe, t0 + 200s);
    const auto due =
        s.next(Lane::probe, wake) ? s.next(Lane::probe, wake) : s.next(Lane::main, wake);
    ASSERT_TRUE(due);
}

// A serial line is one wire: there is no second lane for silent units.
TEST(PollSchedule, OnOneWireSilentUnitsWaitForTheOthersButNotForEver)
{
    PollSchedule s;
    s.use_one_wire();
    add(s);
    add(s);
    add(s, {0s}); // always due
    for (int i = 0; i < 2; ++i) {
        const auto due = s.next(Lane::main, t0);
        ASSERT_TRUE(due);
        s.begin(*due);
        s.failed(*due, t0, 0.5);
    }
    EXPECT_FALSE(s.next(Lane::probe, t0 + 1h));
    std::vector<int> asked(3);
    bool probed = false;
    for (Time now = t0; now < t0 + 60s; now += 100ms) {
        const auto due = s.next(Lane::main, now);
        ASSERT_TRUE(due);
        EXPECT_FALSE(probed && due->probe) << "two silent units in a row while another waits";
        probed = due->probe;
        asked[due->unit] += 1;
        s.begin(*due);
        if (due->unit == 2)
            s.answered(*due, now);
        else
            s.failed(*due, now, 0.5);
    }
    EXPECT_GE(asked[0], 3);
    EXPECT_GE(asked[1], 3);
    EXPECT_GE(asked[2], 580);
}

} // namespace
} // namespace magwatch::adapters::modbus
