// Compiled rules over one patient: which alarm conditions hold now.
//
// Pure, no allocation after construction. Three-valued: a rule whose `when` is unknown neither fires nor
// clears; a gate that is unknown is open. Only the rules that read a changed signal are evaluated, and
// those for which time alone can change the answer (ages, freshness, sustained).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/language/pack.hpp"
#include "rules/patient/patient_state.hpp"

namespace magwatch {

// What is true of one rule on one patient at one instant.
struct RuleTruth {
    Truth raise = Truth::unknown; // gate open (or unknown) and `when`
    Truth clear = Truth::unknown; // `clear` (yes ends the alarm; unknown ends nothing)
    friend bool operator==(const RuleTruth&, const RuleTruth&) = default;
    template <class Archive> void archive(Archive& a) { a(raise, clear); }
};

class Evaluation {
public:
    explicit Evaluation(const Pack& pack);

    // Evaluates the rules that read any of `changed`; `on_change(rule index, RuleTruth)` is called in rule
    // order for every rule whose truth is not what it was.
    template <class OnChange>
    void evaluate(const Pack& pack, const PatientState& patient, Instant now, SignalMask changed,
                  OnChange&& on_change);
    // Evaluates the rules whose answer time alone may have changed by `now`.
    template <class OnChange>
    void evaluate_due(const Pack& pack, const PatientState& patient, Instant now, OnChange&& on_change);
    // When evaluate_due must be called next: a lower bound, never() if time alone changes nothing.
    [[nodiscard]] Instant next_due() const;

    [[nodiscard]] const RuleTruth& truth(std::size_t rule) const { return truths_[rule]; }

    template <class Archive> void archive(Archive& a);

private:
    std::vector<RuleTruth> truths_;
};

} // namespace magwatch
