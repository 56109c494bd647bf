// The Nth operation of the disk fails, once or for ever, for every N of a short life of a journal:
// nothing that was durable is lost, nothing crashes, and when the disk is well the journal goes on.

#include <gtest/gtest.h>

#include "daemon/journal/journal_file.hpp"
#include "tests/integration/journal/fault_vfs.hpp"
#include "tests/integration/journal/scratch.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// Opens, writes, keeps house and closes, whatever happens; gives the batches that it was told are
// durable.
std::vector<Bytes> short_life(const std::string& directory)
{
    std::vector<Bytes> durable;
    const JournalOpened opened = JournalFile::open(directory, test_wall);
    if (!opened.file) return durable;
    (void)opened.file->begin_incarnation({Instant{1}, test_wall}, 1s, "boot");
    for (int i = 1; i <= 12; ++i) {
        const std::string text = std::to_string(i) + std::string(3000, static_cast<char>('a' + i));
        std::vector<JournalItem> items{batch_of(i, {text})};
        if (i % 4 == 0) items.push_back(snapshot_of(i, "state " + std::to_string(i)));
        if (!opened.file->write(items)) durable.push_back(record_of(text));
        if (i == 6) (void)opened.file->checkpoint();
        if (i == 9) (void)opened.file->maintain({Instant{i}, test_wall}, {});
        if (i == 10) (void)opened.file->alive({Instant{i}, test_wall});
    }
    return durable;
}

void expect_all_there(const std::string& directory, const std::vector<Bytes>& durable)
{
    const JournalOpened opened = JournalFile::open(directory, test_wall);
    ASSERT_TRUE(opened.file) << opened.error->what;
    ASSERT_TRUE(opened.moved_aside.empty()) << opened.damage;
    EXPECT_EQ(opened.end_missing, "");
    const auto batches = value_of(opened.file->batches_after(0, 1000));
    // What failed may have become durable all the same (the word was lost, not the bytes); order
    // never changes.
    std::size_t found = 0;
    std::int64_t last_id = 0;
    for (const JournalBatch& batch : batches) {
        ASSERT_FALSE(batch.damaged);
        ASSERT_GT(batch.id, last_id);
        last_id = batch.id;
        if (found < durable.size() && batch.records.front() == as_text(durable[found])) ++found;
    }
    EXPECT_EQ(found, durable.size());
    ASSERT_FALSE(write(*opened.file, batch_of(1000, {"well again"})));
}

struct Way {
    FaultVfs::Kind kind;
    bool for_ever;
};
class JournalFault : public ::testing::TestWithParam<Way>
{
};
void PrintTo(const Way& way, std::ostream* out)
{
    *out << (way.kind == FaultVfs::disk_full ? "disk_full" : "io_error")
         << (way.for_ever ? "_for_ever" : "_once");
}

TEST_P(JournalFault, AtEveryOperationLosesNothingThatWasDurable)
{
    FaultVfs faults;
    std::uint64_t operations = 0;
    {
        const Scratch scratch;
        faults.fail_operation(0, GetParam().kind, false);
        ASSERT_EQ(short_life(scratch.path()).size(), 12U);
        operations = faults.operations();
    }
    ASSERT_GT(operations, 50U);
    for (std::uint64_t n = 1; n <= operations; ++n) {
        const Scratch scratch;
        faults.fail_operation(n, GetParam().kind, GetParam().for_ever);
        const std::vector<Bytes> durable = short_life(scratch.path());
        faults.heal();
        if (!GetParam().for_ever) {
            EXPECT_GE(durable.size(), 8U) << "operation " << n << ": one fault must not end it";
        }
        expect_all_there(scratch.path(), durable);
        if (HasFatalFailure()) FAIL() << "operation " << n << " of " << operations;
    }
}

INSTANTIATE_TEST_SUITE_P(Every, JournalFault,
                         ::testing::Values(Way{FaultVfs::disk_full, false},
                                           Way{FaultVfs::disk_full, true},
                                           Way{FaultVfs::io_error, false},
                                           Way{FaultVfs::io_error, true}));

} // namespace
} // namespace magwatch
