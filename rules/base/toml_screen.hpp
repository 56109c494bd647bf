// What toml++ 3.3 must not be given: it runs into undefined behaviour on characters beyond ASCII
// and on control characters that stand outside of strings and comments (found by fuzzing; TOML 1.0
// allows neither).
//
// Pure. Every reader of TOML asks this first. It knows strings and comments, nothing else of the
// grammar: up to the first mistake of any kind, where toml++ stops, the two agree about what is
// inside a string. toml++ goes on to the end of a word before it calls the word a mistake: so a
// quotation mark inside of one (2"a") is refused here, and so is a second equals sign of one key,
// which would be part of such a word (2="a"); what follows a dot, which may be a key or a wrong
// number (2."a"), is held to ASCII.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace magwatch {

struct TomlProblem {
    std::uint32_t line = 1, column = 1; // code points, from 1
    std::string message;
};

namespace detail {

class TomlScreen
{
public:
    explicit TomlScreen(std::string_view text) : text_{text} {}

    std::optional<TomlProblem> run()
    {
        if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = begin_ = 3; // a byte order mark
        while (at_ < text_.size()) {
            const std::size_t length = code_point();
            if (length == 0) return problem("is not UTF-8");
            const auto first = static_cast<unsigned char>(text_[at_]);
            const bool ends_line =
                first == '\n' || (first == '\r' && text_.substr(at_, 2) == "\r\n");
            if ((first < 0x20 && first != '\t' && !ends_line) || first == 0x7F)
                return problem("has a control character");
            if (place_ == Place::plain && length > 1)
                return problem("has a character beyond ASCII outside of quotes and comments");
            if (place_ == Place::plain && first == '=' && std::exchange(has_equals_, true))
                return problem("has two equals signs for one key");
            const bool goes_on = place_ == Place::long_basic || place_ == Place::long_literal;
            const bool may_begin = place_ == Place::plain && (first == ',' || first == '{');
            if (may_begin || (first == '\n' && !goes_on)) has_equals_ = false;
            if (place_ == Place::plain && (first == '"' || first == '\'')) {
                if (!may_open()) return problem("has a quotation mark inside of a word");
                dotted_ = at_ > begin_ && text_[at_ - 1] == '.';
            }
            if (dotted_ && length > 1)
                return problem("has a character beyond ASCII after a dot");
            step(length);
            if (place_ == Place::plain) dotted_ = false;
        }
        return std::nullopt;
    }

private:
    enum class Place : std::uint8_t { plain, comment, basic, literal, long_basic, long_literal };

    // Bytes of the code point here; 0: not UTF-8.
    [[nodiscard]] std::size_t code_point() const
    {
        const auto byte = [this](std::size_t i) {
            return static_cast<unsigned char>(text_[at_ + i]);
        };
        const unsigned first = byte(0);
        if (first < 0x80) return 1;
        const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        if (first < 0xC2 || first > 0xF4 || text_.size() - at_ < length) return 0;
        for (std::size_t i = 1; i < length; ++i)
            if ((byte(i) & 0xC0U) != 0x80U) return 0;
        if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
        if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
        return length;
    }

    void step(std::size_t length)
    {
        const char c = text_[at_];
        if (c == '\n') {
            ++line_;
            column_ = 1;
            ++at_;
            const bool goes_on = place_ == Place::long_basic || place_ == Place::long_literal;
            if (!goes_on) place_ = Place::plain;
            return;
        }
        std::size_t taken = length, columns = 1;
        const std::string_view three = text_.substr(at_, 3);
        const auto take = [&](std::size_t n) { taken = columns = n; };
        switch (place_) {
        case Place::plain:
            if (c == '#')
                place_ = Place::comment;
            else if (three == "\"\"\"")
                place_ = Place::long_basic, take(3);
            else if (three == "'''")
                place_ = Place::long_literal, take(3);
            else if (c == '"')
                place_ = Place::basic;
            else if (c == '\'')
                place_ = Place::literal;
            break;
        case Place::comment:
            break;
        case Place::basic:
            if (is_escape(c))
                take(2);
            else if (c == '"')
                place_ = Place::plain;
            break;
        case Place::literal:
            if (c == '\'') place_ = Place::plain;
            break;
        case Place::long_basic:
            if (is_escape(c))
                take(2);
            else if (three == "\"\"\"")
                end_long('"', take);
            break;
        case Place::long_literal:
            if (three == "'''") end_long('\'', take);
            break;
        }
        at_ += taken;
        column_ += static_cast<std::uint32_t>(columns);
    }
    // What may stand before a string.
    [[nodiscard]] bool may_open() const
    {
        constexpr std::string_view before = " \t\n=[,{.";
        return at_ == begin_ || before.find(text_[at_ - 1]) != std::string_view::npos;
    }
    [[nodiscard]] bool is_escape(char c) const
    {
        return c == '\\' && at_ + 1 < text_.size() &&
               (text_[at_ + 1] == '\\' || text_[at_ + 1] == '"');
    }
    // Up to two quotes before the three that end it belong to the string.
    template <class Take> void end_long(char quote, Take take)
    {
        std::size_t quotes = 3;
        while (quotes < 5 && at_ + quotes < text_.size() && text_[at_ + quotes] == quote) ++quotes;
        place_ = Place::plain;
        take(quotes);
    }
    [[nodiscard]] TomlProblem problem(std::string what) const
    {
        return {line_, column_, "the file " + what};
    }

    std::string_view text_;
    std::size_t at_ = 0, begin_ = 0;
    bool dotted_ = false; // the string here follows a dot
    bool has_equals_ = false; // since the last line, comma or brace that may begin a key
    Place place_ = Place::plain;
    std::uint32_t line_ = 1, column_ = 1;
};

} // namespace detail

// The first thing in `text` that must not reach toml++; nullopt: it may be parsed.
[[nodiscard]] inline std::optional<TomlProblem> screen_toml(std::string_view text)
{
    return detail::TomlScreen{text}.run();
}

} // namespace magwatch
