// What can be true: conditions that contradict themselves or each other.
#include "rules/language/compiler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/language/linear.hpp"
#include "rules/observation/symptom.hpp"

namespace magwatch::language {

Compiler::Interval Compiler::range_of(Signal signal)
{
    return {info(signal).min, info(signal).max, false, false};
}

Compiler::Interval Compiler::range_of(const WindowSpec& window)
{
    const SignalInfo& about = info(window.signal);
    const double span = about.max - about.min;
    Interval out;
    switch (window.kind) {
    case WindowKind::mean:
    case WindowKind::min:
    case WindowKind::max: return range_of(window.signal);
    case WindowKind::drop: return {0, span, false, false};
    case WindowKind::delta: return {-span, span, false, false};
    case WindowKind::sum: // of what is never below 0, as all that has windows
    case WindowKind::covered:
    case WindowKind::count: out.low = 0; return out;
    case WindowKind::fall:
    case WindowKind::slope: break;
    }
    return out;
}

Compiler::Interval Compiler::domain(const Atom& atom) const
{
    if (atom.kind == AtomKind::age) return {0, std::numeric_limits<double>::infinity(), false, true};
    if (atom.kind == AtomKind::value) return range_of(atom.signal);
    if (atom.kind != AtomKind::window) return {};
    return range_of(windows_[atom.index]);
}

namespace {

bool is_upper(Compare compare) { return compare == Compare::lt || compare == Compare::le || compare == Compare::eq; }
bool is_lower(Compare compare) { return compare == Compare::gt || compare == Compare::ge || compare == Compare::eq; }
// What a quantity that lies on the same side of another one inherits: x <= y and y == 3 make x <= 3.
Compare not_above(Compare compare) { return compare == Compare::eq ? Compare::le : compare; }
Compare not_below(Compare compare) { return compare == Compare::eq ? Compare::ge : compare; }

// How long a value can hold under any configuration, which sets 24 h at most.
Duration longest_hold(Signal signal) { return std::max(info(signal).fresh_for, Duration{std::chrono::hours{24}}); }

// Of two windows of one signal, both known: the first is never above the second. Both end now, so the shorter one's
// samples stand in the longer one too.
bool never_above(const WindowSpec& a, const WindowSpec& b)
{
    if (a.signal != b.signal) return false;
    const bool a_within_b = a.length <= b.length, b_within_a = b.length <= a.length;
    switch (a.kind) {
    case WindowKind::min:
        if (b.kind == WindowKind::max) return true;
        return b_within_a && (b.kind == WindowKind::min || b.kind == WindowKind::mean);
    case WindowKind::mean:
    case WindowKind::max: return a_within_b && b.kind == WindowKind::max;
    default: return false;
    }
}

} // namespace

// Keeps the part of the interval that satisfies the comparison; false if there is none.
bool Compiler::narrow(Interval& interval, Compare compare, double limit)
{
    const auto raise_low = [&](double v, bool open) {
        if (v > interval.low || (v == interval.low && open)) {
            interval.low = v;
            interval.low_open = open;
        }
    };
    const auto cut_high = [&](double v, bool open) {
        if (v < interval.high || (v == interval.high && open)) {
            interval.high = v;
            interval.high_open = open;
        }
    };
    switch (compare) {
    case Compare::lt: cut_high(limit, true); break;
    case Compare::le: cut_high(limit, false); break;
    case Compare::gt: raise_low(limit, true); break;
    case Compare::ge: raise_low(limit, false); break;
    case Compare::eq:
        raise_low(limit, false);
        cut_high(limit, false);
        break;
    case Compare::ne: break; // leaves a hole, which is not followed
    }
    if (interval.low < interval.high) return true;
    return interval.low == interval.high && !interval.low_open && !interval.high_open;
}

// The part of the subject's interval that is left where the other atom (or its negation) holds.
bool Compiler::restrict(Interval& possible, const Atom& subject, const Atom& other, bool negated) const
{
    if (subject.kind == AtomKind::age && (known_with(other, negated) & mask(subject.signal)) != 0) {
        return narrow(possible, Compare::lt, static_cast<double>(longest_hold(subject.signal).count()));
    }
    if (subject.kind == AtomKind::value && subject.signal == Signal::symptom && other.kind == AtomKind::member &&
        !negated) {
        return narrow(possible, Compare::ge, static_cast<double>(symptoms()[other.index].group));
    }
    if (other.kind != subject.kind || other.signal != subject.signal) return true;
    const Compare op = negated ? opposite(other.compare) : other.compare;
    if (subject.kind == AtomKind::age) return narrow(possible, op, static_cast<double>(other.duration.count()));
    if (subject.kind != AtomKind::value && subject.kind != AtomKind::window) return true;
    if (other.index == subject.index) return narrow(possible, op, other.limit);
    if (op == Compare::ne) return true;
    const WindowSpec& mine = windows_[subject.index];
    const WindowSpec& theirs = windows_[other.index];
    if (never_above(mine, theirs) && is_upper(op)) return narrow(possible, not_above(op), other.limit);
    if (never_above(theirs, mine) && is_lower(op)) return narrow(possible, not_below(op), other.limit);
    return true;
}

namespace {

void flatten(const Logic& logic, bool negate, std::vector<std::pair<const Logic*, bool>>& out)
{
    if (logic.op == TreeOp::negate) {
        flatten(logic.operands[0], !negate, out);
    } else if (logic.op == (negate ? TreeOp::any : TreeOp::all)) {
        for (const Logic& operand : logic.operands) flatten(operand, negate, out);
    } else {
        out.emplace_back(&logic, negate);
    }
}

} // namespace

SignalMask Compiler::known_with(const Atom& atom, bool negated) const
{
    switch (atom.kind) {
    case AtomKind::value:
    case AtomKind::window:
    case AtomKind::member: return mask(atom.signal);
    case AtomKind::known: return negated ? 0 : mask(atom.signal);
    case AtomKind::general: {
        SignalMask out = 0;
        for (const auto* steps : {&comparisons_[atom.index].left, &comparisons_[atom.index].right}) {
            for (const NumericStep& step : *steps) {
                // The value before the latest stays known when that goes stale.
                if (step.op == NumericOp::value || step.op == NumericOp::window) out |= mask(step.signal);
            }
        }
        return out;
    }
    case AtomKind::age:
    case AtomKind::after:
    case AtomKind::armed:
    case AtomKind::lost:
    case AtomKind::falling:
    case AtomKind::sustained: break;
    }
    return 0;
}

// --- inequalities between several quantities ---

// What a conjunction says of its quantities, as sums of them.
struct Compiler::Linear {
    struct Form {
        std::map<int, double> factors;
        double constant = 0;
    };
    std::vector<NumericStep> quantities; // variable i is the latest value, the one before it, or a window
    std::vector<Inequality> all;

