#include "rules/evaluation/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rules/base/assert.hpp"

namespace magwatch {
namespace {

// Each level of nesting can leave a sum and a product waiting.
using Stack = std::array<double, 2 * expression_depth_max + 4>;

// The value of a numeric expression; false where any of its inputs is unknown.
bool number(const std::vector<NumericStep>& steps, const PatientState& patient, Instant now, double& out)
{
    Stack stack; // every step writes before another reads
    std::size_t depth = 0;
    for (const NumericStep& step : steps) {
        const SignalState& state = patient.latest(step.signal);
        switch (step.op) {
        case NumericOp::constant: stack[depth++] = step.constant; break;
        case NumericOp::value:
            if (!state.known(now)) return false;
            stack[depth++] = state.value;
            break;
        case NumericOp::previous:
            if (!state.has_previous) return false;
            stack[depth++] = state.previous;
            break;
        case NumericOp::window: {
            if (!state.known(now) || !patient.window(step.index).read(stack[depth++])) return false;
            break;
        }
        case NumericOp::negate: stack[depth - 1] = -stack[depth - 1]; break;
        case NumericOp::add: --depth; stack[depth - 1] += stack[depth]; break;
        case NumericOp::subtract: --depth; stack[depth - 1] -= stack[depth]; break;
        case NumericOp::multiply: --depth; stack[depth - 1] *= stack[depth]; break;
        }
    }
    out = stack[0];
    return true;
}

Truth ask_comparison(const Comparison& comparison, const PatientState& patient, Instant now)
{
    double left = 0, right = 0;
    if (!number(comparison.left, patient, now, left) || !number(comparison.right, patient, now, right)) {
        return Truth::unknown;
    }
    return truth_of(compare(comparison.compare, left, right));
}

bool explicitly_lost(const SignalState& state)
{
    // "No reading" is no value: it counts from the last one, as a dropout of a few seconds should.
    return state.validity == Validity::invalid;
}

// Arrival of the latest valid value, or of the first sample where none was valid.
Instant last_arrival(const PatientState& patient, Signal signal)
{
    const SignalState& state = patient.latest(signal);
    return state.has_value ? state.received : patient.first_seen(signal);
}

Truth ask_lost(const Atom& atom, const PatientState& patient, Instant now)
{
    const SignalState& state = patient.latest(atom.signal);
    if (!state.seen) return Truth::unknown;
    if (explicitly_lost(state)) return Truth::yes;
    return truth_of(now - last_arrival(patient, atom.signal) >= patient.lost_after(atom.signal));
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
    double fall = 0;
    return patient.window(atom.index).read(fall) ? truth_of(fall >= atom.limit) : Truth::unknown;
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
        return state.seen ? truth_of(now - patient.first_seen(atom.signal) >= atom.duration) : Truth::unknown;
    case AtomKind::lost: return ask_lost(atom, patient, now);
    case AtomKind::known:
        return truth_of(state.known(now) && (atom.index == no_window || patient.window(atom.index).value()));
    case AtomKind::falling: return ask_falling(atom, patient, now);
    case AtomKind::member:
        return state.known(now) ? truth_of((static_cast<std::uint32_t>(state.value) >> atom.index & 1U) != 0)
                                : Truth::unknown;
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
    case AtomKind::armed: return patient.first_seen(atom.signal) + atom.duration;
    case AtomKind::lost:
        return explicitly_lost(state) ? Instant::never()
                                      : last_arrival(patient, atom.signal) + patient.lost_after(atom.signal);
    case AtomKind::falling: return state.has_value ? state.received + falling_answers_for : Instant::never();
    default: return Instant::never(); // of the value alone; sustained ones look themselves
    }
}

} // namespace

Evaluation::Evaluation(const Pack& pack) { start(pack); }

void Evaluation::Range::begin_at(double limit)
{
    auto nearest = static_cast<float>(limit);
    if (nearest < limit) nearest = std::nextafter(nearest, infinity);
    low = std::max(low, nearest);
}

void Evaluation::Range::end_before(double limit)
{
    auto nearest = static_cast<float>(limit);
    if (nearest > limit) nearest = std::nextafter(nearest, -infinity);
    high = std::min(high, nearest);
}

void Evaluation::start(const Pack& pack)
{
    words_ = {};
    affected_ = {};
    any_affected_ = false;
    next_due_ = Instant::never();
    since_.assign(pack.plan.sustained.size(), not_running);
    truths_.assign(pack.rules.size(), RuleTruth{});
    for (std::size_t i = 0; i < pack.rules.size(); ++i) truths_[i] = judge(pack.rules[i]);
    forget_ranges(pack.plan);
}

