// Compiled rules over one patient: which alarm conditions hold now.
//
// Pure, no allocation after construction. Three-valued: a rule whose `when` is unknown neither fires nor
// clears; a gate that is unknown is open. Only the atoms that read a changed signal are asked again, and only
// the rules of an atom whose answer changed are evaluated; time alone is asked when `next_due` says so.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
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

class alignas(64) Evaluation {
public:
    Evaluation() = default;
    explicit Evaluation(const Pack& pack);

    // Evaluates the rules that read any of `changed`; `on_change(rule index, RuleTruth)` is called in rule
    // order for every rule whose truth is not what it was. Call it with every signal once at the beginning.
    template <class OnChange>
    void evaluate(const Pack& pack, const PatientState& patient, Instant now, SignalMask changed,
                  OnChange&& on_change)
    {
        if (stands(pack.plan, patient, now, changed)) return;
        if (update(pack, patient, now, changed)) report(pack, on_change);
    }
    // Evaluates the rules whose answer time alone may have changed by `now`.
    template <class OnChange>
    void evaluate_due(const Pack& pack, const PatientState& patient, Instant now, OnChange&& on_change)
    {
        if (now < next_due_) return;
        if (update_due(pack, patient, now)) report(pack, on_change);
    }
    // When evaluate_due must be called next: a lower bound, never() if time alone changes nothing. After
    // evaluate_due(now) it is later than `now`.
    [[nodiscard]] Instant next_due() const { return next_due_; }

    [[nodiscard]] const RuleTruth& truth(std::size_t rule) const { return truths_[rule]; }
    // How many rules there are truths of; 0 before construction from a pack.
    [[nodiscard]] std::size_t size() const { return truths_.size(); }
    [[nodiscard]] Truth ask(const Program& program) const;

    // One that was read under another pack starts afresh when it is next used.
    template <class Archive> void archive(Archive& a)
    {
        a(truths_, words_, since_, next_due_);
        if constexpr (Archive::reading) {
            awake_ = ~std::uint64_t{0};
            settled_ = 0;
            ranges_.clear();
            prepared_ = 0;
        }
    }

private:
    // Bit i of word w: atom 64 w + i is true, and its answer is known. yes implies known.
    struct Word {
        std::uint64_t yes = 0;
        std::uint64_t known = 0;
        template <class Archive> void archive(Archive& a) { a(yes, known); }
    };
    static constexpr std::int64_t not_running = std::numeric_limits<std::int64_t>::max();
    // No comparison with a limit changes its answer from low (included) to high (excluded). Both lie inside the
    // limits rather than beyond them: half the size, and a value between a limit and its neighbour is compared.
    struct Range {
        float low = 1, high = 0; // no value is inside
        [[nodiscard]] bool has(double v) const { return v >= low && v < high; }
        // While there is no value the answers are those of no value.
        [[nodiscard]] bool is_unknown() const { return low == infinity; }
        void begin_at(double limit);
        void end_before(double limit);
        static constexpr float infinity = std::numeric_limits<float>::infinity();
        static constexpr Range all() { return {-infinity, infinity}; }
        static constexpr Range unknown() { return {infinity, -infinity}; }
    };