    Form variable(const NumericStep& step)
    {
        const auto found = std::find(quantities.begin(), quantities.end(), step);
        const int i = static_cast<int>(found - quantities.begin());
        if (found == quantities.end()) quantities.push_back(step);
        return {{{i, 1.0}}, 0};
    }
    static Form sum(Form a, const Form& b, double by)
    {
        for (const auto& [i, factor] : b.factors) {
            if ((a.factors[i] += by * factor) == 0) a.factors.erase(i);
        }
        a.constant += by * b.constant;
        return a;
    }
    Form form(const std::vector<NumericStep>& steps);
    // a <op> b
    void hold(const Form& a, Compare op, const Form& b);
    // With what is always so: plausible ranges, and windows of one signal that are never above another.
    std::vector<Inequality> complete(const std::vector<WindowSpec>& windows);
};

Compiler::Linear::Form Compiler::Linear::form(const std::vector<NumericStep>& steps)
{
    std::vector<Form> stack;
    const auto take = [&] {
        Form top = std::move(stack.back());
        stack.pop_back();
        return top;
    };
    for (const NumericStep& step : steps) {
        switch (step.op) {
        case NumericOp::constant: stack.push_back({{}, step.constant}); break;
        case NumericOp::value:
        case NumericOp::previous:
        case NumericOp::window: stack.push_back(variable(step)); break;
        case NumericOp::negate: stack.push_back(sum({}, take(), -1)); break;
        case NumericOp::add:
        case NumericOp::subtract: {
            const Form right = take();
            stack.push_back(sum(take(), right, step.op == NumericOp::add ? 1 : -1));
            break;
        }
        case NumericOp::multiply: { // the factor is a constant, and was written last
            const Form factor = take();
            stack.push_back(sum({}, take(), factor.constant));
            break;
        }
        }
    }
    return take();
}

void Compiler::Linear::hold(const Form& a, Compare op, const Form& b)
{
    const auto add = [&](const Form& above, const Form& below, bool strict) {
        const Form difference = sum(above, below, -1);
        all.push_back({difference.factors, difference.constant, strict});
    };
    if (is_upper(op)) add(b, a, op == Compare::lt);
    if (is_lower(op)) add(a, b, op == Compare::gt);
}

std::vector<Inequality> Compiler::Linear::complete(const std::vector<WindowSpec>& windows)
{
    for (std::size_t i = 0; i < quantities.size(); ++i) {
        const NumericStep& one = quantities[i];
        const int variable = static_cast<int>(i);
        const bool window = one.op == NumericOp::window;
        const Interval range = window ? range_of(windows[one.index]) : range_of(one.signal);
        if (std::isfinite(range.low)) all.push_back({{{variable, 1.0}}, -range.low, false});
        if (std::isfinite(range.high)) all.push_back({{{variable, -1.0}}, range.high, false});
        for (std::size_t j = 0; window && j < quantities.size(); ++j) {
            if (j == i || quantities[j].op != NumericOp::window) continue;
            if (!never_above(windows[one.index], windows[quantities[j].index])) continue;
            all.push_back({{{variable, -1.0}, {static_cast<int>(j), 1.0}}, 0, false});
        }
    }
    return std::move(all);
}

// True if it compares several quantities.
bool Compiler::add_linear(Linear& system, const Atom& atom, bool negated) const
{
    const Compare op = negated ? opposite(atom.compare) : atom.compare;
    if (atom.kind == AtomKind::value || atom.kind == AtomKind::window) {
        const bool value = atom.kind == AtomKind::value;
        const std::uint16_t index = value ? std::uint16_t{0} : atom.index;
        const NumericStep step{value ? NumericOp::value : NumericOp::window, atom.signal, index, 0};
        system.hold(system.variable(step), op, {{}, atom.limit});
        return false;
    }
    if (atom.kind != AtomKind::general) return false;
    const Comparison& comparison = comparisons_[atom.index];
    const Compare meant = negated ? opposite(comparison.compare) : comparison.compare;
    const auto left = system.form(comparison.left), right = system.form(comparison.right);
    system.hold(left, meant, right);
    return true;
}

// Conditions that must hold together: is there a comparison that another one excludes?
bool Compiler::contradictory(const std::vector<Logic>& together, bool negate, bool linear) const
{
    Linear system;
    bool between = false;
    std::vector<std::pair<const Logic*, bool>> parts;
    for (const Logic& one : together) flatten(one, negate, parts);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto& [logic, negated_here] = parts[i];
        if (logic->op != TreeOp::atom) {
            if (impossible(*logic, negated_here, linear)) return true;
            continue;
        }
        const Atom& subject = atoms_[logic->atom];
        Interval possible = domain(subject);
        for (const auto& [other_logic, other_negated] : parts) {
            if (other_logic->op != TreeOp::atom) continue;
            if (other_logic->atom == logic->atom && other_negated != negated_here) return true;
            const Atom& other = atoms_[other_logic->atom];
            if (!restrict(possible, subject, other, other_negated)) return true;
        }
        between = add_linear(system, subject, negated_here) || between;
    }
    // One quantity alone has been looked at above.
    return linear && between && infeasible(system.complete(windows_));
}

