// Compiled conditions: flat, bounded, evaluated without allocation.
//
// Pure. A condition is made of atoms (one comparison or question about the patient each, shared by all rules
// that ask it) and of a postfix program over them in three-valued logic. Unknown inputs give unknown atoms;
// `and`, `or`, `not` and `at_least` are Kleene's.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch {

// Ordered, so that `and` is the least and `or` the greatest.
enum class Truth : std::uint8_t { no, unknown, yes };
[[nodiscard]] constexpr Truth negate(Truth t) { return static_cast<Truth>(2 - static_cast<int>(t)); }
[[nodiscard]] constexpr Truth truth_of(bool b) { return b ? Truth::yes : Truth::no; }

// Bounds of a pack; a pack that needs more is refused with a message that says so.
inline constexpr std::size_t rules_max = 256;
inline constexpr std::size_t atoms_max = 512;      // different comparisons in all rules together
inline constexpr std::size_t windows_max = 64;
inline constexpr std::size_t expression_nodes_max = 256;
inline constexpr std::size_t expression_depth_max = 32;
inline constexpr std::size_t pack_bytes_max = 1 << 20;
inline constexpr std::size_t checks_max = 64;
inline constexpr std::size_t phases_max = 8; // of a check
inline constexpr std::size_t inhibitions_max = 64;
inline constexpr std::size_t lineage_max = 8; // packs that extend each other
inline constexpr std::size_t diagnostics_max = 200; // that one check reports
inline constexpr Duration window_length_max = std::chrono::hours{24};

enum class Compare : std::uint8_t { lt, le, gt, ge, eq, ne };
[[nodiscard]] constexpr bool compare(Compare op, double a, double b)
{
    switch (op) {
    case Compare::lt: return a < b;
    case Compare::le: return a <= b;
    case Compare::gt: return a > b;
    case Compare::ge: return a >= b;
    case Compare::eq: return a == b;
    case Compare::ne: return a != b;
    }
    return false;
}

// The comparison that is true exactly where this one is not.
[[nodiscard]] constexpr Compare opposite(Compare op)
{
    switch (op) {
    case Compare::lt: return Compare::ge;
    case Compare::le: return Compare::gt;
    case Compare::gt: return Compare::le;
    case Compare::ge: return Compare::lt;
    case Compare::eq: return Compare::ne;
    case Compare::ne: return Compare::eq;
    }
    return op;
}

enum class AtomKind : std::uint8_t {
    value,     // latest value <compare> limit
    window,    // window `index` <compare> limit, while the signal is fresh
    general,   // comparison `index`
    age,       // time without a newer valid value <compare> duration
    after,     // the latest value of `signal` was observed after the latest of `other` arrived
    armed,     // the first sample is at least `duration` ago
    lost,      // the signal is known to be lost
    known,     // the latest value (index 0xFFFF) or window `index` is known
    falling,   // it fell by at least `limit` in window `index` up to its latest valid value
    sustained, // sustained condition `index`
    member,    // bit `index` of the set that the latest value is
};

// One question about the patient.
struct Atom {
    AtomKind kind{};
    Compare compare{};
    Signal signal{};
    Signal other{};
    std::uint16_t index = 0;
    double limit = 0;    // canonical unit
    Duration duration{};
    SignalMask reads = 0;
    bool timed = false; // time alone can make it true (not only the signal going stale)
    friend bool operator==(const Atom&, const Atom&) = default;
};

// Of a `known` atom that asks for the latest value.
inline constexpr std::uint16_t no_window = 0xFFFF;

// How long the latest values of a signal still answer falling() (design value: long enough to decide about
// a signal that has just been lost, too short to speak of another episode).
inline constexpr Duration falling_answers_for = std::chrono::minutes{10};

// A numeric expression, postfix; only for comparisons that are more than "signal against constant".
enum class NumericOp : std::uint8_t { constant, value, previous, window, add, subtract, multiply, negate };
struct NumericStep {
    NumericOp op{};
    Signal signal{};
    std::uint16_t index = 0;
    double constant = 0;
    friend bool operator==(const NumericStep&, const NumericStep&) = default;
};
struct Comparison {
    std::vector<NumericStep> left, right;
    Compare compare{};
    friend bool operator==(const Comparison&, const Comparison&) = default;
};

enum class LogicOp : std::uint8_t { atom, constant, all, any, negate, at_least };
struct LogicStep {
    LogicOp op{};
    std::uint8_t least = 0; // at_least: how many; constant: a Truth
    std::uint16_t arg = 0;  // atom: its index; all, any, at_least: how many operands
    friend bool operator==(const LogicStep&, const LogicStep&) = default;
};

struct Program {
    std::vector<LogicStep> code;
    SignalMask reads = 0;
    bool timed = false; // some atom of it is
    [[nodiscard]] bool empty() const { return code.empty(); }
    friend bool operator==(const Program&, const Program&) = default;
};

// `condition` has held for `duration`. It is judged at samples: the newest sample of a signal it reads must
// show it, so that one low value is not a sustained one; a timed condition is judged at any moment.
inline constexpr std::uint16_t no_single = 0xFFFF;
struct Sustained {
    Program condition;
    Duration duration{};
    std::uint16_t atom = 0;   // that stands for it
    std::uint16_t single = 0; // the one atom its condition consists of, or no_single
    friend bool operator==(const Sustained&, const Sustained&) = default;
};

using RuleSet = std::array<std::uint64_t, rules_max / 64>;

// What to do when a signal changes. The plain comparisons of one signal and of its windows with constants lie
// side by side in one word of bits: bit `shift + i` is (value < thresholds[first + i]) xor its bit of `invert`,
// first those of the latest value, then those of windows.
struct alignas(64) SignalPlan {
    std::uint64_t mask = 0;
    std::uint64_t invert = 0;
    std::int64_t soonest_ms = INT64_MAX; // the least time after which time alone can matter
    std::uint16_t word = 0;
    std::uint16_t shift = 0;
    std::uint16_t first = 0;
    std::uint16_t values = 0;  // how many compare the latest value
    std::uint16_t windows = 0; // how many compare window `window_of[first + values + i]`
    std::uint16_t first_window = 0, last_window = 0;       // in `windows_compared`: those windows, each once
    // In `others`: further atoms, without sustained ones; up to `first_calm` those to ask at every sample.
    std::uint16_t first_other = 0, first_calm = 0, last_other = 0;
    std::uint16_t first_sustained = 0, last_sustained = 0; // in `sustained_of`
    std::uint16_t range = 0; // of its latest value, in Evaluation's ranges; those of `windows_compared` follow it
    bool value_read = false; // some atom becomes unknown when the value goes stale
    bool compared = false;   // some calm atom is a comparison: it stands only while the value does not change
    std::uint64_t sustained_bits = 0; // those, for Evaluation::awake_
};

struct Plan {
    std::vector<Atom> atoms;
    std::vector<Comparison> comparisons;
    std::vector<Sustained> sustained; // inner ones before outer ones
    std::vector<double> thresholds;
    std::vector<std::uint16_t> window_of; // beside `thresholds`
    std::vector<std::uint16_t> windows_compared;
    std::vector<std::uint16_t> others;
    std::vector<std::uint16_t> sustained_of;
    std::array<SignalPlan, signal_count> signals;
    std::vector<RuleSet> rules_of_atom;
    SignalMask reads = 0;
    std::size_t ranges = 0; // one for each signal that is compared, and for each of its windows that is
    // A hash of everything above and of the rules that were compiled: answers kept under one plan mean nothing under
    // another. Never 0.
    std::uint64_t shape = 0;
};

} // namespace magwatch
