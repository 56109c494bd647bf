// Journals whose first records were pruned, as every ward's are after a month.
#include "tools/replay/replay.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "daemon/journal/journal_file.hpp"
#include "daemon/journal/sqlite.hpp"
#include "daemon/ward_loop/record.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/ward_rig.hpp"
#include "tools/replay/tape.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

struct Replayed {
    int status = 0;
    std::string said, noted;
    ReplayTally tally;
};

class PrunedJournal : public ::testing::Test {
protected:
    // A watched patient who breathes well, and slowly after the cut. Snapshots stand before the cut, at it and at the
    // end: pruning keeps what the newest two need.
    PrunedJournal()
    {
        rig_.watch();
        rig_.stream(Signal::rr, 16, 60);
        cut_ = rig_.inputs.size();
        rig_.stream(Signal::rr, 10, 120);
        auto opened = JournalFile::open(folder_.path(), rig_.inputs.front().first.wall);
        file_ = std::move(opened.file);
        write(0, cut_ / 2);
        write(cut_ / 2, cut_);
        cut_batch_ = batches_;
        state_at_cut_ = ward_.save();
        write(cut_, cut_ + 30);
        write(cut_ + 30, rig_.inputs.size());
        std::ofstream{folder_.file("small.toml")} << test::small_pack;
        std::string slower = test::small_pack;
        slower.replace(slower.find("rr < 12 /min"), 12, "rr < 8 /min ");
        std::ofstream{folder_.file("slower.toml")} << slower;
    }
    // So many inputs of the rig, with what they caused, and the state after them.
    void write(std::size_t from, std::size_t to)
    {
        JournalBatch batch;
        batch.first = rig_.inputs[from].first.steady;
        RecordWriter writer;
        for (std::size_t i = from; i < to; ++i) {
            const auto& [at, input] = rig_.inputs[i];
            EffectBuffer effects;
            ward_.step(at, input, effects);
            writer.add(at, input);
            for (const Effect& effect : effects) writer.add(effect);
            batch.last = at.steady;
            batch.wall = at.wall;
        }
        for (const Bytes& bytes : writer.take()) batch.records.push_back(bytes);
        JournalSnapshot snapshot;
        snapshot.at = rig_.inputs[to - 1].first;
        snapshot.state = ward_.save();
        std::vector<JournalItem> items;
        items.emplace_back(std::move(batch));
        items.emplace_back(std::move(snapshot));
        ASSERT_FALSE(file_->write(items));
        ++batches_;
    }
    // As a month later, but for the newest stretches.
    void prune()
    {
        const Moment now{rig_.inputs[cut_ + 29].first.steady + 1ms, rig_.now().wall};
        const JournalLimits limits{rig_.inputs[cut_ + 29].first.steady - rig_.inputs[cut_ - 1].first.steady};
        while (std::get<bool>(file_->maintain(now, limits))) {
        }
    }
    void change(Sql sql, std::int64_t batch)
    {
        file_.reset();
        Database database{folder_.file("journal.db"), Database::Access::read_write};
        Statement statement = database.prepare(sql);
        statement.bind(1, batch).run();
    }
    Replayed replayed(const std::string& pack = "")
    {
        file_.reset();
        ReplayRequest request;
        request.file = folder_.path();
        if (!pack.empty()) request.pack = folder_.file(pack);
        std::ostringstream out, errors;
        Replayed result;
        result.status = replay(request, out, errors, &result.tally);
        result.said = out.str();
        result.noted = errors.str();
        return result;
    }

    test::TemporaryDirectory folder_{"magwatch-replay"};
    test::Rig rig_;
    Ward ward_;
    std::unique_ptr<JournalFile> file_;
    std::size_t cut_ = 0;
    Bytes state_at_cut_;
    int batches_ = 0, cut_batch_ = 0;
};

