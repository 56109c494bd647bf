#include "daemon/journal/journal.hpp"

#include <atomic>
#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>

#include "daemon/journal/journal_reader.hpp"
#include "daemon/journal/sqlite.hpp"
#include "tests/integration/journal/fault_vfs.hpp"
#include "tests/integration/journal/scratch.hpp"

namespace magwatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::SizeIs;

struct JournalTest : ::testing::Test {
    JournalTest() { start({}); }
    ~JournalTest() override { faults.heal(); }
    void start(JournalOptions options)
    {
        journal.reset();
        auto opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_TRUE(opened.file) << opened.error->what;
        auto on_change = [this](const JournalStatus& status) { changes.push_back(status); };
        journal = std::make_unique<Journal>(io.get_executor(), clock, std::move(opened.file),
                                            scratch.path(), options, on_change);
    }
    JournalSequence append(const std::string& text, bool urgent = true)
    {
        std::vector<Bytes> records{record_of(text)};
        return journal->append(std::move(records), clock.now(), urgent);
    }
    template <class T> T run(asio::awaitable<T> task)
    {
        std::optional<T> result;
        auto done = [&result](std::exception_ptr error, T value) {
            EXPECT_FALSE(error);
            result = std::move(value);
        };
        asio::co_spawn(io, std::move(task), std::move(done));
        io.restart();
        while (!result) io.run_one();
        return *result;
    }
    // Turns the loop until something holds; false after a generous while.
    template <class Condition> bool until(Condition condition)
    {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            io.restart();
            io.run_one_for(10ms);
        }
        return condition();
    }
    std::vector<std::string> on_disk()
    {
        journal.reset();
        auto opened = JournalReader::open(scratch.path());
        if (auto* error = std::get_if<JournalError>(&opened)) {
            ADD_FAILURE() << error->what;
            return {};
        }
        std::vector<std::string> texts;
        for (const JournalBatch& batch :
             value_of(std::get<JournalReader>(opened).batches_after(0, 100'000))) {
            EXPECT_FALSE(batch.damaged);
            if (batch.lost_before > 0) texts.push_back("lost " + std::to_string(batch.lost_before));
            for (const std::string_view record : batch.records) texts.emplace_back(record);
        }
        return texts;
    }

    FaultVfs faults;
    Scratch scratch;
    asio::io_context io{1};
    FakeClock clock{{Instant{1'000'000}, test_wall}};
    std::vector<JournalStatus> changes;
    std::unique_ptr<Journal> journal;
};

TEST_F(JournalTest, AnUrgentInputIsDurableWhenTheWaitSaysSo)
{
    const auto sequence = append("reflex 0");
    EXPECT_EQ(run(journal->wait_durable(sequence, 30s)), CommitOutcome::durable);
    EXPECT_EQ(journal->status().durable, 1U);
    EXPECT_EQ(journal->oldest_waiting(), 0ms);
    EXPECT_THAT(on_disk(),
                testing::ElementsAre("reflex 0")); // without close(): it was durable before
    EXPECT_TRUE(changes.empty());
}

TEST_F(JournalTest, InputsThatAreNotUrgentGoOutTogetherAndSoon)
{
    for (int i = 0; i < 200; ++i) append("hr " + std::to_string(i), false);
    EXPECT_EQ(run(journal->wait_durable(200, 30s)), CommitOutcome::durable);
    EXPECT_LE(journal->status().commits, 2U);
    EXPECT_THAT(on_disk(), SizeIs(200));
}

TEST_F(JournalTest, AnUrgentInputTakesTheWaitingOnesAlong)
{
    JournalOptions options;
    options.commit_delay = 1h;
    start(options);
    append("hr 80", false);
    const auto sequence = append("entry", true);
    EXPECT_EQ(run(journal->wait_durable(sequence, 30s)), CommitOutcome::durable);
    EXPECT_THAT(on_disk(), testing::ElementsAre("hr 80", "entry"));
}

TEST_F(JournalTest, ASnapshotHoldsExactlyWhatWasAppendedBefore)
{
    append("one", false);
    journal->save_snapshot(record_of("after one"), clock.now());
    append("two", true);
    journal->save_named("configuration", record_of("toml"));
    EXPECT_TRUE(run(journal->close(30s)));
    const auto opened = JournalFile::open(scratch.path(), test_wall);
    ASSERT_TRUE(opened.file);
    const auto snapshot = value_of(opened.file->last_snapshot());
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->state, record_of("after one"));
    const auto tail = value_of(opened.file->batches_after(snapshot->batch));
    ASSERT_THAT(tail, SizeIs(1));
    EXPECT_EQ(tail[0].records.front(), "two");
    EXPECT_EQ(value_of(opened.file->named("configuration")), record_of("toml"));
}

