#include "daemon/journal/journal_file.hpp"

#include <array>
#include <fstream>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "daemon/journal/journal_reader.hpp"
#include "tests/integration/journal/scratch.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void overwrite(const std::string& path, std::size_t offset, std::string_view bytes)
{
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
}

TEST(JournalFile, WhatWasWrittenIsThereAfterReopening)
{
    const Scratch scratch;
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_TRUE(opened.file) << opened.error->what;
        EXPECT_TRUE(opened.created);
        std::vector<JournalItem> items{batch_of(1000, {"a", "b"}), snapshot_of(1000, "state 1"),
                                       batch_of(2000, {"c"}),
                                       JournalNamed{"configuration", record_of("toml")}};
        ASSERT_FALSE(opened.file->write(items));
        EXPECT_EQ(std::get<JournalBatch>(items[2]).id, 2);
        EXPECT_EQ(std::get<JournalSnapshot>(items[1]).batch, 1);
    }
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    ASSERT_TRUE(opened.file);
    EXPECT_FALSE(opened.created);
    EXPECT_TRUE(opened.check_complete);
    const auto snapshot = value_of(opened.file->last_snapshot());
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->state, record_of("state 1"));
    EXPECT_EQ(snapshot->batch, 1);
    const auto tail = value_of(opened.file->batches_after(snapshot->batch));
    ASSERT_THAT(tail, SizeIs(1));
    EXPECT_EQ(tail[0].records.front(), "c");
    EXPECT_EQ(tail[0].last, Instant{2000});
    EXPECT_EQ(value_of(opened.file->named("configuration")), record_of("toml"));
    EXPECT_FALSE(value_of(opened.file->named("none")));
    ASSERT_FALSE(write(*opened.file, batch_of(3000, {"d"})));
    EXPECT_EQ(value_of(opened.file->batches_after(2)).at(0).id, 3);
}

TEST(JournalFile, NobodyElseMayReadIt)
{
    const Scratch scratch;
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    ASSERT_FALSE(write(*opened.file, batch_of(1, {"a"})));
    for (const char* name : {"journal.db", "journal.db-wal"}) {
        struct stat info {
        };
        ASSERT_EQ(stat(scratch.file(name).c_str(), &info), 0) << name;
        EXPECT_EQ(info.st_mode & 0077, 0U) << name;
    }
    EXPECT_FALSE(
        std::filesystem::exists(scratch.file("journal.db-shm"))); // one connection, one process
}

TEST(JournalFile, TimeGoesOnFromTheLastSignOfLife)
{
    const Scratch scratch;
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        EXPECT_FALSE(value_of(opened.file->last_moment()));
        const Moment start{Instant{1'000'000}, test_wall};
        EXPECT_EQ(value_of(opened.file->begin_incarnation(start, 500s, "boot-a")), 1U);
        auto last = value_of(opened.file->last_moment());
        ASSERT_TRUE(last);
        EXPECT_EQ(last->ward, Instant{1'000'000});
        EXPECT_EQ(last->boottime, 500s);
        EXPECT_EQ(last->boot_id, "boot-a");
        ASSERT_FALSE(write(*opened.file, batch_of(1'010'000, {"a"})));
        last = value_of(opened.file->last_moment());
        EXPECT_EQ(last->ward, Instant{1'010'000});
        EXPECT_EQ(last->boottime, 510s);
        ASSERT_FALSE(opened.file->alive({Instant{1'030'000}, test_wall + 30s}));
    }
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    const auto last = value_of(opened.file->last_moment());
    EXPECT_EQ(last->ward, Instant{1'030'000});
    EXPECT_EQ(last->boottime, 530s);
    EXPECT_EQ(last->wall, test_wall + 30s);
    EXPECT_EQ(value_of(opened.file->begin_incarnation({Instant{1'090'000}, last->wall}, 590s, "boot-a")), 2U);
    // A start is none: until it has written something, nobody watched.
    const auto begun = value_of(opened.file->last_moment());
    EXPECT_EQ(begun->ward, Instant{1'090'000});
    EXPECT_EQ(begun->boottime, 590s);
    EXPECT_EQ(begun->unseen, 60s);
}

