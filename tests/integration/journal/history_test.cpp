#include "daemon/journal/history.hpp"

#include <algorithm>
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

// With a clock that is right.
constexpr Moment moment(WallTime wall) { return {Instant{} + (wall - noon), wall}; }

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
    history->tick(moment(noon + 64s)); // late values still have their chance
    EXPECT_THAT(read(), IsEmpty());
    history->tick(moment(noon + 65s));
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
    asio::co_spawn(io, history->close(moment(noon + 2s)), [](std::exception_ptr) {});
    settle();
    start();
    history->add("bed-1", "hr", noon + 10s, 100);
    history->add("bed-1", "rr", noon + 10s, 16);
    history->tick(moment(noon + 70s));
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
    history->tick(moment(noon + 65s));
    history->set_disk(DiskLevel::critical);
    history->add("bed-1", "hr", noon + 1min, 81);
    history->tick(moment(noon + 125s));
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
    history->tick(moment(noon + 65s));
    settle();
    EXPECT_FALSE(history->status().writing);
    faults.heal();
    history->add("bed-1", "hr", noon + 1min, 81);
    history->tick(moment(noon + 125s));
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
    EXPECT_TRUE(value_of(opened.file->maintain(moment(noon + 3000min), limits)));
    EXPECT_THAT(left(), SizeIs(2800));
    while (value_of(opened.file->maintain(moment(noon + 3000min), limits))) {
    }
    EXPECT_THAT(left(), SizeIs(1000));
    EXPECT_EQ(left().front().minute, noon_minute + 2000);
}

// Thirty days of one minute each hour, and what is kept of it while the clocks say this or that.
struct HistoryAges : ::testing::Test {
    static constexpr Duration day{86'400'000};
    HistoryAges()
    {
        start();
        std::vector<HistoryMinute> minutes;
        for (int hour = 0; hour < 30 * 24; ++hour) {
            HistoryMinute minute{"bed-1", noon_minute + hour * 60, {}};
            for (int i = 0; i < 3; ++i) minute.of("hr").add(static_cast<std::uint16_t>(i), i, true);
            minutes.push_back(std::move(minute));
        }
        EXPECT_FALSE(file->write(minutes));
        EXPECT_FALSE(file->write_events({{"bed-1", noon, "alarm", "first", "high", ""}}));
        look(end, end);
    }
    void start()
    {
        file.reset();
        file = HistoryFile::open(scratch.path(), noon).file;
        ASSERT_TRUE(file);
    }
    void look(WallTime at, WallTime wall)
    {
        const Moment now{Instant{} + (at - noon), wall};
        while (value_of(file->maintain(now, {}))) {
        }
    }
    // Ward time `passes`, an hour at a time, with the wall clock ahead of it.
    void pass(Duration passes, Duration ahead)
    {
        for (Duration done{}; done < passes; done += 1h) {
            steady = steady + 1h;
            look(steady, steady + ahead);
        }
    }
    std::vector<HistoryMinute> left() { return value_of(file->read("bed-1", 0, INT64_MAX)); }
    [[nodiscard]] std::size_t events() { return value_of(file->events("bed-1", noon, end)).size(); }
    std::size_t whole()
    {
        const auto minutes = left();
        return static_cast<std::size_t>(
            std::count_if(minutes.begin(), minutes.end(), [](const auto& m) { return !m.signals[0].samples.empty(); }));
    }

    Scratch scratch;
    std::unique_ptr<HistoryFile> file;
    const WallTime end = noon + 30 * day;
    WallTime steady = end;
};

TEST_F(HistoryAges, AClockThatJumpsAYearAheadTakesNoMoreThanItLasted)
{
    ASSERT_THAT(left(), SizeIs(720));
    ASSERT_EQ(whole(), 72U);
    look(end, end + 365 * day);
    EXPECT_THAT(left(), SizeIs(720));
    EXPECT_EQ(events(), 1U);
    EXPECT_EQ(whole(), 72U);
    start(); // and so does a restart under it
    look(end, end + 365 * day);
    EXPECT_THAT(left(), SizeIs(720));
    pass(1 * day, 365 * day); // the day itself, and once more
    EXPECT_THAT(left(), SizeIs(720 - 48));
    EXPECT_EQ(whole(), 24U);
    EXPECT_EQ(events(), 0U);
    pass(1 * day, Duration{}); // it is right again: that day's share had gone before
    EXPECT_THAT(left(), SizeIs(720 - 48));
}

TEST_F(HistoryAges, AfterMonthsWithoutPowerTheRestGoesBitByBit)
{
    start();
    look(end, end + 60 * day);
    EXPECT_THAT(left(), SizeIs(720));
    pass(15 * day, 60 * day);
    EXPECT_THAT(left(), SizeIs(0));
}

TEST_F(HistoryAges, AClockInThePastTakesNothingAndKeepsNothingForEver)
{
    look(end, WallTime{60'000});
    EXPECT_THAT(left(), SizeIs(720));
    pass(1 * day, Duration{});
    EXPECT_THAT(left(), SizeIs(720 - 24));
}

// A file begun while the clock stood in 1970.
TEST(HistoryFile, BegunUnderAClockOf1970ItForgetsAllTheSame)
{
    constexpr Duration day{86'400'000};
    const Scratch scratch;
    const auto opened = HistoryFile::open(scratch.path(), WallTime{60'000});
    ASSERT_TRUE(opened.file);
    const auto write_at = [&](std::int64_t minute) {
        HistoryMinute one{"bed-1", minute, {}};
        one.of("hr").add(0, 80, true);
        ASSERT_FALSE(opened.file->write({one}));
    };
    int done = 0;
    const auto pass = [&](int days) {
        for (const int until = done + days; done < until; ++done) {
            while (value_of(opened.file->maintain(moment(noon + done * day), {}))) {
            }
        }
    };
    write_at(5);
    ASSERT_FALSE(value_of(opened.file->maintain({Instant{}, WallTime{6 * 60'000}}, {})));
    write_at(noon_minute);
    pass(10);
    EXPECT_THAT(value_of(opened.file->read("bed-1", 0, INT64_MAX)), SizeIs(2));
    pass(10);
    EXPECT_THAT(value_of(opened.file->read("bed-1", 0, INT64_MAX)), SizeIs(1));
    pass(30);
    EXPECT_THAT(value_of(opened.file->read("bed-1", 0, INT64_MAX)), SizeIs(0));
}

TEST_F(HistoryTest, WhatIsOldGoesWithoutANewMinuteToo)
{
    history->add("bed-1", "hr", noon, 80);
    history->tick(moment(noon + 65s));
    settle();
    const Duration kept = HistoryLimits{}.keep;
    for (Duration done{65'000}; done < kept; done += 1h) {
        history->tick(moment(noon + done));
        settle();
    }
    EXPECT_THAT(read(), SizeIs(1));
    history->tick(moment(noon + kept + 2min));
    settle();
    EXPECT_THAT(read(), IsEmpty());
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