TEST_F(JournalTest, AFailingDiskIsToldAtOnceNothingIsLostAndItHealsByItself)
{
    faults.fail_writes(FaultVfs::disk_full);
    const auto sequence = append("page intent");
    EXPECT_EQ(run(journal->wait_durable(sequence, 30s)), CommitOutcome::failed);
    EXPECT_TRUE(journal->status().failing);
    EXPECT_TRUE(journal->status().disk_full);
    ASSERT_FALSE(changes.empty());
    EXPECT_TRUE(changes.back().failing);
    // While it fails nobody waits.
    const auto next = append("answer");
    EXPECT_EQ(run(journal->wait_durable(next, 1h)), CommitOutcome::failed);
    EXPECT_GT(journal->oldest_waiting(), 0ms);
    faults.heal();
    EXPECT_TRUE(until([&] { return journal->status().durable == next; }));
    EXPECT_FALSE(journal->status().failing);
    EXPECT_FALSE(changes.back().failing);
    EXPECT_EQ(journal->status().lost, 0U);
    EXPECT_THAT(on_disk(), testing::ElementsAre("page intent", "answer"));
}

TEST_F(JournalTest, AnIdleJournalNoticesADiskThatFailsAndThatItIsWellAgain)
{
    JournalOptions options;
    options.maintenance = options.retry = 5ms;
    options.alive = 0ms;
    start(options);
    faults.fail_writes(FaultVfs::io_error);
    EXPECT_TRUE(until([&] {
        journal->alive(clock.now());
        return journal->status().failing;
    }));
    faults.heal();
    EXPECT_TRUE(until([&] { return !journal->status().failing; }));
}

TEST_F(JournalTest, ADiskThatFailsForHoursTakesABoundedMemoryAndTheLossIsWritten)
{
    JournalOptions options;
    options.memory = 300'000;
    options.retry = 10ms;
    start(options);
    faults.fail_writes(FaultVfs::io_error);
    constexpr int count = 5000;
    JournalSequence sequence = append("first");
    EXPECT_EQ(run(journal->wait_durable(sequence, 30s)), CommitOutcome::failed);
    for (int i = 1; i < count; ++i) sequence = append(std::string(100, 'x'), false);
    EXPECT_GT(journal->status().lost, 1000U);
    EXPECT_TRUE(journal->status().snapshot_wanted);
    faults.heal();
    const std::uint64_t commits = journal->status().commits;
    EXPECT_TRUE(until([&] { return journal->status().commits > commits; }));
    EXPECT_TRUE(journal->status().snapshot_wanted);
    // What was lost is not durable because later bytes are: only a snapshot holds what it did.
    EXPECT_LT(journal->status().durable, sequence);
    journal->save_snapshot(record_of("whole again"), clock.now());
    EXPECT_TRUE(until([&] { return !journal->status().snapshot_wanted; }));
    EXPECT_EQ(journal->status().durable, sequence);
    const std::uint64_t lost = journal->status().lost;
    const auto texts = on_disk();
    ASSERT_FALSE(texts.empty());
    EXPECT_EQ(texts.front(), "lost " + std::to_string(lost));
    EXPECT_EQ(texts.size() - 1 + lost, static_cast<std::size_t>(count));
}

TEST_F(JournalTest, ADiskThatIsSlowIsLateAndToldAndStillBecomesDurable)
{
    faults.stall_syncs();
    const auto sequence = append("page intent");
    EXPECT_EQ(run(journal->wait_durable(sequence, 250ms)), CommitOutcome::late);
    EXPECT_TRUE(journal->status().slow);
    ASSERT_FALSE(changes.empty());
    EXPECT_TRUE(changes.back().slow);
    faults.heal();
    EXPECT_EQ(run(journal->wait_durable(sequence, 30s)), CommitOutcome::durable);
    EXPECT_TRUE(until([&] { return !journal->status().slow; }));
}

// On a quiet ward nobody waits for a commit.
TEST_F(JournalTest, ADiskThatDoesNotAnswerIsToldAlthoughNobodyWaits)
{
    JournalOptions options;
    options.stuck = 50ms;
    start(options);
    faults.stall_syncs();
    append("a value", false);
    EXPECT_TRUE(until([&] {
        journal->alive(clock.now());
        return journal->status().slow;
    }));
    ASSERT_FALSE(changes.empty());
    EXPECT_TRUE(changes.back().slow);
    faults.heal();
    EXPECT_TRUE(until([&] { return !journal->status().slow; }));
}

