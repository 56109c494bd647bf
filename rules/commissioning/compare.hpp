// Whether what stood on a screen is what magwatch read, and whether so many comparisons make a record.
//
// Pure. A screen rounds or cuts: a number that differs by one step of its last digit, or of the device's register, is
// the same. Two values of a signal tell a scale from an offset, and a taken-off sensor shows that "no reading" is
// understood; one value alone shows neither. The factors below are design values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/commissioning/record.hpp"

namespace magwatch {

// What was typed: a number in the signal's canonical unit with the worth of its last digit, or that the screen shows
// no reading.
struct Shown {
    std::optional<double> value;
    double step = 0;
};
// "98", "98 %", "13.2 kPa", "alert", "on", "none". A number without a unit is in the signal's canonical one. The
// reason in words if it is none of these.
[[nodiscard]] std::variant<Shown, std::string> parse_screen(Signal signal, std::string_view typed);

enum class Match : std::uint8_t {
    same,
    differs,
    only_read,  // magwatch has a value, the screen none
    only_shown, // the screen has one, magwatch none
};
// How far the two may lie apart.
[[nodiscard]] double tolerance(Signal signal, const Shown& shown, double register_step);
[[nodiscard]] Match compare(Signal signal, const Shown& shown, std::optional<double> read, double register_step);

// Must be compared with the screen, unless it is left out with a reason. A monitor's own alarms cannot be had at will;
// a counter stands on no screen.
[[nodiscard]] bool is_compared(Signal signal);
// Must also be seen without a reading: a sensor that can be taken off.
[[nodiscard]] bool needs_lead_off(Signal signal);

// Everything that keeps a record from being one, in words for an engineer. `signals`: what the device's map can send;
// empty: not told, and what was compared counts alone.
[[nodiscard]] std::vector<std::string> mistakes(const CommissionRecord& record,
                                                std::span<const SourceSignal> signals);

// What it vouches for: the signals that were compared, and those that no screen shows.
[[nodiscard]] SignalMask covered(const CommissionRecord& record);
[[nodiscard]] bool covers_bed(const CommissionRecord& record, std::string_view bed);

// "magwatch reads 128, the screen shows 98"
[[nodiscard]] std::string difference(const ScreenPair& pair);

} // namespace magwatch
