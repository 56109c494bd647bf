// A writer killed at any moment: everything that it was told is durable is there, and nothing torn.

#include <chrono>
#include <csignal>
#include <random>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "daemon/journal/journal_file.hpp"
#include "tests/integration/journal/scratch.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

std::string text_of(std::int64_t number)
{
    return "record " + std::to_string(number) +
           std::string(static_cast<std::size_t>(number * 37 % 900), '.');
}

// Writes batch after batch, with snapshots and housekeeping between, and tells each one that is
// durable.
[[noreturn]] void write_until_killed(const std::string& directory, int pipe)
{
    const JournalOpened opened = JournalFile::open(directory, test_wall);
    if (!opened.file) _exit(10);
    if (std::holds_alternative<JournalError>(
            opened.file->begin_incarnation({Instant{1}, test_wall}, 1s, "b")))
        _exit(11);
    const auto there = opened.file->batches_after(0, 1'000'000);
    std::int64_t next = 1 + static_cast<std::int64_t>(std::get<0>(there).size());
    for (;; ++next) {
        std::vector<JournalItem> items{batch_of(next, {text_of(next), text_of(next + 1)})};
        if (next % 7 == 0) items.push_back(snapshot_of(next, "state " + std::to_string(next)));
        if (opened.file->write(items)) _exit(12);
        if (::write(pipe, &next, sizeof next) != sizeof next) _exit(13);
        if (next % 40 == 0 && opened.file->checkpoint()) _exit(14);
        if (next % 11 == 0) (void)opened.file->maintain({Instant{next}, test_wall}, {});
    }
}

// The last batch that was told to be durable before the kill.
std::int64_t run_and_kill(const std::string& directory, std::chrono::microseconds after)
{
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(directory, ends[1]);
    }
    close(ends[1]);
    std::int64_t durable = 0, told = 0;
    // The first one is waited for: opening takes longer than the whole trial.
    if (read(ends[0], &told, sizeof told) == sizeof told) durable = told;
    std::this_thread::sleep_for(after);
    kill(child, SIGKILL);
    while (read(ends[0], &told, sizeof told) == sizeof told) durable = told;
    close(ends[0]);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
    return durable;
}

void expect_whole(const std::string& directory, std::int64_t durable)
{
    const JournalOpened opened = JournalFile::open(directory, test_wall);
    ASSERT_TRUE(opened.file) << opened.error->what;
    EXPECT_TRUE(opened.moved_aside.empty()) << opened.damage;
    EXPECT_EQ(opened.end_missing, "");
    const auto batches = value_of(opened.file->batches_after(0, 1'000'000));
    ASSERT_GE(static_cast<std::int64_t>(batches.size()), durable);
    // One more may have become durable without the word getting out; never more than that.
    ASSERT_LE(static_cast<std::int64_t>(batches.size()), durable + 1);
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const auto number = static_cast<std::int64_t>(i) + 1;
        ASSERT_EQ(batches[i].id, number);
        ASSERT_FALSE(batches[i].damaged);
        const std::vector<std::string> texts{batches[i].records.begin(), batches[i].records.end()};
        ASSERT_EQ(texts, (std::vector<std::string>{text_of(number), text_of(number + 1)}));
    }
    const auto snapshot = value_of(opened.file->last_snapshot());
    if (durable < 7) return;
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->batch, static_cast<std::int64_t>(batches.size()) / 7 * 7);
    EXPECT_EQ(snapshot->state, record_of("state " + std::to_string(snapshot->batch)));
}

TEST(JournalKill, EveryDurableBatchSurvivesAKillAtAnyMoment)
{
    std::mt19937 random{20240229};
    std::optional<Scratch> scratch;
    for (int trial = 0; trial < 50; ++trial) {
        constexpr int lives = 5; // of one journal, before it grows too long to read each time
        if (trial % lives == 0) scratch.emplace();
        const std::int64_t durable =
            run_and_kill(scratch->path(), std::chrono::microseconds{random() % 6000});
        ASSERT_GT(durable, 0) << "trial " << trial;
        expect_whole(scratch->path(), durable);
        if (HasFatalFailure()) FAIL() << "trial " << trial;
    }
}

// A full disk, as the kernel tells it: no byte beyond a limit. In a process of its own, because the
// limit is of the process.
TEST(JournalKill, AFullDiskLosesNothingThatWasDurableAndTheRestIsRefused)
{
    const Scratch scratch;
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        if (!opened.file) _exit(10);
        const rlimit limit{600'000, 600'000};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(11);
        std::int64_t durable = 0;
        for (std::int64_t i = 1; i <= 400; ++i)
            if (!write(*opened.file,
                       batch_of(
                           i, {std::string(5000, static_cast<char>(i * 131 % 251)) + text_of(i)})))
                ++durable;
        // Some were refused; each refusal left the file whole and the next attempt possible.
        if (durable < 5 || durable == 400) _exit(12);
        const auto there = opened.file->batches_after(0, 1'000'000);
        const auto* batches = std::get_if<std::vector<JournalBatch>>(&there);
        _exit(batches != nullptr && static_cast<std::int64_t>(batches->size()) == durable ? 0 : 13);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    ASSERT_TRUE(opened.file);
    EXPECT_TRUE(opened.moved_aside.empty()) << opened.damage;
    EXPECT_EQ(opened.end_missing, "");
    EXPECT_FALSE(write(*opened.file, batch_of(1, {"room again"})));
}

} // namespace
} // namespace magwatch
