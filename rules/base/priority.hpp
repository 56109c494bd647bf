// How urgent an alarm is and what it is about. Pages, rules and screens share the two words.
#pragma once

#include <cstdint>
#include <string_view>

namespace magwatch {

enum class Priority : std::uint8_t { low, medium, high }; // IEC 60601-1-8
enum class AlarmKind : std::uint8_t { physiological, technical };
[[nodiscard]] constexpr std::string_view name(Priority priority)
{
    switch (priority) {
    case Priority::low: return "low";
    case Priority::medium: return "medium";
    case Priority::high: return "high";
    }
    return "";
}
[[nodiscard]] constexpr std::string_view name(AlarmKind kind)
{
    switch (kind) {
    case AlarmKind::physiological: return "physiological";
    case AlarmKind::technical: return "technical";
    }
    return "";
}

} // namespace magwatch
