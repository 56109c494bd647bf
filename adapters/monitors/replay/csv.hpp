// Recorded numerics as CSV (tests/data/README.md, "Formats") to observations.
//
// Pure: text in, values out; no file, no clock. The header names the columns, one row a time, blank = no
// value. `time_s` is seconds since the start of the recording and never goes back. Every value goes through
// Quantity::checked: what no living patient can show (a heart rate of 0) and what is not a number comes out
// as a RefusedValue, in the row where it stood. A file whose shape is wrong (unknown or double column, row
// of another width, time that is missing or goes back) is refused as a whole, with every mistake at
// file:line:column.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/observation/observation.hpp"

namespace magwatch::adapters {

struct ReplayOptions {
    BedId bed = no_bed;
    SourceId monitor = no_source; // of what machines measured
    SourceId staff = no_source;   // of what people charted and of laboratory results
    WallTime start{1'767'225'600'000}; // wall time of time_s = 0: 2026-01-01T00:00:00Z
};

struct ReplayRow {
    Duration at{}; // since the start of the recording
    std::vector<Observation> observations;
    std::vector<RefusedValue> refused;
};

struct ReplayColumn {
    std::string name; // "rr_bpm"
    Signal signal{};
    std::size_t values = 0; // accepted ones
    std::size_t refused = 0;
    std::optional<Duration> median_spacing; // of accepted values; nothing with fewer than two
    // How long a value of this recording stays fresh: the larger of the signal's own limit and 2.5 times
    // the column's median spacing (a design value for sparse recordings; a program that uses it says so).
    Duration fresh_for{};
    [[nodiscard]] bool sparse() const { return fresh_for > info(signal).fresh_for; }
};

struct Recording {
    std::vector<ReplayColumn> columns; // those with at least one value, in the order of the file
    std::vector<ReplayRow> rows;       // in time order; rows of one time are one row
    std::size_t observations = 0;
    std::size_t refused = 0;
};

// The recording, or every mistake that makes the text unusable. `name` is the file's name in mistakes.
[[nodiscard]] std::variant<Recording, std::vector<Diagnostic>>
read_csv(std::string_view name, std::string_view text, const ReplayOptions& options);

} // namespace magwatch::adapters
