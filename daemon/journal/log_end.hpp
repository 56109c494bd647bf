// What stands behind the end of SQLite's write-ahead log (its file format, chapter 4). Blocking; reads alone.
//
// SQLite reads a log up to the first frame whose checksum is wrong and takes that for its end, without a word: a bit
// that turned in the middle takes along whatever was durable behind it. A power cut leaves such a frame too, in what
// was never synced. They are told apart by what follows:
//
// - One connection writes, and every commit is synced before the next transaction writes its first frame. So of all
//   frames only those of the last transaction may not be durable, in any order, sector by sector. A frame that is
//   right (it has the log's salts, and its checksum goes on from the one stored before it) and stands
//   behind a commit that is right and behind the bad frame was written after a sync of the bad one: that is damage.
// - A bad frame in the last transaction may be either, and is taken for a power cut; so may one before it, where the
//   frame next to it cannot be checked. JournalMark knows more of these.
// - A bad header: it is written and synced before the frames of its generation, and only after all frames before it
//   are in the database. So a header that a power cut tore loses nothing: each page that was committed in the frames
//   is the same in the database. Where one is not, it is damage.
//
// A commit that failed leaves frames behind the next one too. They could be taken for damage only if they stood behind
// a torn one: when unsure, tell.
#pragma once

#include <string>

namespace magwatch {

struct LogEnd {
    bool damaged = false;   // what was durable cannot be read any more
    bool leftovers = false; // frames stand behind the last commit that SQLite reads, and would mislead who looks again
};

// Of the log of the database at `path`, which nobody has open.
[[nodiscard]] LogEnd look_at_log_end(const std::string& path);

} // namespace magwatch