    [[nodiscard]] Truth atom(std::size_t index) const
    {
        const Word& word = words_.data()[index / 64];
        const std::uint64_t bit = std::uint64_t{1} << (index % 64);
        if (!(word.known & bit)) return Truth::unknown;
        return truth_of((word.yes & bit) != 0);
    }
    // Whether a sample leaves every answer as it is: one more of its kind, inside all ranges. Most do.
    [[nodiscard]] bool stands(const Plan& plan, const PatientState& patient, Instant now, SignalMask changed)
    {
        if ((settled_ & changed) == 0 || (changed & (changed - 1)) != 0 || prepared_ != plan.shape) return false;
        const auto index = static_cast<std::size_t>(std::countr_zero(changed));
        const SignalPlan& mine = plan.signals.data()[index];
        const SignalState& state = patient.latest(static_cast<Signal>(index));
        if (!one_more(mine, state, now) || mine.first_other != mine.first_calm) return false;
        if ((awake_ & mine.sustained_bits) != 0) return false;
        if (mine.mask != 0 && !in_ranges(plan, mine, patient, state)) return false;
        look_again(mine, state, state.received, now);
        return true;
    }
    // Whether settled answers stand after a sample: a valid one that has just arrived behind another.
    [[nodiscard]] bool one_more(const SignalPlan& mine, const SignalState& state, Instant now) const
    {
        return state.received == now && state.has_previous && state.known(now) && now < next_due_ &&
               (!mine.compared || state.value == state.previous);
    }
    [[nodiscard]] bool in_ranges(const Plan& plan, const SignalPlan& mine, const PatientState& patient,
                                 const SignalState& state) const
    {
        const Range* range = ranges_.data() + mine.range;
        if (!range->has(state.value)) return false;
        const std::uint16_t* const windows = plan.windows_compared.data();
        for (std::size_t i = mine.first_window; i != mine.last_window; ++i) {
            double value = 0;
            ++range;
            if (patient.window(windows[i]).read(value) ? !range->has(value) : !range->is_unknown()) return false;
        }
        return true;
    }
    // Brings next_due_ forward to when time may change what the sample said. `base`: when the signal's value
    // arrived or, where it has none, its first sample.
    void look_again(const SignalPlan& mine, const SignalState& state, Instant base, Instant now)
    {
        if (mine.value_read && state.known(now)) bring_forward(state.stale);
        if (mine.soonest_ms == INT64_MAX || !state.seen) return;
        // A lower bound; the exact instant is found when it is reached.
        if (state.has_value && state.value_at < base) base = state.value_at;
        const Instant earliest = now + Duration{1};
        const Instant due = base + Duration{mine.soonest_ms};
        bring_forward(due < earliest ? earliest : due);
    }
    void bring_forward(Instant candidate)
    {
        if (candidate < next_due_) next_due_ = candidate; // not std::min: both stay in registers
    }
    [[nodiscard]] bool settles(const Plan& plan, const SignalPlan& mine) const;
    [[nodiscard]] bool update(const Pack& pack, const PatientState& patient, Instant now, SignalMask changed);
    [[nodiscard]] bool update_due(const Pack& pack, const PatientState& patient, Instant now);
    void update_signal(const Plan& plan, const SignalPlan& mine, const PatientState& patient, Instant now,
                       Signal signal);
    void update_others(const Plan& plan, std::size_t first, std::size_t last, const PatientState& patient,
                       Instant now);
    void compare_all(const Plan& plan, const PatientState& patient, Instant now, Signal signal);
    void compare_windows(const Plan& plan, const SignalPlan& mine, const PatientState& patient, std::uint64_t& less,
                         std::uint64_t& known);
    void forget_ranges(const Plan& plan);
    void update_sustained(const Plan& plan, Instant now, SignalMask changed);
    void sample_sustained(const Plan& plan, Instant now, std::size_t index);
    void recheck_sustained(const Plan& plan, Instant now);
    void set_atom(const Plan& plan, std::size_t index, Truth truth)
    {
        Word& word = words_.data()[index / 64];
        const std::uint64_t bit = std::uint64_t{1} << (index % 64);
        const std::uint64_t yes = truth == Truth::yes ? bit : 0;
        const std::uint64_t known = truth == Truth::unknown ? 0 : bit;
        if (((word.yes & bit) == yes) & ((word.known & bit) == known)) return;
        word.yes = (word.yes & ~bit) | yes;
        word.known = (word.known & ~bit) | known;
        mark(plan, index / 64, bit);
    }
    void mark(const Plan& plan, std::size_t word, std::uint64_t changed);
    void start(const Pack& pack);
    void prepare(const Pack& pack);
    [[nodiscard]] Truth run(const Program& program) const;
    [[nodiscard]] RuleTruth judge(const Rule& rule) const;

    template <class OnChange> void report(const Pack& pack, OnChange&& on_change)
    {
        for (std::size_t w = 0; w < affected_.size(); ++w) {
            std::uint64_t bits = affected_[w];
            affected_[w] = 0;
            for (; bits != 0; bits &= bits - 1) {
                const std::size_t rule = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
                const RuleTruth truth = judge(pack.rules[rule]);
                if (truth == truths_[rule]) continue;
                truths_[rule] = truth;
                on_change(rule, truth);
            }
        }
    }

    // What every sample touches comes first.
    std::uint64_t prepared_ = 0; // Plan::shape of the pack that the members below fit
    Instant next_due_ = Instant::never();
    // Bit i: sustained condition i, i + 64, ... may answer otherwise at the next sample although nothing else did.
    std::uint64_t awake_ = ~std::uint64_t{0};
    // The calm atoms of these signals (SignalPlan::first_calm) answer as any valid sample leaves them.
    SignalMask settled_ = 0;
    // As SignalPlan::range. Derived from the answers: never saved, and empty ranges only cost the comparisons.
    std::vector<Range> ranges_;
    bool any_affected_ = false;
    std::vector<std::int64_t> since_; // of each sustained condition: start of its unbroken run
    std::vector<RuleTruth> truths_;
    std::array<Word, atoms_max / 64> words_{};
    RuleSet affected_{}; // between update and report
};

} // namespace magwatch
