// What somebody who looks back wants to see, and what they get: plain values that travel between threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch
{

struct HistoryQuestion {
    enum class Form : std::uint8_t { trend, csv, fhir };
    Form form = Form::trend;
    std::string bed; // alias
    std::optional<WallTime> from; // none: of a trend 24 h before `to`, of an export the newest stay's start
    std::optional<WallTime> to;   // none: now
    std::vector<std::string> signals; // names; none: all that there is
    std::size_t points = 0;           // of a trend: most for each signal
    bool full = false;                // of CSV: single values, not means
    Duration interval{};              // of FHIR: over how long device values are averaged
    // How the ward is while it is asked.
    WallTime now;
    std::optional<WallTime> watched_since; // of this bed
    bool simulation = false;
    std::string version; // of magwatch
};

struct HistoryAnswer {
    unsigned status = 200;
    std::string error;     // in words, unless it is 200
    std::string content_type, body;
    std::string file_name; // to save it under; "" = shown
};

inline constexpr std::size_t most_trend_points = 2000; // of a signal
inline constexpr Duration longest_trend = std::chrono::hours{24 * 31};

// Asks from any thread. `reply` is called once, on any thread.
using AskHistory = std::function<void(HistoryQuestion, std::function<void(HistoryAnswer)> reply)>;

} // namespace magwatch
