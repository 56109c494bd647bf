// The lines that a plot draws: where a signal alone crosses what a rule compares it with.
//
// Pure. Read off the compiled rules, so that a plot shows what runs: there is no second table of limits.
#pragma once

#include <string>
#include <vector>

#include "rules/base/priority.hpp"
#include "rules/language/pack.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch {

// One comparison of a signal's latest value with a constant that helps to raise a rule.
struct LimitLine {
    Signal signal{};
    bool below = false;     // the side that is wrong
    bool inclusive = false; // a value at the line is wrong too
    double value = 0;       // in the signal's canonical unit
    Priority priority{};    // of the rule
    std::string rule;       // its id
    std::string limit;      // the named limit that it is; "" = a number of the rule's own
    bool alone = false;     // nothing else must be wrong for the condition; an exception may still end it
};

// In the order of signal, side, value and rule. Left out is what is no line: windows, ages and answers in words (flags,
// consciousness); what stands under `not`, which is an exception of its rule; and of a rule for a range ("above
// 3.5, up to 4.0") the far end, where a graver rule goes on. Gates (`needs`) and delays are the rule's, not the line's.
[[nodiscard]] std::vector<LimitLine> limit_lines(const Pack& pack);

} // namespace magwatch
