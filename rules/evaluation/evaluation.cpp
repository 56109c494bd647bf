#include "rules/evaluation/evaluation.hpp"

#include <algorithm>
#include <utility>

#include "rules/base/assert.hpp"

namespace magwatch {
namespace {

// Each level of nesting can leave a sum and a product waiting.
using Stack = std::array<double, 2 * expression_depth_max + 4>;

// The value of a numeric expression, or nullopt where any of its inputs is unknown.
std::optional<double> number(const std::vector<NumericStep>& steps, const PatientState& patient, Instant now)
{
    Stack stack{};
    std::size_t depth = 0;
    for (const NumericStep& step : steps) {
        const SignalState& state = patient.latest(step.signal);
        switch (step.op) {
        case NumericOp::constant: stack[depth++] = step.constant; break;
        case NumericOp::value:
            if (!state.known(now)) return std::nullopt;
            stack[depth++] = state.value;
            break;
        case NumericOp::previous:
            if (!state.has_previous) return std::nullopt;
            stack[depth++] = state.previous;
            break;
        case NumericOp::window: {
            const auto value = state.known(now) ? patient.window(step.index).value() : std::nullopt;
            if (!value) return std::nullopt;
            stack[depth++] = *value;
            break;
        }
        case NumericOp::negate: stack[depth - 1] = -stack[depth - 1]; break;
        case NumericOp::add: --depth; stack[depth - 1] += stack[depth]; break;
        case NumericOp::subtract: --depth; stack[depth - 1] -= stack[depth]; break;
        case NumericOp::multiply: --depth; stack[depth - 1] *= stack[depth]; break;
        }
    }
    return stack[0];
}

Truth ask_comparison(const Comparison& comparison, const PatientState& patient, Instant now)
{
    const auto left = number(comparison.left, patient, now);
    const auto right = number(comparison.right, patient, now);
    if (!left || !right) return Truth::unknown;
    return truth_of(compare(comparison.compare, *left, *right));
}

bool explicitly_lost(const SignalState& state)
{
    return state.validity == Validity::invalid || state.validity == Validity::not_available;
}

// Arrival of the latest valid value, or of the first sample where none was valid.
Instant last_arrival(const SignalState& state) { return state.has_value ? state.received : state.first; }

Truth ask_lost(const Atom& atom, const PatientState& patient, Instant now)
{
    const SignalState& state = patient.latest(atom.signal);
    if (!state.seen) return Truth::unknown;
    if (explicitly_lost(state)) return Truth::yes;
    return truth_of(now - last_arrival(state) >= patient.lost_after(atom.signal));
}

Truth ask_age(const Atom& atom, const PatientState& patient, Instant now)
{
    const auto since = patient.without_value_since(atom.signal);
    if (!since) return Truth::unknown;
    return truth_of(compare(atom.compare, static_cast<double>((now - *since).count()),
                            static_cast<double>(atom.duration.count())));
}

Truth ask_falling(const Atom& atom, const PatientState& patient, Instant now)
{
    const SignalState& state = patient.latest(atom.signal);
    if (!state.has_value || now - state.received >= falling_answers_for) return Truth::unknown;
    const auto drop = patient.window(atom.index).value();
    return drop ? truth_of(*drop >= atom.limit) : Truth::unknown;
}

Truth ask_atom(const Plan& plan, const Atom& atom, const PatientState& patient, Instant now)
{
    const SignalState& state = patient.latest(atom.signal);
    switch (atom.kind) {
    case AtomKind::value:
        return state.known(now) ? truth_of(compare(atom.compare, state.value, atom.limit)) : Truth::unknown;
    case AtomKind::window: {
        const auto value = state.known(now) ? patient.window(atom.index).value() : std::nullopt;
        return value ? truth_of(compare(atom.compare, *value, atom.limit)) : Truth::unknown;
    }
    case AtomKind::general: return ask_comparison(plan.comparisons[atom.index], patient, now);
    case AtomKind::age: return ask_age(atom, patient, now);
    case AtomKind::after: {
        const SignalState& other = patient.latest(atom.other);
        if (!other.has_value) return Truth::unknown;
        return truth_of(state.has_value && state.value_at > other.received);
    }
    case AtomKind::armed:
        return state.seen ? truth_of(now - state.first >= atom.duration) : Truth::unknown;
    case AtomKind::lost: return ask_lost(atom, patient, now);
    case AtomKind::known:
        return truth_of(state.known(now) && (atom.index == no_window || patient.window(atom.index).value()));
    case AtomKind::falling: return ask_falling(atom, patient, now);
    case AtomKind::sustained: break; // update_sustained
    }
    return Truth::unknown;
}

// When time alone next changes the atom's answer if nothing arrives; never() if it does not.
Instant deadline(const Atom& atom, const PatientState& patient)
{
    const SignalState& state = patient.latest(atom.signal);
    if (!state.seen) return Instant::never();
    switch (atom.kind) {
    case AtomKind::age: {
        const bool beyond = atom.compare == Compare::gt || atom.compare == Compare::le;
        return *patient.without_value_since(atom.signal) + atom.duration + Duration{beyond ? 1 : 0};
    }
    case AtomKind::armed: return state.first + atom.duration;
    case AtomKind::lost:
        return explicitly_lost(state) ? Instant::never()
                                      : last_arrival(state) + patient.lost_after(atom.signal);
    case AtomKind::falling: return state.has_value ? state.received + falling_answers_for : Instant::never();
    case AtomKind::value:
    case AtomKind::window:
    case AtomKind::general:
    case AtomKind::after:
    case AtomKind::known:
    case AtomKind::sustained: break;
    }
    return Instant::never();
}

} // namespace

Evaluation::Evaluation(const Pack& pack) { start(pack); }

void Evaluation::start(const Pack& pack)
{
    words_ = {};
    affected_ = {};
    any_affected_ = false;
    next_due_ = Instant::never();
    since_.assign(pack.plan.sustained.size(), not_running);
    truths_.assign(pack.rules.size(), RuleTruth{});
    for (std::size_t i = 0; i < pack.rules.size(); ++i) truths_[i] = judge(pack.rules[i]);
}

Truth Evaluation::run(const Program& program) const
{
    const auto& code = program.code;
    if (code.size() == 1 && code[0].op == LogicOp::atom) return atom(code[0].arg);
    std::array<Truth, expression_nodes_max> stack{};
    std::size_t depth = 0;
    for (const LogicStep& step : code) {
        switch (step.op) {
        case LogicOp::atom: stack[depth++] = atom(step.arg); break;
        case LogicOp::constant: stack[depth++] = static_cast<Truth>(step.least); break;
        case LogicOp::negate: stack[depth - 1] = negate(stack[depth - 1]); break;
        case LogicOp::all:
        case LogicOp::any:
        case LogicOp::at_least: {
            std::size_t yes = 0, no = 0;
            depth -= step.arg;
            for (std::size_t i = depth; i < depth + step.arg; ++i) {
                yes += stack[i] == Truth::yes;
                no += stack[i] == Truth::no;
            }
            const std::size_t least = step.op == LogicOp::all   ? step.arg
                                      : step.op == LogicOp::any ? 1U
                                                                : step.least;
            stack[depth++] = yes >= least              ? Truth::yes
                             : step.arg - no < least ? Truth::no
                                                       : Truth::unknown;
            break;
        }
        }
    }
    return stack[0];
}

Truth Evaluation::ask(const Program& program) const { return run(program); }

RuleTruth Evaluation::judge(const Rule& rule) const
{
    // Only a gate that is known to be closed holds a rule back.
    const bool open = rule.needs.empty() || run(rule.needs) != Truth::no;
    return {open ? run(rule.when) : Truth::no, run(rule.clear)};
}

void Evaluation::mark(const Plan& plan, std::size_t word, std::uint64_t changed)
{
    any_affected_ = true;
    for (; changed != 0; changed &= changed - 1) {
        const RuleSet& rules = plan.rules_of_atom[word * 64 + static_cast<std::size_t>(std::countr_zero(changed))];
        for (std::size_t i = 0; i < rules.size(); ++i) affected_[i] |= rules[i];
    }
}

void Evaluation::set_atom(const Plan& plan, std::size_t index, Truth truth)
{
    Word& word = words_[index / 64];
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    const std::uint64_t yes = truth == Truth::yes ? bit : 0;
    const std::uint64_t known = truth == Truth::unknown ? 0 : bit;
    if ((word.yes & bit) == yes && (word.known & bit) == known) return;
    word.yes = (word.yes & ~bit) | yes;
    word.known = (word.known & ~bit) | known;
    mark(plan, index / 64, bit);
}

void Evaluation::update_signal(const Plan& plan, const PatientState& patient, Instant now, Signal signal)
{
    const SignalPlan& mine = plan.signals[static_cast<std::size_t>(signal)];
    const SignalState& state = patient.latest(signal);
    if (mine.count != 0) {
        std::uint64_t bits = 0;
        const double* const thresholds = plan.thresholds.data() + mine.first;
        for (std::size_t i = 0; i < mine.count; ++i) {
            bits |= static_cast<std::uint64_t>(state.value < thresholds[i]) << i;
        }
        const std::uint64_t known = state.known(now) ? mine.mask : 0;
        const std::uint64_t yes = ((bits << mine.shift) ^ mine.invert) & known;
        Word& word = words_[mine.word];
        const std::uint64_t changed = ((word.yes ^ yes) | (word.known ^ known)) & mine.mask;
        if (changed != 0) {
            word.yes ^= (word.yes ^ yes) & mine.mask;
            word.known ^= (word.known ^ known) & mine.mask;
            mark(plan, mine.word, changed);
        }
    }
    for (const std::uint16_t index : mine.others) {
        set_atom(plan, index, ask_atom(plan, plan.atoms[index], patient, now));
    }
}

void Evaluation::update_sustained(const Plan& plan, Instant now, SignalMask sampled)
{
    for (std::size_t i = 0; i < plan.sustained.size(); ++i) {
        const Sustained& one = plan.sustained[i];
        const bool judged = (one.condition.reads & sampled) != 0 || one.condition.timed;
        if (!judged && since_[i] == not_running && sampled != 0) continue;
        const Truth holds = run(one.condition);
        if (holds != Truth::yes) {
            since_[i] = not_running;
            set_atom(plan, one.atom, holds);
        } else if (judged) {
            if (since_[i] == not_running) since_[i] = now.ms;
            const bool long_enough = now.ms - since_[i] >= one.duration.count();
            set_atom(plan, one.atom, truth_of(long_enough));
            if (one.condition.timed && !long_enough) {
                next_due_ = std::min(next_due_, Instant{since_[i]} + one.duration);
            }
        }
    }
}

bool Evaluation::update(const Pack& pack, const PatientState& patient, Instant now, SignalMask changed)
{
    const Plan& plan = pack.plan;
    if (truths_.size() != pack.rules.size() || since_.size() != plan.sustained.size()) [[unlikely]] {
        start(pack);
    }
    changed &= plan.reads;
    bool sustained = false;
    for (SignalMask rest = changed; rest != 0; rest &= rest - 1) {
        const auto signal = static_cast<Signal>(std::countr_zero(rest));
        update_signal(plan, patient, now, signal);
        const SignalPlan& mine = plan.signals[static_cast<std::size_t>(signal)];
        const SignalState& state = patient.latest(signal);
        sustained |= mine.sustained;
        if (mine.value_read && state.known(now)) next_due_ = std::min(next_due_, state.stale);
        if (mine.soonest != Duration::max() && state.seen) {
            // A lower bound; the exact instant is found when it is reached.
            const Instant base = state.has_value ? std::min(state.value_at, state.received) : state.first;
            next_due_ = std::min(next_due_, std::max(base + mine.soonest, now + Duration{1}));
        }
    }
    if (sustained) update_sustained(plan, now, changed);
    return std::exchange(any_affected_, false);
}

bool Evaluation::update_due(const Pack& pack, const PatientState& patient, Instant now)
{
    const Plan& plan = pack.plan;
    if (truths_.size() != pack.rules.size() || since_.size() != plan.sustained.size()) [[unlikely]] {
        start(pack);
    }
    Instant next = Instant::never();
    const auto consider = [&](Instant t) {
        if (t > now) next = std::min(next, t);
    };
    for (SignalMask rest = plan.reads; rest != 0; rest &= rest - 1) {
        const auto signal = static_cast<Signal>(std::countr_zero(rest));
        const SignalPlan& mine = plan.signals[static_cast<std::size_t>(signal)];
        const SignalState& state = patient.latest(signal);
        update_signal(plan, patient, now, signal);
        if (mine.value_read) consider(state.stale);
        if (mine.soonest == Duration::max()) continue;
        for (const std::uint16_t index : mine.others) consider(deadline(plan.atoms[index], patient));
    }
    next_due_ = next;
    update_sustained(plan, now, 0);
    return std::exchange(any_affected_, false);
}

} // namespace magwatch
