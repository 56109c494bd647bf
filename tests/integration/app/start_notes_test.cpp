// What a start leaves out, by how those before it ended: a death while it began, one soon after, and one after long.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/app/start_notes.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

struct StartNotesTest : ::testing::Test {
    // A start that dies after `watches`, or at a record before it ever watched; what it left out.
    StartPlan dies(std::optional<Duration> watches, RecordPlace at = {})
    {
        now.boottime += 1s;
        StartNotes notes{folder.path().string(), now, boot};
        notes.begin();
        if (at != RecordPlace{}) notes.stepping(at);
        if (watches) {
            notes.turned(now.boottime);
            now.boottime += *watches;
            notes.turned(now.boottime);
        }
        return notes.plan();
    }
    StartPlan next() const { return StartNotes{folder.path().string(), now, boot}.plan(); }

    test::TemporaryDirectory folder{"magwatch-starts"};
    ClockReading now{1h, 1h, WallTime{1'767'225'600'000}};
    std::string boot = "0b7c4e4a-1f0e-4a2c-8a55-6d0f3f1d2a77";
};

TEST_F(StartNotesTest, ThreeDeathsSoonAfterTheyBeganToWatchRunTheBuiltInRulesAndLeaveNothingOut)
{
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(dies(29s, {7, 0}).built_in);
    const StartPlan plan = next();
    EXPECT_TRUE(plan.built_in);
    EXPECT_TRUE(plan.without.empty());
    EXPECT_FALSE(plan.snapshot_alone);
    EXPECT_FALSE(plan.anew);
    // However often: who is watched is kept.
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(dies(100ms).built_in) << i;
    EXPECT_FALSE(next().anew);
    EXPECT_LT(std::filesystem::file_size(folder.file("starts")), 8192U);
}

TEST_F(StartNotesTest, OneThatWatchedForHalfAMinuteEndsTheCount)
{
    dies(1s);
    dies(1s);
    dies(30s);
    dies(1s);
    dies(1s);
    EXPECT_FALSE(next().built_in);
}

TEST_F(StartNotesTest, AStopIsNoDeath)
{
    dies(1s);
    dies(1s);
    StartNotes third{folder.path().string(), now, boot};
    third.begin();
    third.turned(now.boottime);
    third.over();
    third.turned(now.boottime + 1s); // a turn while it stops
    EXPECT_FALSE(next().built_in);
    third.lived();
    EXPECT_FALSE(std::filesystem::exists(folder.file("starts")));
    dies(1s);
    dies(1s);
    EXPECT_FALSE(next().built_in) << "those before it are over";
    dies(1s);
    EXPECT_TRUE(next().built_in);
}

TEST_F(StartNotesTest, DeathsOfAnotherBootOrOfLongAgoDoNotCount)
{
    for (int i = 0; i < 3; ++i) dies(1s);
    EXPECT_FALSE((StartNotes{folder.path().string(), now, "another"}.plan().built_in));
    now.boottime += 5min;
    EXPECT_FALSE(next().built_in);
}

TEST_F(StartNotesTest, OneThatWatchedIsOverWhatThoseBeforeItDiedOf)
{
    dies(std::nullopt, {7, 1});
    dies(std::nullopt, {7, 1});
    dies(1s);
    dies(std::nullopt, {7, 1});
    EXPECT_TRUE(next().without.empty());
    dies(std::nullopt, {7, 1});
    dies(std::nullopt, {7, 1});
    const StartPlan plan = next();
    EXPECT_EQ(plan.without, (std::vector<RecordPlace>{{7, 1}}));
    EXPECT_FALSE(plan.snapshot_alone);
    EXPECT_FALSE(plan.built_in);
}

TEST_F(StartNotesTest, WhoDiesElsewhereGoesOnFromTheSnapshotAndThenAnew)
{
    for (int i = 0; i < 3; ++i) dies(std::nullopt);
    EXPECT_TRUE(next().snapshot_alone);
    EXPECT_FALSE(next().anew);
    for (int i = 0; i < 3; ++i) dies(std::nullopt);
    EXPECT_TRUE(next().anew);
}

} // namespace
} // namespace magwatch
