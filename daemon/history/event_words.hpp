// What stands in the history of a bed: inputs that the ward took and effects that it decided, in a few words of ours.
//
// Nothing that a person typed and nobody's name: the journal has those. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/journal/history_file.hpp"
#include "rules/ward/effect.hpp"
#include "rules/ward/input.hpp"

namespace magwatch
{

// The words of `kind`. Part of the interface: docs/API.md lists them.
namespace event_kind
{
inline constexpr std::string_view watch_start = "watch_start"; // also when she comes from another bed
inline constexpr std::string_view watch_end = "watch_end";     // also when she leaves for another bed
inline constexpr std::string_view entry = "entry";             // something charted that is none of those below
inline constexpr std::string_view correction = "correction";   // something charted was struck through
inline constexpr std::string_view here = "here";               // somebody is there, without a name
inline constexpr std::string_view infusion = "infusion";       // a rate charted, or the pump's rate changed
inline constexpr std::string_view bolus = "bolus";             // a declared bolus, or a dose into the muscle
inline constexpr std::string_view stop = "stop";
inline constexpr std::string_view calcium = "calcium";     // a dose of the checklist
inline constexpr std::string_view checklist = "checklist"; // anything else about it
inline constexpr std::string_view alarm = "alarm";
inline constexpr std::string_view alarm_over = "alarm_over";
inline constexpr std::string_view acknowledged = "acknowledged";
inline constexpr std::string_view attended = "attended";
inline constexpr std::string_view shelved = "shelved";     // a technical alarm, for a while
inline constexpr std::string_view unshelved = "unshelved"; // it is back
inline constexpr std::string_view page = "page";
} // namespace event_kind

// A value that a person charted, to stand among the values of devices.
struct ChartedValue {
    Signal signal{};
    double value = 0; // canonical unit
    WallTime at;
};

// Whether the ward took this entry or action, and for the first time. `effects`: those of its step.
[[nodiscard]] bool was_taken(std::uint64_t request, const EffectBuffer& effects);

[[nodiscard]] std::vector<ChartedValue> charted_values(const Entry& entry, WallTime now);
// Without its bed.
[[nodiscard]] HistoryEvent event_of(const Entry& entry, WallTime now);
// An entry that was struck through, at its own time; `instead`: what stands in its place, null: nothing.
[[nodiscard]] HistoryEvent correction_of(const Entry& struck, const Entry* instead, WallTime now);
// `dose`: the step that is meant gives a dose.
[[nodiscard]] HistoryEvent event_of(const ProtocolTap& tap, bool dose, WallTime now);
// Nothing: such a transition is not shown.
[[nodiscard]] std::optional<HistoryEvent> event_of(const AlarmTransition& transition);
// Nothing: of a page that says nothing new to look back at.
[[nodiscard]] std::optional<HistoryEvent> event_of(const SendPage& sent);

// "1.5 g/h": without trailing zeros.
[[nodiscard]] std::string quantity_text(double value, Unit unit);

} // namespace magwatch
