// What a look at the session, or at a stop, finds: alarm conditions beside those of the pack, and when to look
// again. Internal to rules/ward. Pure.
#pragma once

#include <string>
#include <vector>

#include "rules/alarm/episode.hpp"
#include "rules/base/instant.hpp"
#include "rules/ward/session_alarm.hpp"

namespace magwatch {

struct Finding {
    AlarmText alarm;
    Duration hold{};
};

struct Findings {
    Instant now;
    std::vector<Finding> found;
    Instant next = Instant::never();

    // What the pack's questions and components say.
    void add(std::string rule, std::string title, std::string message, std::string prompt, Priority priority)
    {
        const bool high = priority == Priority::high;
        found.push_back({{std::move(rule), std::move(title), std::move(message), std::move(prompt),
                          AlarmKind::physiological, priority, static_cast<std::uint8_t>(high ? 1 : 0), high, false},
                         {}});
    }
    void add(SessionAlarm alarm, std::string_view indication = {}, std::string_view setting = {})
    {
        found.push_back({alarm_text(info(alarm), indication, setting), info(alarm).hold});
    }
    void look_again(Instant at)
    {
        if (at > now) next = std::min(next, at);
    }
};

} // namespace magwatch
