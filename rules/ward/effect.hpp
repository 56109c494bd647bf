// Everything that a ward asks of the world. Equal inputs give equal effects, byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "rules/base/ids.hpp"
#include "rules/base/instant.hpp"
#include "rules/base/priority.hpp"
#include "rules/escalation/page.hpp"

namespace magwatch {

enum class AlarmEvent : std::uint8_t {
    raised,       // the condition became an alarm
    latched,      // the condition is over, the signal goes on until a person has seen it
    cleared,      // over
    acknowledged, // a person deals with it
    expired,      // the acknowledgement ended and the condition is still there
    escalated,    // nobody came: the next rung was told
    attended,     // a person is at the bed
    shelved,      // a person keeps it from sounding and paging for a while
    unshelved,    // it sounds and pages again
};
[[nodiscard]] std::string_view name(AlarmEvent event);

struct AlarmTransition {
    Moment at;
    EpisodeId episode;
    CallId call; // {0,0} when nobody is called for it
    std::uint32_t number = 0;
    BedId bed = no_bed;
    std::string rule; // "rr_low", "technical.silent"
    AlarmKind kind{};
    Priority priority{};
    std::uint8_t grade = 0;
    AlarmEvent event{};
    std::string message; // words of the rule, with what makes it particular
    std::string person;  // who, for events by people
    template <class Archive> void archive(Archive& a)
    {
        a(at, episode, call, number, bed, rule, kind, priority, grade, event, message, person);
    }
};

struct SendPage {
    Moment at;
    Page page;
    template <class Archive> void archive(Archive& a) { a(at, page); }
};

// Nothing of this call that was not yet sent may still be sent.
struct CancelPages {
    Moment at;
    CallId call;
    template <class Archive> void archive(Archive& a) { a(at, call); }
};

// Answer to an Entry or Action that asked for one.
struct Reply {
    Moment at;
    std::uint64_t request = 0;
    bool accepted = false;
    std::string text; // why not, or what was done
    template <class Archive> void archive(Archive& a) { a(at, request, accepted, text); }
};

// Screens of this bed (no_bed: of the ward) are out of date.
struct Publish {
    BedId bed = no_bed;
    template <class Archive> void archive(Archive& a) { a(bed); }
};

using Effect = std::variant<AlarmTransition, SendPage, CancelPages, Reply, Publish>;
using EffectBuffer = std::vector<Effect>;

} // namespace magwatch
