// The words of the API for the core's enums. Part of the interface: docs/API.md lists them.
#pragma once

#include <string_view>

#include "rules/ward/view.hpp"

namespace magwatch::http
{

[[nodiscard]] constexpr std::string_view word(Priority v)
{
    switch (v) {
    case Priority::low:
        return "low";
    case Priority::medium:
        return "medium";
    case Priority::high:
        return "high";
    }
    return "unknown";
}
[[nodiscard]] constexpr std::string_view word(AlarmKind v)
{
    return v == AlarmKind::technical ? "technical" : "physiological";
}
[[nodiscard]] constexpr std::string_view word(Mode v)
{
    switch (v) {
    case Mode::ward:
        return "ward";
    case Mode::demo:
        return "demo";
    case Mode::replay:
        return "replay";
    }
    return "unknown";
}
[[nodiscard]] constexpr std::string_view word(CallState v)
{
    switch (v) {
    case CallState::waiting:
        return "waiting";
    case CallState::calling:
        return "calling";
    case CallState::accepted:
        return "accepted";
    case CallState::attended:
        return "attended";
    }
    return "unknown";
}
[[nodiscard]] constexpr std::string_view word(CommissionState v)
{
    switch (v) {
    case CommissionState::not_needed:
        return "not needed";
    case CommissionState::missing:
        return "not commissioned";
    case CommissionState::holds:
        return "commissioned";
    case CommissionState::changed:
        return "changed";
    case CommissionState::revoked:
        return "revoked";
    }
    return "unknown";
}
[[nodiscard]] inline std::string_view word(PageOutcome v) { return name(v); }
[[nodiscard]] inline std::string_view word(PageReason v) { return name(v); }
[[nodiscard]] constexpr std::string_view word(SourceKind v)
{
    switch (v) {
    case SourceKind::monitor:
        return "monitor";
    case SourceKind::pump:
        return "pump";
    case SourceKind::messages:
        return "messages";
    case SourceKind::staff:
        return "staff";
    }
    return "unknown";
}
[[nodiscard]] constexpr std::string_view word(ShellFault v)
{
    switch (v) {
    case ShellFault::journal:
        return "journal";
    case ShellFault::journal_slow:
        return "journal_slow";
    case ShellFault::disk_low:
        return "disk_low";
    case ShellFault::disk_critical:
        return "disk_critical";
    case ShellFault::clock_unsynchronised:
        return "clock_unsynchronised";
    case ShellFault::clock_jumped:
        return "clock_jumped";
    case ShellFault::loop_late:
        return "loop_late";
    case ShellFault::inbox_overflow:
        return "inbox_overflow";
    case ShellFault::history:
        return "history";
    case ShellFault::configuration:
        return "configuration";
    case ShellFault::channel:
        return "channel";
    case ShellFault::backup:
        return "backup";
    case ShellFault::restored:
        return "restored";
    case ShellFault::board:
        return "board";
    case ShellFault::audit:
        return "audit";
    case ShellFault::certificate:
        return "certificate";
    }
    return "unknown";
}

} // namespace magwatch::http