bool Compiler::impossible(const Logic& logic, bool negate, bool linear) const
{
    switch (logic.op) {
    case TreeOp::atom: // one that compares with a constant was checked when it was made
        return linear && atoms_[logic.atom].kind == AtomKind::general && contradictory({logic}, negate, true);
    case TreeOp::negate: return impossible(logic.operands[0], !negate, linear);
    case TreeOp::all:
    case TreeOp::any: {
        if ((logic.op == TreeOp::all) != negate) return contradictory(logic.operands, negate, linear);
        return std::all_of(logic.operands.begin(), logic.operands.end(),
                           [&](const Logic& one) { return impossible(one, negate, linear); });
    }
    case TreeOp::at_least: {
        if (negate) return false;
        const auto possible = std::count_if(logic.operands.begin(), logic.operands.end(),
                                            [&](const Logic& one) { return !impossible(one, false, linear); });
        return possible < logic.least;
    }
    }
    return false;
}

bool Compiler::overlap(const Logic& a, const Logic& b) const
{
    if (a.op != TreeOp::atom || b.op != TreeOp::atom) return false;
    const Atom& first = atoms_[a.atom];
    const Atom& second = atoms_[b.atom];
    const bool comparable = first.kind == AtomKind::value || first.kind == AtomKind::window;
    if (!comparable || first.kind != second.kind || first.signal != second.signal || first.index != second.index)
        return false;
    Interval both = domain(first);
    (void)narrow(both, first.compare, first.limit); // some value satisfies each alone
    return narrow(both, second.compare, second.limit);
}

