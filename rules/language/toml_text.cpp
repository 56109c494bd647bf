#include "rules/language/toml_text.hpp"

#include <algorithm>

#include "rules/base/toml_screen.hpp"
#include "rules/language/expression.hpp"
#include "rules/language/program.hpp"

namespace magwatch::language {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// How many bytes of the decoded text an escape sequence gives, and how many of the raw text it takes.
struct Escape {
    std::size_t raw = 2;
    std::size_t decoded = 1;
};
Escape escape_at(std::string_view raw)
{
    const auto digits = [&](std::size_t n) {
        std::uint32_t code = 0;
        for (std::size_t i = 2; i < 2 + n && i < raw.size(); ++i) {
            const char c = raw[i];
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : 0;
            code = code * 16 + static_cast<std::uint32_t>(digit);
        }
        return Escape{2 + n, code < 0x80 ? 1U : code < 0x800 ? 2U : code < 0x10000 ? 3U : 4U};
    };
    if (raw.size() < 2) return {};
    if (raw[1] == 'u') return digits(4);
    if (raw[1] == 'U') return digits(8);
    if (raw[1] == 'x') return digits(2);
    if (raw[1] == '\n' || raw[1] == ' ' || raw[1] == '\t' || raw[1] == '\r') {
        // The backslash at the end of a line swallows all white space after it.
        std::size_t end = 1;
        while (end < raw.size() && (raw[end] == ' ' || raw[end] == '\t' || raw[end] == '\r' || raw[end] == '\n')) ++end;
        return {end, 0};
    }
    return {};
}

} // namespace

TomlText::TomlText(std::string_view text, std::string_view file) : text_{text}, file_{file}
{
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
}

std::string_view TomlText::line(std::uint32_t number) const
{
    if (number == 0 || number > line_starts_.size()) return {};
    const std::size_t begin = line_starts_[number - 1];
    const std::size_t end = text_.find('\n', begin);
    std::string_view out = text_.substr(begin, end == std::string_view::npos ? std::string_view::npos : end - begin);
    if (out.ends_with('\r')) out.remove_suffix(1);
    constexpr std::size_t shown = 400; // a line longer than that helps nobody
    return out.substr(0, shown);
}

std::size_t TomlText::byte_of(toml::source_position at) const
{
    if (at.line == 0 || at.line > line_starts_.size()) return 0;
    std::size_t byte = line_starts_[at.line - 1];
    for (std::uint32_t column = 1; column < at.column && byte < text_.size(); ++column) {
        ++byte;
        while (byte < text_.size() && continues(text_[byte])) ++byte;
    }
    return byte;
}

toml::source_position TomlText::position_of(std::size_t byte) const
{
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), byte);
    const auto number = static_cast<std::uint32_t>(next - line_starts_.begin());
    std::uint32_t column = 1;
    for (std::size_t i = line_starts_[number - 1]; i < byte && i < text_.size(); ++i) {
        if (!continues(text_[i])) ++column;
    }
    return {number, column};
}

std::optional<toml::table> TomlText::parse()
{
    if (text_.size() > pack_bytes_max) {
        fail_whole("the file is larger than " + std::to_string(pack_bytes_max / 1024) + " KiB");
        return std::nullopt;
    }
    if (const auto problem = screen_toml(text_)) {
        fail(toml::source_position{problem->line, problem->column}, problem->message);
        return std::nullopt;
    }
    try {
        return toml::parse(text_, file_);
    } catch (const toml::parse_error& error) {
        fail(error.source().begin, std::string{error.description()});
        return std::nullopt;
    }
}

void TomlText::fail(toml::source_position at, std::string message)
{
    if (diagnostics_.size() >= diagnostics_max) return;
    diagnostics_.push_back({file_, at.line, at.column, std::move(message), std::string{line(at.line)}});
}

void TomlText::fail_whole(std::string message)
{
    if (diagnostics_.size() < diagnostics_max) diagnostics_.push_back({file_, 0, 0, std::move(message), {}});
}

