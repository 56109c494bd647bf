// From the tree of a condition to atoms and a program, with units checked and converted exactly.
//
// Pure. One Compiler collects the atoms, windows and sustained conditions of a whole pack, so that rules
// share them; `finish` puts them into the order in which evaluation is fast.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/language/expression.hpp"
#include "rules/language/program.hpp"
#include "rules/patient/window.hpp"

namespace magwatch::language {

// A condition as a tree of atoms: what the contradiction check and the program are made from. No text says a constant,
// so that no tree has one.
enum class TreeOp : std::uint8_t { // with the numbers of LogicOp
    atom = static_cast<std::uint8_t>(LogicOp::atom),
    all = static_cast<std::uint8_t>(LogicOp::all),
    any = static_cast<std::uint8_t>(LogicOp::any),
    negate = static_cast<std::uint8_t>(LogicOp::negate),
    at_least = static_cast<std::uint8_t>(LogicOp::at_least),
};
struct Logic {
    TreeOp op = TreeOp::atom;
    std::uint8_t least = 0;
    std::uint16_t atom = 0;
    std::vector<Logic> operands;
};

struct NamedLimit {
    Literal literal;
    bool used = false;
    bool broken = false; // reported where it stands: its uses are no mistakes of their own
    bool inclusive = false; // for below and above
};

class Compiler {
public:
    std::map<std::string, NamedLimit, std::less<>> limits;
    std::set<std::string, std::less<>> used_limits; // since it was cleared

    // The condition as a tree, or nothing and the reasons in `mistakes`.
    [[nodiscard]] std::optional<Logic> condition(std::string_view text, std::vector<Mistake>& mistakes);
    [[nodiscard]] Program program(const Logic& logic) const;
    // No state of the patient makes it true.
    [[nodiscard]] bool never(const Logic& logic) const { return impossible(logic, false, true); }
    // Whenever `when` is true the gate is known to be closed. Of quantities that `when` does not read nothing is known,
    // and an unknown gate is open: so inequalities between several quantities prove nothing here.
    [[nodiscard]] bool closes(const Logic& when, const Logic& gate) const
    {
        return impossible(both(when, gate), false, false);
    }
    // Both are single comparisons of one thing, and some value of it satisfies the two.
    [[nodiscard]] bool overlap(const Logic& a, const Logic& b) const;
    // Whenever `a` is true, `b` surely is. No: it is not so, or cannot be told within `steps`, which it counts down.
    [[nodiscard]] bool implies(const Logic& a, const Logic& b, std::size_t& steps) const;
    [[nodiscard]] static bool same(const Logic& a, const Logic& b);
    // True while `logic` is, but from its beginning no longer than `longest`. Nothing: too many comparisons.
    [[nodiscard]] std::optional<Logic> bounded(const Logic& logic, Duration longest);
    // Whether its answer depends on the value of a signal (not only on when it was taken).
    [[nodiscard]] bool reads_value(const Logic& logic, Signal signal) const;
    [[nodiscard]] static Logic negated(const Logic& logic);
    [[nodiscard]] static Logic both(Logic a, Logic b);

    // The windows and the plan; renumbers the atoms of all `programs`. Empty windows/atoms when too many.
    struct Result {
        std::vector<WindowSpec> windows;
        Plan plan;
    };
    [[nodiscard]] Result finish(const std::vector<Program*>& programs);
    [[nodiscard]] std::size_t atom_count() const { return atoms_.size(); }
    [[nodiscard]] std::size_t window_count() const { return windows_.size(); }

    // Words that no limit may be called.
    [[nodiscard]] static bool reserved(std::string_view word);

private:
    struct Number;
    struct Interval {
        double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
        bool low_open = false, high_open = false;
    };

    std::optional<Logic> boolean(const Node& node);
    std::optional<Logic> group(const Node& node, TreeOp op);
    [[nodiscard]] std::optional<Logic> falling(const Node& node);
    std::optional<Logic> symptom(const Node& node);
    std::optional<Logic> function(const Node& node);
    std::optional<Logic> at_least(const Node& node);
    std::optional<Logic> sustained(const Node& node);
    std::optional<Logic> known(const Node& node);
    std::optional<Logic> flag(const Node& node);
    void collect_limits(const Node& node, std::vector<const NamedLimit*>& into) const;
    [[nodiscard]] std::optional<Compare> by_limit(const Node& node);
    std::optional<Logic> comparison(const Node& written);
    [[nodiscard]] bool decided(std::uint32_t at, const Atom& made, double limit, const std::string& range);
    std::optional<Logic> against_constant(const Node& node, Compare compare, const Number& subject,
                                          const Number& constant);
    std::optional<Logic> against_age(const Node& node, Compare compare, const Number& subject,
                                     const Number& constant);
    std::optional<Number> numeric(const Node& node);
    std::optional<Number> word(const Node& node);
    std::optional<Number> numeric_call(const Node& node);
    std::optional<Number> arithmetic(const Node& node);
    [[nodiscard]] bool is_word(const Number& number);
    std::optional<Number> product(const Node& node, const Number& a, const Number& b);
    std::optional<double> canonical(const Number& constant, const Number& subject);
    std::optional<Signal> signal_argument(const Node& node);
    std::optional<Duration> duration_argument(const Node& node, bool window);
    [[nodiscard]] bool arguments(const Node& node, std::size_t count, std::string_view usage);
    void fail(std::uint32_t at, std::string message);
    [[nodiscard]] std::string unknown_word(std::string_view word) const;

    // Nothing, and a mistake: the pack is full.
    std::optional<Logic> atom(Atom atom);
    std::optional<Logic> sustained(Program condition, Duration length);
    std::uint16_t window(const WindowSpec& spec);

    // `linear`: by inequalities between several quantities too.
    [[nodiscard]] bool impossible(const Logic& logic, bool negate, bool linear) const;
    [[nodiscard]] bool restrict(Interval& possible, const Atom& subject, const Atom& other, bool negated) const;
    [[nodiscard]] bool contradictory(const std::vector<Logic>& together, bool negate, bool linear) const;
    // Signals whose values are known wherever the atom, or its negation, is true.
    [[nodiscard]] SignalMask known_with(const Atom& atom, bool negated) const;
    struct Linear;
    [[nodiscard]] bool add_linear(Linear& system, const Atom& atom, bool negated) const;
    [[nodiscard]] bool implies(const Logic& a, bool not_a, const Logic& b, bool not_b, std::size_t& steps) const;
    [[nodiscard]] bool atom_implies(const Atom& a, bool not_a, const Atom& b, bool not_b) const;
    [[nodiscard]] Interval domain(const Atom& atom) const;
    [[nodiscard]] static Interval range_of(Signal signal);
    [[nodiscard]] static Interval range_of(const WindowSpec& window);
    [[nodiscard]] static bool narrow(Interval& interval, Compare compare, double limit);
    void emit(const Logic& logic, Program& out) const;

    std::vector<Atom> atoms_;
    std::vector<Comparison> comparisons_;
    std::vector<WindowSpec> windows_;
    std::vector<Sustained> sustained_;
    std::vector<Mistake>* mistakes_ = nullptr;
};

} // namespace magwatch::language
