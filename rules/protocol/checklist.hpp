// One running calcium gluconate checklist: what was confirmed by whom, and the timers that run.
//
// Pure: no clock; every time is an Instant handed in. The steps, their words, doses and minutes come from the site's
// file (rules/language/protocol_file.hpp). Any order is allowed, and nothing that was confirmed is lost: a graver
// branch adds its steps. A timer that is over goes on counting. Lists are bounded: of a step's taps the oldest goes
// but the first.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/language/protocol_file.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch {

// What a person does to a step. Snapshots and journals hold the number.
enum class StepAct : std::uint8_t {
    done,     // done; of a dose: it has been given; of a check or a question: looked at
    start,    // a dose begins, the first or one more
    second,   // the second check of the dose that was started last, by another person
    better,   // no further dose is needed
    result,   // the blood result is back
    not_done, // with the reason
    taken_back, // the entry that said it was struck through; no tap of a person
};
inline constexpr std::array step_act_names{std::string_view{"done"},   std::string_view{"start"},
                                           std::string_view{"second"}, std::string_view{"better"},
                                           std::string_view{"result"}, std::string_view{"not-done"},
                                           std::string_view{"taken-back"}};
// What people may do to a step.
inline constexpr std::size_t step_tap_count = static_cast<std::size_t>(StepAct::not_done) + 1;
[[nodiscard]] inline std::string_view name(StepAct act) { return step_act_names[static_cast<std::size_t>(act)]; }

struct StepTap {
    StepAct act{};
    std::string by;
    std::string text; // start: who checked it too; not_done: the reason; decide: the decision
    Instant at{};
    template <class Archive> void archive(Archive& a) { a(act, by, text, at); }
};

enum class StepTimer : std::uint8_t {
    none,
    stop,    // the pump is looked at again
    giving,  // a dose is being given
    repeat,  // is she better, or one more?
    recheck, // the next check
    result,  // the blood result
};
inline constexpr std::array step_timer_names{std::string_view{""},       std::string_view{"stop"},
                                             std::string_view{"giving"}, std::string_view{"repeat"},
                                             std::string_view{"recheck"}, std::string_view{"result"}};
[[nodiscard]] inline std::string_view name(StepTimer timer)
{
    return step_timer_names[static_cast<std::size_t>(timer)];
}

enum class StepState : std::uint8_t { open, running, done, not_done };
inline constexpr std::array step_state_names{std::string_view{"open"}, std::string_view{"running"},
                                             std::string_view{"done"}, std::string_view{"not-done"}};
[[nodiscard]] inline std::string_view name(StepState state)
{
    return step_state_names[static_cast<std::size_t>(state)];
}

// Why a stop that was said is asked for again.
enum class StopDoubt : std::uint8_t {
    none,
    unseen, // nobody can see the pump from here
    runs,   // the pump says that it runs
};

struct StepProgress {
    std::string step;
    StepState state = StepState::open;
    std::vector<StepTap> taps; // in their order
    StepTimer timer = StepTimer::none;
    Instant due{};             // of the timer
    std::uint8_t doses = 0;    // started
    bool second_missing = false;
    StopDoubt doubt{};
    template <class Archive> void archive(Archive& a)
    {
        a(step, state, taps, timer, due, doses, second_missing, doubt);
    }
};

struct ChecklistReason {
    std::string what;
    Instant at{};
    template <class Archive> void archive(Archive& a) { a(what, at); }
};

struct ChecklistClosed {
    std::string reason, doctor, by;
    Instant at{};
    template <class Archive> void archive(Archive& a) { a(reason, doctor, by, at); }
};

struct Checklist {
    std::string opened_by; // "" = by rule
    Instant opened{};
    ProtocolBranch branch{};
    std::vector<ChecklistReason> why; // the alarms behind it, the oldest first
    std::vector<StepProgress> steps;  // as the protocol's
    std::optional<ChecklistClosed> closed;
    [[nodiscard]] bool open() const { return !closed; }
    [[nodiscard]] const StepProgress* progress(std::string_view step) const;
    template <class Archive> void archive(Archive& a) { a(opened_by, opened, branch, why, steps, closed); }
};

// The same person under another way of writing the name.
[[nodiscard]] bool same_person(std::string_view a, std::string_view b);

// Words for the person, whether it was taken or not.
struct TapAnswer {
    bool accepted = false;
    std::string text;
};

// What can be seen of the pump from here.
enum class PumpSeen : std::uint8_t { unlinked, stopped, running };

[[nodiscard]] Checklist open_checklist(const Protocol& protocol, ProtocolBranch branch, std::string by, Instant now);
// To a graver branch, never to a milder one; true if it is one.
bool raise_checklist(Checklist& list, const Protocol& protocol, ProtocolBranch branch, Instant now);
void add_reason(Checklist& list, std::string what, Instant now);
[[nodiscard]] TapAnswer tap(Checklist& list, const Protocol& protocol, std::string_view step, StepAct act,
                            const std::string& by, const std::string& text, Instant now);
// A step of this kind that was done is open again, and shows who took it back and why; true if there is one.
bool take_back(Checklist& list, const Protocol& protocol, StepKind kind, const std::string& by,
               const std::string& reason, Instant now);
[[nodiscard]] TapAnswer close_checklist(Checklist& list, const std::string& reason, const std::string& doctor,
                                        const std::string& by, Instant now);
// Looks at the pump after "I have stopped it": with a link it must be seen to stop, without one the step asks again,
// once. True if anything changed.
bool review_checklist(Checklist& list, PumpSeen pump, Instant now);

// Whether a step is shown: it belongs to the branch, or somebody has begun it.
[[nodiscard]] bool shown(const ProtocolStep& step, const StepProgress& progress, ProtocolBranch branch);
// The step that is on top: the stop until it is done, then the first open one; null: none is open.
[[nodiscard]] const ProtocolStep* on_top(const Checklist& list, const Protocol& protocol);
// Whether bytes that were read can be a checklist of this protocol.
[[nodiscard]] bool sound(const Checklist& list, const Protocol& protocol);
// The next timer that runs out after `now`.
[[nodiscard]] std::optional<Instant> next_timer(const Checklist& list, Instant now);
[[nodiscard]] inline bool timer_over(const StepProgress& progress, Instant now)
{
    return progress.timer != StepTimer::none && now >= progress.due;
}

// What is recorded of the patient, as far as precautions ask for it.
struct RecordedFacts {
    SignalMask facts = 0; // of facts that are yes
    std::uint32_t symptoms = 0;
    std::vector<std::string> screening; // questions answered yes
    std::vector<std::string> bag;       // what the planned bag holds, in small letters
    bool by_vein = false;               // magnesium was given by vein during this watch
};
[[nodiscard]] bool applies(const Precaution& precaution, const RecordedFacts& recorded);

} // namespace magwatch
