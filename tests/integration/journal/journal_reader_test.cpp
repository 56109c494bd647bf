#include "daemon/journal/journal_reader.hpp"

#include <fstream>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "tests/integration/journal/scratch.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::map<std::string, std::string> contents(const std::string& directory)
{
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        std::ifstream in{entry.path(), std::ios::binary};
        files[entry.path().filename()] = std::string{std::istreambuf_iterator<char>{in}, {}};
    }
    return files;
}

JournalReader reader_of(const std::string& path)
{
    auto opened = JournalReader::open(path);
    if (auto* error = std::get_if<JournalError>(&opened)) throw std::runtime_error{error->what};
    return std::get<JournalReader>(std::move(opened));
}

// A journal as a killed daemon leaves it: the last batches are in the -wal alone.
void write_and_die(const std::string& directory, int batches)
{
    const pid_t child = fork();
    if (child == 0) {
        const JournalOpened opened = JournalFile::open(directory, test_wall);
        (void)opened.file->begin_incarnation({Instant{1}, test_wall}, 1s, "boot-a");
        for (int i = 1; i <= batches; ++i) {
            std::vector<JournalItem> items{batch_of(i * 60'000LL, {"batch " + std::to_string(i)})};
            if (i % 10 == 0)
                items.push_back(snapshot_of(i * 60'000LL, "state " + std::to_string(i)));
            if (opened.file->write(items)) _exit(1);
        }
        _exit(0); // no destructor, no checkpoint
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
}

TEST(JournalReader, ReadsWhatAKilledDaemonLeftAndWritesNothing)
{
    const Scratch scratch;
    write_and_die(scratch.path(), 35);
    const auto before = contents(scratch.path());
    ASSERT_GT(before.at("journal.db-wal").size(), 0U);
    {
        JournalReader reader = reader_of(scratch.path());
        EXPECT_EQ(value_of(reader.range()), (std::pair<std::int64_t, std::int64_t>{1, 35}));
        EXPECT_THAT(value_of(reader.batches_after(0)), SizeIs(35));
        EXPECT_THAT(value_of(reader.batches_after(10, 5)), SizeIs(5));
        EXPECT_EQ(value_of(reader.last_snapshot())->state, record_of("state 30"));
        EXPECT_EQ(value_of(reader.snapshot_before(test_wall + 25min))->batch, 20);
        EXPECT_FALSE(value_of(reader.snapshot_before(test_wall + 9min)));
        ASSERT_THAT(value_of(reader.incarnations()), SizeIs(1));
    }
    EXPECT_EQ(contents(scratch.path()), before);
}

TEST(JournalReader, ReadsACleanlyClosedJournalAndWritesNothing)
{
    const Scratch scratch;
    {
        const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_FALSE(write(*opened.file, batch_of(1, {"a"})));
        ASSERT_FALSE(opened.file->checkpoint());
    }
    const auto before = contents(scratch.path());
    {
        JournalReader reader = reader_of(scratch.file("journal.db"));
        EXPECT_THAT(value_of(reader.batches_after(0)), SizeIs(1));
    }
    EXPECT_EQ(contents(scratch.path()), before);
}

TEST(JournalReader, AJournalThatADaemonWritesIsRefused)
{
    const Scratch scratch;
    const JournalOpened opened = JournalFile::open(scratch.path(), test_wall);
    ASSERT_FALSE(write(*opened.file, batch_of(1, {"a"})));
    const pid_t child = fork();
    if (child == 0) {
        const auto second = JournalReader::open(scratch.path());
        const auto* error = std::get_if<JournalError>(&second);
        _exit(error != nullptr && error->in_use ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(JournalReader, SaysWhatAFileIsThatIsNoJournal)
{
    const Scratch scratch;
    const auto error_of = [](const std::string& path) {
        const auto opened = JournalReader::open(path);
        const auto* error = std::get_if<JournalError>(&opened);
        return error != nullptr ? error->what : "opened";
    };
    EXPECT_THAT(error_of(scratch.file("none.db")), HasSubstr("no such file"));
    std::ofstream{scratch.file("text.db")} << std::string(5000, 'x');
    EXPECT_THAT(error_of(scratch.file("text.db")), HasSubstr("not a database"));
    std::ofstream{scratch.file("empty.db")};
    EXPECT_THAT(error_of(scratch.file("empty.db")), HasSubstr("not a journal"));
}

} // namespace
} // namespace magwatch
