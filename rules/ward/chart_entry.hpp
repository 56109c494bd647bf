// One entry of a chart: what was charted, by whom and when, and whether it was struck through. Plain values.
#pragma once

#include <optional>
#include <string>

#include "rules/base/ids.hpp"
#include "rules/base/instant.hpp"
#include "rules/ward/input.hpp"

namespace magwatch {

inline constexpr std::size_t chart_most = 300;        // entries of a stay that are kept
inline constexpr std::size_t chart_left = 250;        // of them when the oldest were laid aside

// Struck through: kept, shown, and counted no more.
struct ChartStrike {
    std::string by;
    WallTime at;
    std::string reason;
    EntryId instead; // {0,0}: nothing stands in its place
    template <class Archive> void archive(Archive& a) { a(by, at, reason, instead); }
};

struct ChartEntry {
    EntryId id;
    std::string key; // as the client sent it
    EntryWhat what;
    std::string by;       // who charted it; of a laboratory or gateway its name
    bool by_device = false;
    WallTime at;          // when it was seen, drawn or done
    Moment entered;       // when it was charted
    // As of when it counts: when it was charted, of a correction when the entry that it replaces was.
    Moment counts;
    EntryId root;         // the first of a row of corrections, itself if it corrects nothing
    EntryId corrects;     // {0,0}: nothing
    std::optional<ChartStrike> struck;
    double dose_before = 0; // of a planned session: g given before it
    bool replaces = false;  // of a laboratory: a result of the same time that was corrected there
    bool changes_rate = false; // of an infusion that ran: another person should check it
    std::string second;        // who checked it; "" = nobody
    template <class Archive> void archive(Archive& a)
    {
        a(id, key, what, by, by_device, at, entered, counts, root, corrects, struck, dose_before, replaces,
          changes_rate, second);
    }
};

} // namespace magwatch
