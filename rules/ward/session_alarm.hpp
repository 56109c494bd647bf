// The alarms about the planned session, the screening before it and what follows a stop, which ring under every
// pack: one table for the reducer and for people who ask what an alarm is.
//
// Pure. Delays are design values; the caps that an alarm compares with are cells of the table of indications, with
// their sources.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rules/alarm/episode.hpp"
#include "rules/base/instant.hpp"

namespace magwatch {

enum class SessionAlarm : std::uint8_t {
    bolus_dose,
    bolus_fast,
    bolus_pump,
    rate_alarm,
    rate_warn,
    rate_plan,
    renal_cap,
    hour_cap,
    day_cap,
    cap,
    dose_plan,
    dose_withheld,
    setting,
    plan,
    salt,
    overrun,
    too_long,
    stopped,
    decision,
    not_screened,
    antidote_stop,
    antidote_giving,
    antidote_repeat,
    antidote_recheck,
    antidote_result,
    concerned,
};
inline constexpr std::size_t session_alarm_count = static_cast<std::size_t>(SessionAlarm::concerned) + 1;

struct SessionAlarmInfo {
    SessionAlarm alarm{};
    const char* id;
    const char* title;   // INDICATION, SETTING: of the planned session
    const char* message; // for a page
    const char* prompt;
    Priority priority{};
    Duration hold{};
    const char* when; // in words
    std::array<std::string_view, 3> cells{}; // of the table of indications, that it compares with; "" = none
    AlarmKind kind = AlarmKind::physiological;
    bool for_good = false; // what was done cannot be taken back: latches, and is of grade 1, whatever its priority
};
[[nodiscard]] std::span<const SessionAlarmInfo> session_alarms();
[[nodiscard]] const SessionAlarmInfo& info(SessionAlarm alarm);
// As the ward raises it, with the words of the planned session in its title.
[[nodiscard]] AlarmText alarm_text(const SessionAlarmInfo& about, std::string_view indication = "INDICATION",
                                   std::string_view setting = "SETTING");

} // namespace magwatch
