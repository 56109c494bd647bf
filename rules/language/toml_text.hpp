// TOML with places: every mistake at its line and column, inside of strings too; unknown keys are mistakes.
//
// Pure. The only header of the rules that includes toml++.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/base/instant.hpp"

namespace magwatch::language {

// The text of one file, or of a pack and those it extends, and the mistakes found in them. Each node of a
// document knows its file, also after it has been moved into another document.
class TomlText {
public:
    TomlText(std::string_view text, std::string_view file) { add(text, file); }

    // Another file; the text must outlive this. Its number, counted from 0, the first.
    std::size_t add(std::string_view text, std::string_view file);
    // The whole document, or nothing and why.
    [[nodiscard]] std::optional<toml::table> parse(std::size_t file = 0);
    // The number of the file in which it stands.
    [[nodiscard]] static std::size_t file_of(const toml::source_region& at);

    void fail(const toml::source_region& at, std::string message) { fail(file_of(at), at.begin, std::move(message)); }
    void fail(const toml::node& node, std::string message) { fail(node.source(), std::move(message)); }
    // A mistake inside of a string value, at a byte of its decoded text.
    void fail_inside(const toml::node& string, std::size_t offset, std::string message);
    void fail_whole(std::string message) { fail(0, {}, std::move(message)); }

    [[nodiscard]] bool good() const { return mistakes_.empty(); }
    // File by file in the order of the text; mistakes without a place first.
    [[nodiscard]] std::vector<Diagnostic> take();

private:
    struct File {
        std::string_view text;
        std::string name;
        std::vector<std::size_t> line_starts;
        [[nodiscard]] std::string_view line(std::uint32_t number) const;
        [[nodiscard]] std::size_t byte_of(toml::source_position at) const;
        [[nodiscard]] toml::source_position position_of(std::size_t byte) const;
    };
    void fail(std::size_t file, toml::source_position at, std::string message);

    std::vector<File> files_;
    std::vector<std::pair<std::size_t, Diagnostic>> mistakes_; // with the number of the file
};

// As TOML writes it, on one line.
[[nodiscard]] std::string toml_of(std::string_view text);
[[nodiscard]] std::string toml_of(const toml::node& node);

// One table of which every key is asked for by name; whatever is left is unknown.
class TableReader {
public:
    TableReader(TomlText& text, const toml::table& table, std::string what)
        : text_{text}, table_{table}, what_{std::move(what)}
    {
    }
    [[nodiscard]] const toml::node* find(std::string_view key);
    // nullopt: absent, or of the wrong type (reported). A required one that is absent is reported.
    [[nodiscard]] std::optional<std::string> string(std::string_view key, bool required = false);
    [[nodiscard]] std::optional<bool> boolean(std::string_view key);
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high);
    [[nodiscard]] std::optional<Duration> duration(std::string_view key, bool required = false);
    [[nodiscard]] std::vector<std::pair<std::string, const toml::node*>> strings(std::string_view key,
                                                                                 bool required = false);
    // Array of tables; a wrong type is reported.
    [[nodiscard]] std::vector<const toml::table*> tables(std::string_view key);
    // Every key that was not asked for.
    void finish();
    void fail(std::string message) { text_.fail(table_, std::move(message)); }
    [[nodiscard]] TomlText& text() { return text_; }

private:
    TomlText& text_;
    const toml::table& table_;
    std::string what_;
    std::vector<std::string> known_;
};

} // namespace magwatch::language
