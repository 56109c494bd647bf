// What goes along when the state directory takes nothing any more.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>

#include <sqlite3.h>

#include "daemon/app/last_good.hpp"
#include "daemon/app/pager_set.hpp"
#include "daemon/app/rescue.hpp"
#include "daemon/commissioning/seal.hpp"
#include "daemon/people/people.hpp"
#include "tests/integration/journal/scratch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch {
namespace {

namespace fs = std::filesystem;

struct Rescue : ::testing::Test {
    void write(const std::string& name, const std::string& text) const { std::ofstream{broken.file(name)} << text; }
    std::map<std::string, std::string> rescued() const
    {
        std::map<std::string, std::string> files;
        for (const auto& entry : fs::directory_iterator{memory.path()}) {
            std::ifstream in{entry.path(), std::ios::binary};
            files[entry.path().filename()] = std::string{std::istreambuf_iterator<char>{in}, {}};
        }
        return files;
    }

    test::TemporaryDirectory broken{"magwatch-broken"}, memory{"magwatch-memory"};
    std::string from = broken.path(), to = memory.path();
};

TEST_F(Rescue, KeysPeopleAndNotesGoAlongAndNothingElse)
{
    const std::map<std::string, std::string> kept{{"answer.key", std::string(32, '\0') + "a"},
                                                  {"commission.key", "c"},
                                                  {"people.json", "{}"},
                                                  {"backup.json", "b"},
                                                  {"restored.json", "r"}};
    for (const auto& [name, text] : kept) write(name, text);
    for (const char* name : {"starts", "journal.reserve", "history.db", "answer.key.new"}) write(name, "x");
    rescue_small_files(from, to);
    EXPECT_EQ(rescued(), kept);
    for (const auto& entry : fs::directory_iterator{memory.path()})
        EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write) << entry.path();
}

TEST_F(Rescue, ASealAndALinkFitAsBefore)
{
    CommissionRecord record;
    record.device = "monitor-1";
    Seal{from}.put_on(record);
    const std::string key = answer_key(from);
    ASSERT_FALSE(key.empty());
    rescue_small_files(from, to);
    EXPECT_TRUE(Seal{to}.fits(record));
    EXPECT_EQ(answer_key(to), key);
}

TEST_F(Rescue, WhatCannotBeReadKeepsNothingElseBack)
{
    fs::create_directory(broken.path() / "answer.key");
    write("people.json", "{}");
    fs::create_symlink("nowhere", broken.path() / "commission.key");
    rescue_small_files(from, to);
    EXPECT_EQ(rescued(), (std::map<std::string, std::string>{{"people.json", "{}"}}));
    rescue_small_files(broken.file("gone"), to);
    EXPECT_EQ(rescued().size(), 1U);
}

TEST_F(Rescue, NothingIsWrittenOverWhatSomebodyElsePutThere)
{
    write("answer.key", "secret");
    std::ofstream{memory.file("theirs")} << "theirs";
    fs::create_symlink(memory.file("theirs"), memory.path() / "answer.key");
    rescue_small_files(from, to);
    EXPECT_EQ(rescued().at("theirs"), "theirs");
}

