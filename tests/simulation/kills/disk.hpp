// A disk under virtual time, and the journal on it: Journal and JournalFile are defined here a second time, so that the
// daemon's own loop and recovery run on it, with its own records, rows and checksums.
//
// A commit takes as long as the dice say, now and then longer than a page waits. What was not committed when the daemon
// dies is gone; of the commit that was on its way, nothing or all of it is there. One thread.
#pragma once

#include <optional>
#include <vector>

#include "daemon/journal/journal_file.hpp"
#include "tools/simulator/random.hpp"

namespace magwatch::kills {

// What lives on the disk while the daemon does.
class DiskUser {
public:
    virtual ~DiskUser() = default;
    [[nodiscard]] virtual std::optional<Instant> next() const = 0; // when it wants run()
    virtual void run(Instant now) = 0;
    virtual void die() = 0;
};

class Disk {
public:
    Disk(std::uint64_t seed, double slow) : random_{seed, 17}, slow_{slow} {}

    struct BatchRow {
        JournalBatch about; // without its records
        std::int64_t count = 0;
        Bytes packed;
        std::uint32_t crc = 0;
    };
    struct SnapshotRow {
        JournalSnapshot about; // without its state
        Bytes packed;
    };
    std::vector<BatchRow> batches;
    std::vector<SnapshotRow> snapshots;
    std::vector<JournalIncarnation> starts;
    std::optional<Moment> alive;

    void store(std::vector<JournalItem> items);
    [[nodiscard]] Duration commit_takes();
    [[nodiscard]] bool chance(double probability) { return random_.chance(probability); }

    DiskUser* user = nullptr; // the open journal

private:
    simulator::Random random_;
    double slow_; // how often a commit takes longer than a page waits
};

// What JournalFile::open() opens.
inline Disk* disk_in_use = nullptr;

} // namespace magwatch::kills
