#include "daemon/journal/history.hpp"

#include <fstream>
#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "tests/integration/journal/fault_vfs.hpp"
#include "tests/integration/journal/scratch.hpp"

namespace magwatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr WallTime noon{28'333'333LL * 60'000}; // a full minute
constexpr std::int64_t noon_minute = noon.ms / 60'000;

TEST(HistoryMinutes, ComeBackExactlyAndSmall)
{
    HistoryMinute minute{"bed-1", noon_minute, {}};
    std::mt19937 random{5};
    for (int second = 0; second < 60; ++second) {
        const auto at = static_cast<std::uint16_t>(second * 1000 + 17);
        minute.of("hr").add(at, 80 + static_cast<double>(random() % 5), true);
        minute.of("spo2").add(at, 97.5 + static_cast<double>(random() % 3) * 0.1, true);
        minute.of("temp").add(at, 36.6 + static_cast<double>(random() % 100) / 97.0, true); // no short decimal
    }
    const Bytes packed = pack_minute(minute.signals);
    EXPECT_EQ(unpack_minute(as_text(packed)), minute.signals);
    minute.signals.erase(minute.signals.begin() + 2);
    EXPECT_LT(pack_minute(minute.signals).size(), 350U); // two signals once a second
    const HistorySignal& hr = minute.of("hr");
    EXPECT_EQ(hr.count, 60U);
    EXPECT_EQ(hr.last, hr.samples.back().value);
    EXPECT_GE(hr.mean, hr.min);
    EXPECT_LE(hr.mean, hr.max);
}

TEST(HistoryMinutes, DamagedBytesGiveNothingAndNeverCrash)
{
    HistoryMinute minute{"bed-1", 0, {}};
    for (int i = 0; i < 50; ++i) minute.of("rr").add(static_cast<std::uint16_t>(i), i, true);
    const Bytes packed = pack_minute(minute.signals);
    std::mt19937 random{9};
    for (int round = 0; round < 5000; ++round) {
        Bytes broken = packed;
        broken[random() % broken.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
        (void)unpack_minute(as_text(broken));
    }
    EXPECT_FALSE(unpack_minute(""));
}

struct HistoryTest : ::testing::Test {
    HistoryTest() { start(); }
    ~HistoryTest() override { faults.heal(); }
    void start()
    {
        history.reset();
        auto opened = HistoryFile::open(scratch.path(), noon);
        ASSERT_TRUE(opened.file) << opened.error->what;
        auto on_change = [this](const HistoryStatus& status) { changes.push_back(status.writing); };
        history = std::make_unique<History>(io.get_executor(), std::move(opened.file), HistoryLimits{}, on_change);
    }
    void settle()
    {
        io.restart();
        io.run();
    }
    std::vector<HistoryMinute> read(const std::string& bed = "bed-1")
    {
        std::vector<HistoryMinute> result;
        auto done = [&result](std::exception_ptr error, std::vector<HistoryMinute> minutes) {
            EXPECT_FALSE(error);
            result = std::move(minutes);
        };
        asio::co_spawn(io, history->read(bed, noon_minute - 1000, noon_minute + 1000), std::move(done));
        settle();
        return result;
    }
    FaultVfs faults;
    Scratch scratch;
    asio::io_context io{1};
    std::vector<bool> changes;
    std::unique_ptr<History> history;
};

TEST_F(HistoryTest, AMinuteIsWrittenWhenItIsOver)
{
    for (int second = 0; second < 90; ++second) history->add("bed-1", "hr", noon + Duration{second * 1000}, 80 + second);
    history->add("bed-2", "hr", noon, 60);
    history->tick(noon + 64s); // late values still have their chance
    EXPECT_THAT(read(), IsEmpty());
    history->tick(noon + 65s);
    const auto minutes = read();
    ASSERT_THAT(minutes, SizeIs(1));
    EXPECT_EQ(minutes[0].minute, noon_minute);
    ASSERT_THAT(minutes[0].signals, SizeIs(1));
    EXPECT_EQ(minutes[0].signals[0].count, 60U);
    EXPECT_EQ(minutes[0].signals[0].max, 139);
    EXPECT_THAT(minutes[0].signals[0].samples, SizeIs(60));
    EXPECT_THAT(read("bed-2"), SizeIs(1));
    EXPECT_THAT(read("bed-3"), IsEmpty());
}

TEST_F(HistoryTest, ARestartWithinAMinuteAddsToIt)
{
    history->add("bed-1", "hr", noon + 1s, 80);
    asio::co_spawn(io, history->close(noon + 2s), [](std::exception_ptr) {});
    settle();
    start();
    history->add("bed-1", "hr", noon + 10s, 100);
    history->add("bed-1", "rr", noon + 10s, 16);
    history->tick(noon + 70s);
    const auto minutes = read();
    ASSERT_THAT(minutes, SizeIs(1));
    ASSERT_THAT(minutes[0].signals, SizeIs(2));
    EXPECT_EQ(minutes[0].signals[0].count, 2U);
    EXPECT_EQ(minutes[0].signals[0].mean, 90);
    EXPECT_EQ(minutes[0].signals[0].last, 100);
}

TEST_F(HistoryTest, ALowDiskKeepsSummariesAndACriticalOneNothing)
{
    history->set_disk(DiskLevel::low);
    history->add("bed-1", "hr", noon, 80);
    history->tick(noon + 65s);
    history->set_disk(DiskLevel::critical);
    history->add("bed-1", "hr", noon + 1min, 81);
    history->tick(noon + 125s);
    const auto minutes = read();
    ASSERT_THAT(minutes, SizeIs(1));
    EXPECT_EQ(minutes[0].signals.at(0).last, 80);
    EXPECT_THAT(minutes[0].signals.at(0).samples, IsEmpty());
    EXPECT_FALSE(history->status().writing);
    EXPECT_EQ(history->status().lost, 1U);
    history->set_disk(DiskLevel::ok);
    EXPECT_TRUE(history->status().writing);
    EXPECT_THAT(changes, testing::ElementsAre(false, true));
}

TEST_F(HistoryTest, AFailingDiskIsToldAndItGoesOnWhenTheDiskIsWell)
{
    faults.fail_writes(FaultVfs::disk_full);
    history->add("bed-1", "hr", noon, 80);
    history->tick(noon + 65s);
    settle();
    EXPECT_FALSE(history->status().writing);
    faults.heal();
    history->add("bed-1", "hr", noon + 1min, 81);
    history->tick(noon + 125s);
    settle();
    EXPECT_TRUE(history->status().writing);
    EXPECT_THAT(read(), SizeIs(1));
    EXPECT_THAT(changes, testing::ElementsAre(false, true));
}

TEST(HistoryFile, OldMinutesGoInSmallSteps)
{
    const Scratch scratch;
    const auto opened = HistoryFile::open(scratch.path(), noon);
    ASSERT_TRUE(opened.file);
    std::vector<HistoryMinute> minutes;
    for (int i = 0; i < 3000; ++i) {
        HistoryMinute minute{"bed-1", noon_minute + i, {}};
        minute.of("hr").add(0, i, true);
        minutes.push_back(std::move(minute));
    }
    ASSERT_FALSE(opened.file->write(minutes));
    const HistoryLimits limits{.keep = 1000min};
    const auto left = [&] { return value_of(opened.file->read("bed-1", 0, INT64_MAX)); };
    EXPECT_TRUE(value_of(opened.file->maintain(noon + 3000min, limits)));
    EXPECT_THAT(left(), SizeIs(2800)); // one step, however wrong the clock may be
    while (value_of(opened.file->maintain(noon + 3000min, limits))) {
    }
    EXPECT_THAT(left(), SizeIs(1000));
    EXPECT_EQ(left().front().minute, noon_minute + 2000);
}

TEST(HistoryFile, ADamagedOneIsMovedAsideAndTheJournalDoesNotMind)
{
    const Scratch scratch;
    const auto journal = JournalFile::open(scratch.path(), test_wall);
    std::ofstream{scratch.file("history.db")} << std::string(9000, 'h');
    const auto opened = HistoryFile::open(scratch.path(), noon);
    ASSERT_TRUE(opened.file);
    EXPECT_TRUE(std::filesystem::exists(opened.moved_aside));
    EXPECT_FALSE(write(*journal.file, batch_of(1, {"a"})));
}

} // namespace
} // namespace magwatch
