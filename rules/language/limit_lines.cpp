#include "rules/language/limit_lines.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "rules/language/expression.hpp"
#include "rules/observation/quantity.hpp"

namespace magwatch {
namespace {

// A part of a condition: the comparisons that can raise it.
struct Part {
    struct Line {
        Atom atom;
        bool alone = true;
        bool ranged = false; // together with one of the other side of the same signal
    };
    std::vector<Line> lines;
    bool exception = false;            // stands under `not`: says when a rule does not hold
    std::optional<Signal> nothing_but; // it compares this signal with constants, and that is all
};

bool is_below(const Atom& atom) { return atom.compare == Compare::lt || atom.compare == Compare::le; }

bool in_words(Signal signal)
{
    const auto all = signal_words();
    return std::any_of(all.begin(), all.end(), [&](const SignalWord& one) { return one.signal == signal; });
}

// A quantity, compared as one: a grade of reflex is, a flag or a word is not.
bool is_line(const Atom& atom)
{
    const SignalInfo& about = info(atom.signal);
    const bool flag = about.unit == Unit::none && about.min == 0 && about.max == 1;
    const bool ordered = atom.compare != Compare::eq && atom.compare != Compare::ne;
    return atom.kind == AtomKind::value && ordered && !flag && !in_words(atom.signal);
}

Part part_of(const Pack& pack, const Program& program);

Part part_of(const Pack& pack, const Atom& atom)
{
    if (atom.kind == AtomKind::sustained) return part_of(pack, pack.plan.sustained[atom.index].condition);
    Part out;
    if (!is_line(atom)) return out;
    out.lines.push_back({atom});
    out.nothing_but = atom.signal;
    return out;
}

// Of "above 3.5 and up to 4.0" neither end alone says where the trouble lies.
void mark_ranges(Part& all)
{
    for (Part::Line& one : all.lines) {
        for (const Part::Line& other : all.lines) {
            if (one.atom.signal == other.atom.signal && is_below(one.atom) != is_below(other.atom)) one.ranged = true;
        }
    }
}

// Whether a line of one operand of `and` is enough: the others are exceptions, or the far end of its range.
bool enough_among(const std::vector<Part>& operands, std::size_t mine)
{
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const bool range = operands[i].nothing_but && operands[i].nothing_but == operands[mine].nothing_but;
        if (i != mine && !operands[i].exception && !range) return false;
    }
    return true;
}

Part joined(std::vector<Part> operands, LogicOp op)
{
    Part out;
    out.exception = std::all_of(operands.begin(), operands.end(), [](const Part& one) { return one.exception; });
    out.nothing_but = operands[0].nothing_but;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const bool enough = op == LogicOp::any || (op == LogicOp::all && enough_among(operands, i));
        if (operands[i].nothing_but != out.nothing_but) out.nothing_but.reset();
        for (Part::Line line : operands[i].lines) {
            line.alone = line.alone && enough;
            out.lines.push_back(line);
        }
    }
    if (op == LogicOp::all) mark_ranges(out);
    return out;
}

Part part_of(const Pack& pack, const Program& program)
{
    std::vector<Part> stack;
    for (const LogicStep& step : program.code) {
        if (step.op == LogicOp::atom) {
            stack.push_back(part_of(pack, pack.plan.atoms[step.arg]));
        } else if (step.op == LogicOp::negate) {
            stack.back() = {};
            stack.back().exception = true;
        } else {
            const auto first = stack.end() - step.arg;
            Part whole = joined({first, stack.end()}, step.op == LogicOp::at_least && step.least == 1 ? LogicOp::any
                                                                                                      : step.op);
            stack.erase(first, stack.end());
            stack.push_back(std::move(whole));
        }
    }
    return std::move(stack.back());
}

// The named limit of the rule that has this value for this signal.
std::string limit_of(const Pack& pack, const Rule& rule, const Atom& atom)
{
    for (const std::string& name : pack.outline.rule(rule.id)->limits) {
        const auto literal = language::parse_literal(pack.outline.limit(name)->value);
        if (!literal->per.empty()) continue;
        const Unit unit = info(atom.signal).unit;
        std::optional<double> value;
        if (literal->unit.empty()) {
            if (unit == Unit::none) value = literal->number;
        } else if (const auto written = unit_from(literal->unit)) {
            value = convert(atom.signal, literal->number, *written, unit);
        }
        if (value && *value == atom.limit) return name;
    }
    return "";
}

struct Candidate {
    LimitLine line;
    bool ranged = false;
};

auto order(const LimitLine& line)
{
    return std::make_tuple(static_cast<int>(line.signal), !line.below, line.value, line.inclusive, line.rule);
}

// The far end of a range: no rule has a line of its own on that side, but one has on the other.
bool far_end(const std::vector<Candidate>& all, const Candidate& one)
{
    if (!one.ranged) return false;
    const auto open_on = [&](bool below) {
        return std::any_of(all.begin(), all.end(), [&](const Candidate& other) {
            return other.line.signal == one.line.signal && other.line.below == below && !other.ranged;
        });
    };
    return !open_on(one.line.below) && open_on(!one.line.below);
}

} // namespace

std::vector<LimitLine> limit_lines(const Pack& pack)
{
    std::vector<Candidate> all;
    for (const Rule& rule : pack.rules) {
        for (const Part::Line& from : part_of(pack, rule.when).lines) {
            LimitLine line;
            line.signal = from.atom.signal;
            line.below = is_below(from.atom);
            line.inclusive = from.atom.compare == Compare::le || from.atom.compare == Compare::ge;
            line.value = from.atom.limit;
            line.priority = rule.priority;
            line.rule = rule.id;
            line.limit = limit_of(pack, rule, from.atom);
            line.alone = from.alone;
            all.push_back({std::move(line), from.ranged});
        }
    }
    std::vector<LimitLine> out;
    for (const Candidate& one : all) {
        if (!far_end(all, one)) out.push_back(one.line);
    }
    // Twice in one rule is once; that which is enough alone comes first and stays.
    std::stable_sort(out.begin(), out.end(), [](const LimitLine& a, const LimitLine& b) {
        return std::make_tuple(order(a), !a.alone) < std::make_tuple(order(b), !b.alone);
    });
    const auto same = [](const LimitLine& a, const LimitLine& b) { return order(a) == order(b); };
    out.erase(std::unique(out.begin(), out.end(), same), out.end());
    return out;
}

} // namespace magwatch
