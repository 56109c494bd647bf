// The text of a condition as a tree, before it means anything: `rr < 12 /min and not lost(rr)`.
//
// Pure. Offsets are bytes of the expression's text, so that a mistake can be shown at its place in the pack.
// Bounded by expression_nodes_max and expression_depth_max.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/language/program.hpp"
#include "rules/observation/unit.hpp"

namespace magwatch::language {

struct Mistake {
    std::uint32_t at = 0; // byte offset
    std::string message;
};

enum class NodeKind : std::uint8_t { number, word, call, minus, add, subtract, multiply, compare, all, any, negate };

struct Node {
    NodeKind kind{};
    Compare compare{};
    bool by_limit = false; // below, above: the named limit on the right says whether it counts itself
    std::uint32_t at = 0;   // where it begins (an operator: where the operator stands)
    std::string word;       // of a word or a call
    double number = 0;
    std::string unit;       // as written after a number; "" = none
    std::uint32_t unit_at = 0;
    std::string per;        // "min" of "/min per min"
    std::vector<Node> operands;
};

struct Parsed {
    std::optional<Node> root; // nothing if there is a mistake
    std::vector<Mistake> mistakes;
};
[[nodiscard]] Parsed parse_expression(std::string_view text);

// A length of time: "30 s", "1500 ms", "20 min", "4 h". nullopt if it is none, or does not fit.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
[[nodiscard]] std::optional<Duration> duration_of(double number, std::string_view unit);

// A number with an optional unit, such as "12 /min" or "voice"'s 1: the value of a named limit.
struct Literal {
    double number = 0;
    std::string unit;
    std::string per;
};
[[nodiscard]] std::optional<Literal> parse_literal(std::string_view text);

} // namespace magwatch::language
