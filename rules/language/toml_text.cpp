#include "rules/language/toml_text.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "rules/base/toml_screen.hpp"
#include "rules/language/expression.hpp"
#include "rules/language/program.hpp"

namespace magwatch::language {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The next of a string as it is written: how many bytes of the text it takes, and how many of the decoded one it gives.
struct Piece {
    std::size_t raw = 1;
    std::size_t decoded = 1;
};

// One that begins with a backslash. The text was parsed: the sequence is whole.
Piece escape_at(std::string_view raw)
{
    const auto digits = [&](std::size_t n) {
        std::uint32_t code = 0;
        for (const char c : raw.substr(2, n)) {
            const int digit = c <= '9' ? c - '0' : (c & 0xF) + 9;
            code = code * 16 + static_cast<std::uint32_t>(digit);
        }
        return Piece{2 + n, code < 0x80 ? 1U : code < 0x800 ? 2U : code < 0x10000 ? 3U : 4U};
    };
    // The backslash at the end of a line swallows all white space after it.
    const std::size_t blank = std::min(raw.find_first_not_of(" \t\r\n", 1), raw.size());
    if (blank > 1) return {blank, 0};
    if (raw[1] == 'u') return digits(4);
    if (raw[1] == 'U') return digits(8);
    return {2, 1};
}

} // namespace

std::size_t TomlText::add(std::string_view text, std::string_view file)
{
    File& made = files_.emplace_back(File{text, std::string{file}, {0}});
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') made.line_starts.push_back(i + 1);
    }
    return files_.size() - 1;
}

// The documents are parsed under the number of their file.
std::size_t TomlText::file_of(const toml::source_region& at)
{
    std::size_t number = 0;
    if (at.path) (void)std::from_chars(at.path->data(), at.path->data() + at.path->size(), number);
    return number;
}

std::string_view TomlText::File::line(std::uint32_t number) const
{
    if (number == 0) return {}; // a mistake of the whole
    const std::size_t begin = line_starts[std::min<std::size_t>(number, line_starts.size()) - 1];
    const std::size_t end = text.find('\n', begin);
    std::string_view out = text.substr(begin, end == std::string_view::npos ? std::string_view::npos : end - begin);
    if (out.ends_with('\r')) out.remove_suffix(1);
    constexpr std::size_t shown = 400; // a line longer than that helps nobody
    return out.substr(0, shown);
}

std::size_t TomlText::File::byte_of(toml::source_position at) const
{
    std::size_t byte = line_starts[std::clamp<std::size_t>(at.line, 1, line_starts.size()) - 1];
    for (std::uint32_t column = 1; column < at.column; ++column) {
        const auto* next = text.begin() + std::min(byte + 1, text.size());
        byte = static_cast<std::size_t>(std::find_if_not(next, text.end(), continues) - text.begin());
    }
    return byte;
}

toml::source_position TomlText::File::position_of(std::size_t byte) const
{
    const auto next = std::upper_bound(line_starts.begin(), line_starts.end(), byte);
    const auto number = static_cast<std::uint32_t>(next - line_starts.begin());
    std::uint32_t column = 1;
    for (std::size_t i = line_starts[number - 1]; i < byte; ++i) {
        if (!continues(text[i])) ++column;
    }
    return {number, column};
}

std::optional<toml::table> TomlText::parse(std::size_t file)
{
    const std::string_view text = files_[file].text;
    if (text.size() > pack_bytes_max) {
        fail(file, {}, "the file is larger than " + std::to_string(pack_bytes_max / 1024) + " KiB");
        return std::nullopt;
    }
    if (const auto problem = screen_toml(text)) {
        fail(file, toml::source_position{problem->line, problem->column}, problem->message);
        return std::nullopt;
    }
    try {
        return toml::parse(text, std::to_string(file));
    } catch (const toml::parse_error& error) {
        fail(file, error.source().begin, std::string{error.description()});
        return std::nullopt;
    }
}

void TomlText::fail(std::size_t file, toml::source_position at, std::string message)
{
    if (mistakes_.size() >= diagnostics_max) return;
    const File& in = files_[file];
    Diagnostic mistake{in.name, at.line, at.column, std::move(message), std::string{in.line(at.line)}};
    mistakes_.emplace_back(file, std::move(mistake));
}

void TomlText::fail_inside(const toml::node& string, std::size_t offset, std::string message)
{
    const std::size_t number = file_of(string.source());
    const File& file = files_[number];
    const std::string_view text = file.text;
    std::size_t raw = file.byte_of(string.source().begin);
    const std::string_view from = text.substr(std::min(raw, text.size()));
    const bool multiline = from.starts_with("\"\"\"") || from.starts_with("'''");
    const bool escapes = from.starts_with('"');
    raw += multiline ? 3 : 1;
    if (multiline && text.substr(raw).starts_with("\r\n")) {
        raw += 2;
    } else if (multiline && text.substr(raw).starts_with('\n')) {
        raw += 1;
    }
    const auto piece_at = [&](std::string_view rest) -> Piece {
        if (escapes && rest.starts_with('\\')) return escape_at(rest);
        // toml++ reads every end of a line as one character.
        return {multiline && rest.starts_with("\r\n") ? 2U : 1U, 1};
    };
    for (std::size_t decoded = 0;;) {
        const Piece piece = piece_at(text.substr(std::min(raw, text.size())));
        decoded += piece.decoded;
        if (decoded > offset) break;
        raw += piece.raw;
    }
    fail(number, file.position_of(std::min(raw, text.size())), std::move(message));
}

std::vector<Diagnostic> TomlText::take()
{
    std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const auto& a, const auto& b) {
        return std::tie(a.first, a.second.line, a.second.column) < std::tie(b.first, b.second.line, b.second.column);
    });
    std::vector<Diagnostic> out;
    for (auto& [file, mistake] : mistakes_) out.push_back(std::move(mistake));
    mistakes_.clear();
    return out;
}

// --- writing ---

std::string toml_of(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (code < 0x20 || code == 0x7F) {
            out += "\\u00";
            out += digits[code >> 4U];
            out += digits[code & 0xFU];
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string toml_of(const toml::node& node)
{
    if (const auto* text = node.as_string()) return toml_of(text->get());
    if (const auto* yes = node.as_boolean()) return yes->get() ? "true" : "false";
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    std::string out;
    if (const auto* list = node.as_array()) {
        for (const toml::node& one : *list) out += (out.empty() ? "" : ", ") + toml_of(one);
        return "[" + out + "]";
    }
    if (const auto* table = node.as_table()) {
        for (auto&& [key, value] : *table) {
            out += (out.empty() ? "" : ", ") + std::string{key.str()} + " = " + toml_of(value);
        }
        return "{ " + out + " }";
    }
    return "\"\""; // a float or a date: no field of a pack is one
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
        text_.fail(key.source(),
                   "unknown key '" + std::string{text} + "' in " + what_ + did_you_mean(text, known_));
    }
}

} // namespace magwatch::language
