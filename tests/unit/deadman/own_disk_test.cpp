#include "tools/deadman/own_disk.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "tests/support/temporary_directory.hpp"
#include "tools/deadman/state_writer.hpp"

namespace magwatch::deadman {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Now at(Milliseconds time) { return {5h + time, 1'790'000'000'000 + time.count(), "02:14"}; }

TEST(DeadmanOwnDisk, IsToldAfterTenSecondsAgainInTheNextShiftAndItsReturnAtOnce)
{
    OwnDisk disk;
    EXPECT_FALSE(disk.tick(true, at(0s)));
    EXPECT_FALSE(disk.tick(true, at(9s)));
    const auto alarm = disk.tick(true, at(10s));
    ASSERT_TRUE(alarm);
    EXPECT_EQ(alarm->kind, PageKind::alarm);
    EXPECT_THAT(alarm->text, HasSubstr("own disk fails: it watches on"));
    EXPECT_LE(alarm->text.size(), 160U);
    EXPECT_TRUE(is_plain(alarm->text));
    EXPECT_FALSE(disk.tick(true, at(12h)));
    const auto repeat = disk.tick(true, at(12h + 10s));
    ASSERT_TRUE(repeat);
    EXPECT_EQ(repeat->kind, PageKind::repeat);
    const auto back = disk.tick(false, at(13h));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->kind, PageKind::back);
    EXPECT_THAT(back->text, HasSubstr("works again after 13 h."));
    EXPECT_FALSE(disk.tick(false, at(14h)));
}

TEST(DeadmanOwnDisk, AWriteThatFailsOnceRingsNobody)
{
    OwnDisk disk;
    EXPECT_FALSE(disk.tick(true, at(0s)));
    EXPECT_FALSE(disk.tick(false, at(5s)));
    EXPECT_FALSE(disk.tick(true, at(20s)));
    EXPECT_FALSE(disk.tick(true, at(29s)));
}

States states_of(std::uint64_t sequence)
{
    Saved saved;
    saved.last.sequence = sequence;
    return {{"l4", saved}};
}

std::uint64_t sequence_in(const std::string& folder) { return read_state(folder).states.at("l4").last.sequence; }

TEST(DeadmanStateWriter, WhatWasHandedInLastIsOnTheDiskAtTheEnd)
{
    const test::TemporaryDirectory own{"magwatch-deadman"};
    {
        StateWriter writer{own.path()};
        ASSERT_TRUE(writer.read(1min));
        for (std::uint64_t i = 1; i <= 50; ++i) writer.write(states_of(i));
    }
    EXPECT_EQ(sequence_in(own.path()), 50U);
    StateWriter again{own.path()};
    const auto read = again.read(1min);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->states.at("l4").last.sequence, 50U);
}

TEST(DeadmanStateWriter, AFolderThatIsNotThereIsAPersonsMistake)
{
    const test::TemporaryDirectory own{"magwatch-deadman"};
    for (const std::string& folder : {own.file("none"), own.file("file")}) {
        std::ofstream{own.file("file")} << "no folder";
        StateWriter writer{folder};
        writer.write(states_of(1));
        const auto written = writer.wait(1min);
        ASSERT_TRUE(written);
        EXPECT_THAT(written->wrong, HasSubstr("cannot open"));
        EXPECT_TRUE(written->misplaced);
        EXPECT_EQ(writer.trouble(), written->wrong);
    }
}

// Nobody reads from the pipe in the new file's place: to open it hangs, as a disk does that went away.
TEST(DeadmanStateWriter, ADiskThatHangsKeepsNobodyWaitingAndIsATroubleUntilItAnswers)
{
    const test::TemporaryDirectory own{"magwatch-deadman"};
    const std::string pipe = own.file("deadman.json.new");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    StateWriter writer{own.path(), 1ms};
    ASSERT_TRUE(writer.read(1min));
    EXPECT_EQ(writer.trouble(), "");
    writer.write(states_of(1));
    const auto limit = std::chrono::steady_clock::now() + 1min;
    while (writer.trouble().empty() && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    EXPECT_EQ(writer.trouble(), "the disk does not answer");
    writer.write(states_of(2));
    EXPECT_FALSE(writer.wait(1ms));

    std::filesystem::rename(pipe, own.file("pipe"));
    const int reader = ::open(own.file("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(reader, 0);
    const auto written = writer.wait(1min);
    ::close(reader);
    ASSERT_TRUE(written);
    EXPECT_EQ(written->wrong, "");
    EXPECT_EQ(writer.trouble(), "");
    EXPECT_EQ(sequence_in(own.path()), 2U);
}

} // namespace
} // namespace magwatch::deadman
