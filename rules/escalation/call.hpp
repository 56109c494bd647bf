// A call for a person to a bed: who is told next, and when. One running call per bed and kind; later
// findings join it under the same number.
//
// Pure: no clock, no I/O. Runs on the missing person at the bed, never on transport success: the last rung
// repeats until somebody attends. Accepted ("coming") and attended ("I am here") are two states.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/base/ids.hpp"
#include "rules/base/instant.hpp"
#include "rules/escalation/page.hpp"
#include "rules/escalation/policy.hpp"

namespace magwatch {

enum class CallState : std::uint8_t {
    waiting,  // the ward sounds; nobody is paged yet (medium alarms)
    calling,  // pages go out until a person answers
    accepted, // somebody is coming; the ward still sounds
    attended, // somebody is at the bed
};
[[nodiscard]] std::string_view name(CallState state);

// Responsibility, in the words of IEC 60601-1-8: undefined until the person says something.
enum class Responsibility : std::uint8_t { undefined, accepted, declined, attended };
[[nodiscard]] std::string_view name(Responsibility responsibility);

// One person whom this call told.
struct Told {
    std::string person;
    std::uint16_t rung = 0; // on which they were told first
    Instant first{};
    Responsibility answer{};
    Instant answered{};
    bool by_phone = false; // somebody rang them up
    Instant newest{};      // when they were told last
    template <class Archive> void archive(Archive& a)
    {
        a(person, rung, first, answer, answered);
        if (a.format() >= 12) a(by_phone, newest);
        else if constexpr (Archive::reading) newest = first;
    }
};

struct Call {
    CallId id;
    std::uint32_t number = 0; // "#1207"
    BedId bed = no_bed;
    AlarmKind kind{};
    Priority priority{};
    std::uint8_t grade = 0;
    bool together = false; // all rungs at once
    CallState state = CallState::waiting;
    std::uint16_t rung = 0;
    std::uint32_t repetition = 0;
    Instant since{};
    Instant next = Instant::never(); // when the ladder moves if nothing happens
    std::string person;              // who is coming or here
    std::uint16_t code = 0;          // "17Y": short, of no other open call; 0 = of a program that knew none
    std::vector<Told> told;          // everybody whom it paged, in that order
    std::uint32_t merged = 0;        // beds whose technical calls became this one
    Instant again{};                 // when a person last paged the rung once more; {0} = never
    bool rang = false;               // a rung was paged: one that is answered while it waits has told nobody

    template <class Archive> void archive(Archive& a)
    {
        a(id, number, bed, kind, priority, grade, together, state, rung, repetition, since, next, person);
        if (a.format() >= 9) a(code, told, merged);
        if (a.format() >= 12) a(again, rang);
        else if constexpr (Archive::reading) rang = state == CallState::calling || rung > 0 || !told.empty();
    }
};

// Whom to page now, as a result of one move of the ladder.
struct Ring {
    PageReason reason{};
    std::vector<std::string> people; // without doubles, in the order of the rungs
};

// A new call. Pages at once unless the policy waits first. `hold`: quiet hours, or the time in which technical calls
// of several beds become one; a high call about a patient heeds neither.
[[nodiscard]] Ring open_call(Call& call, const LadderPolicy& policy, Instant now, Duration hold = {});
// The ladder's own deadline has come.
[[nodiscard]] Ring call_due(Call& call, const LadderPolicy& policy, Instant now);
// A new sign or a higher grade: breaks any answer, reaches everybody who was told, on whatever ladder and duty, but who
// declined. Never throttled. So do the next two and a move.
[[nodiscard]] Ring new_finding(Call& call, const LadderPolicy& policy, Instant now);
// The acknowledgement ended and the cause is still there.
[[nodiscard]] Ring persists(Call& call, const LadderPolicy& policy, Instant now);
// The daemon was away while the call was open.
[[nodiscard]] Ring call_restarted(Call& call, const LadderPolicy& policy, Instant now);
// A person pages the present rung once more: nothing of the ladder moves later by it.
[[nodiscard]] Ring ring_again(Call& call, const LadderPolicy& policy, Instant now);
// The patient lies in another bed now: all who were told go there. Whoever is with her knows; she stays attended, and
// the others on their way are told. Nothing where nobody was told.
[[nodiscard]] Ring call_moved(Call& call, const LadderPolicy& policy, Instant now);
[[nodiscard]] Ring answer_cannot(Call& call, const LadderPolicy& policy, const std::string& person, Instant now);
// "Undefined" becomes what this person said, if the call told them.
void note_answer(Call& call, const std::string& person, Responsibility answer, Instant now);
void answer_coming(Call& call, const LadderPolicy& policy, const std::string& person, Instant now);
void answer_here(Call& call, const LadderPolicy& policy, const std::string& person, Instant now);

} // namespace magwatch
