// Backups as files: what they hold, what is refused, what is put aside.
#include "tools/backup/backup.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "daemon/app/backup_notes.hpp"
#include "daemon/app/last_good.hpp"
#include "daemon/journal/history_file.hpp"
#include "daemon/journal/journal_reader.hpp"
#include "tests/integration/journal/scratch.hpp"
#include "tools/backup/manifest.hpp"

namespace magwatch::backup
{
namespace
{

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const auto silent = [](int) {};

std::string bytes_of(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void write_bytes(const std::string& path, const std::string& bytes)
{
    std::ofstream{path, std::ios::binary} << bytes;
}

template <class Work> std::string refusal_of(Work work)
{
    try {
        work();
        return "";
    } catch (const BackupError& error) {
        return error.what();
    }
}

struct BackupTest : testing::Test {
    BackupTest()
    {
        for (const auto& folder : {state, copies, output}) fs::create_directory(folder);
        write_bytes(config, "[ward]\nname = \"l4\"\nlabel = \"L4\"\nmode = \"ward\"\n");
        fill(3);
    }
    // A journal of so many batches, and an hour of history, closed.
    void fill(int batches)
    {
        auto opened = JournalFile::open(state, test_wall);
        ASSERT_TRUE(opened.file);
        std::minstd_rand random{7};
        for (int i = 0; i < batches; ++i) {
            std::string text(5000, ' ');
            for (char& c : text) c = static_cast<char>(random() >> 8);
            ASSERT_FALSE(magwatch::write(*opened.file, batch_of(1000 * (i + 1), {text})));
        }
        auto history = HistoryFile::open(state, test_wall);
        HistoryMinute minute{"bed-1", 28'000'000, {}};
        minute.of("rr").add(0, 16, true);
        ASSERT_FALSE(history.file->write({minute}));
    }
    Created make(WallTime now = test_wall, int keep = 14)
    {
        fs::remove_all(copies);
        fs::create_directory(copies);
        EXPECT_TRUE(copy_closed_store(state, copies, true, silent));
        CreateRequest request;
        request.copies = copies;
        request.configuration = config;
        request.output = output;
        request.keep = keep;
        request.now = now;
        return create(request, silent);
    }
    Restored put_back(const std::string& file, bool force = false, bool dry_run = false)
    {
        RestoreRequest request{file, target, "", dry_run, force, test_wall + Duration{9'000}};
        return restore(request, silent);
    }
    std::vector<std::string> names(const std::string& folder)
    {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator{folder}) found.push_back(entry.path().filename().string());
        std::sort(found.begin(), found.end());
        return found;
    }
    Scratch scratch;
    std::string state = scratch.file("state"), copies = scratch.file("copies"), output = scratch.file("out"),
                target = scratch.file("target"), config = scratch.file("magwatch.toml");
};

TEST_F(BackupTest, HoldsJournalHistoryAndConfigurationAndNamesThemWithTheirHashes)
{
    const Created made = make();
    EXPECT_EQ(made.file, output + "/magwatch-l4-20231114T221320Z.backup");
    const Manifest read = verify(made.file, [](std::uint64_t) {});
    std::vector<std::string> parts;
    for (const Part& part : read.parts) parts.push_back(part.name);
    EXPECT_THAT(parts, ElementsAre("journal.db", "history.db", "configuration" + config));
    EXPECT_EQ(read.ward, "l4");
    EXPECT_EQ(read.journal_format, journal_version);
    EXPECT_EQ(read.history_format, history_version);
    EXPECT_EQ(read.records_until.ms, 1'700'000'003'000);
    EXPECT_EQ(fs::status(made.file).permissions() & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_THAT(names(output), ElementsAre("magwatch-l4-20231114T221320Z.backup"));
}

// Some bits of a zstd stream mean nothing: with one of them turned, all that was kept is read as it was.
TEST_F(BackupTest, EveryDamagedByteIsFoundOrChangesNothing)
{
    const std::string file = make().file, whole = bytes_of(file);
    const std::string broken = scratch.file("broken.backup");
    const auto kept = [](const Manifest& manifest) {
        std::string all = manifest.ward;
        for (const Part& part : manifest.parts) all += '\n' + part.name + ' ' + part.sha256;
        return all;
    };
    const std::string good = kept(verify(file, [](std::uint64_t) {}));
    ASSERT_GT(whole.size(), 1000U);
    const std::size_t step = std::max<std::size_t>(whole.size() / 300, 1);
    int refused = 0, tried = 0;
    for (std::size_t at = 0; at < whole.size(); at += step) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        write_bytes(broken, bytes);
        ++tried;
        try {
            EXPECT_EQ(kept(verify(broken, [](std::uint64_t) {})), good) << at << " of " << whole.size();
        } catch (const BackupError&) {
            ++refused;
        }
    }
    EXPECT_GE(refused, tried - 2) << "of 300 bytes hardly any has such a bit";
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, whole.size() / 2, whole.size() - 1}) {
        write_bytes(broken, whole.substr(0, size));
        EXPECT_NE(refusal_of([&] { (void)verify(broken, [](std::uint64_t) {}); }), "") << size;
    }
    write_bytes(broken, whole + "x");
    EXPECT_THAT(refusal_of([&] { (void)verify(broken, [](std::uint64_t) {}); }), HasSubstr("behind its end"));
    EXPECT_NE(refusal_of([&] { (void)put_back(broken); }), "");
    EXPECT_FALSE(fs::exists(target + "/journal.db"));
}

// A container that is sound and holds something else than its manifest says: each part.
TEST_F(BackupTest, APartThatIsNotWhatTheManifestSaysIsRefused)
{
    const Manifest manifest = make().manifest;
    for (const Part& wrong : manifest.parts) {
        const std::string file = scratch.file("other.backup");
        fs::remove(file);
        ContainerWriter out{file};
        const std::string text = manifest_text(manifest);
        out.add({manifest_name, text.size(), 0}, text);
        for (const Part& part : manifest.parts) {
            std::string bytes = part.path.empty() ? bytes_of(copies + "/" + part.name) : bytes_of(part.path);
            if (part.name == wrong.name) bytes.back() = static_cast<char>(bytes.back() + 1);
            out.add({part.name, bytes.size(), 0}, bytes);
        }
        out.finish();
        EXPECT_THAT(refusal_of([&] { (void)put_back(file); }), AllOf(HasSubstr(wrong.name), HasSubstr("SHA-256")));
        EXPECT_FALSE(fs::exists(target + "/journal.db"));
        EXPECT_FALSE(fs::exists(target + "/restore.partial"));
    }
}

TEST_F(BackupTest, ADamagedJournalIsNoBackupAndLeavesNothing)
{
    ASSERT_TRUE(copy_closed_store(state, copies, true, silent));
    std::string bytes = bytes_of(copies + "/journal.db");
    for (std::size_t at = 4096; at < bytes.size(); ++at) bytes[at] = static_cast<char>(at * 31);
    write_bytes(copies + "/journal.db", bytes);
    CreateRequest request;
    request.copies = copies;
    request.configuration = config;
    request.output = output;
    request.now = test_wall;
    EXPECT_NE(refusal_of([&] { (void)create(request, silent); }), "");
    EXPECT_THAT(names(output), IsEmpty());
}

TEST_F(BackupTest, NewerFormatsAreRefusedInWords)
{
    Manifest manifest = make().manifest;
    manifest.version = "9.9.9";
    const auto refusal = [&] { return refusal_of([&] { (void)manifest_from(manifest_text(manifest), "x.backup"); }); };
    EXPECT_EQ(refusal(), "");
    manifest.journal_format = static_cast<int>(journal_version) + 1;
    EXPECT_THAT(refusal(), AllOf(HasSubstr("newer"), HasSubstr("9.9.9"), HasSubstr("Install that version")));
    manifest.journal_format = static_cast<int>(journal_version);
    manifest.history_format = static_cast<int>(history_version) + 1;
    EXPECT_THAT(refusal(), HasSubstr("newer"));
    manifest.history_format = 0;
    manifest.format = backup_format + 1;
    EXPECT_THAT(refusal(), HasSubstr("newer"));
}

TEST_F(BackupTest, ANumberThatNobodyWroteIsRefused)
{
    const std::string text = manifest_text(make().manifest);
    for (const char* name : {"\"format\": ", "\"journal_format\": ", "\"history_format\": ", "\"bytes\": "}) {
        for (const char* number : {"-1", "1.5", "77777777777777777777777777777777777777771", "1e300", "null"}) {
            std::string changed = text;
            const auto at = changed.find(name);
            ASSERT_NE(at, std::string::npos) << name;
            const auto begin = at + std::string_view{name}.size();
            changed.replace(begin, changed.find_first_of(",\n", begin) - begin, number);
            EXPECT_NE(refusal_of([&] { (void)manifest_from(changed, "x"); }), "") << name << number;
        }
    }
}

TEST_F(BackupTest, NoNameInItLeadsOutOfItsFolder)
{
    Manifest manifest = make().manifest;
    for (const char* name : {"../journal.db", "/etc/passwd", "a/../../b", "", "a//b", "a/"}) {
        manifest.parts.back().name = name;
        EXPECT_NE(refusal_of([&] { (void)manifest_from(manifest_text(manifest), "x"); }), "") << name;
    }
}

TEST_F(BackupTest, OnlyOlderOnesOfThisWardAreRemovedAndOnlyAfterAGoodOne)
{
    for (const char* other : {"magwatch-l5-20200101T000000Z.backup", "magwatch-l4-notes.backup", "keep.txt"})
        write_bytes(output + "/" + other, "x");
    for (int day = 0; day < 4; ++day) make(test_wall + Duration{86'400'000LL * day}, 2);
    EXPECT_THAT(names(output),
                ElementsAre("keep.txt", "magwatch-l4-20231116T221320Z.backup", "magwatch-l4-20231117T221320Z.backup",
                            "magwatch-l4-notes.backup", "magwatch-l5-20200101T000000Z.backup"));
    write_bytes(copies + "/journal.db", "rubbish");
    CreateRequest request;
    request.copies = copies;
    request.configuration = config;
    request.output = output;
    request.keep = 1;
    request.now = test_wall + Duration{86'400'000LL * 9};
    EXPECT_NE(refusal_of([&] { (void)create(request, silent); }), "");
    EXPECT_THAT(names(output), SizeIs(5));
}

TEST_F(BackupTest, HalvesOfAKilledRunDoNotCountAndGo)
{
    write_bytes(output + "/.magwatch-l4-20231114T221319Z.partial", "half");
    EXPECT_THAT(list(output), IsEmpty());
    make();
    EXPECT_THAT(names(output), ElementsAre("magwatch-l4-20231114T221320Z.backup"));
    EXPECT_THAT(list(output), SizeIs(1));
}

TEST_F(BackupTest, AStoreThatADaemonHasIsNotTouched)
{
    auto opened = JournalFile::open(state, test_wall);
    ASSERT_TRUE(opened.file);
    // Locks of the own process are not seen; another one asks.
    const int child = fork();
    if (child == 0) {
        const bool refused = refusal_of([&] { (void)copy_closed_store(state, copies, true, silent); }).find("in use") !=
                             std::string::npos;
        _exit(refused ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST_F(BackupTest, ARestoreGivesTheSameRowsAndLeavesTheDaemonWord)
{
    const std::string file = make().file;
    const Restored done = put_back(file);
    EXPECT_THAT(done.placed, ElementsAre(target + "/journal.db", target + "/history.db"));
    EXPECT_EQ(done.aside, "");
    auto before = JournalReader::open(state), after = JournalReader::open(target);
    const auto was = value_of(std::get<JournalReader>(before).batches_after(0)),
               is = value_of(std::get<JournalReader>(after).batches_after(0));
    ASSERT_EQ(was.size(), is.size());
    for (std::size_t i = 0; i < was.size(); ++i) EXPECT_EQ(was[i].records, is[i].records);
    const auto note = read_restore_note(target);
    ASSERT_TRUE(note);
    EXPECT_EQ(note->made.ms, 1'700'000'003'000);
    EXPECT_EQ(note->started.ms, 0);
    EXPECT_EQ(fs::status(target + "/journal.db").permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_THAT(names(target), ElementsAre("history.db", "journal.db", "restored.json"));
}

TEST_F(BackupTest, WhatStandsThereIsMovedAsideAndNewerRecordsNeedAWord)
{
    const std::string file = make().file;
    put_back(file);
    {
        auto opened = JournalFile::open(target, test_wall);
        ASSERT_FALSE(magwatch::write(*opened.file, batch_of(60'000, {"later"})));
    }
    const std::string stood = bytes_of(target + "/journal.db");
    EXPECT_THAT(refusal_of([&] { (void)put_back(file); }), HasSubstr("--force"));
    EXPECT_EQ(bytes_of(target + "/journal.db"), stood);
    EXPECT_THAT(refusal_of([&] { (void)put_back(file, true, true); }), "");
    EXPECT_EQ(bytes_of(target + "/journal.db"), stood) << "a dry run";
    const Restored done = put_back(file, true);
    EXPECT_EQ(bytes_of(done.aside + "/journal.db"), stood);
    EXPECT_TRUE(fs::exists(done.aside + "/history.db"));
}

TEST_F(BackupTest, ADamagedJournalIsPutAsideWithoutAnotherWord)
{
    const std::string file = make().file;
    fs::create_directory(target);
    write_bytes(target + "/journal.db", "rubbish where a journal was");
    write_bytes(target + "/journal.db-wal", "its log");
    const Restored done = put_back(file);
    EXPECT_EQ(bytes_of(done.aside + "/journal.db"), "rubbish where a journal was");
    EXPECT_EQ(bytes_of(done.aside + "/journal.db-wal"), "its log");
    EXPECT_FALSE(fs::exists(target + "/journal.db-wal"));
}

TEST_F(BackupTest, TheConfigurationComesBackWhereItIsWanted)
{
    const std::string file = make().file, there = scratch.file("etc");
    fs::create_directory(there);
    write_bytes(there + "/magwatch.toml", "what stood there");
    RestoreRequest request{file, target, there, false, false, test_wall};
    const Restored done = restore(request, silent);
    EXPECT_EQ(bytes_of(there + "/magwatch.toml"), bytes_of(config));
    EXPECT_EQ(bytes_of(there + "/before-restore-1700000000/magwatch.toml"), "what stood there");
}

TEST(Tar, NamesAndSizesComeBackAndADamagedHeaderIsNone)
{
    const std::string deep = "configuration/" + std::string(90, 'a') + "/" + std::string(90, 'b') + ".toml";
    for (const TarEntry& entry : {TarEntry{"journal.db", 12, 5}, TarEntry{deep, 0, 1},
                                  TarEntry{"big", 3ULL << 40, 1'700'000'000}}) {
        auto header = tar_header(entry);
        ASSERT_TRUE(header) << entry.name;
        const auto read = read_tar_header(*header);
        ASSERT_TRUE(read) << entry.name;
        EXPECT_EQ(read->name, entry.name);
        EXPECT_EQ(read->size, entry.size);
        EXPECT_EQ(read->modified, entry.modified);
        for (std::size_t at = 0; at < 148; ++at) {
            auto other = *header;
            other[at] = static_cast<char>(other[at] ^ 1);
            EXPECT_FALSE(read_tar_header(other)) << at;
        }
    }
    EXPECT_FALSE(tar_header({std::string(300, 'x'), 1, 0}));
    EXPECT_FALSE(tar_header({"", 1, 0}));
}

} // namespace
} // namespace magwatch::backup
