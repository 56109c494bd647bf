// Programs, and the order of atoms in which evaluation is fast.
#include "rules/language/compiler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/patient/freshness.hpp"

namespace magwatch::language {

void Compiler::emit(const Logic& logic, Program& out) const
{
    LogicStep step{static_cast<LogicOp>(logic.op), 0, 0};
    switch (logic.op) {
    case TreeOp::atom:
        step.arg = logic.atom;
        out.reads |= atoms_[logic.atom].reads;
        out.timed |= atoms_[logic.atom].timed;
        break;
    case TreeOp::negate: emit(logic.operands[0], out); break;
    case TreeOp::at_least:
    case TreeOp::all:
    case TreeOp::any:
        for (const Logic& operand : logic.operands) emit(operand, out);
        step.arg = static_cast<std::uint16_t>(logic.operands.size());
        step.least = logic.least;
        break;
    }
    out.code.push_back(step);
}

Program Compiler::program(const Logic& logic) const
{
    Program out;
    emit(logic, out);
    return out;
}

namespace {

bool is_plain(const Atom& atom)
{
    return (atom.kind == AtomKind::value || atom.kind == AtomKind::window) && atom.compare != Compare::eq &&
           atom.compare != Compare::ne;
}

// The plain comparisons of a signal: those of its latest value first. A word holds 64; more are asked one by one.
std::vector<std::uint16_t> plain_of(const std::vector<Atom>& atoms, Signal signal)
{
    std::vector<std::uint16_t> mine;
    for (const AtomKind kind : {AtomKind::value, AtomKind::window}) {
        for (std::size_t i = 0; i < atoms.size() && mine.size() < 64; ++i) {
            if (is_plain(atoms[i]) && atoms[i].kind == kind && atoms[i].signal == signal) {
                mine.push_back(static_cast<std::uint16_t>(i));
            }
        }
    }
    return mine;
}

// The new place of each atom: the plain comparisons of one signal side by side within a word, sustained
// ones last. `order[new]` is the old index, or none for a gap.
constexpr std::uint16_t none = 0xFFFF;
std::vector<std::uint16_t> lay_out(const std::vector<Atom>& atoms, const std::vector<std::uint16_t>& window_place,
                                   Plan& plan)
{
    std::vector<std::uint16_t> order;
    std::vector<bool> placed(atoms.size(), false);
    for (std::size_t s = 0; s < signal_count; ++s) {
        const std::vector<std::uint16_t> mine = plain_of(atoms, static_cast<Signal>(s));
        if (mine.empty()) continue;
        if (order.size() % 64 + mine.size() > 64) order.resize((order.size() / 64 + 1) * 64, none);
        SignalPlan& signal = plan.signals[s];
        signal.word = static_cast<std::uint16_t>(order.size() / 64);
        signal.shift = static_cast<std::uint16_t>(order.size() % 64);
        signal.first = static_cast<std::uint16_t>(plan.thresholds.size());
        signal.first_window = static_cast<std::uint16_t>(plan.windows_compared.size());
        for (const std::uint16_t index : mine) {
            const Atom& atom = atoms[index];
            const bool window = atom.kind == AtomKind::window;
            (window ? signal.windows : signal.values) += 1;
            const std::uint64_t bit = std::uint64_t{1} << (order.size() % 64);
            signal.mask |= bit;
            if (atom.compare == Compare::gt || atom.compare == Compare::ge) signal.invert |= bit;
            // v <= c is v < the next number after c.
            const bool inclusive = atom.compare == Compare::le || atom.compare == Compare::gt;
            constexpr double infinity = std::numeric_limits<double>::infinity();
            plan.thresholds.push_back(inclusive ? std::nextafter(atom.limit, infinity) : atom.limit);
            plan.window_of.push_back(window ? window_place[atom.index] : no_window);
            placed[index] = true;
            order.push_back(index);
            const auto known = plan.windows_compared.begin() + signal.first_window;
            if (window && std::find(known, plan.windows_compared.end(), window_place[atom.index]) ==
                              plan.windows_compared.end()) {
                plan.windows_compared.push_back(window_place[atom.index]);
            }
        }
        signal.last_window = static_cast<std::uint16_t>(plan.windows_compared.size());
        signal.range = static_cast<std::uint16_t>(plan.ranges);
        plan.ranges += 1U + signal.last_window - signal.first_window;
    }
    for (const bool last : {false, true}) {
        for (std::size_t i = 0; i < atoms.size(); ++i) {
            if (!placed[i] && (atoms[i].kind == AtomKind::sustained) == last) {
                order.push_back(static_cast<std::uint16_t>(i));
            }
        }
    }
    return order;
}

// When time alone can matter for the atom, counted from the latest sample; a lower bound.
std::int64_t soonest(const Atom& atom)
{
    switch (atom.kind) {
    case AtomKind::age:
    case AtomKind::armed: return atom.duration.count();
    case AtomKind::lost: return lost_after_usual.count();
    case AtomKind::falling: return falling_answers_for.count();
    case AtomKind::value:
    case AtomKind::window:
    case AtomKind::general:
    case AtomKind::after:
    case AtomKind::known:
    case AtomKind::member:
    case AtomKind::sustained: break;
    }
    return INT64_MAX;
}

bool needs_fresh_value(const Atom& atom)
{
    return atom.kind == AtomKind::value || atom.kind == AtomKind::window || atom.kind == AtomKind::general ||
           atom.kind == AtomKind::known || atom.kind == AtomKind::member;
}

// Whether a comparison depends on the latest values alone.
bool of_latest(const Comparison& comparison)
{
    const auto plain = [](const NumericStep& step) {
        return step.op != NumericOp::previous && step.op != NumericOp::window;
    };
    return std::all_of(comparison.left.begin(), comparison.left.end(), plain) &&
           std::all_of(comparison.right.begin(), comparison.right.end(), plain);
}

// Whether the answer that a valid sample has left stands after the next one: of the same value, if it compares it.
bool is_calm(const Atom& atom, const Plan& plan)
{
    switch (atom.kind) {
    case AtomKind::value:
    case AtomKind::member:
    case AtomKind::armed:
    case AtomKind::lost: return true;
    case AtomKind::known: return atom.index == no_window;
    case AtomKind::general: return of_latest(plan.comparisons[atom.index]);
    case AtomKind::age: {
        const SignalKind kind = info(atom.signal).kind; // what was charted, and what follows from it, may be old
        return kind != SignalKind::charted && kind != SignalKind::laboratory && kind != SignalKind::derived;
    }
    case AtomKind::window:
    case AtomKind::after:
    case AtomKind::falling:
    case AtomKind::sustained: break;
    }
    return false;
}

void plan_signal(Plan& plan, Signal s)
{
    SignalPlan& signal = plan.signals[static_cast<std::size_t>(s)];
    signal.first_other = static_cast<std::uint16_t>(plan.others.size());
    std::vector<std::uint16_t> calm;
    for (std::size_t i = 0; i < plan.atoms.size(); ++i) {
        const Atom& atom = plan.atoms[i];
        if ((atom.reads & mask(s)) == 0) continue;
        signal.value_read |= needs_fresh_value(atom);
        signal.soonest_ms = std::min(signal.soonest_ms, soonest(atom));
        const bool in_word = i / 64 == signal.word && ((signal.mask >> (i % 64)) & 1) != 0;
        const bool stands = is_calm(atom, plan);
        if (in_word || atom.kind == AtomKind::sustained) continue; // asked with the others of the word, or last
        (stands ? calm : plan.others).push_back(static_cast<std::uint16_t>(i));
        const bool compares =
            atom.kind == AtomKind::general || atom.kind == AtomKind::value || atom.kind == AtomKind::member;
        signal.compared |= compares && stands;
    }
    signal.first_calm = static_cast<std::uint16_t>(plan.others.size());
    plan.others.insert(plan.others.end(), calm.begin(), calm.end());
    signal.last_other = static_cast<std::uint16_t>(plan.others.size());
    signal.first_sustained = static_cast<std::uint16_t>(plan.sustained_of.size());
    for (std::size_t i = 0; i < plan.sustained.size(); ++i) {
        if ((plan.sustained[i].condition.reads & mask(s)) != 0) {
            plan.sustained_of.push_back(static_cast<std::uint16_t>(i));
            signal.sustained_bits |= std::uint64_t{1} << (i % 64);
        }
    }
    signal.last_sustained = static_cast<std::uint16_t>(plan.sustained_of.size());
}

} // namespace

Compiler::Result Compiler::finish(const std::vector<Program*>& programs)
{
    Result result;
    // Windows in the order of signals, as PatientState keeps them.
    std::vector<std::uint16_t> window_order(windows_.size());
    for (std::size_t i = 0; i < windows_.size(); ++i) window_order[i] = static_cast<std::uint16_t>(i);
    std::stable_sort(window_order.begin(), window_order.end(),
                     [&](auto a, auto b) { return windows_[a].signal < windows_[b].signal; });
    std::vector<std::uint16_t> window_place(windows_.size());
    for (std::size_t i = 0; i < window_order.size(); ++i) {
        window_place[window_order[i]] = static_cast<std::uint16_t>(i);
        result.windows.push_back(windows_[window_order[i]]);
    }

    Plan& plan = result.plan;
    const std::vector<std::uint16_t> order = lay_out(atoms_, window_place, plan);
    std::vector<std::uint16_t> place(atoms_.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        Atom atom;
        if (order[i] != none) {
            atom = atoms_[order[i]];
            place[order[i]] = static_cast<std::uint16_t>(i);
            const bool windowed = atom.kind == AtomKind::window || atom.kind == AtomKind::falling ||
                                  (atom.kind == AtomKind::known && atom.index != no_window);
            if (windowed) atom.index = window_place[atom.index];
        }
        plan.atoms.push_back(atom);
    }
    plan.comparisons = comparisons_;
    for (Comparison& comparison : plan.comparisons) {
        for (auto* steps : {&comparison.left, &comparison.right}) {
            for (NumericStep& step : *steps) {
                if (step.op == NumericOp::window) step.index = window_place[step.index];
            }
        }
    }
    const auto renumber = [&](Program& program) {
        for (LogicStep& step : program.code) {
            if (step.op == LogicOp::atom) step.arg = place[step.arg];
        }
    };
    plan.sustained = sustained_;
    for (Sustained& one : plan.sustained) {
        renumber(one.condition);
        one.atom = place[one.atom];
        const auto& code = one.condition.code;
        one.single = code.size() == 1 ? code[0].arg : no_single; // one alone is an atom
    }
    for (Program* program : programs) renumber(*program);
    plan.rules_of_atom.assign(plan.atoms.size(), RuleSet{});
    for (std::size_t i = 0; i < signal_count; ++i) plan_signal(plan, static_cast<Signal>(i));
    for (const Atom& atom : plan.atoms) plan.reads |= atom.reads;
    return result;
}

} // namespace magwatch::language
