// How the starts before this one ended: a start that died before the end of its first turn leaves a note, with the
// record of the journal that it was about to step. Three of them in five minutes are no accident: the next one leaves
// out what they died of, instead of dying for ever. One that watched, and died within half a minute and without having
// been stopped, leaves a note that says so: after three of them the built-in rules run, and every record is kept.
//
// A small file beside the journal, written without waiting for the disk: a program that dies takes none of it along.
// Where it cannot be written nothing is counted. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"

namespace magwatch {

// Where a record stands: its batch, and its place in that; {0, 0}: none.
struct RecordPlace {
    std::int64_t batch = 0, record = 0;
    friend bool operator==(const RecordPlace&, const RecordPlace&) = default;
};

// What a start leaves out, by what the starts before it died of.
struct StartPlan {
    std::vector<RecordPlace> without; // records that two starts died at
    bool snapshot_alone = false;      // nothing that came after the newest snapshot is stepped again
    bool anew = false;                // the journal is put aside, and the built-in rules run
    bool built_in = false;            // those that died had watched: the built-in rules run
};

class StartNotes {
public:
    // Reads the notes of earlier starts; those of another boot or older than five minutes do not count.
    StartNotes(const std::string& directory, const ClockReading& now, std::string boot_id);
    ~StartNotes();
    StartNotes(const StartNotes&) = delete;
    StartNotes& operator=(const StartNotes&) = delete;

    [[nodiscard]] const StartPlan& plan() const { return plan_; }
    // This start begins.
    void begin();
    // It is about to step this record.
    void stepping(const RecordPlace& place);
    // A turn ended, at this boot time: what the starts before it died of while they began is over, and after half a
    // minute everything is.
    void turned(Duration now);
    // It is being stopped: what it dies of from now on does not count. Waits for no disk.
    void over();
    // It was stopped, or found nothing to die of: no note is left.
    void lived();

private:
    void write(const RecordPlace& place) const;

    const std::string path_, boot_;
    const Duration now_;
    StartPlan plan_;
    int file_ = -1;
    std::int64_t mine_ = 0; // where our note begins in the file
    bool watched_ = false;  // its first turn ended
};

} // namespace magwatch