TEST_F(PrunedJournal, BeginsWithTheOldestStateThatItStillHolds)
{
    const Replayed whole = replayed();
    EXPECT_EQ(whole.status, 0) << whole.said;
    EXPECT_EQ(whole.noted, "");
    file_ = JournalFile::open(folder_.path(), rig_.now().wall).file;
    prune();
    const Replayed left = replayed();
    EXPECT_EQ(left.status, 0) << left.said;
    EXPECT_THAT(left.noted, HasSubstr("are pruned: it begins with what was known then"));
    EXPECT_EQ(left.tally.raised_high, (std::map<std::string, int>{{"rr-low", 1}}));
    EXPECT_EQ(left.tally.raised_high, whole.tally.raised_high);
    EXPECT_LT(left.tally.seconds, whole.tally.seconds);
    EXPECT_THAT(left.said, HasSubstr("the same"));
    EXPECT_THAT(left.said, Not(HasSubstr("recorded 0 pages")));
}

TEST_F(PrunedJournal, IsJudgedByThePackThatIsAskedFor)
{
    prune();
    EXPECT_EQ(replayed("small.toml").tally.raised_high, (std::map<std::string, int>{{"rr-low", 1}}));
    const Replayed slower = replayed("slower.toml");
    EXPECT_EQ(slower.status, 0) << slower.noted;
    EXPECT_EQ(slower.tally.raised_high, (std::map<std::string, int>{}));
}

TEST_F(PrunedJournal, WithoutAStateToBeginWithNothingIsSaidOfIt)
{
    change("DELETE FROM batches WHERE id <= ?1", cut_batch_);
    change("DELETE FROM snapshots WHERE batch <> -?1", cut_batch_);
    const Replayed left = replayed();
    EXPECT_EQ(left.status, 2);
    EXPECT_EQ(left.said, "");
    EXPECT_THAT(left.noted, HasSubstr("no snapshot tells what came before"));
    EXPECT_EQ(replayed("small.toml").status, 2);
}

TEST_F(PrunedJournal, WhatIsMissingInTheMiddleIsTold)
{
    change("DELETE FROM batches WHERE id = ?1", cut_batch_);
    EXPECT_THAT(replayed().noted, HasSubstr("batches 2 to 2 are missing"));
}

// Which bed a number means stands in the records that are gone.
TEST_F(PrunedJournal, ItsDevicesArePlayedAtTheirBeds)
{
    file_.reset();
    std::ostringstream errors;
    const auto whole = read_tapes(folder_.path(), "", errors);
    ASSERT_EQ(whole.size(), 1U) << errors.str();
    EXPECT_EQ(errors.str(), "");
    file_ = JournalFile::open(folder_.path(), rig_.now().wall).file;
    prune();
    file_.reset();
    const auto left = read_tapes(folder_.path(), "", errors);
    ASSERT_EQ(left.size(), 1U) << errors.str();
    EXPECT_THAT(errors.str(), HasSubstr("are pruned: it begins with what was known then"));
    EXPECT_EQ(left[0].bed, whole[0].bed);
    EXPECT_LT(left[0].length, whole[0].length);
    ASSERT_EQ(left[0].tracks.size(), 1U);
    EXPECT_EQ(left[0].tracks[0].points.back().value, 10);
}

TEST_F(PrunedJournal, WithoutAStateToBeginWithNothingIsPlayed)
{
    change("DELETE FROM batches WHERE id <= ?1", cut_batch_);
    change("DELETE FROM snapshots WHERE batch <> -?1", cut_batch_);
    std::ostringstream errors;
    EXPECT_TRUE(read_tapes(folder_.path(), "", errors).empty());
    EXPECT_THAT(errors.str(), HasSubstr("no snapshot tells what came before"));
}

// What a rescue to another disk leaves: a state, then batches that are counted from 1.
TEST_F(PrunedJournal, AFileThatBeginsWithAStateIsReplayedFromIt)
{
    file_.reset();
    std::filesystem::remove(folder_.file("journal.db"));
    file_ = JournalFile::open(folder_.path(), rig_.now().wall).file;
    JournalSnapshot snapshot;
    snapshot.at = rig_.inputs[cut_ - 1].first;
    snapshot.state = state_at_cut_;
    std::vector<JournalItem> items;
    items.emplace_back(std::move(snapshot));
    ASSERT_FALSE(file_->write(items));
    ward_ = *Ward::load(as_text(state_at_cut_));
    write(cut_, rig_.inputs.size());
    const Replayed left = replayed();
    EXPECT_EQ(left.status, 0) << left.said;
    EXPECT_EQ(left.tally.raised_high, (std::map<std::string, int>{{"rr-low", 1}}));
}

} // namespace
} // namespace magwatch
