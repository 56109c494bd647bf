// journal.db-mark: how far the journal had come, beside it, so that a loss at its end is seen which the database itself
// cannot know of: a log that was cut, removed or damaged in its last frames is a sound and shorter journal to SQLite.
//
// Written after each commit and not synced: it costs no commit any time, and after a kill it is exact. After a power
// cut it is as old as the disk's queue, half a minute: then it says less, and never too much. It stands there eight
// times, in a sector each, because a power cut may garble a sector that was on its way; any of them will do. The last
// one is written by a start alone, synced, and left alone while the daemon runs: a file without any is a damaged one,
// and then it cannot be told whether something is missing. Blocking.
#pragma once

#include <cstdint>
#include <string>

namespace magwatch {

// What was durable: at least this batch, and this start.
struct JournalReached {
    std::int64_t batch = 0;
    std::int64_t incarnation = 0;
};

class JournalMark
{
public:
    explicit JournalMark(std::string path);
    ~JournalMark();
    JournalMark(const JournalMark&) = delete;
    JournalMark& operator=(const JournalMark&) = delete;

    // Zeros where there is no file yet; `readable` is false of one that does not hold what we write.
    struct Found {
        JournalReached reached;
        bool readable = true;
    };
    [[nodiscard]] Found find() const;
    // A new file with this in all its places, durable. Where there is no room for it what was there stays, if anything.
    void create(const JournalReached& reached);
    [[nodiscard]] bool there() const { return fd_ >= 0; }
    // In all places but the last, if there is one.
    void reach(const JournalReached& reached) const;

private:
    std::string path_;
    int fd_ = -1;
};

} // namespace magwatch
