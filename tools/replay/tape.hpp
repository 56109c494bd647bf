// What the monitor of one bed showed while it was recorded, ready to be played to somebody who
// watches.
//
// Pure but for read_tapes(), which reads files. A recorded value stands on the screen until the
// next of its signal, and no longer than 1.5 times that signal's usual (median) spacing; where the
// recording has nothing, the tape has nothing.
#pragma once

#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/monitors/replay/csv.hpp"
#include "rules/observation/observation.hpp"

namespace magwatch
{

struct TapePoint {
    Duration at{};               // since the start of the tape
    std::optional<double> value; // in the signal's unit; nothing: no reading from here on
};

struct TapeTrack {
    Signal signal{};
    std::vector<TapePoint> points; // in the order of time
    Duration stands{};             // the longest that one value is shown
    // The point that is shown at a moment; null: no reading.
    [[nodiscard]] const TapePoint* shown(Duration at) const;
};

struct Tape {
    std::string bed; // alias
    Duration length{};
    std::vector<TapeTrack> tracks; // what a monitor measures
    std::map<std::string, int>
        left_out; // what no monitor shows (charted, laboratory, a second source), counted

    TapeTrack& track(Signal signal);
    [[nodiscard]] const TapeTrack* find(Signal signal) const;
    void add(Signal signal, Duration at, std::optional<double> value);
    // Once, after the last add().
    void finish();
};

// Of a recording, under this alias.
[[nodiscard]] Tape tape_of(const adapters::Recording& recording, std::string bed);

// Whether a monitor measures it, so that a tape plays it.
[[nodiscard]] bool is_played(Signal signal);

// The tapes of a file: a recording (.csv, one bed under `bed`) or a journal (journal.db or its
// folder; its beds under their own aliases). Empty after saying why on `errors`.
[[nodiscard]] std::vector<Tape> read_tapes(const std::string& file, const std::string& bed,
                                           std::ostream& errors);

} // namespace magwatch