void TomlText::fail_inside(const toml::node& string, std::size_t offset, std::string message)
{
    std::size_t raw = byte_of(string.source().begin);
    const std::string_view from = text_.substr(std::min(raw, text_.size()));
    const bool multiline = from.starts_with("\"\"\"") || from.starts_with("'''");
    const bool escapes = from.starts_with('"');
    if (!escapes && !from.starts_with('\'')) {
        fail(string, std::move(message));
        return;
    }
    raw += multiline ? 3 : 1;
    if (multiline && text_.substr(raw).starts_with("\r\n")) {
        raw += 2;
    } else if (multiline && text_.substr(raw).starts_with('\n')) {
        raw += 1;
    }
    std::size_t decoded = 0;
    while (raw < text_.size()) {
        if (escapes && text_[raw] == '\\') {
            const Escape escape = escape_at(text_.substr(raw));
            if (decoded + escape.decoded > offset) break;
            decoded += escape.decoded;
            raw += escape.raw;
        } else {
            if (decoded >= offset) break;
            // toml++ reads every end of a line as one character.
            if (!(multiline && text_.substr(raw).starts_with("\r\n"))) ++decoded;
            ++raw;
        }
    }
    fail(position_of(std::min(raw, text_.size())), std::move(message));
}

std::vector<Diagnostic> TomlText::take()
{
    std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return a.line != b.line ? a.line < b.line : a.column < b.column;
    });
    return std::move(diagnostics_);
}

// --- tables ---

const toml::node* TableReader::find(std::string_view key)
{
    known_.emplace_back(key);
    return table_.get(key);
}

std::optional<std::string> TableReader::string(std::string_view key, bool required)
{
    const toml::node* node = find(key);
    if (!node) {
        if (required) fail(what_ + " has no '" + std::string{key} + "'");
        return std::nullopt;
    }
    if (const auto* text = node->as_string()) return text->get();
    text_.fail(*node, "'" + std::string{key} + "' must be a text in quotes");
    return std::nullopt;
}

std::optional<bool> TableReader::boolean(std::string_view key)
{
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    if (const auto* value = node->as_boolean()) return value->get();
    text_.fail(*node, "'" + std::string{key} + "' must be true or false");
    return std::nullopt;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t low, std::int64_t high)
{
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    const auto* value = node->as_integer();
    if (value && value->get() >= low && value->get() <= high) return value->get();
    text_.fail(*node, "'" + std::string{key} + "' must be a whole number from " + std::to_string(low) + " to " +
                          std::to_string(high));
    return std::nullopt;
}

std::optional<Duration> TableReader::duration(std::string_view key, bool required)
{
    const auto value = string(key, required);
    if (!value) return std::nullopt;
    const auto length = parse_duration(*value);
    if (!length) {
        text_.fail(*table_.get(key),
                   "'" + std::string{key} + "' must be a length of time such as \"30 s\", \"20 min\" or \"4 h\"");
    }
    return length;
}

std::vector<std::pair<std::string, const toml::node*>> TableReader::strings(std::string_view key, bool required)
{
    std::vector<std::pair<std::string, const toml::node*>> out;
    const toml::node* node = find(key);
    if (!node) {
        if (required) fail(what_ + " has no '" + std::string{key} + "'");
        return out;
    }
    const auto take = [&](const toml::node& one) {
        if (const auto* text = one.as_string()) {
            out.emplace_back(text->get(), &one);
        } else {
            text_.fail(one, "'" + std::string{key} + "' must hold texts in quotes");
        }
    };
    if (const auto* list = node->as_array()) {
        for (const toml::node& one : *list) take(one);
    } else {
        take(*node);
    }
    return out;
}

std::vector<const toml::table*> TableReader::tables(std::string_view key)
{
    std::vector<const toml::table*> out;
    const toml::node* node = find(key);
    if (!node) return out;
    const auto* list = node->as_array();
    if (!list) {
        text_.fail(*node, "'" + std::string{key} + "' is written [[" + std::string{key} + "]]");
        return out;
    }
    for (const toml::node& one : *list) {
        if (const auto* table = one.as_table()) {
            out.push_back(table);
        } else {
            text_.fail(one, "'" + std::string{key} + "' is written [[" + std::string{key} + "]]");
        }
    }
    return out;
}

void TableReader::finish()
{
    for (const auto& [key, node] : table_) {
        const std::string_view text = key.str();
        if (std::find(known_.begin(), known_.end(), text) != known_.end()) continue;
        text_.fail(key.source().begin,
                   "unknown key '" + std::string{text} + "' in " + what_ + did_you_mean(text, known_));
    }
}

} // namespace magwatch::language