TEST(JournalFile, ANewerFormatIsRefusedAndLeftAsItIs)
{
    const Scratch scratch;
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_FALSE(write(*opened.file, batch_of(1, {"a"})));
        ASSERT_FALSE(opened.file->checkpoint());
    }
    overwrite(scratch.file("journal.db"), 60,
              std::string_view{"\0\0\0\x04", 4}); // user_version in the header
    const auto before = std::filesystem::last_write_time(scratch.file("journal.db"));
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    EXPECT_FALSE(opened.file);
    EXPECT_TRUE(opened.newer_version);
    EXPECT_THAT(opened.error->what, HasSubstr("made by a newer one"));
    EXPECT_EQ(std::filesystem::last_write_time(scratch.file("journal.db")), before);
    EXPECT_THAT(opened.moved_aside, IsEmpty());
}

TEST(JournalFile, AnOlderFormatIsReadAndRaisedBeforeAnythingIsWritten)
{
    const Scratch scratch;
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_FALSE(write(*opened.file, batch_of(1, {"a"})));
        ASSERT_FALSE(opened.file->checkpoint());
    }
    overwrite(scratch.file("journal.db"), 60, std::string_view{"\0\0\0\x01", 4});
    EXPECT_TRUE(std::holds_alternative<JournalReader>(JournalReader::open(scratch.path())));
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_TRUE(opened.file);
        EXPECT_EQ(value_of(opened.file->batches_after(0, 10)).at(0).records.front(), "a");
        ASSERT_FALSE(opened.file->checkpoint());
    }
    std::ifstream file{scratch.file("journal.db"), std::ios::binary};
    file.seekg(60);
    std::array<char, 4> version{};
    file.read(version.data(), version.size());
    EXPECT_EQ(version[3], static_cast<char>(journal_version)) << "an older magwatch must refuse it from now on";
}

TEST(JournalFile, ADatabaseOfAnotherProgramIsRefusedAndLeftAsItIs)
{
    const Scratch scratch;
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_FALSE(opened.file->checkpoint());
    }
    overwrite(scratch.file("journal.db"), 68, "else"); // application_id in the header
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    EXPECT_FALSE(opened.file);
    EXPECT_THAT(opened.error->what, HasSubstr("another program"));
}

TEST(JournalFile, ASecondDaemonIsRefused)
{
    const Scratch scratch;
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    ASSERT_FALSE(write(*opened.file, batch_of(1, {"a"})));
    const pid_t child = fork();
    if (child == 0) {
        const JournalOpened second = JournalFile::open(scratch.path(), test_wall);
        _exit(!second.file && second.error->in_use && second.moved_aside.empty() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_FALSE(write(*opened.file, batch_of(2, {"b"})));
}

TEST(JournalFile, ADamagedFileIsMovedAsideAndANewOneNeverReusesItsIds)
{
    const Scratch scratch;
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        for (int i = 0; i < 100; ++i)
            ASSERT_FALSE(write(*opened.file, batch_of(i, {std::string(2000, 'x')})));
        EXPECT_EQ(value_of(opened.file->begin_incarnation({Instant{1}, test_wall}, 1s, "boot-a")),
                  1U);
        ASSERT_FALSE(opened.file->checkpoint());
    }
    overwrite(scratch.file("journal.db"), 4096, std::string(8192, '\x5A'));
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_TRUE(opened.file) << opened.error->what;
        EXPECT_TRUE(opened.created);
        EXPECT_THAT(opened.damage, testing::Not(IsEmpty()));
        EXPECT_TRUE(std::filesystem::exists(opened.moved_aside));
        EXPECT_FALSE(value_of(opened.file->last_snapshot()));
        EXPECT_GT(value_of(opened.file->begin_incarnation({Instant{1}, test_wall}, 1s, "boot-b")),
                  1'000'000U);
        ASSERT_FALSE(write(*opened.file, batch_of(1, {"a"})));
    }
    const JournalOpened again = JournalFile::open(scratch.path(), test_wall);
    EXPECT_THAT(again.moved_aside, IsEmpty());
}

