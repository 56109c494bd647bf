#include "rules/language/compiler.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "rules/base/assert.hpp"
#include "rules/observation/quantity.hpp"
#include "rules/observation/signal.hpp"
#include "rules/observation/symptom.hpp"
#include "rules/observation/usual_name.hpp"

namespace magwatch::language {
namespace {

// "alert, voice, pain, unresponsive": the words of one signal, "" if it has none.
std::string words_of(Signal signal)
{
    std::string list;
    for (const SignalWord& one : signal_words()) {
        if (one.signal == signal) list += (list.empty() ? "" : ", ") + std::string{one.word};
    }
    return list;
}

// "avpu": the signals whose values a word names.
std::string signals_with(std::string_view word)
{
    std::string list;
    for (const SignalWord& one : signal_words()) {
        if (one.word == word) list += (list.empty() ? "" : ", ") + std::string{name(one.signal)};
    }
    return list;
}

struct Aggregate {
    std::string_view word;
    WindowKind kind;
};
constexpr Aggregate aggregates[] = {
    {"sum", WindowKind::sum},   {"mean", WindowKind::mean}, {"min", WindowKind::min},     {"max", WindowKind::max},
    {"slope", WindowKind::slope}, {"fall", WindowKind::fall}, {"drop", WindowKind::drop}, {"delta", WindowKind::delta},
    {"count", WindowKind::count},
};

constexpr std::string_view functions[] = {"sum",   "mean",  "min",      "max",       "slope", "drop",
                                          "delta", "fall", "count", "age",      "previous",  "after", "armed",
                                          "lost",  "falling", "known", "sustained", "at_least", "symptom"};

// What counts as a fall up to the latest valid value, design values. The fall of a fitted line, because single
// values scatter: one RR in a hundred differs from the one a minute before by 7 (signals.md 3). Over 5 min a
// steep fall; over 15 min the pace of a load left running, 18 to 14 a minute (clinical.md 10, scenario a).
struct Fall {
    Signal signal;
    Duration length;
    double amount;
};
constexpr Fall falls[] = {{Signal::rr, std::chrono::minutes{5}, 4},
                          {Signal::rr, std::chrono::minutes{15}, 3},
                          {Signal::spo2, std::chrono::minutes{5}, 3},
                          {Signal::spo2, std::chrono::minutes{15}, 3}};

// Windows count in 2^-20 of a unit; a signal that is not a physical quantity of a patient has none.
constexpr double windowed_max = 1e6;

constexpr std::string_view number_text_units = " needs a unit: write ";

std::string trimmed(double value)
{
    std::string text = std::to_string(value);
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::vector<std::string_view> signal_names()
{
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < signal_count; ++i) names.push_back(name(static_cast<Signal>(i)));
    return names;
}

bool is_flag(Signal signal)
{
    const SignalInfo& about = info(signal);
    return about.unit == Unit::none && about.min == 0 && about.max == 1;
}

// The units that a signal's values may be written in.
std::string fitting_units(Signal signal)
{
    std::string out;
    for (int i = 0; i <= static_cast<int>(Unit::hour); ++i) {
        const auto unit = static_cast<Unit>(i);
        if (!convert(signal, 1, unit, info(signal).unit)) continue;
        if (!out.empty()) out += ", ";
        out += name(unit);
    }
    return out;
}

Compare mirrored(Compare compare)
{
    switch (compare) {
    case Compare::lt: return Compare::gt;
    case Compare::le: return Compare::ge;
    case Compare::gt: return Compare::lt;
    case Compare::ge: return Compare::le;
    case Compare::eq:
    case Compare::ne: return compare;
    }
    return compare;
}

} // namespace

// A numeric expression: a constant with the unit it was written in, or something of the patient.
struct Compiler::Number {
    enum class Shape : std::uint8_t { constant, quantity, age };
    Shape shape = Shape::constant;
    std::uint32_t at = 0;
    // constant
    double value = 0;
    std::string unit;
    std::uint32_t unit_at = 0;
    std::string per;
    std::string word; // a word for a value: what it means is up to its partner
    // quantity or age
    Signal signal{};
    Unit canonical = Unit::none;
    bool difference = false; // drop, delta: an interval of the scale, without its zero
    bool per_minute = false; // slope
    std::optional<Atom> single; // what it is when it stands alone
    std::vector<NumericStep> steps;
};

bool Compiler::reserved(std::string_view word)
{
    constexpr std::string_view words[] = {"and", "or", "not", "never", "below", "above"};
    if (signal_from(word) || std::find(std::begin(words), std::end(words), word) != std::end(words)) return true;
    for (const SignalWord& one : signal_words()) {
        if (one.word == word) return true;
    }
    return std::find(std::begin(functions), std::end(functions), word) != std::end(functions);
}

void Compiler::fail(std::uint32_t at, std::string message) { mistakes_->push_back({at, std::move(message)}); }

std::string Compiler::unknown_word(std::string_view word) const
{
    const std::string unknown = "unknown signal or limit '" + std::string{word} + "'";
    if (symptom_bit(word)) return unknown + "; did you mean 'symptom(" + std::string{word} + ")'?";
    std::vector<std::string_view> known = signal_names();
    for (const auto& [name, limit] : limits) known.push_back(name);
    for (const SignalWord& one : signal_words()) known.push_back(one.word);
    return unknown + meant_signal(word, known);
}

std::optional<Logic> Compiler::condition(std::string_view text, std::vector<Mistake>& mistakes)
{
    Parsed parsed = parse_expression(text);
    if (!parsed.root) {
        mistakes.insert(mistakes.end(), parsed.mistakes.begin(), parsed.mistakes.end());
        return std::nullopt;
    }
    mistakes_ = &mistakes;
    const std::size_t before = mistakes.size();
    auto logic = boolean(*parsed.root);
    mistakes_ = nullptr;
    if (mistakes.size() != before) return std::nullopt;
    return logic;
}

std::optional<Logic> Compiler::boolean(const Node& node)
{
    switch (node.kind) {
    case NodeKind::any: return group(node, TreeOp::any);
    case NodeKind::all: return group(node, TreeOp::all);
    case NodeKind::negate: {
        auto inner = boolean(node.operands[0]);
        if (!inner) return std::nullopt;
        return negated(*inner);
    }
    case NodeKind::compare: return comparison(node);
    case NodeKind::call: return function(node);
    case NodeKind::word: return flag(node);
    case NodeKind::number:
    case NodeKind::minus:
    case NodeKind::add:
    case NodeKind::subtract:
    case NodeKind::multiply:
        fail(node.at, "a number is not a condition: compare it, for example rr < 12 /min");
        return std::nullopt;
    }
    return std::nullopt;
}

Logic Compiler::both(Logic a, Logic b)
{
    Logic out;
    out.op = TreeOp::all;
    out.operands.push_back(std::move(a));
    out.operands.push_back(std::move(b));
    return out;
}

Logic Compiler::negated(const Logic& logic)
{
    Logic out;
    out.op = TreeOp::negate;
    out.operands.push_back(logic);
    return out;
}

std::optional<Logic> Compiler::group(const Node& node, TreeOp op)
{
    Logic out;
    out.op = op;
    bool good = true;
    for (const Node& operand : node.operands) {
        auto inner = boolean(operand);
        if (inner) {
            out.operands.push_back(std::move(*inner));
        } else {
            good = false; // go on: all mistakes at once
        }
    }
    if (!good) return std::nullopt;
    return out;
}

std::optional<Logic> Compiler::atom(Atom made)
{
    auto found = std::find(atoms_.begin(), atoms_.end(), made);
    if (found == atoms_.end()) {
        if (atoms_.size() >= atoms_max) {
            fail(0, "too many different comparisons in this pack: at most " + std::to_string(atoms_max));
            return std::nullopt;
        }
        atoms_.push_back(made);
        found = atoms_.end() - 1;
    }
    Logic out;
    out.atom = static_cast<std::uint16_t>(found - atoms_.begin());
    return out;
}

std::uint16_t Compiler::window(const WindowSpec& spec)
{
    auto found = std::find(windows_.begin(), windows_.end(), spec);
    if (found == windows_.end()) {
        if (windows_.size() >= windows_max) {
            fail(0, "too many different windows in this pack: at most " + std::to_string(windows_max));
            return 0;
        }
        windows_.push_back(spec);
        found = windows_.end() - 1;
    }
    return static_cast<std::uint16_t>(found - windows_.begin());
}

std::optional<Logic> Compiler::flag(const Node& node)
{
    const auto signal = signal_from(node.word);
    if (!signal) {
        if (limits.contains(node.word)) {
            fail(node.at, "the limit '" + node.word + "' is a number: compare something with it");
        } else {
            fail(node.at, unknown_word(node.word));
        }
        return std::nullopt;
    }
    if (!is_flag(*signal)) {
        const Unit unit = info(*signal).unit;
        fail(node.at, "'" + node.word + "' is a number, not a yes or no: compare it with one" +
                          (unit == Unit::none ? std::string{} : " in " + std::string{name(unit)}));
        return std::nullopt;
    }
    Atom made;
    made.kind = AtomKind::value;
    made.compare = Compare::ge;
    made.signal = *signal;
    made.limit = 0.5;
    made.reads = mask(*signal);
    return atom(made);
}

bool Compiler::arguments(const Node& node, std::size_t count, std::string_view usage)
{
    if (node.operands.size() == count) return true;
    fail(node.at, "'" + node.word + "' is written " + std::string{usage});
    return false;
}

std::optional<Signal> Compiler::signal_argument(const Node& node)
{
    if (node.kind != NodeKind::word) {
        fail(node.at, "a signal's name is expected here");
        return std::nullopt;
    }
    const auto signal = signal_from(node.word);
    if (!signal) fail(node.at, "unknown signal '" + node.word + "'" + meant_signal(node.word, signal_names()));
    return signal;
}

std::optional<Duration> Compiler::duration_argument(const Node& node, bool window)
{
    std::optional<Duration> length;
    if (node.kind == NodeKind::number && node.per.empty()) {
        length = duration_of(node.number, node.unit);
    } else if (node.kind == NodeKind::word) {
        const auto limit = limits.find(node.word);
        if (limit != limits.end()) {
            limit->second.used = true;
            used_limits.insert(limit->first);
            if (limit->second.broken) return std::nullopt;
            length = duration_of(limit->second.literal.number, limit->second.literal.unit);
        }
    }
    if (!length || *length <= Duration::zero()) {
        fail(node.at, "a length of time is expected here, for example 30 s, 20 min or 4 h");
        return std::nullopt;
    }
    if (window && *length > window_length_max) {
        fail(node.at, "a window is at most 24 h long");
        return std::nullopt;
    }
    return length;
}

std::optional<Logic> Compiler::at_least(const Node& node)
{
    const auto usage = "'at_least' is written at_least(2, first, second, third)";
    if (node.operands.size() < 2 || node.operands[0].kind != NodeKind::number ||
        !node.operands[0].unit.empty()) {
        fail(node.at, usage);
        return std::nullopt;
    }
    const double wanted = node.operands[0].number;
    const std::size_t offered = node.operands.size() - 1;
    if (wanted != std::floor(wanted) || wanted < 1 || wanted > static_cast<double>(offered)) {
        fail(node.operands[0].at, "how many of the " + std::to_string(offered) +
                                      " conditions: a whole number from 1 to " + std::to_string(offered));
        return std::nullopt;
    }
    Logic out;
    out.op = TreeOp::at_least;
    out.least = static_cast<std::uint8_t>(wanted);
    bool good = true;
    for (std::size_t i = 1; i <= offered; ++i) {
        auto inner = boolean(node.operands[i]);
        if (inner) {
            out.operands.push_back(std::move(*inner));
        } else {
            good = false;
        }
    }
    if (!good) return std::nullopt;
    return out;
}

std::optional<Logic> Compiler::sustained(const Node& node)
{
    if (!arguments(node, 2, "sustained(rr < 14 /min, 5 min)")) return std::nullopt;
    const auto inner = boolean(node.operands[0]);
    const auto length = duration_argument(node.operands[1], false);
    if (!inner || !length) return std::nullopt;
    return sustained(program(*inner), *length);
}

std::optional<Logic> Compiler::bounded(const Logic& logic, Duration longest)
{
    std::vector<Mistake> full;
    mistakes_ = &full;
    Program condition = program(logic);
    condition.timed = true; // it runs out at its time, not at the next sample
    const auto over = sustained(std::move(condition), longest);
    mistakes_ = nullptr;
    if (!over) return std::nullopt;
    return both(logic, negated(*over));
}

std::optional<Logic> Compiler::sustained(Program condition, Duration length)
{
    Sustained made;
    made.condition = std::move(condition);
    made.duration = length;
    const auto same = std::find_if(sustained_.begin(), sustained_.end(), [&](const Sustained& other) {
        return other.condition == made.condition && other.duration == made.duration;
    });
    Atom one;
    one.kind = AtomKind::sustained;
    one.index = static_cast<std::uint16_t>(same - sustained_.begin());
    one.reads = made.condition.reads;
    one.timed = made.condition.timed;
    if (same == sustained_.end()) sustained_.push_back(std::move(made));
    auto out = atom(one);
    if (out) sustained_[one.index].atom = out->atom;
    return out;
}

std::optional<Logic> Compiler::known(const Node& node)
{
    if (!arguments(node, 1, "known(mg_on_board) or known(sum(urine, 4 h))")) return std::nullopt;
    const auto subject = numeric(node.operands[0]);
    if (!subject) return std::nullopt;
    if (!subject->single || subject->single->kind == AtomKind::age) {
        fail(node.operands[0].at, "known() asks for a signal or a window");
        return std::nullopt;
    }
    Atom made;
    made.kind = AtomKind::known;
    made.signal = subject->signal;
    made.index = subject->single->kind == AtomKind::window ? subject->single->index : no_window;
    made.reads = mask(made.signal);
    return atom(made);
}

std::optional<Logic> Compiler::falling(const Node& node)
{
    if (!arguments(node, 1, "falling(rr)")) return std::nullopt;
    const auto signal = signal_argument(node.operands[0]);
    if (!signal) return std::nullopt;
    Logic out;
    out.op = TreeOp::any;
    for (const Fall& fall : falls) {
        if (fall.signal != *signal) continue;
        Atom made;
        made.kind = AtomKind::falling;
        made.signal = *signal;
        made.limit = fall.amount;
        made.index = window({*signal, fall.length, WindowKind::fall});
        made.reads = mask(*signal);
        made.timed = true;
        auto one = atom(made);
        if (!one) return std::nullopt;
        out.operands.push_back(std::move(*one));
    }
    if (out.operands.empty()) {
        fail(node.operands[0].at, "falling is defined for rr and spo2; use fall(signal, length) instead");
        return std::nullopt;
    }
    return out;
}

std::optional<Logic> Compiler::symptom(const Node& node)
{
    if (!arguments(node, 1, "symptom(slurred_speech)")) return std::nullopt;
    const Node& which = node.operands[0];
    const auto bit = which.kind == NodeKind::word ? symptom_bit(which.word) : std::nullopt;
    if (!bit) {
        std::vector<std::string> known;
        for (const SymptomInfo& one : symptoms()) known.push_back(symptom_word(one));
        fail(which.at, which.kind == NodeKind::word
                           ? "unknown symptom '" + which.word + "'" + did_you_mean(which.word, known)
                           : "a symptom's name is expected here, for example slurred_speech");
        return std::nullopt;
    }
    Atom made;
    made.kind = AtomKind::member;
    made.signal = Signal::symptoms;
    made.index = *bit;
    made.reads = mask(Signal::symptoms);
    return atom(made);
}

std::optional<Logic> Compiler::function(const Node& node)
{
    if (node.word == "at_least") return at_least(node);
    if (node.word == "sustained") return sustained(node);
    Atom made;
    if (node.word == "falling") return falling(node);
    if (node.word == "symptom") return symptom(node);
    if (node.word == "lost") {
        if (!arguments(node, 1, "lost(rr)")) return std::nullopt;
        const auto signal = signal_argument(node.operands[0]);
        if (!signal) return std::nullopt;
        made.signal = *signal;
        made.kind = AtomKind::lost;
    } else if (node.word == "armed") {
        if (!arguments(node, 2, "armed(urine, 4 h)")) return std::nullopt;
        const auto signal = signal_argument(node.operands[0]);
        const auto length = duration_argument(node.operands[1], false);
        if (!signal || !length) return std::nullopt;
        made.kind = AtomKind::armed;
        made.signal = *signal;
        made.duration = *length;
    } else if (node.word == "after") {
        if (!arguments(node, 2, "after(reflex, mg)")) return std::nullopt;
        const auto signal = signal_argument(node.operands[0]);
        const auto other = signal_argument(node.operands[1]);
        if (!signal || !other) return std::nullopt;
        made.kind = AtomKind::after;
        made.signal = *signal;
        made.other = *other;
    } else if (node.word == "known") {
        return known(node);
    } else if (std::find(std::begin(functions), std::end(functions), node.word) == std::end(functions)) {
        fail(node.at, "unknown function '" + node.word + "'" + did_you_mean(node.word, functions));
        return std::nullopt;
    } else {
        fail(node.at, "'" + node.word + "' gives a number, not a yes or no: compare it with one");
        return std::nullopt;
    }
    made.reads = mask(made.signal) | (made.kind == AtomKind::after ? mask(made.other) : 0);
    made.timed = made.kind != AtomKind::after;
    return atom(made);
}

// --- numbers ---

std::optional<Compiler::Number> Compiler::word(const Node& node)
{
    Number out;
    out.at = node.at;
    if (const auto limit = limits.find(node.word); limit != limits.end()) {
        limit->second.used = true;
        used_limits.insert(limit->first);
        if (limit->second.broken) return std::nullopt;
        out.value = limit->second.literal.number;
        out.unit = limit->second.literal.unit;
        out.unit_at = node.at;
        out.per = limit->second.literal.per;
        return out;
    }
    for (const SignalWord& one : signal_words()) {
        if (one.word != node.word) continue;
        out.word = node.word;
        return out;
    }
    const auto signal = signal_from(node.word);
    if (!signal) {
        fail(node.at, unknown_word(node.word));
        return std::nullopt;
    }
    if (*signal == Signal::symptoms) {
        fail(node.at, "'symptoms' is a set, not a number: ask for one of it, for example symptom(slurred_speech)");
        return std::nullopt;
    }
    out.shape = Number::Shape::quantity;
    out.signal = *signal;
    out.canonical = info(*signal).unit;
    Atom single;
    single.kind = AtomKind::value;
    single.signal = *signal;
    single.reads = mask(*signal);
    out.single = single;
    out.steps.push_back({NumericOp::value, *signal, 0, 0});
    return out;
}

std::optional<Compiler::Number> Compiler::numeric_call(const Node& node)
{
    Number out;
    out.at = node.at;
    out.shape = Number::Shape::quantity;
    Atom single;
    if (node.word == "age" || node.word == "previous") {
        if (!arguments(node, 1, node.word + "(mg)")) return std::nullopt;
        const auto signal = signal_argument(node.operands[0]);
        if (!signal) return std::nullopt;
        out.signal = *signal;
        out.canonical = info(*signal).unit;
        if (node.word == "previous") {
            out.steps.push_back({NumericOp::previous, *signal, 0, 0});
            return out;
        }
        out.shape = Number::Shape::age;
        single.kind = AtomKind::age;
        single.signal = *signal;
        single.reads = mask(*signal);
        single.timed = true;
        out.single = single;
        return out;
    }
    const auto aggregate = std::find_if(std::begin(aggregates), std::end(aggregates),
                                        [&](const Aggregate& a) { return a.word == node.word; });
    if (aggregate == std::end(aggregates)) {
        const bool known = std::find(std::begin(functions), std::end(functions), node.word) != std::end(functions);
        fail(node.at, known ? "'" + node.word + "' is a condition, not a number"
                            : "unknown function '" + node.word + "'" + did_you_mean(node.word, functions));
        return std::nullopt;
    }
    if (!arguments(node, 2, node.word + "(urine, 4 h)")) return std::nullopt;
    const auto signal = signal_argument(node.operands[0]);
    const auto length = duration_argument(node.operands[1], true);
    if (!signal || !length) return std::nullopt;
    if (info(*signal).max > windowed_max) {
        fail(node.operands[0].at, "'" + std::string{name(*signal)} + "' has no windows");
        return std::nullopt;
    }
    WindowKind kind = aggregate->kind;
    if (*signal == Signal::urine && kind != WindowKind::count) {
        if (kind != WindowKind::sum) {
            fail(node.at, "urine is charted as a volume since the entry before: only its sum over a window means "
                          "something");
            return std::nullopt;
        }
        kind = WindowKind::covered;
    }
    out.signal = *signal;
    out.canonical = kind == WindowKind::count ? Unit::none : info(*signal).unit;
    out.difference = kind == WindowKind::drop || kind == WindowKind::delta || kind == WindowKind::slope ||
                     kind == WindowKind::fall;
    out.per_minute = kind == WindowKind::slope;
    single.kind = AtomKind::window;
    single.signal = *signal;
    single.index = window({*signal, *length, kind});
    single.reads = mask(*signal);
    out.single = single;
    out.steps.push_back({NumericOp::window, *signal, single.index, 0});
    return out;
}

// A constant in the unit in which its partner is kept.
std::optional<double> Compiler::canonical(const Number& constant, const Number& subject)
{
    const std::string subject_name{name(subject.signal)};
    const auto bad = [&](std::string message) {
        fail(constant.unit.empty() ? constant.at : constant.unit_at, std::move(message));
        return std::nullopt;
    };
    if (!constant.word.empty()) {
        const auto value = word_value(subject.signal, constant.word);
        if (value && !subject.per_minute && !subject.difference) return value;
        const std::string own = words_of(subject.signal);
        return bad("'" + constant.word + "' is one of the values of " + signals_with(constant.word) +
                   (own.empty() || value ? "" : "; '" + subject_name + "' knows " + own));
    }
    if (subject.per_minute != !constant.per.empty()) {
        const std::string unit = subject.canonical == Unit::none ? "" : " " + std::string{name(subject.canonical)};
        return bad(subject.per_minute ? "a slope needs its time: write " + trimmed(constant.value) + unit + " per min"
                                      : "'per " + constant.per + "' belongs to a slope");
    }
    const double minutes = constant.per == "h" ? 60 : 1;
    const double value = constant.value;
    if (subject.canonical == Unit::none) {
        if (!constant.unit.empty()) return bad("'" + subject_name + "' here is a pure number, without a unit");
        return value / minutes;
    }
    if (constant.unit.empty()) {
        return bad("'" + subject_name + "'" + std::string{number_text_units} + trimmed(value) + " " +
                   std::string{name(subject.canonical)});
    }
    const auto unit = unit_from(constant.unit);
    if (!unit) return bad("unknown unit '" + constant.unit + "'; '" + subject_name + "' is written in " +
                          fitting_units(subject.signal));
    auto converted = convert(subject.signal, value, *unit, subject.canonical);
    if (!converted) {
        return bad("'" + constant.unit + "' does not fit '" + subject_name + "', which is written in " +
                   fitting_units(subject.signal));
    }
    if (subject.difference) {
        const auto zero = convert(subject.signal, 0, *unit, subject.canonical);
        *converted -= zero.value_or(0);
    }
    return *converted / minutes;
}

// A word for a value, which has no sign and no multiple; then that is a mistake.
bool Compiler::is_word(const Number& number)
{
    if (number.word.empty()) return false;
    fail(number.at, "'" + number.word + "' is a value to compare with, not a number to reckon with");
    return true;
}

std::optional<Compiler::Number> Compiler::product(const Node& node, const Number& a, const Number& b)
{
    const auto pure = [](const Number& n) {
        return n.shape == Number::Shape::constant && n.unit.empty() && n.word.empty();
    };
    if (!pure(a) && !pure(b)) {
        fail(node.at, "one side of '*' must be a pure number");
        return std::nullopt;
    }
    const Number& factor = pure(a) ? a : b;
    Number out = pure(a) ? b : a;
    if (is_word(out)) return std::nullopt;
    out.at = a.at;
    if (out.shape == Number::Shape::constant) {
        out.value *= factor.value;
        return out;
    }
    out.single.reset();
    out.steps.push_back({NumericOp::constant, {}, 0, factor.value});
    out.steps.push_back({NumericOp::multiply, {}, 0, 0});
    return out;
}

std::optional<Compiler::Number> Compiler::arithmetic(const Node& node)
{
    auto left = numeric(node.operands[0]);
    auto right = node.operands.size() > 1 ? numeric(node.operands[1]) : std::nullopt;
    if (!left || (node.operands.size() > 1 && !right)) return std::nullopt;
    if (left->shape == Number::Shape::age || (right && right->shape == Number::Shape::age)) {
        fail(node.at, "an age is compared as it is, without arithmetic");
        return std::nullopt;
    }
    if (node.kind == NodeKind::minus) {
        if (is_word(*left)) return std::nullopt;
        left->at = node.at;
        left->value = -left->value;
        left->single.reset();
        if (left->shape == Number::Shape::quantity) left->steps.push_back({NumericOp::negate, {}, 0, 0});
        return left;
    }
    if (node.kind == NodeKind::multiply) return product(node, *left, *right);
    const NumericOp op = node.kind == NodeKind::add ? NumericOp::add : NumericOp::subtract;
    const bool left_constant = left->shape == Number::Shape::constant;
    const bool right_constant = right->shape == Number::Shape::constant;
    if (left_constant && right_constant) {
        if (left->unit != right->unit || left->per != right->per || !left->word.empty() || !right->word.empty()) {
            fail(node.at, "write both in the same unit");
            return std::nullopt;
        }
        left->value += op == NumericOp::add ? right->value : -right->value;
        return left;
    }
    if (left_constant != right_constant) {
        Number& constant = left_constant ? *left : *right;
        const Number& subject = left_constant ? *right : *left;
        const auto value = canonical(constant, subject);
        if (!value) return std::nullopt;
        constant.steps = {{NumericOp::constant, {}, 0, *value}};
    } else if (left->canonical != right->canonical || left->per_minute != right->per_minute) {
        fail(node.at, "'" + std::string{name(left->signal)} + "' and '" + std::string{name(right->signal)} +
                          "' have different units");
        return std::nullopt;
    }
    Number out = left_constant ? *right : *left;
    out.at = left->at;
    out.single.reset();
    // Between two of a scale lies an interval of it, which has no zero.
    const bool both = !left_constant && !right_constant;
    if (both && op == NumericOp::subtract) out.difference = left->difference == right->difference;
    out.steps = left->steps;
    out.steps.insert(out.steps.end(), right->steps.begin(), right->steps.end());
    out.steps.push_back({op, {}, 0, 0});
    return out;
}

std::optional<Compiler::Number> Compiler::numeric(const Node& node)
{
    switch (node.kind) {
    case NodeKind::number: {
        Number out;
        out.at = node.at;
        out.value = node.number;
        out.unit = node.unit;
        out.unit_at = node.unit_at;
        out.per = node.per;
        return out;
    }
    case NodeKind::word: return word(node);
    case NodeKind::call: return numeric_call(node);
    case NodeKind::minus:
    case NodeKind::add:
    case NodeKind::subtract:
    case NodeKind::multiply: return arithmetic(node);
    case NodeKind::compare:
    case NodeKind::all:
    case NodeKind::any:
    case NodeKind::negate: break;
    }
    fail(node.at, "a condition is not a number");
    return std::nullopt;
}

// Whether what can be at all decides the comparison, which then is a mistake.
bool Compiler::decided(std::uint32_t at, const Atom& made, double limit, const std::string& range)
{
    Interval possible = domain(made), otherwise = possible;
    const bool never_true = !narrow(possible, made.compare, limit);
    const bool always_true = !narrow(otherwise, opposite(made.compare), limit);
    if (never_true) fail(at, "this can never be true: " + range);
    if (always_true) fail(at, "this is always true: " + range);
    return never_true || always_true;
}

std::optional<Logic> Compiler::against_age(const Node& node, Compare compare, const Number& subject,
                                           const Number& constant)
{
    const auto length = constant.per.empty() ? duration_of(constant.value, constant.unit) : std::nullopt;
    if (!length || compare == Compare::eq || compare == Compare::ne) {
        fail(length ? node.at : constant.at, "an age is compared with a length of time, for example age(" +
                                                 std::string{name(subject.signal)} + ") > 20 min");
        return std::nullopt;
    }
    Atom made = *subject.single;
    made.compare = compare;
    made.duration = *length;
    const auto limit = static_cast<double>(length->count());
    if (decided(constant.at, made, limit, "an age is never below 0 s")) return std::nullopt;
    return atom(made);
}

std::optional<Logic> Compiler::against_constant(const Node& node, Compare compare, const Number& subject,
                                                const Number& constant)
{
    const auto limit = canonical(constant, subject);
    if (!limit) return std::nullopt;
    if ((compare == Compare::eq || compare == Compare::ne) && subject.canonical != Unit::none) {
        fail(node.at, "'" + std::string{name(subject.signal)} + "' is measured: write <, <=, > or >=");
        return std::nullopt;
    }
    if (!subject.single) {
        Comparison general{subject.steps, {{NumericOp::constant, {}, 0, *limit}}, compare};
        Atom made;
        made.kind = AtomKind::general;
        made.signal = subject.signal;
        for (const NumericStep& step : general.left) {
            if (step.op == NumericOp::value || step.op == NumericOp::previous || step.op == NumericOp::window) {
                made.reads |= mask(step.signal);
            }
        }
        const auto same = std::find(comparisons_.begin(), comparisons_.end(), general);
        made.index = static_cast<std::uint16_t>(same - comparisons_.begin());
        if (same == comparisons_.end()) comparisons_.push_back(std::move(general));
        return atom(made);
    }
    Atom made = *subject.single;
    made.compare = compare;
    made.limit = *limit;
    const Interval possible = domain(made);
    const std::string unit = subject.canonical == Unit::none ? "" : " " + std::string{name(subject.canonical)};
    std::string what = "it";
    if (made.kind != AtomKind::window) what = "'" + std::string{name(subject.signal)} + "'";
    const std::string range =
        std::isfinite(possible.high)
            ? what + " lies between " + trimmed(possible.low) + " and " + trimmed(possible.high) + unit
            : what + " is never below " + trimmed(possible.low) + unit;
    if (decided(constant.at, made, *limit, range)) return std::nullopt;
    return atom(made);
}

// The limits that a number is made of.
void Compiler::collect_limits(const Node& node, std::vector<const NamedLimit*>& into) const
{
    if (node.kind == NodeKind::word) {
        if (const auto found = limits.find(node.word); found != limits.end()) into.push_back(&found->second);
    }
    for (const Node& operand : node.operands) collect_limits(operand, into);
}

// `below` and `above` as the limit means them: whether a value at the limit itself counts.
std::optional<Compare> Compiler::by_limit(const Node& node)
{
    const std::string word = node.compare == Compare::lt ? "below" : "above";
    std::vector<const NamedLimit*> named;
    collect_limits(node.operands[1], named);
    if (named.size() != 1) {
        fail(node.at, "'" + word +
                          "' compares with one named limit, which says whether it counts itself; with a number write " +
                          (node.compare == Compare::lt ? "< or <=" : "> or >="));
        return std::nullopt;
    }
    if (!named[0]->inclusive) return node.compare;
    return node.compare == Compare::lt ? Compare::le : Compare::ge;
}

std::optional<Logic> Compiler::comparison(const Node& written)
{
    Node node = written;
    const auto left = numeric(node.operands[0]);
    const auto right = numeric(node.operands[1]);
    if (node.by_limit) {
        const auto meant = by_limit(node);
        if (!meant) return std::nullopt;
        node.compare = *meant;
    }
    if (!left || !right) return std::nullopt;
    using Shape = Number::Shape;
    if (left->shape == Shape::constant && right->shape == Shape::constant) {
        fail(node.at, "this compares two constants: a rule speaks of the patient");
        return std::nullopt;
    }
    if (left->shape == Shape::age && right->shape == Shape::constant)
        return against_age(node, node.compare, *left, *right);
    if (right->shape == Shape::age && left->shape == Shape::constant)
        return against_age(node, mirrored(node.compare), *right, *left);
    if (left->shape == Shape::age || right->shape == Shape::age) {
        fail(node.at, "an age is compared with a length of time, for example age(rr) > 20 min");
        return std::nullopt;
    }
    if (right->shape == Shape::constant) return against_constant(node, node.compare, *left, *right);
    if (left->shape == Shape::constant) return against_constant(node, mirrored(node.compare), *right, *left);
    if (left->canonical != right->canonical || left->per_minute != right->per_minute) {
        fail(node.at, "'" + std::string{name(left->signal)} + "' and '" + std::string{name(right->signal)} +
                          "' have different units");
        return std::nullopt;
    }
    Comparison general{left->steps, right->steps, node.compare};
    Atom made;
    made.kind = AtomKind::general;
    made.signal = left->signal;
    for (const auto* steps : {&general.left, &general.right}) {
        for (const NumericStep& step : *steps) {
            if (step.op == NumericOp::value || step.op == NumericOp::previous || step.op == NumericOp::window) {
                made.reads |= mask(step.signal);
            }
        }
    }
    const auto same = std::find(comparisons_.begin(), comparisons_.end(), general);
    made.index = static_cast<std::uint16_t>(same - comparisons_.begin());
    if (same == comparisons_.end()) comparisons_.push_back(std::move(general));
    return atom(made);
}

} // namespace magwatch::language