TEST_F(JournalTest, ASteadyStreamLeavesTimeForHousekeeping)
{
    JournalOptions options;
    options.commit_delay = 0ms;
    options.maintenance = 1ms;
    start(options);
    JournalSequence sequence = 0;
    for (int i = 0; i < 400; ++i) {
        std::vector<Bytes> records{Bytes(60'000, static_cast<std::uint8_t>(i))};
        for (std::size_t k = 0; k < records[0].size(); k += 3)
            records[0][k] = static_cast<std::uint8_t>(k * 7919 >> 3);
        sequence = journal->append(std::move(records), clock.now(), true);
        if (i % 4 == 0) run(journal->wait_durable(sequence, 30s));
    }
    run(journal->wait_durable(sequence, 30s));
    EXPECT_TRUE(until([&] { return journal->oldest_waiting() == 0ms; }));
    EXPECT_LT(std::filesystem::file_size(scratch.file("journal.db-wal")), 16U << 20);
}

TEST_F(JournalTest, ACopyCanBeTakenWhileItRuns)
{
    run(journal->wait_durable(append("one"), 30s));
    EXPECT_EQ(run(journal->copy_to(scratch.file("copy.db"))), "");
    append("two");
    auto reader = JournalReader::open(scratch.file("copy.db"));
    ASSERT_TRUE(std::holds_alternative<JournalReader>(reader));
    EXPECT_THAT(value_of(std::get<JournalReader>(reader).batches_after(0)), SizeIs(1));
    EXPECT_NE(run(journal->copy_to(scratch.file("copy.db"))), "");
}

// What is written while a copy is made is in it, whole, and no commit waits for all of the copy.
TEST_F(JournalTest, ACopyMadeUnderLoadIsAStateThatTheJournalReallyHad)
{
    JournalOptions options;
    options.commit_delay = 0ms;
    options.maintenance = 1ms;
    start(options);
    JournalSequence sequence = 0;
    const auto write = [&](int i) {
        std::vector<Bytes> records{Bytes(20'000)};
        std::minstd_rand random{static_cast<unsigned>(i) + 1};
        for (auto& byte : records[0]) byte = static_cast<std::uint8_t>(random() >> 8);
        sequence = journal->append(std::move(records), clock.now(), true);
    };
    for (int i = 0; i < 200; ++i) {
        write(i);
        run(journal->wait_durable(sequence, 30s));
    }
    int steps = 0, written = 0;
    auto news = [&](const CopyProgress&) {
        ++steps;
        if (steps % 2 == 0) write(200 + written++);
    };
    EXPECT_EQ(run(journal->copy_to(scratch.file("copy.db"), news)), "");
    EXPECT_GT(steps, 5);
    run(journal->wait_durable(sequence, 30s));
    auto opened = JournalReader::open(scratch.file("copy.db"));
    ASSERT_TRUE(std::holds_alternative<JournalReader>(opened));
    auto& reader = std::get<JournalReader>(opened);
    const auto [first, last] = value_of(reader.range());
    EXPECT_EQ(first, 1);
    EXPECT_GE(last, 200);
    EXPECT_LE(last, 200 + written);
    const auto batches = value_of(reader.batches_after(0, 10'000));
    ASSERT_THAT(batches, SizeIs(static_cast<std::size_t>(last)));
    for (const auto& batch : batches) EXPECT_FALSE(batch.damaged) << batch.id;
    Database copy{scratch.file("copy.db"), Database::Access::read_closed};
    bool complete = false;
    EXPECT_FALSE(copy.quick_check(30s, complete).has_value());
    EXPECT_TRUE(complete);
}

TEST_F(JournalTest, ACopyThatIsGivenUpLetsTheJournalGoOnAndAnotherBegin)
{
    run(journal->wait_durable(append("one"), 30s));
    std::filesystem::create_directory(scratch.file("in-the-way.db"));
    EXPECT_NE(run(journal->copy_to(scratch.file("in-the-way.db"))), "");
    journal->abandon_copy();
    EXPECT_EQ(run(journal->wait_durable(append("two"), 30s)), CommitOutcome::durable);
    EXPECT_EQ(run(journal->copy_to(scratch.file("copy.db"))), "");
}

TEST_F(JournalTest, ClosingCommitsWhatWaitsAndEmptiesTheLog)
{
    JournalOptions options;
    options.commit_delay = 1h;
    start(options);
    append("not urgent", false);
    EXPECT_TRUE(run(journal->close(30s)));
    EXPECT_EQ(run(journal->wait_durable(append("too late"), 1h)), CommitOutcome::failed);
    std::error_code none;
    EXPECT_FALSE(std::filesystem::exists(scratch.file("journal.db-wal"), none));
    EXPECT_THAT(on_disk(), testing::ElementsAre("not urgent"));
}

TEST_F(JournalTest, ClosingADiskThatFailsGivesUpAtItsLimit)
{
    faults.fail_writes(FaultVfs::io_error);
    append("x");
    EXPECT_FALSE(run(journal->close(50ms)));
}

TEST_F(JournalTest, ClosedTwiceAtOnceItClosesOnce)
{
    append("the last", false);
    int closed = 0;
    const auto done = [&](std::exception_ptr error, bool) {
        EXPECT_FALSE(error);
        ++closed;
    };
    auto first = journal->close(30s), second = journal->close(30s);
    asio::co_spawn(io, std::move(first), done);
    asio::co_spawn(io, std::move(second), done);
    EXPECT_TRUE(until([&] { return closed == 2; }));
    EXPECT_THAT(on_disk(), testing::ElementsAre("the last"));
}

} // namespace
} // namespace magwatch
