// The journal as the ward loop sees it: append inputs, be told when they are durable, never wait
// for a disk.
//
// Lives on the loop's thread; all blocking work is on its own lane. Appends gather while a commit
// runs and go out together in the next one (group commit): at once if one of them is urgent, else
// within `commit_delay`. When the disk fails, appends gather in memory (bounded), commits are tried
// again every `retry`, and on_change tells the loop, which raises a technical alarm and sends its
// pages first.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "daemon/journal/disk_space.hpp"
#include "daemon/journal/journal_file.hpp"
#include "daemon/journal/paced_copy.hpp"
#include "runtime/clock.hpp"

namespace magwatch {

struct JournalOptions {
    Duration commit_delay{
        500};              // of what is not urgent (DESIGN: high-rate numerics within a second)
    Duration retry{1'000}; // after a failed commit
    Duration slow{
        200}; // a commit that takes longer is told (DESIGN: disk never delays a page more)
    Duration stuck{5'000}; // any job of the lane that takes longer is told as slow, also where nobody waits for it
    Duration maintenance{1'000};    // between two looks at an idle disk
    Duration alive{5'000};          // a sign of life is written this often when nothing else is
    std::size_t memory = 32U << 20; // bytes of inputs that wait for a failing disk
    JournalLimits limits;
};

// Counts every append; an input is durable when `durable` has reached its number.
using JournalSequence = std::uint64_t;

struct JournalStatus {
    bool failing = false; // the last commit failed
    bool disk_full = false;
    std::string reason; // of the failure: words of SQLite, no data
    bool slow = false;  // the last commit took longer than `slow`, or one is taking longer now
    DiskLevel disk = DiskLevel::ok;
    JournalSequence appended = 0;
    JournalSequence durable = 0; // stands still while inputs are lost and no snapshot has made it good
    std::uint64_t lost = 0; // inputs that found no room in memory while the disk failed
    std::uint64_t commits = 0, failures = 0;
    Duration last_commit{};       // how long it took
    std::uint64_t bytes = 0;      // of the file
    bool snapshot_wanted = false; // inputs were lost: only a snapshot makes the journal whole again
};

enum class CommitOutcome : std::uint8_t {
    durable,
    late,   // not yet, and the limit has passed: act now, it may still become durable
    failed, // the disk does not take it: act now
};

class Journal
{
public:
    using OnChange = std::function<void(const JournalStatus&)>; // failing, slow or disk changed
    using OnCommit = std::function<void(Duration took, std::size_t records)>; // for metrics

    // `directory` is watched for free space. Without a file (nullptr: it could not be opened)
    // nothing becomes durable, every wait fails at once, and the status says so.
    Journal(boost::asio::any_io_executor executor, Clock& clock, std::unique_ptr<JournalFile> file,
            std::string directory, JournalOptions options = {}, OnChange on_change = {},
            OnCommit on_commit = {});
    ~Journal(); // without close(), what is not durable yet is lost
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    // Inputs stepped at `at`, in order. Urgent: entries, answers, alarms and page intents, and what
    // a sender waits for.
    JournalSequence append(std::vector<Bytes> records, const Moment& at, bool urgent);
    // Durable already, or as soon as it is; at most after `limit`.
    boost::asio::awaitable<CommitOutcome> wait_durable(JournalSequence sequence, Duration limit);
    // The state after everything appended so far.
    void save_snapshot(Bytes state, const Moment& at);
    // A named blob, such as the configuration in force.
    void save_named(std::string name, Bytes bytes);
    // Nothing happened, and we were watching.
    void alive(const Moment& at);
    // A whole copy at `path`, which must not exist; "" or why not. Paced, so that commits are not held up
    // (paced_copy.hpp). One at a time; it waits while the disk fails or is slow. Cancelled, it leaves a part: call
    // abandon_copy().
    boost::asio::awaitable<std::string> copy_to(std::string path, CopyNews news = [](const CopyProgress&) {});
    void abandon_copy();

    [[nodiscard]] const JournalStatus& status() const;
    // How long the oldest input that is not durable waits; 0: none.
    [[nodiscard]] Duration oldest_waiting() const;
    void set_limits(const JournalLimits& limits);

    // Commits what waits, empties the log and closes the file; true if all of it is durable. Then
    // only the destructor may follow.
    boost::asio::awaitable<bool> close(Duration limit);

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace magwatch