struct JournalRescue : Rescue {
    static std::string noise(int number, std::size_t size)
    {
        std::mt19937 random{static_cast<std::uint32_t>(number)};
        std::string text(size, 'x');
        for (char& c : text) c = static_cast<char>(random());
        return text;
    }
    void append(JournalFile& file, int first, int count, std::size_t size = 16 << 10)
    {
        for (int i = first; i < first + count; ++i) ASSERT_FALSE(magwatch::write(file, batch_of(i * 1000LL, {noise(i, size)})));
    }
    // A journal of some 3 MiB, of which a start needs three batches and two words.
    void make_large()
    {
        const JournalOpened opened = JournalFile::open(from, test_wall);
        (void)value_of(opened.file->begin_incarnation({Instant{500}, test_wall}, std::chrono::seconds{1}, "boot-a", 41));
        append(*opened.file, 1, 200);
        std::vector<JournalItem> items{JournalNamed{last_good_name, record_of("the configuration")}};
        ASSERT_FALSE(opened.file->write(items));
        ASSERT_FALSE(magwatch::write(*opened.file, snapshot_of(200'000, "the ward")));
        append(*opened.file, 201, 3);
        ASSERT_FALSE(opened.file->checkpoint());
    }
    static constexpr std::uint64_t most = 256 << 10;
};

TEST_F(JournalRescue, OfOneTooLargeForMemoryGoesAlongWhatRecoveryReads)
{
    make_large();
    ASSERT_GT(fs::file_size(broken.file("journal.db")), 10 * most);
    EXPECT_EQ(rescue_journal(from, to, most), "");
    const JournalOpened opened = JournalFile::open(to, test_wall);
    ASSERT_TRUE(opened.file);
    EXPECT_LT(opened.file->bytes(), most);
    const auto snapshot = value_of(opened.file->last_snapshot());
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->state, record_of("the ward"));
    EXPECT_EQ(snapshot->batch, 0);
    const auto batches = value_of(opened.file->batches_after(0));
    ASSERT_EQ(batches.size(), 3U);
    for (int i = 0; i < 3; ++i) {
        const auto& batch = batches[static_cast<std::size_t>(i)];
        EXPECT_EQ(batch.id, i + 1);
        EXPECT_EQ(batch.last, Instant{(201 + i) * 1000LL});
        ASSERT_EQ(batch.records.size(), 1U);
        EXPECT_TRUE(std::string_view{*batch.records.begin()} == noise(201 + i, 16 << 10)) << i;
    }
    EXPECT_EQ(value_of(opened.file->named(last_good_name)), record_of("the configuration"));
    const auto last = value_of(opened.file->last_moment());
    ASSERT_TRUE(last);
    EXPECT_EQ(last->boot_id, "boot-a");
    EXPECT_EQ(value_of(opened.file->begin_incarnation({Instant{1}, test_wall}, std::chrono::seconds{1}, "boot-b")), 42U);
}

TEST_F(JournalRescue, WhatIsMissingIsToldAndTheRestGoesAlong)
{
    make_large();
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(broken.file("journal.db").c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, "DELETE FROM batches WHERE id = 202", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_close(database), SQLITE_OK);
    EXPECT_EQ(rescue_journal(from, to, most),
              "Records cannot be saved, and some are lost: compare every bed with its paper chart");
    const JournalOpened opened = JournalFile::open(to, test_wall);
    ASSERT_TRUE(opened.file);
    EXPECT_EQ(value_of(opened.file->batches_after(0)).size(), 2U);
}

TEST_F(JournalRescue, WhatFitsGoesAlongAsItIs)
{
    make_large();
    EXPECT_EQ(rescue_journal(from, to), "");
    const JournalOpened opened = JournalFile::open(to, test_wall);
    ASSERT_TRUE(opened.file);
    EXPECT_EQ(value_of(opened.file->batches_after(0)).size(), 203U);
}

TEST_F(JournalRescue, WhatIsTooLargeEvenSoDoesNotAndIsTold)
{
    {
        const JournalOpened opened = JournalFile::open(from, test_wall);
        append(*opened.file, 1, 200); // and no snapshot
    }
    EXPECT_EQ(rescue_journal(from, to, most), "Records cannot be saved or read: start every watch again");
    EXPECT_FALSE(fs::exists(memory.file("journal.db")));
    EXPECT_FALSE(fs::exists(memory.file("journal.db-wal")));
    EXPECT_TRUE(JournalFile::open(to, test_wall).created);
}

TEST_F(JournalRescue, WhereThereIsNoneNothingIsTold) { EXPECT_EQ(rescue_journal(from, to, most), ""); }

} // namespace
} // namespace magwatch
