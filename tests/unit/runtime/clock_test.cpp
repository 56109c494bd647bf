#include "runtime/clock.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'700'000'000'000};

ClockReading reading(Duration boottime, WallTime wall)
{
    return {boottime, boottime, wall};
}

TEST(ContinueTime, TheFirstStartOfAllBeginsAtTheFirstInstantWhateverTheUptime)
{
    const auto time = continue_time(std::nullopt, reading(123s, noon), "boot-a");
    EXPECT_EQ(Instant{} + (Duration{123s} + time.offset), first_ward_instant);
    EXPECT_EQ(time.unwatched, 0s);
    EXPECT_TRUE(time.known);
}

TEST(ContinueTime, InTheSameBootWardTimeGoesOnByBoottimeEvenIfTheWallClockLies)
{
    const LastMoment last{Instant{5'000'000}, 100s, noon, "boot-a", {}};
    const auto time = continue_time(last, reading(160s, noon - 1h), "boot-a");
    EXPECT_EQ(Instant{} + (Duration{160s} + time.offset), Instant{5'060'000});
    EXPECT_EQ(time.unwatched, 60s);
    EXPECT_TRUE(time.known);
}

TEST(ContinueTime, AfterARebootWardTimeGoesOnByTheWallClock)
{
    const LastMoment last{Instant{5'000'000}, 100'000s, noon, "boot-a", {}};
    const auto time = continue_time(last, reading(20s, noon + 5min), "boot-b");
    EXPECT_EQ(Instant{} + (Duration{20s} + time.offset), Instant{5'300'000});
    EXPECT_EQ(time.unwatched, 5min);
    EXPECT_TRUE(time.known);
}

TEST(ContinueTime, AnImpossibleWallClockMakesTheGapUnknownAndTimeStandStill)
{
    const LastMoment last{Instant{5'000'000}, 100s, noon, "boot-a", {}};
    for (const WallTime wall : {noon - 1ms, noon + longest_believed_stop + 1ms, WallTime{0}}) {
        const auto time = continue_time(last, reading(20s, wall), "boot-b");
        EXPECT_EQ(Instant{} + (Duration{20s} + time.offset), Instant{5'000'000}) << wall.ms;
        EXPECT_EQ(time.unwatched, 0s);
        EXPECT_FALSE(time.known);
    }
    EXPECT_TRUE(continue_time(last, reading(20s, noon + longest_believed_stop), "boot-b").known);
}

TEST(ContinueTime, AnUnreadableBootIdNeverCountsAsTheSameBoot)
{
    const LastMoment last{Instant{5'000'000}, 100s, noon, "", {}};
    EXPECT_EQ(continue_time(last, reading(160s, noon + 7s), "").unwatched, 7s);
}

TEST(ContinueTime, NeverRunsBackwards)
{
    const LastMoment last{Instant{5'000'000}, 100s, noon, "boot-a", {}};
    const auto time = continue_time(last, reading(99s, noon), "boot-a");
    EXPECT_EQ(Instant{} + (Duration{99s} + time.offset), Instant{5'000'000});
    EXPECT_FALSE(time.known);
}

// Killed again before it wrote a word: nobody watched in between.
TEST(ContinueTime, AStartThatWroteNothingIsNoSignOfLife)
{
    const LastMoment started{Instant{5'000'000}, 700s, noon, "boot-a", {}};
    const auto gap = [&](const LastMoment& last) { return continue_time(last, reading(702s, noon), "boot-a"); };
    const LastMoment silent = last_sign_of_life(started, Moment{Instant{4'400'000}, noon - 600s});
    EXPECT_EQ(silent.ward, started.ward) << "ward time never runs backwards";
    EXPECT_EQ(gap(silent).unwatched, 602s);
    EXPECT_EQ(Instant{} + (Duration{702s} + gap(silent).offset), Instant{5'002'000});
    const LastMoment alive = last_sign_of_life(started, Moment{Instant{5'001'000}, noon + 1s});
    EXPECT_EQ(alive.boottime, 701s);
    EXPECT_EQ(gap(alive).unwatched, 1s);
    EXPECT_EQ(gap(last_sign_of_life(started, std::nullopt)).unwatched, 2s) << "nothing had ever been watched";
}

// A wall time that was charted is the same instant whenever it is asked for.
TEST(SystemClock, WallTimeAndWardTimeStayAsFarApartAsTheyWere)
{
    SystemClock clock;
    const Moment first = clock.now();
    int changes = 0;
    Duration apart = first.wall - WallTime{first.steady.ms};
    for (int i = 0; i < 20000; ++i) {
        const Moment now = clock.now();
        const Duration next = now.wall - WallTime{now.steady.ms};
        changes += next != apart ? 1 : 0;
        apart = next;
    }
    EXPECT_LE(changes, 2) << "a clock that is being set right may move it now and then";
}

TEST(SystemClock, NeverRunsBackwardsAndAppliesItsOffset)
{
    SystemClock plain, shifted{1h};
    Instant before = plain.now().steady;
    for (int i = 0; i < 1000; ++i) {
        const Instant after = plain.now().steady;
        ASSERT_GE(after, before);
        before = after;
    }
    EXPECT_GE(shifted.now().steady - before, 1h);
    EXPECT_LT(shifted.now().steady - plain.now().steady, 1h + 1min);
    EXPECT_EQ(read_boot_id().size(), 36U);
}

TEST(FakeClock, WallTimeMovesAlongUnlessItJumps)
{
    FakeClock clock{{Instant{10}, noon}};
    clock.advance(5s);
    EXPECT_EQ(clock.now().steady, Instant{5'010});
    EXPECT_EQ(clock.now().wall, noon + 5s);
    clock.jump_wall(-1h);
    EXPECT_EQ(clock.now().steady, Instant{5'010});
    EXPECT_EQ(clock.now().wall, noon + 5s - 1h);
}

} // namespace
} // namespace magwatch
