// Two alarm timelines side by side: what rang in one and not in the other, earlier or later, pages
// more or fewer.
//
// Pure: the JSON lines that a replay prints, of this version or an older one, in; lines out. Alarms
// are compared by bed and rule; of each, the raises are paired in the order of time so that the
// pairs lie as close as they can, none further apart than `pair_within`.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace magwatch
{

inline constexpr double pair_within_s =
    900; // design value: further apart they are two events, not one moved

struct TimelineRaise {
    double at_s = 0;
    std::string bed, rule, priority, message;
    int grade = 0;
};
struct TimelinePage {
    double at_s = 0;
    std::string bed, rule, person;
};
struct ReadTimeline {
    std::vector<TimelineRaise> raises;
    std::vector<TimelinePage> pages;
};

// Of JSON lines; nothing and `mistake` if they are none. Fields that are missing are empty, others
// are ignored.
[[nodiscard]] std::optional<ReadTimeline> read_timeline(std::string_view text,
                                                        std::string& mistake);

// An alarm as it rang in one, in the other, or in both.
struct AlarmDifference {
    std::optional<TimelineRaise> a, b; // both: it moved, or its grade or priority changed
};
struct PageDifference {
    std::string bed, rule, person;
    int a = 0, b = 0; // how many
};
struct TimelineDifference {
    std::vector<AlarmDifference> alarms; // in the order of time
    std::vector<PageDifference> pages;   // where the counts differ
    int alarms_a = 0, alarms_b = 0, pages_a = 0, pages_b = 0;
    [[nodiscard]] bool equal() const { return alarms.empty() && pages.empty(); }
};
[[nodiscard]] TimelineDifference difference(const ReadTimeline& a, const ReadTimeline& b);

// For people, or as one JSON line. `what`: the file, "" = none to name; `a`, `b`: how the two are
// called.
void print_difference(const TimelineDifference& found, const std::string& what,
                      const std::string& a, const std::string& b, bool json, std::ostream& out);

} // namespace magwatch