bool Compiler::reads_value(const Logic& logic, Signal signal) const
{
    if (logic.op == TreeOp::atom) {
        const Atom& one = atoms_[logic.atom];
        if (one.kind == AtomKind::value || one.kind == AtomKind::window || one.kind == AtomKind::general) {
            return (one.reads & mask(signal)) != 0;
        }
        if (one.kind != AtomKind::sustained) return false;
        for (const LogicStep& step : sustained_[one.index].condition.code) {
            if (step.op != LogicOp::atom) continue;
            Logic inner;
            inner.atom = step.arg;
            if (reads_value(inner, signal)) return true;
        }
        return false;
    }
    return std::any_of(logic.operands.begin(), logic.operands.end(),
                       [&](const Logic& one) { return reads_value(one, signal); });
}

// --- what follows from what ---

bool Compiler::same(const Logic& a, const Logic& b)
{
    if (a.op != b.op || a.operands.size() != b.operands.size()) return false;
    if (a.op == TreeOp::atom) return a.atom == b.atom;
    if (a.least != b.least) return false;
    for (std::size_t i = 0; i < a.operands.size(); ++i) {
        if (!same(a.operands[i], b.operands[i])) return false;
    }
    return true;
}

bool Compiler::atom_implies(const Atom& a, bool not_a, const Atom& b, bool not_b) const
{
    if (a.kind != b.kind || a.signal != b.signal) return false;
    const Compare one = not_a ? opposite(a.compare) : a.compare;
    const Compare other = not_b ? opposite(b.compare) : b.compare;
    // Nothing satisfies the first, which something does, and misses the second.
    const auto misses_nothing = [&](Compare held, double limit, double missed) {
        Interval outside = domain(b);
        (void)narrow(outside, held, limit);
        return !narrow(outside, opposite(other), missed);
    };
    if (a.kind == AtomKind::window && a.index != b.index) {
        // Of one length both are known or neither is.
        const WindowSpec& mine = windows_[a.index];
        const WindowSpec& theirs = windows_[b.index];
        if (mine.length != theirs.length) return false;
        if (never_above(theirs, mine) && is_upper(one)) return misses_nothing(not_above(one), a.limit, b.limit);
        if (never_above(mine, theirs) && is_lower(one)) return misses_nothing(not_below(one), a.limit, b.limit);
        return false;
    }
    if (a.index != b.index) return false;
    if (a.kind == AtomKind::value || a.kind == AtomKind::window) {
        if (one == Compare::ne || other == Compare::eq) return one == other && a.limit == b.limit;
        return misses_nothing(one, a.limit, b.limit);
    }
    if (a.kind == AtomKind::age) {
        return misses_nothing(one, static_cast<double>(a.duration.count()), static_cast<double>(b.duration.count()));
    }
    return a.kind == AtomKind::armed && !not_a && !not_b && a.duration >= b.duration;
}

bool Compiler::implies(const Logic& a, const Logic& b, std::size_t& steps) const
{
    return implies(a, false, b, false, steps);
}

// `not_a`, `not_b`: their negations are meant.
bool Compiler::implies(const Logic& a, bool not_a, const Logic& b, bool not_b, std::size_t& steps) const
{
    if (steps == 0) return false;
    --steps;
    if (a.op == TreeOp::negate) return implies(a.operands[0], !not_a, b, not_b, steps);
    if (b.op == TreeOp::negate) return implies(a, not_a, b.operands[0], !not_b, steps);
    if (not_a == not_b && same(a, b)) return true;
    const auto from = [&](const Logic& part) { return implies(part, not_a, b, not_b, steps); };
    const auto to = [&](const Logic& part) { return implies(a, not_a, part, not_b, steps); };
    const auto is = [](const Logic& logic, bool negate, TreeOp op) {
        return logic.op == (negate ? (op == TreeOp::all ? TreeOp::any : TreeOp::all) : op);
    };
    if (is(a, not_a, TreeOp::any)) return std::all_of(a.operands.begin(), a.operands.end(), from);
    if (is(b, not_b, TreeOp::all)) return std::all_of(b.operands.begin(), b.operands.end(), to);
    if (is(a, not_a, TreeOp::all) && std::any_of(a.operands.begin(), a.operands.end(), from)) return true;
    if (is(b, not_b, TreeOp::any)) return std::any_of(b.operands.begin(), b.operands.end(), to);
    if (b.op == TreeOp::at_least && !not_b) {
        return std::count_if(b.operands.begin(), b.operands.end(), to) >= b.least;
    }
    if (a.op != TreeOp::atom || b.op != TreeOp::atom) return false;
    if (a.atom == b.atom) return false; // one is the other's negation
    return atom_implies(atoms_[a.atom], not_a, atoms_[b.atom], not_b);
}

} // namespace magwatch::language