TEST(JournalFile, RubbishInPlaceOfADatabaseIsMovedAside)
{
    const Scratch scratch;
    std::ofstream{scratch.file("journal.db")} << std::string(10'000, 'r');
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    ASSERT_TRUE(opened.file) << opened.error->what;
    EXPECT_TRUE(std::filesystem::exists(opened.moved_aside));
    EXPECT_EQ(std::filesystem::file_size(opened.moved_aside), 10'000U);
}

// A journal of 60 durable batches, none of which is in the database yet, and copies of it as a dead machine leaves it.
struct LongLog : ::testing::Test {
    static constexpr std::size_t all = 60, frame = 24 + 4096;
    Scratch scratch;
    JournalOpened opened = JournalFile::open(scratch.path(), test_wall);

    void SetUp() override
    {
        (void)value_of(opened.file->begin_incarnation({Instant{1}, test_wall}, 1s, "boot"));
        for (std::size_t i = 1; i <= all; ++i)
            ASSERT_FALSE(write(*opened.file, batch_of(static_cast<std::int64_t>(i), {text_of(i)})));
    }
    static std::string text_of(std::size_t i) { return std::to_string(i) + std::string(900, 'y'); }
    void copy_to(const Scratch& copy, bool with_mark)
    {
        for (const char* name : {"journal.db", "journal.db-wal", "journal.db-mark"})
            if (with_mark || name != std::string{"journal.db-mark"})
                std::filesystem::copy_file(scratch.file(name), copy.file(name),
                                           std::filesystem::copy_options::overwrite_existing);
    }
    // Behind the last byte of the log that is no room.
    static std::size_t end_of(const Scratch& copy)
    {
        const std::string log = bytes_of(copy.file("journal.db-wal"));
        return 32 + (log.find_last_not_of('\0') - 32 + frame) / frame * frame;
    }
    static std::string bytes_of(const std::string& path)
    {
        std::string bytes(std::filesystem::file_size(path), '\0');
        std::ifstream{path, std::ios::binary}.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return bytes;
    }
    // What is read is what was written, in order. How many.
    static std::size_t expect_untorn(JournalFile& file)
    {
        const auto batches = value_of(file.batches_after(0));
        for (std::size_t i = 0; i < batches.size(); ++i) {
            EXPECT_EQ(batches[i].id, static_cast<std::int64_t>(i) + 1);
            EXPECT_FALSE(batches[i].damaged);
            if (!batches[i].damaged) {
                EXPECT_EQ(batches[i].records.front(), text_of(i + 1));
            }
        }
        return batches.size();
    }
};

TEST_F(LongLog, AGarbledTailLosesOnlyItselfAndItIsTold)
{
    for (const bool with_mark : {true, false})
        for (const std::size_t from_end : {10U, 3000U, 9000U, 40'000U}) {
            const Scratch copy;
            copy_to(copy, with_mark);
            overwrite(copy.file("journal.db-wal"), end_of(copy) - from_end, std::string(10, '\x33'));
            const JournalOpened reopened = JournalFile::open(copy.path(), test_wall);
            ASSERT_TRUE(reopened.file);
            EXPECT_THAT(reopened.moved_aside, IsEmpty());
            const std::size_t read = expect_untorn(*reopened.file);
            EXPECT_LT(read, all);
            EXPECT_GT(read, 30U);
            // Without the mark the log tells by itself what can be no torn end.
            EXPECT_EQ(!reopened.end_missing.empty(), with_mark || from_end >= 9000U) << from_end;
        }
}

TEST_F(LongLog, OneThatWasCutOrRemovedIsToldAndNoIdComesAgain)
{
    for (const std::size_t left : {0U, 32U, 20'000U, 100'000U}) {
        const Scratch copy;
        copy_to(copy, true);
        std::filesystem::resize_file(copy.file("journal.db-wal"), left);
        JournalOpened cut = JournalFile::open(copy.path(), test_wall);
        ASSERT_TRUE(cut.file);
        EXPECT_NE(cut.end_missing, "") << left;
        cut.file.reset(); // and it died before it wrote anything: the next one tells it too
        cut = JournalFile::open(copy.path(), test_wall);
        EXPECT_NE(cut.end_missing, "") << left;
        EXPECT_GT(value_of(cut.file->begin_incarnation({Instant{2}, test_wall}, 2s, "boot", incarnation_floor(test_wall))),
                  1'000'000U);
        ASSERT_FALSE(write(*cut.file, batch_of(100, {"after it"})));
        cut.file.reset();
        EXPECT_THAT(JournalFile::open(copy.path(), test_wall).end_missing, IsEmpty()) << "told twice";
    }
}

TEST_F(LongLog, AHeaderThatIsDamagedIsToldAndOneThatAPowerCutToreIsNot)
{
    const Scratch damaged, torn;
    copy_to(damaged, false);
    overwrite(damaged.file("journal.db-wal"), 16, "salt");
    EXPECT_THAT(JournalFile::open(damaged.path(), test_wall).end_missing, HasSubstr("log"));
    // All frames are in the database when the header of the next ones is written.
    int more = 0;
    while (!value_of(opened.file->maintain({Instant{100}, test_wall}, {})) && ++more < 2000)
        ASSERT_FALSE(opened.file->alive({Instant{100 + more}, test_wall}));
    copy_to(torn, true);
    overwrite(torn.file("journal.db-wal"), 0, std::string(32, '\x44'));
    const JournalOpened reopened = JournalFile::open(torn.path(), test_wall);
    ASSERT_TRUE(reopened.file);
    EXPECT_EQ(reopened.end_missing, "");
    EXPECT_EQ(expect_untorn(*reopened.file), all);
}

// Of the frames of a commit that was never synced any may be there, in any state, as often as the power fails.
TEST_F(LongLog, ATornEndIsNotTold)
{
    std::mt19937 random{11};
    const Scratch copy;
    copy_to(copy, true);
    std::size_t batches = all;
    for (int cut = 0; cut < 40; ++cut) {
        JournalOpened one = JournalFile::open(copy.path(), test_wall);
        ASSERT_TRUE(one.file);
        ASSERT_THAT(one.end_missing, IsEmpty()) << "cut " << cut;
        ASSERT_THAT(value_of(one.file->batches_after(0, 10'000)), SizeIs(batches)) << "cut " << cut;
        for (int i = 0; i < cut % 3; ++i, ++batches) ASSERT_FALSE(write(*one.file, batch_of(cut, {"kept"})));
        // Nothing of the last transaction was synced, but what the writer noted afterwards was never written either.
        const std::string log = bytes_of(copy.file("journal.db-wal")), mark = bytes_of(copy.file("journal.db-mark"));
        const std::string database = bytes_of(copy.file("journal.db"));
        std::string large(cut % 2 == 0 ? 60'000 : 9'000, ' '); // of many frames and of few, that nothing packs
        for (char& c : large) c = static_cast<char>(random());
        ASSERT_FALSE(write(*one.file, batch_of(cut, {large})));
        std::string after = bytes_of(copy.file("journal.db-wal"));
        one.file.reset();
        for (std::size_t at = 0; at < after.size(); at += 512) {
            if (at + 512 <= log.size() && after.compare(at, 512, log, at, 512) == 0) continue;
            const auto fate = random() % 20; // many frames stay as they were written
            // The log's own header is synced before the frames behind it are written.
            for (std::size_t i = std::max<std::size_t>(at, 32); fate < 2 && i < std::min(at + 512, after.size()); ++i)
                if (i >= log.size() || after[i] != log[i])
                    after[i] = fate == 0 || i >= log.size() ? static_cast<char>(random()) : log[i];
        }
        for (const auto& [name, bytes] : {std::pair{"journal.db", database}, {"journal.db-wal", after}, {"journal.db-mark", mark}})
            std::ofstream{copy.file(name), std::ios::binary} << bytes;
        const Scratch look;
        for (const char* name : {"journal.db", "journal.db-wal", "journal.db-mark"})
            std::filesystem::copy_file(copy.file(name), look.file(name));
        const JournalOpened there = JournalFile::open(look.path(), test_wall);
        const std::size_t survived = value_of(there.file->batches_after(0, 10'000)).size();
        ASSERT_TRUE(survived == batches || survived == batches + 1) << "cut " << cut;
        batches = survived;
    }
}

TEST_F(LongLog, AMarkIsGoodWhileOneOfItsCopiesIsAndElseItIsTold)
{
    for (const std::size_t copies : {0U, 7U, 8U}) {
        const Scratch copy;
        copy_to(copy, true);
        std::string mark = bytes_of(copy.file("journal.db-mark"));
        ASSERT_EQ(mark.size(), 4096U);
        for (std::size_t i = 0; i < copies; ++i) mark[i * 512 + 10] = '\x55';
        std::ofstream{copy.file("journal.db-mark"), std::ios::binary} << mark;
        const JournalOpened reopened = JournalFile::open(copy.path(), test_wall);
        EXPECT_EQ(expect_untorn(*reopened.file), all);
        EXPECT_EQ(!reopened.end_missing.empty(), copies == 8U) << copies;
    }
}

TEST(JournalFile, TheLogHasItsLengthFromTheStartAndKeepsIt)
{
    const Scratch scratch;
    for (const std::size_t start : {0U, 1U}) {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_TRUE(opened.file);
        const auto length = std::filesystem::file_size(scratch.file("journal.db-wal"));
        EXPECT_GT(length, 4U << 20);
        const Scratch copy; // as a power cut before the first commit leaves it
        for (const char* name : {"journal.db", "journal.db-wal"})
            std::filesystem::copy_file(scratch.file(name), copy.file(name));
        const JournalOpened cut = JournalFile::open(copy.path(), test_wall);
        ASSERT_TRUE(cut.file) << cut.error->what;
        EXPECT_THAT(cut.moved_aside, IsEmpty());
        EXPECT_THAT(value_of(cut.file->batches_after(0)), SizeIs(100U * start));
        for (int i = 1; i <= 100; ++i) {
            ASSERT_FALSE(write(*opened.file, batch_of(i, {std::to_string(i)})));
            (void)value_of(opened.file->maintain({Instant{i}, test_wall}, {}));
        }
        EXPECT_EQ(std::filesystem::file_size(scratch.file("journal.db-wal")), length);
    }
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    EXPECT_THAT(value_of(opened.file->batches_after(0)), SizeIs(200));
}

TEST(JournalFile, ABatchWithWrongBytesIsMarkedAndADamagedSnapshotSkipped)
{
    const Scratch scratch;
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        std::vector<JournalItem> items{
            batch_of(1, {"first"}), snapshot_of(1, "good state"), batch_of(2, {"second marker"}),
            snapshot_of(2, "newer state marker"), batch_of(3, {"third"})};
        ASSERT_FALSE(opened.file->write(items));
        ASSERT_FALSE(opened.file->checkpoint());
    }
    std::ifstream in{scratch.file("journal.db"), std::ios::binary};
    const std::string all{std::istreambuf_iterator<char>{in}, {}};
    overwrite(scratch.file("journal.db"), all.find("second marker"), "SECOND");
    overwrite(scratch.file("journal.db"), all.find("newer state marker"), "NEWER");
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    ASSERT_TRUE(opened.file);
    int skipped = 0;
    const auto snapshot = value_of(opened.file->last_snapshot(&skipped));
    EXPECT_EQ(skipped, 1);
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->state, record_of("good state"));
    const auto tail = value_of(opened.file->batches_after(snapshot->batch));
    ASSERT_THAT(tail, SizeIs(2));
    EXPECT_TRUE(tail[0].damaged);
    EXPECT_TRUE(tail[0].records.empty());
    EXPECT_FALSE(tail[1].damaged);
}

// --- pruning ---

struct Pruned : ::testing::Test {
    void fill(int hours)
    {
        std::mt19937 random{3};
        std::vector<JournalItem> items;
        for (int hour = 0; hour < hours; ++hour)
            for (int i = 0; i < 20; ++i) {
                const std::int64_t at = (hour * 60 + i * 3) * 60'000LL;
                std::string record(500, ' ');
                for (char& c : record) c = static_cast<char>(random());
                items.push_back(batch_of(at, {record}));
                if (i == 19)
                    items.push_back(snapshot_of(at, "state of hour " + std::to_string(hour)));
            }
        ASSERT_FALSE(opened.file->write(items));
    }
    int maintain(Instant now, const JournalLimits& limits)
    {
        int steps = 0;
        while (value_of(opened.file->maintain({now, test_wall}, limits)) && steps < 10'000) ++steps;
        return steps;
    }
    Scratch scratch;
    JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
};

TEST_F(Pruned, OldBatchesGoAndAReplayStillFindsAStateToStartFrom)
{
    fill(72);
    const Instant now{72 * 3'600'000LL};
    EXPECT_GT(maintain(now, {.keep = 24h}), 0);
    const auto left = value_of(opened.file->batches_after(0, 100'000));
    ASSERT_FALSE(left.empty());
    EXPECT_GT(left.front().last, now - 31h); // whole stretches between kept snapshots
    EXPECT_LE(left.front().first, now - 24h);
    EXPECT_EQ(left.back().id, 72 * 20);
    for (std::size_t i = 1; i < left.size(); ++i) ASSERT_EQ(left[i].id, left[i - 1].id + 1);
    const auto snapshot = value_of(opened.file->last_snapshot());
    EXPECT_EQ(snapshot->state, record_of("state of hour 71"));
}

TEST_F(Pruned, NoNumberComesAgainWhereEverythingWasPruned)
{
    fill(2);
    const std::int64_t newest = 2 * 20;
    // Nothing happens for a month, and a snapshot is taken each day.
    for (int day = 1; day <= 40; ++day) ASSERT_FALSE(write(*opened.file, snapshot_of(day * 86'400'000LL, "quiet")));
    EXPECT_GT(maintain(Instant{40 * 86'400'000LL}, {}), 0);
    EXPECT_THAT(value_of(opened.file->batches_after(0)), IsEmpty());
    opened.file.reset();
    opened = JournalFile::open(scratch.path(), test_wall);
    EXPECT_EQ(opened.end_missing, "");
    ASSERT_FALSE(write(*opened.file, batch_of(41 * 86'400'000LL, {"somebody is there again"})));
    const auto snapshot = value_of(opened.file->last_snapshot());
    ASSERT_TRUE(snapshot);
    const auto tail = value_of(opened.file->batches_after(snapshot->batch));
    ASSERT_THAT(tail, SizeIs(1));
    EXPECT_EQ(tail[0].id, newest + 1);
}

TEST_F(Pruned, AWrongWallClockPrunesNothing)
{
    fill(30);
    EXPECT_EQ(value_of(opened.file->batches_after(0, 100'000)).size(), 600U);
    const JournalLimits limits{.keep = 48h};
    for (const WallTime wall : {WallTime{0}, WallTime{4'000'000'000'000}})
        while (value_of(opened.file->maintain({Instant{30 * 3'600'000LL}, wall}, limits))) {
        }
    EXPECT_EQ(value_of(opened.file->batches_after(0, 100'000)).size(), 600U);
}

TEST_F(Pruned, AJournalThatIsTooLargeShrinksAndGivesTheSpaceBack)
{
    fill(100);
    const std::uint64_t before = opened.file->bytes();
    maintain(Instant{100 * 3'600'000LL}, {.keep = 10'000h, .max_bytes = 100'000});
    EXPECT_LT(opened.file->bytes(), before / 2);
    ASSERT_FALSE(opened.file->checkpoint());
    EXPECT_LT(std::filesystem::file_size(scratch.file("journal.db")), before);
    EXPECT_TRUE(value_of(opened.file->last_snapshot()));
    EXPECT_FALSE(value_of(opened.file->batches_after(100 * 20 - 1)).empty());
}

TEST_F(Pruned, WithoutASnapshotNothingIsEverPruned)
{
    for (int i = 0; i < 100; ++i)
        ASSERT_FALSE(write(*opened.file, batch_of(i, {std::string(2000, 'z')})));
    maintain(Instant{1'000'000 * 3'600'000LL}, {.keep = 1h, .max_bytes = 1000});
    EXPECT_EQ(value_of(opened.file->batches_after(0)).size(), 100U);
}

TEST_F(Pruned, ManySnapshotsAreThinnedToOneInSixHoursAndTheNewest)
{
    for (int i = 0; i < 200; ++i) {
        ASSERT_FALSE(
            write(*opened.file,
                  snapshot_of(i * 600'000LL, "s" + std::to_string(i)))); // ten minutes apart
        (void)maintain(Instant{i * 600'000LL}, {});
    }
    EXPECT_EQ(value_of(opened.file->last_snapshot())->state, record_of("s199"));
    // 2000 minutes hold six beginnings of six hours; up to a dozen wait to be thinned together.
    EXPECT_LT(value_of(opened.file->last_snapshot())->id, 201);
}

TEST_F(Pruned, SupersededConfigurationsGo)
{
    for (int i = 0; i < 50; ++i)
        ASSERT_FALSE(
            write(*opened.file,
                  JournalNamed{"configuration", Bytes(50'000, static_cast<std::uint8_t>(i))}));
    EXPECT_EQ(value_of(opened.file->named("configuration")), Bytes(50'000, 49));
}

} // namespace
} // namespace magwatch
