#include "daemon/audit/trail.hpp"

#include <filesystem>

#include <sys/stat.h>

#include "daemon/audit/audit.hpp"
#include "tests/unit/audit/rig.hpp"

namespace magwatch::audit
{
namespace
{

using testing::HasSubstr;
using testing::SizeIs;
namespace fs = std::filesystem;

class AuditTrail : public TrailRig
{
};

TEST_F(AuditTrail, GoesOnOverRestartsWithKeysOfTheirOwn)
{
    start();
    write("entries");
    const std::string first_key = text_of(folder + "/" + key_name);
    start();
    write("pause");
    EXPECT_NE(text_of(folder + "/" + key_name), first_key);
    EXPECT_EQ(trail->damage(), "");
    const Verified found = with_key(trail->head());
    EXPECT_TRUE(found.good()) << found.wrong;
    EXPECT_THAT(found.notes, SizeIs(0));
}

TEST_F(AuditTrail, NobodyElseMayReadItOrItsKeys)
{
    start();
    for (const auto& entry : fs::directory_iterator{folder}) {
        struct stat found {
        };
        ASSERT_EQ(::stat(entry.path().c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 0777U, 0600U) << entry.path();
    }
    struct stat found {
    };
    ASSERT_EQ(::stat(folder.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0700U);
}

TEST_F(AuditTrail, TheKeyOfAnHourThatIsOverIsNowhereAnyMore)
{
    start();
    // A second name for the bytes of the file, as whoever looks at the disk afterwards has one.
    fs::create_hard_link(folder + "/" + key_name, directory.file("disk"));
    const std::string before = text_of(directory.file("disk"));
    pass(std::chrono::hours{1});
    EXPECT_EQ(text_of(directory.file("disk")), std::string(before.size(), '\0'));
    EXPECT_TRUE(with_key(trail->head()).good());
}

TEST_F(AuditTrail, ABrokenLineStaysIsNamedAndTheTrailGoesOnAfterIt)
{
    start();
    write("entries");
    const Head before = trail->head();
    trail.reset();
    const std::string path = segment(), broken = R"({"seq":5,"wall":"2026-)";
    put(path, text_of(path) + broken);
    EXPECT_THAT(with_key(before).wrong, HasSubstr("broken off"));
    start();
    EXPECT_THAT(trail->damage(), HasSubstr("broken off"));
    write("pause");
    EXPECT_THAT(text_of(path), HasSubstr("\n" + broken + "\n"));
    const Verified found = with_key(trail->head());
    EXPECT_TRUE(found.good()) << found.wrong;
    EXPECT_THAT(found.notes, SizeIs(1));
    // Nor may the broken line go, or become another, afterwards.
    std::string without = text_of(path);
    put(path, std::string{without}.erase(without.find(broken), broken.size() + 1));
    EXPECT_THAT(with_key().wrong, HasSubstr("names a broken line that is not there"));
    put(path, std::string{without}.replace(without.find(broken), 1, "["));
    EXPECT_THAT(with_key().wrong, HasSubstr("no row names it"));
}

// Killed again while it named the first: both are named.
TEST_F(AuditTrail, TwoBrokenLinesAreNamedToo)
{
    start();
    trail.reset();
    put(segment(), text_of(segment()) + "{\"seq\"\n{\"se");
    start();
    EXPECT_TRUE(with_key(trail->head()).good()) << with_key().wrong;
}

// Every byte at which a kill or a power cut may end the last write.
TEST_F(AuditTrail, WhereverTheLastWriteEndedTheTrailGoesOnAndSaysSo)
{
    start();
    const std::string keys = text_of(folder + "/" + key_name), verify_with = text_of(folder + "/" + verify_key_name);
    const std::string path = segment(), before = text_of(path);
    write("entries");
    const std::string after = text_of(path);
    for (std::size_t size = before.size(); size <= after.size(); ++size) {
        trail.reset();
        put(folder + "/" + key_name, keys);
        put(path, after.substr(0, size));
        start();
        const Verified found = with_key(trail->head());
        ASSERT_TRUE(found.good()) << size << found.wrong;
        const bool line_end = size == before.size() || size + 1 >= after.size(); // a row that lacks its end alone is one
        ASSERT_THAT(found.notes, SizeIs(line_end ? 0U : 1U)) << size;
    }
}

TEST_F(AuditTrail, RowsThatAreMissingAtTheStartAreNamedAndNeverLookWhole)
{
    start();
    write("entries");
    const std::string path = segment(), before = text_of(path);
    pass(std::chrono::hours{1});
    write("pause");
    trail.reset();
    put(path, before);
    start();
    EXPECT_THAT(trail->damage(), HasSubstr("rows are missing"));
    EXPECT_THAT(text_of(path), HasSubstr(std::string{own::gap}));
    EXPECT_THAT(with_key().wrong, HasSubstr("rows before it are missing"));
    EXPECT_FALSE(without_key().good());
}

TEST_F(AuditTrail, AKeyThatWasNotChangedInTimeIsChangedAtTheStart)
{
    start();
    const std::string keys = text_of(folder + "/" + key_name); // a kill between the last row of a key and the next key
    pass(std::chrono::hours{1});
    write("pause");
    trail.reset();
    put(folder + "/" + key_name, keys);
    start();
    EXPECT_EQ(trail->damage(), "");
    EXPECT_TRUE(with_key(trail->head()).good()) << with_key().wrong;
}

TEST_F(AuditTrail, WithoutItsKeyATrailIsPutAsideAndTheNextOneNamesItsHead)
{
    start();
    write("entries");
    const Head old = trail->head();
    trail.reset();
    fs::remove(folder + "/" + key_name);
    start();
    EXPECT_THAT(trail->damage(), HasSubstr("the key of the trail is gone"));
    EXPECT_THAT(text_of(segment()), HasSubstr(old.hash));
    EXPECT_TRUE(with_key(trail->head()).good()) << with_key().wrong;
    const std::string aside = folder + "-before-" + std::to_string(now.wall.ms);
    EXPECT_TRUE(verify(aside, std::nullopt, old).good());
}

TEST_F(AuditTrail, OldSegmentsGoAndTheFirstRowThatStaysIsAnchored)
{
    limits.segment_time = std::chrono::hours{1};
    limits.keep = std::chrono::hours{3};
    start();
    for (int i = 0; i < 8; ++i) {
        write("entries");
        pass(std::chrono::hours{1});
    }
    const auto left = segments_of(folder);
    EXPECT_GT(left.front().first, 1U);
    const Verified found = with_key(trail->head());
    EXPECT_TRUE(found.good()) << found.wrong;
    EXPECT_EQ(found.first, left.front().first);
    EXPECT_THAT(found.notes, SizeIs(1));
    EXPECT_TRUE(without_key().good());
    // More than retention took is seen.
    fs::remove(left.front().path);
    EXPECT_THAT(with_key().wrong, HasSubstr("no row says that retention took"));
    EXPECT_FALSE(without_key().good());
}

TEST_F(AuditTrail, AWrongWallClockPrunesNothing)
{
    limits.segment_time = std::chrono::hours{1};
    start();
    for (int i = 0; i < 4; ++i) pass(std::chrono::hours{1});
    const std::size_t before = segments_of(folder).size();
    now.wall = now.wall + std::chrono::hours{24 * 4000};
    pass(std::chrono::hours{1});
    EXPECT_GE(segments_of(folder).size(), before);
    EXPECT_EQ(segments_of(folder).front().first, 1U);
}

TEST_F(AuditTrail, TooManyBytesGoOldestFirst)
{
    limits.segment_time = std::chrono::hours{1};
    limits.max_bytes = 6000;
    start();
    for (int i = 0; i < 12; ++i) pass(std::chrono::hours{1});
    std::uint64_t bytes = 0;
    for (const Segment& one : segments_of(folder)) bytes += one.bytes;
    EXPECT_LT(bytes, 8000U);
    EXPECT_TRUE(with_key(trail->head()).good()) << with_key().wrong;
}

class AuditLane : public TrailRig
{
protected:
    static Event event(std::string action, std::string outcome = "accepted")
    {
        Event out;
        out.station = "127.0.0.1";
        out.action = std::move(action);
        out.outcome = std::move(outcome);
        return out;
    }
};

TEST_F(AuditLane, WritesWhatThreadsSayAndAllOfItAtTheEnd)
{
    Audit audit{folder};
    std::thread other{[&] {
        for (int i = 0; i < 100; ++i) audit.record(event("entries"));
    }};
    for (int i = 0; i < 100; ++i) audit.record(event("pause"));
    other.join();
    audit.stop();
    const auto status = audit.status();
    EXPECT_EQ(status.reason, "");
    EXPECT_EQ(status.waiting, 0U);
    EXPECT_EQ(status.rows, 200U);
    EXPECT_TRUE(with_key(status.head).good()) << with_key(status.head).wrong;
}

TEST_F(AuditLane, ADiskThatDoesNotTakeItIsToldStopsNothingAndLosesNothingThatFits)
{
    put(folder, "in the way"); // a file where the folder belongs
    Audit audit{folder};
    audit.record(event("entries"));
    while (audit.status().reason.empty()) std::this_thread::yield();
    for (int i = 0; i < 9000; ++i) audit.record(event("pause"));
    const auto failing = audit.status();
    EXPECT_EQ(failing.waiting, 8192U);
    EXPECT_EQ(failing.lost, 9001U - 8192U);
    fs::remove(folder);
    audit.tick();
    audit.stop();
    const auto status = audit.status();
    EXPECT_EQ(status.reason, "");
    EXPECT_EQ(status.waiting, 0U);
    EXPECT_THAT(text_of(segment()), HasSubstr(R"("action":"audit.lost")"));
    EXPECT_THAT(text_of(segment()), HasSubstr(R"("times":809)"));
    EXPECT_TRUE(with_key(status.head).good());
}

} // namespace
} // namespace magwatch::audit
