// An incident as a file that a clinician can read: what was measured, dosed and charted, and by
// which second each alarm must have come. The format stands in tests/cases/README.md.
//
// Pure: text in, events in the order of time out; every mistake at its line and column. Between two
// points of a vital sign the value is interpolated and rounded as a monitor shows it, so equal
// files give equal events.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/ward/input.hpp"

namespace magwatch
{

inline constexpr std::size_t incident_events_max = 500'000;
inline constexpr Duration incident_longest = std::chrono::hours{24 * 7};

// Every incident runs three ways: as it was; with nobody telling of a dose; with nobody telling of
// a sign.
enum class Way : std::uint8_t { whole, without_dose, without_vitals };
inline constexpr std::array all_ways{Way::whole, Way::without_dose, Way::without_vitals};
[[nodiscard]] std::string_view name(Way way);

// What a way leaves out.
enum class Feed : std::uint8_t {
    dose, // pump, charted rate, bolus, intramuscular dose, stop
    sign, // the monitor, and what is seen, counted or asked at the bed
    other // laboratory, urine, sedatives, facts
};

struct IncidentEvent {
    Duration at{};       // since the watch began
    Duration observed{}; // when it was true, of a charted event; not after `at`
    Feed feed{};
    Input what; // an Observation or an Entry
};

// Some rule of `alarms` is raised, not before `not_before` and not after `by`, and a page that
// names it is sent not after `page_by` (nothing: nobody is paged for it).
struct Expectation {
    std::uint32_t line = 0;
    std::vector<Way> ways;
    std::vector<std::string> alarms;
    Duration not_before{}, by{};
    std::optional<Duration> page_by;
    bool everywhere = false; // under every pack, not only that of the case
    std::string says;        // in the alarm's message or prompt, whatever the case of its letters
    std::string why;
};

// None of them is raised. A name is a rule's id, "high" (physiological alarms of high priority),
// "physiological" (of high or medium priority) or "any" (every alarm of high or medium priority).
struct Ban {
    std::uint32_t line = 0;
    std::vector<Way> ways;
    std::vector<std::string> alarms;
    Duration before = Duration::max(); // none earlier than this
    bool everywhere = false;
    std::string why;
};

struct Incident {
    std::string file, name; // "ismp_1997_2", from the file's name
    std::string title, source, story;
    std::string pack; // by whose rules the seconds were set
    std::vector<ValueEntry> facts;
    std::optional<SessionEntry> plan;
    Duration monitor_period{}, pump_period{}; // 0: there is none
    Duration until{};
    std::vector<IncidentEvent> events; // in the order of time; at one time in the order of the file
    std::vector<Expectation> expected;
    std::vector<Ban> banned;
};

// The incident, or nothing and its mistakes added to `errors`.
[[nodiscard]] std::optional<Incident> read_incident(std::string_view text, std::string_view file,
                                                    std::vector<Diagnostic>& errors);

} // namespace magwatch
