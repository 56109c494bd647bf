// How urgent an alarm is and what it is about. Pages, rules and screens share the two words.
#pragma once

#include <cstdint>
#include <string_view>

namespace magwatch {

enum class Priority : std::uint8_t { low, medium, high }; // IEC 60601-1-8
enum class AlarmKind : std::uint8_t { physiological, technical };
[[nodiscard]] std::string_view name(Priority priority);
[[nodiscard]] std::string_view name(AlarmKind kind);

} // namespace magwatch
