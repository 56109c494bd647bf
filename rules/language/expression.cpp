#include "rules/language/expression.hpp"

#include <charconv>
#include <cmath>

namespace magwatch::language {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
// Units hold letters, digits, and the signs of "mL/h", "%", "{beat}/min", "mm[Hg]", "µmol/L".
bool is_unit(char c)
{
    return is_letter(c) || is_digit(c) || c == '%' || c == '/' || c == '[' || c == ']' || c == '{' || c == '}' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool starts_unit(std::string_view rest)
{
    if (rest.empty()) return false;
    const char c = rest[0];
    if (c == '/') return rest.size() > 1 && is_letter(rest[1]);
    return is_letter(c) || c == '%' || c == '[' || c == '{' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_keyword(std::string_view word) { return word == "and" || word == "or" || word == "not"; }

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

struct Depth;

class Parser {
public:
    explicit Parser(std::string_view text) : text_{text} {}

    Parsed run()
    {
        Parsed out;
        Node root = any();
        if (!failed()) {
            skip();
            if (at_ < text_.size()) unexpected();
        }
        out.mistakes = std::move(mistakes_);
        if (out.mistakes.empty()) out.root = std::move(root);
        return out;
    }

private:
    friend struct Depth;
    [[nodiscard]] bool failed() const { return !mistakes_.empty(); }
    void fail(std::size_t at, std::string message)
    {
        // One slip of syntax makes the rest unreadable: only the first is worth saying.
        if (mistakes_.empty()) mistakes_.push_back({static_cast<std::uint32_t>(at), std::move(message)});
    }
    void skip()
    {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
    [[nodiscard]] std::string_view peek_word()
    {
        skip();
        std::size_t end = at_;
        if (end < text_.size() && is_letter(text_[end])) {
            while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
        }
        return text_.substr(at_, end - at_);
    }
    bool take_word(std::string_view word)
    {
        if (peek_word() != word) return false;
        at_ += word.size();
        return true;
    }
    bool take(char c)
    {
        skip();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void unexpected()
    {
        skip();
        if (at_ >= text_.size()) {
            fail(at_, "the expression ends here, but something is missing");
            return;
        }
        const std::string_view word = peek_word();
        if (!word.empty()) {
            fail(at_, quoted(word) + " is not expected here: join conditions with 'and' or 'or'");
        } else if (text_[at_] == '&' || text_[at_] == '|' || text_[at_] == '!') {
            fail(at_, "write 'and', 'or' and 'not'");
        } else if (text_[at_] == '/') {
            fail(at_, "there is no division; multiply by a number instead");
        } else if (text_[at_] == '=') {
            fail(at_, "to compare, write <, <=, >, >=, ==, !=, below or above");
        } else {
            std::size_t end = at_ + 1; // a whole code point
            while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
            fail(at_, quoted(text_.substr(at_, end - at_)) + " is not expected here");
        }
    }
    Node make(NodeKind kind, std::size_t at)
    {
        if (++nodes_ > expression_nodes_max) {
            fail(at, "the expression is too long: at most " + std::to_string(expression_nodes_max) + " parts");
        }
        Node node;
        node.kind = kind;
        node.at = static_cast<std::uint32_t>(at);
        return node;
    }

    Node any();
    Node all();
    Node negation();
    Node comparison();
    Node sum();
    Node product();
    Node unary();
    Node primary();
    Node number();
    Node call(std::string_view word, std::size_t begin);
    std::optional<Compare> operation();

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t nodes_ = 0;
    std::size_t depth_ = 0;
    std::vector<Mistake> mistakes_;
};

struct Depth {
    explicit Depth(Parser& p) : parser{p}
    {
        if (++parser.depth_ > expression_depth_max) {
            parser.fail(parser.at_, "nested too deeply: at most " + std::to_string(expression_depth_max) + " levels");
        }
    }
    ~Depth() { --parser.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Parser& parser;
};

Node Parser::any()
{
    const Depth depth{*this};
    if (failed()) return {};
    Node first = all();
    if (failed() || peek_word() != "or") return first;
    Node node = make(NodeKind::any, at_);
    node.operands.push_back(std::move(first));
    while (!failed() && take_word("or")) node.operands.push_back(all());
    return node;
}

Node Parser::all()
{
    Node first = negation();
    if (failed() || peek_word() != "and") return first;
    Node node = make(NodeKind::all, at_);
    node.operands.push_back(std::move(first));
    while (!failed() && take_word("and")) node.operands.push_back(negation());
    return node;
}

Node Parser::negation()
{
    skip();
    const std::size_t begin = at_;
    if (!take_word("not")) return comparison();
    const Depth depth{*this};
    if (failed()) return {};
    Node node = make(NodeKind::negate, begin);
    node.operands.push_back(negation());
    return node;
}

std::optional<Compare> Parser::operation()
{
    skip();
    const std::string_view here = rest();
    struct Sign {
        std::string_view text;
        Compare compare;
    };
    static constexpr Sign signs[] = {{"<=", Compare::le}, {">=", Compare::ge}, {"==", Compare::eq},
                                     {"!=", Compare::ne}, {"<", Compare::lt},  {">", Compare::gt},
                                     {"≤", Compare::le},  {"≥", Compare::ge}};
    for (const Sign& sign : signs) {
        if (here.starts_with(sign.text)) {
            at_ += sign.text.size();
            return sign.compare;
        }
    }
    for (const Sign& word : {Sign{"below ", Compare::lt}, Sign{"above ", Compare::gt}}) {
        if (here.starts_with(word.text)) {
            at_ += word.text.size();
            return word.compare;
        }
    }
    return std::nullopt;
}

Node Parser::comparison()
{
    Node left = sum();
    if (failed()) return left;
    skip();
    const std::size_t sign_at = at_;
    const auto sign = operation();
    if (!sign) return left;
    Node node = make(NodeKind::compare, sign_at);
    node.compare = *sign;
    node.by_limit = text_[sign_at] == 'b' || text_[sign_at] == 'a';
    node.operands.push_back(std::move(left));
    node.operands.push_back(sum());
    skip();
    const std::size_t next_at = at_;
    if (!failed() && operation()) fail(next_at, "one comparison at a time: write 'a < x and x < b'");
    return node;
}

Node Parser::sum()
{
    Node left = product();
    while (!failed()) {
        skip();
        const std::size_t begin = at_;
        const bool plus = take('+');
        if (!plus && !take('-')) break;
        Node node = make(plus ? NodeKind::add : NodeKind::subtract, begin);
        node.operands.push_back(std::move(left));
        node.operands.push_back(product());
        left = std::move(node);
    }
    return left;
}

Node Parser::product()
{
    Node left = unary();
    while (!failed()) {
        skip();
        const std::size_t begin = at_;
        if (!take('*')) break;
        Node node = make(NodeKind::multiply, begin);
        node.operands.push_back(std::move(left));
        node.operands.push_back(unary());
        left = std::move(node);
    }
    return left;
}

Node Parser::unary()
{
    skip();
    const std::size_t begin = at_;
    if (!take('-')) return primary();
    const Depth depth{*this};
    if (failed()) return {};
    Node node = make(NodeKind::minus, begin);
    node.operands.push_back(unary());
    return node;
}

Node Parser::primary()
{
    skip();
    const std::size_t begin = at_;
    if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) return number();
    if (take('(')) {
        Node inner = any();
        if (!failed() && !take(')')) fail(at_, "')' is missing");
        return inner;
    }
    const std::string_view word = peek_word();
    if (word.empty()) {
        unexpected();
        return {};
    }
    if (is_keyword(word)) {
        fail(at_, quoted(word) + " needs a condition on both sides");
        return {};
    }
    at_ += word.size();
    if (take('(')) return call(word, begin);
    Node node = make(NodeKind::word, begin);
    node.word = std::string{word};
    return node;
}

Node Parser::call(std::string_view word, std::size_t begin)
{
    Node node = make(NodeKind::call, begin);
    node.word = std::string{word};
    if (take(')')) return node;
    while (!failed()) {
        node.operands.push_back(any());
        if (failed() || take(')')) break;
        if (!take(',')) {
            skip();
            fail(at_, at_ < text_.size() ? "',' or ')' is expected here" : "')' is missing");
        }
    }
    return node;
}

Node Parser::number()
{
    const std::size_t begin = at_;
    Node node = make(NodeKind::number, begin);
    std::size_t end = at_;
    while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.')) ++end;
    const std::string_view digits = text_.substr(begin, end - begin);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), node.number,
                                               std::chars_format::fixed);
    if (error != std::errc{} || stop != digits.data() + digits.size() || digits.size() > 20) {
        fail(begin, quoted(digits) + " is not a number");
        return node;
    }
    at_ = end;
    skip();
    if (!starts_unit(rest()) || is_keyword(peek_word())) return node;
    node.unit_at = static_cast<std::uint32_t>(at_);
    if (peek_word() != "per") { // a pure number has a time too: -1 per h
        end = at_;
        while (end < text_.size() && is_unit(text_[end])) ++end;
        node.unit = std::string{text_.substr(at_, end - at_)};
        at_ = end;
    }
    if (take_word("per")) {
        const std::string_view per = peek_word();
        if (per != "min" && per != "h") {
            skip();
            fail(at_, "'per' is followed by min or h");
        }
        node.per = std::string{per};
        at_ += per.size();
    }
    return node;
}

} // namespace

Parsed parse_expression(std::string_view text) { return Parser{text}.run(); }

std::optional<Duration> duration_of(double number, std::string_view unit)
{
    double factor = 0;
    if (unit == "ms") {
        factor = 1;
    } else if (unit == "s") {
        factor = 1000;
    } else if (unit == "min") {
        factor = 60'000;
    } else if (unit == "h") {
        factor = 3'600'000;
    } else {
        return std::nullopt;
    }
    const double ms = number * factor;
    constexpr double longest = 366.0 * 24 * 3'600'000; // nothing here lasts longer than a year
    if (!(ms >= 0 && ms <= longest) || std::abs(ms - std::round(ms)) > 1e-6) return std::nullopt;
    return Duration{static_cast<std::int64_t>(std::llround(ms))};
}

std::optional<Literal> parse_literal(std::string_view text)
{
    const Parsed parsed = parse_expression(text);
    if (!parsed.root) return std::nullopt;
    const Node* node = &*parsed.root;
    double sign = 1;
    if (node->kind == NodeKind::minus) {
        sign = -1;
        node = &node->operands[0];
    }
    if (node->kind != NodeKind::number) return std::nullopt;
    return Literal{sign * node->number, node->unit, node->per};
}

std::optional<Duration> parse_duration(std::string_view text)
{
    const auto literal = parse_literal(text);
    if (!literal || !literal->per.empty()) return std::nullopt;
    return duration_of(literal->number, literal->unit);
}

} // namespace magwatch::language
