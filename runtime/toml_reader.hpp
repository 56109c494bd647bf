// TOML files read strictly: typed getters with units, every mistake at file:line:col, all of them
// at once.
//
// A TomlFile keeps the text, the tree and the mistakes; TomlTable and TomlText are light views into
// it and die with it. A key that nobody asked for is a mistake (finish() finds them), with the key
// that was probably meant. Getters never throw: they note the mistake and give nothing. Pure apart
// from read_text_file(); not thread-safe. toml++ stays inside the .cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/base/instant.hpp"

namespace magwatch {

class TomlFile;

struct TextPosition {
    std::uint32_t line = 0, column = 0;
};

// A text value together with where it stands, for mistakes that are found later.
struct TomlText {
    std::string value;
    TextPosition at;
    [[nodiscard]] bool empty() const { return value.empty(); }
};

// A date and a time as a clock on the wall shows them, without a zone: 2026-12-24T08:00:00.
struct LocalTime {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

// A table of the file. Every getter has two forms: `x(key)` gives nullopt when the key is missing,
// and `need_x(key)` notes a missing key as a mistake. Both note a value of the wrong kind and give
// nothing.
class TomlTable
{
public:
    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] std::vector<TomlText> keys() const; // in the file's order; asks for none of them

    [[nodiscard]] std::optional<TomlText> text(std::string_view key) const; // not empty
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t min,
                                                      std::int64_t max) const;
    [[nodiscard]] std::optional<double> number(std::string_view key) const; // finite
    // Text with a unit: "1500 ms", "30 s", "5 min", "4h", "30 days".
    [[nodiscard]] std::optional<Duration> duration(std::string_view key, Duration min,
                                                   Duration max) const;
    // Text that is one of `choices`; gives its index.
    [[nodiscard]] std::optional<std::size_t>
    choice(std::string_view key, const std::vector<std::string_view>& choices) const;
    [[nodiscard]] std::optional<std::vector<TomlText>>
    texts(std::string_view key) const; // ["a", "b"]
    [[nodiscard]] std::optional<std::vector<std::int64_t>>
    integers(std::string_view key, std::int64_t min, std::int64_t max) const;
    [[nodiscard]] std::optional<std::vector<std::vector<TomlText>>>
    text_lists(std::string_view key) const;
    // A list of which each item is a list of texts or a table: [["a"], { who = ["b"] }]. An item is one of the two.
    struct TextsOrTable;
    [[nodiscard]] std::optional<std::vector<TextsOrTable>> texts_or_tables(std::string_view key) const;
    [[nodiscard]] std::optional<LocalTime> local_time(std::string_view key) const;
    [[nodiscard]] std::optional<TomlTable>
    table(std::string_view key) const; // [key] or key = {...}
    [[nodiscard]] std::vector<TomlTable>
    tables(std::string_view key) const; // [[key]] or key = [{...}]

    [[nodiscard]] std::optional<TomlText> need_text(std::string_view key) const;
    [[nodiscard]] std::optional<std::int64_t> need_integer(std::string_view key, std::int64_t min,
                                                           std::int64_t max) const;
    [[nodiscard]] std::optional<double> need_number(std::string_view key) const;
    [[nodiscard]] std::optional<Duration> need_duration(std::string_view key, Duration min,
                                                        Duration max) const;
    [[nodiscard]] std::optional<std::size_t>
    need_choice(std::string_view key, const std::vector<std::string_view>& choices) const;

    [[nodiscard]] TextPosition position() const; // of the table
    [[nodiscard]] TextPosition
    position(std::string_view key) const; // of the value; of the table if missing
    // Notes a mistake at the value of `key` (at the table, if there is none), or at the table
    // itself.
    void fail(std::string_view key, std::string message) const;
    void fail(std::string message) const;
    [[nodiscard]] TomlFile& file() const { return *file_; }

private:
    friend class TomlFile;
    TomlTable(TomlFile* file, const void* table) : file_{file}, table_{table} {}
    const void* node(std::string_view key, bool needed) const;

    TomlFile* file_;
    const void* table_; // toml::table
};

struct TomlTable::TextsOrTable {
    std::vector<TomlText> texts;
    std::optional<TomlTable> table;
};

class TomlFile
{
public:
    // Parses; a file that is not TOML has one mistake and an empty root. `name` stands in the
    // mistakes.
    TomlFile(std::string name, std::string text);
    ~TomlFile();
    TomlFile(const TomlFile&) = delete;
    TomlFile& operator=(const TomlFile&) = delete;

    [[nodiscard]] TomlTable root();
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    void fail(TextPosition at, std::string message);
    [[nodiscard]] bool failed() const { return !mistakes_.empty(); }
    [[nodiscard]] std::size_t mistakes() const { return mistakes_.size(); } // noted so far

    // Every key that was asked for, there or not, under the dotted path of its table ("" for the root): what a
    // reader understands, for its manual.
    [[nodiscard]] std::map<std::string, std::set<std::string>> asked() const;

    // Notes the keys that nobody asked for and gives all mistakes in the order of the file.
    [[nodiscard]] std::vector<Diagnostic> finish();

private:
    friend class TomlTable;
    struct Tree;
    std::string name_, text_;
    std::unique_ptr<Tree> tree_;
    std::vector<Diagnostic> mistakes_;
};

// "1500 ms", "30s", "1.5 min", "4 h", "2 days"; nullopt if it is anything else, negative or over 10
// years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
// The shortest text that parse_duration reads back: "90 s", "4 h".
[[nodiscard]] std::string duration_text(Duration duration);

// A file's bytes, or why it cannot be read. More than `limit` bytes is a reason.
[[nodiscard]] std::variant<std::string, Diagnostic> read_text_file(const std::string& path,
                                                                   std::size_t limit = 1024 * 1024);

} // namespace magwatch