// The next sample of every signal is looked at closely.
void Evaluation::forget_ranges(const Plan& plan)
{
    awake_ = ~std::uint64_t{0};
    settled_ = 0;
    ranges_.assign(plan.ranges, Range{});
    prepared_ = plan.shape;
}

// After a read the answers stand; under another pack nothing does.
void Evaluation::prepare(const Pack& pack)
{
    if (truths_.size() != pack.rules.size() || since_.size() != pack.plan.sustained.size()) start(pack);
    forget_ranges(pack.plan);
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

void Evaluation::update_signal(const Plan& plan, const SignalPlan& mine, const PatientState& patient, Instant now,
                               Signal signal)
{
    if (mine.mask != 0) {
        const SignalState& state = patient.latest(signal);
        if (!state.known(now) || !in_ranges(plan, mine, patient, state)) compare_all(plan, patient, now, signal);
    }
    const SignalMask bit = mask(signal);
    const SignalState& state = patient.latest(signal);
    if ((settled_ & bit) != 0 && one_more(mine, state, now)) {
        update_others(plan, mine.first_other, mine.first_calm, patient, now);
        return;
    }
    update_others(plan, mine.first_other, mine.last_other, patient, now);
    settled_ = state.known(now) && settles(plan, mine) ? settled_ | bit : settled_ & ~bit;
}

// Whether the calm atoms answer what they answer after every valid sample, so that the next need not ask.
bool Evaluation::settles(const Plan& plan, const SignalPlan& mine) const
{
    for (std::size_t i = mine.first_calm; i < mine.last_other; ++i) {
        const std::uint16_t index = plan.others.data()[i];
        const Atom& one = plan.atoms.data()[index];
        const Truth answer = atom(index);
        switch (one.kind) {
        case AtomKind::age: // of a value that has just arrived
            if (answer != truth_of(compare(one.compare, 0, static_cast<double>(one.duration.count())))) return false;
            break;
        case AtomKind::lost:
            if (answer != Truth::no) return false;
            break;
        // Comparisons: whatever they say of this value. That it is known stands; armed is yes for good, and no until
        // next_due_ at the least.
        default: break;
        }
    }
    return true;
}

void Evaluation::update_others(const Plan& plan, std::size_t first, std::size_t last, const PatientState& patient,
                               Instant now)
{
    for (std::size_t i = first; i < last; ++i) {
        const std::uint16_t other = plan.others.data()[i];
        set_atom(plan, other, ask_atom(plan, plan.atoms.data()[other], patient, now));
    }
}

// The answers of all comparisons of the signal and of its windows with limits, and the ranges in which they hold.
void Evaluation::compare_all(const Plan& plan, const PatientState& patient, Instant now, Signal signal)
{
    const SignalPlan& mine = plan.signals[static_cast<std::size_t>(signal)];
    const SignalState& state = patient.latest(signal);
    std::uint64_t less = 0;
    std::uint64_t known = state.known(now) ? mine.mask : 0;
    Range range = Range::all();
    for (std::size_t i = 0; i < mine.values; ++i) {
        const double limit = plan.thresholds[mine.first + i];
        if (state.value < limit) {
            less |= std::uint64_t{1} << i;
            range.end_before(limit);
        } else {
            range.begin_at(limit);
        }
    }
    ranges_[mine.range] = known != 0 ? range : Range{};
    compare_windows(plan, mine, patient, less, known);
    const std::uint64_t yes = ((less << mine.shift) ^ mine.invert) & known;
    Word& word = words_[mine.word];
    const std::uint64_t changed = ((word.yes ^ yes) | (word.known ^ known)) & mine.mask;
    if (changed == 0) return;
    word.yes = (word.yes & ~mine.mask) | yes;
    word.known = (word.known & ~mine.mask) | known;
    mark(plan, mine.word, changed);
}

void Evaluation::compare_windows(const Plan& plan, const SignalPlan& mine, const PatientState& patient,
                                 std::uint64_t& less, std::uint64_t& known)
{
    for (std::size_t w = mine.first_window; w < mine.last_window; ++w) {
        const std::uint16_t window = plan.windows_compared[w];
        const auto value = patient.window(window).value();
        Range& range = ranges_[mine.range + 1U + w - mine.first_window];
        range = value ? Range::all() : Range::unknown();
        for (std::size_t bit = mine.values; bit < std::size_t{mine.values} + mine.windows; ++bit) {
            if (plan.window_of[mine.first + bit] != window) continue;
            const double limit = plan.thresholds[mine.first + bit];
            if (!value) {
                known &= ~(std::uint64_t{1} << (bit + mine.shift));
            } else if (*value < limit) {
                less |= std::uint64_t{1} << bit;
                range.end_before(limit);
            } else {
                range.begin_at(limit);
            }
        }
    }
}

// A sample of a signal that the condition reads has come, or time itself decides about it.
void Evaluation::sample_sustained(const Plan& plan, Instant now, std::size_t index)
{
    const Sustained& one = plan.sustained.data()[index];
    std::int64_t& since = since_.data()[index];
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    const Truth holds = one.single != no_single ? atom(one.single) : run(one.condition);
    if (holds != Truth::yes) {
        since = not_running;
        // One of several behind the same bit may still run: then all of them stay awake.
        if (plan.sustained.size() <= 64) awake_ &= ~bit;
        set_atom(plan, one.atom, holds);
        return;
    }
    if (since == not_running) since = now.ms;
    const bool long_enough = now.ms - since >= one.duration.count();
    awake_ |= bit;
    set_atom(plan, one.atom, truth_of(long_enough));
    if (one.condition.timed && !long_enough) next_due_ = std::min(next_due_, Instant{since} + one.duration);
}

// Time went by: it breaks a run whose signal went stale, but completes only conditions that are timed.
void Evaluation::recheck_sustained(const Plan& plan, Instant now)
{
    for (std::size_t i = 0; i < plan.sustained.size(); ++i) {
        if (plan.sustained[i].condition.timed || run(plan.sustained[i].condition) != Truth::yes) {
            sample_sustained(plan, now, i);
        }
    }
}

bool Evaluation::update(const Pack& pack, const PatientState& patient, Instant now, SignalMask changed)
{
    const Plan& plan = pack.plan;
    if (prepared_ != plan.shape) [[unlikely]] prepare(pack);
    changed &= plan.reads;
    for (SignalMask rest = changed; rest != 0; rest &= rest - 1) {
        const auto signal = static_cast<Signal>(std::countr_zero(rest));
        const SignalPlan& mine = plan.signals.data()[static_cast<std::size_t>(signal)];
        update_signal(plan, mine, patient, now, signal);
        const SignalState& state = patient.latest(signal);
        look_again(mine, state, state.has_value ? state.received : patient.first_seen(signal), now);
        // Where no answer changed and no run goes on, no sustained condition changes.
        if ((awake_ & mine.sustained_bits) == 0 && !any_affected_) changed &= ~mask(signal);
    }
    if (changed != 0) update_sustained(plan, now, changed);
    return std::exchange(any_affected_, false);
}

// Sustained conditions look at all atoms as they are after the samples, inner ones first.
void Evaluation::update_sustained(const Plan& plan, Instant now, SignalMask changed)
{
    if ((changed & (changed - 1)) == 0) {
        const SignalPlan& mine = plan.signals[static_cast<std::size_t>(std::countr_zero(changed))];
        for (std::size_t i = mine.first_sustained; i < mine.last_sustained; ++i) {
            sample_sustained(plan, now, plan.sustained_of.data()[i]);
        }
        return;
    }
    for (std::size_t i = 0; i < plan.sustained.size(); ++i) {
        if ((plan.sustained[i].condition.reads & changed) != 0) sample_sustained(plan, now, i);
    }
}

bool Evaluation::update_due(const Pack& pack, const PatientState& patient, Instant now)
{
    const Plan& plan = pack.plan;
    if (prepared_ != plan.shape) [[unlikely]] prepare(pack);
    awake_ = ~std::uint64_t{0};
    Instant next = Instant::never();
    const auto consider = [&](Instant t) {
        if (t > now) next = std::min(next, t);
    };
    for (SignalMask rest = plan.reads; rest != 0; rest &= rest - 1) {
        const auto signal = static_cast<Signal>(std::countr_zero(rest));
        const SignalPlan& mine = plan.signals[static_cast<std::size_t>(signal)];
        const SignalState& state = patient.latest(signal);
        update_signal(plan, mine, patient, now, signal);
        if (mine.value_read) consider(state.stale);
        if (mine.soonest_ms == INT64_MAX) continue;
        for (std::size_t i = mine.first_other; i < mine.last_other; ++i) {
            consider(deadline(plan.atoms[plan.others[i]], patient));
        }
    }
    next_due_ = next;
    recheck_sustained(plan, now);
    return std::exchange(any_affected_, false);
}

} // namespace magwatch
