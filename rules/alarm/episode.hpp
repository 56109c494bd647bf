// An episode: one continuous alarm condition of one bed and rule, with the state of its alarm signal.
//
// Each true start gets a new id, so that no old record can swallow it. Acknowledging never clears:
// it expires, and the signal returns if the cause persists.
#pragma once

#include <string>

#include "rules/base/ids.hpp"
#include "rules/base/instant.hpp"
#include "rules/base/priority.hpp"

namespace magwatch {

// What an episode keeps of the rule that raised it, so that it survives a reload without that rule.
struct AlarmText {
    std::string rule, title, message, prompt;
    AlarmKind kind{};
    Priority priority{};
    std::uint8_t grade = 0;
    bool latching = false;
    bool together = false;
    template <class Archive> void archive(Archive& a)
    {
        a(rule, title, message, prompt, kind, priority, grade, latching, together);
    }
};

struct Episode {
    EpisodeId id;
    BedId bed = no_bed;
    AlarmText alarm;
    Moment since;
    bool condition = true; // it is wrong now
    bool orphan = false;   // its rule is gone; open until a person ends it
    bool acknowledged = false;
    Instant acknowledged_until{};
    std::string acknowledged_by;
    CallId call; // {0,0}: nobody is called for it

    [[nodiscard]] bool latched() const { return !condition; }
    template <class Archive> void archive(Archive& a)
    {
        a(id, bed, alarm, since, condition, orphan, acknowledged, acknowledged_until, acknowledged_by, call);
    }
};

} // namespace magwatch
