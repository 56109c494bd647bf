#include "runtime/toml_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fcntl.h>
#include <functional>
#include <map>
#include <set>
#include <system_error>
#include <sys/stat.h>
#include <unistd.h>

// Never with TOML_EXCEPTIONS 0: rules/language uses toml++ with exceptions, the two differ in the layout of
// classes that share a name, and a program with both reads garbage.
#include <fmt/format.h>
#include <toml++/toml.h>

#include "rules/base/toml_screen.hpp"

namespace magwatch {

namespace {

struct DurationUnit {
    std::string_view name;
    std::int64_t ms;
};
constexpr std::array<DurationUnit, 7> duration_units{{{"ms", 1},
                                                      {"s", 1000},
                                                      {"min", 60'000},
                                                      {"h", 3'600'000},
                                                      {"d", 86'400'000},
                                                      {"days", 86'400'000},
                                                      {"day", 86'400'000}}};
constexpr Duration longest_duration{3650LL * 86'400'000};

const toml::table& as_table(const void* table)
{
    return *static_cast<const toml::table*>(table);
}
const toml::node* as_node(const void* node)
{
    return static_cast<const toml::node*>(node);
}

TextPosition position_of(const toml::source_region& region)
{
    return {region.begin.line, region.begin.column};
}

// Text of the file in a message: short, and nothing that a terminal would act on.
std::string quoted(std::string_view text)
{
    std::string out;
    for (const char c : text.substr(0, 60)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7F)
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
        else
            out += c;
    }
    return text.size() > 60 ? out + "..." : out;
}

std::string_view kind_of(const toml::node& node)
{
    switch (node.type()) {
    case toml::node_type::string:
        return "text";
    case toml::node_type::integer:
        return "a whole number";
    case toml::node_type::floating_point:
        return "a number";
    case toml::node_type::boolean:
        return "true or false";
    case toml::node_type::array:
        return "a list";
    case toml::node_type::table:
        return "a table";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
        return "a date or time";
    case toml::node_type::none:
        break;
    }
    return "nothing";
}

} // namespace

struct TomlFile::Tree {
    toml::table root;
    std::map<const toml::table*, std::set<std::string, std::less<>>> asked;
};

TomlFile::TomlFile(std::string name, std::string text)
    : name_{std::move(name)}, text_{std::move(text)}, tree_{std::make_unique<Tree>()}
{
    if (const auto problem = screen_toml(text_)) {
        fail({problem->line, problem->column}, problem->message);
        return;
    }
    try {
        tree_->root = toml::parse(std::string_view{text_}, std::string_view{name_});
    } catch (const toml::parse_error& error) {
        fail(position_of(error.source()), std::string{error.description()});
    }
}

TomlFile::~TomlFile() = default;

TomlTable TomlFile::root()
{
    tree_->asked[&tree_->root];
    return {this, &tree_->root};
}

void TomlFile::fail(TextPosition at, std::string message)
{
    constexpr std::size_t enough = 200; // mistakes of one file that anybody reads
    if (mistakes_.size() >= enough) return;
    std::string_view rest = text_;
    for (std::uint32_t line = 1; line < at.line && !rest.empty(); ++line) {
        const std::size_t end = rest.find('\n');
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    std::string line{at.line == 0 ? std::string_view{} : rest.substr(0, rest.find('\n'))};
    if (!line.empty() && line.back() == '\r') line.pop_back();
    constexpr std::size_t readable = 200;
    if (line.size() > readable) line.clear();
    for (char& c : line) // a caret line never carries what a terminal would act on
        if (c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)) c = '?';
    mistakes_.push_back({name_, at.line, at.column, std::move(message), std::move(line)});
}

std::map<std::string, std::set<std::string>> TomlFile::asked() const
{
    std::map<std::string, std::set<std::string>> found;
    const std::function<void(const toml::node&, const std::string&)> look = [&](const toml::node& node,
                                                                                const std::string& path) {
        if (const auto* list = node.as_array())
            for (const toml::node& one : *list) look(one, path);
        const auto* table = node.as_table();
        if (table == nullptr) return;
        const auto asked = tree_->asked.find(table);
        if (asked != tree_->asked.end()) found[path].insert(asked->second.begin(), asked->second.end());
        for (const auto& [key, value] : *table)
            look(value, path.empty() ? std::string{key.str()} : path + "." + std::string{key.str()});
    };
    look(tree_->root, "");
    return found;
}

std::vector<Diagnostic> TomlFile::finish()
{
    for (const auto& [table, asked] : tree_->asked) {
        for (const auto& [key, value] : *table) {
            if (asked.find(key.str()) != asked.end()) continue;
            fail(position_of(key.source()), fmt::format("unknown key '{}'{}", quoted(key.str()),
                                                        did_you_mean(key.str(), asked)));
        }
    }
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [](const Diagnostic& a, const Diagnostic& b) {
                         return std::pair{a.line, a.column} < std::pair{b.line, b.column};
                     });
    return mistakes_;
}

bool TomlTable::has(std::string_view key) const
{
    file_->tree_->asked[&as_table(table_)].emplace(key);
    return as_table(table_).contains(key);
}

std::vector<TomlText> TomlTable::keys() const
{
    std::vector<TomlText> keys;
    for (const auto& [key, value] : as_table(table_))
        keys.push_back({std::string{key.str()}, position_of(key.source())});
    std::stable_sort(keys.begin(), keys.end(), [](const TomlText& a, const TomlText& b) {
        return std::pair{a.at.line, a.at.column} < std::pair{b.at.line, b.at.column};
    });
    return keys;
}

const void* TomlTable::node(std::string_view key, bool needed) const
{
    file_->tree_->asked[&as_table(table_)].emplace(key);
    const toml::node* found = as_table(table_).get(key);
    if (found == nullptr && needed) fail(fmt::format("missing '{}'", key));
    return found;
}

TextPosition TomlTable::position() const
{
    return position_of(as_table(table_).source());
}

TextPosition TomlTable::position(std::string_view key) const
{
    const toml::node* found = as_table(table_).get(key);
    return found != nullptr ? position_of(found->source()) : position();
}

void TomlTable::fail(std::string_view key, std::string message) const
{
    file_->fail(position(key), std::move(message));
}

void TomlTable::fail(std::string message) const
{
    file_->fail(position(), std::move(message));
}

std::optional<TomlText> TomlTable::text(std::string_view key) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    const auto* text = value->as_string();
    if (text == nullptr) {
        fail(key, fmt::format("'{}' must be text in quotes, not {}", key, kind_of(*value)));
        return std::nullopt;
    }
    if (text->get().empty()) {
        fail(key, fmt::format("'{}' must not be empty", key));
        return std::nullopt;
    }
    return TomlText{text->get(), position_of(value->source())};
}

std::optional<bool> TomlTable::boolean(std::string_view key) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    if (const auto* found = value->as_boolean()) return found->get();
    fail(key, fmt::format("'{}' must be true or false, not {}", key, kind_of(*value)));
    return std::nullopt;
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key, std::int64_t min,
                                               std::int64_t max) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    const auto* found = value->as_integer();
    if (found == nullptr) {
        fail(key, fmt::format("'{}' must be a whole number, not {}", key, kind_of(*value)));
        return std::nullopt;
    }
    if (found->get() < min || found->get() > max) {
        fail(key, fmt::format("'{}' is {}, but must be {} to {}", key, found->get(), min, max));
        return std::nullopt;
    }
    return found->get();
}

std::optional<double> TomlTable::number(std::string_view key) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    if (const auto* whole = value->as_integer()) return static_cast<double>(whole->get());
    const auto* found = value->as_floating_point();
    if (found != nullptr && std::isfinite(found->get())) return found->get();
    fail(key, fmt::format("'{}' must be a number", key));
    return std::nullopt;
}

std::optional<Duration> TomlTable::duration(std::string_view key, Duration min, Duration max) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    const auto* text = value->as_string();
    if (text == nullptr) {
        fail(key,
             fmt::format("'{}' must be text with a unit, such as \"1500 ms\" or \"5 min\"", key));
        return std::nullopt;
    }
    const std::optional<Duration> parsed = parse_duration(text->get());
    if (!parsed) {
        fail(key, fmt::format("'{}': \"{}\" is not a duration; write \"1500 ms\", \"30 s\", \"5 "
                              "min\", \"4 h\" or "
                              "\"30 days\"",
                              key, quoted(text->get())));
    } else if (*parsed < min || *parsed > max) {
        fail(key, fmt::format("'{}' is {}, but must be {} to {}", key, duration_text(*parsed),
                              duration_text(min), duration_text(max)));
        return std::nullopt;
    }
    return parsed;
}

std::optional<std::size_t> TomlTable::choice(std::string_view key,
                                             const std::vector<std::string_view>& choices) const
{
    const std::optional<TomlText> found = text(key);
    if (!found) return std::nullopt;
    const auto at = std::find(choices.begin(), choices.end(), found->value);
    if (at != choices.end()) return static_cast<std::size_t>(at - choices.begin());
    std::string list;
    for (const std::string_view one : choices)
        list += (list.empty() ? "\"" : ", \"") + std::string{one} + "\"";
    fail(key, fmt::format("'{}': \"{}\" is not one of {}{}", key, quoted(found->value), list,
                          did_you_mean(found->value, choices)));
    return std::nullopt;
}

namespace {

// The items of a list of texts; nullopt if an item is anything else.
std::optional<std::vector<TomlText>> texts_of(const toml::array& list)
{
    std::vector<TomlText> texts;
    for (const toml::node& item : list) {
        const auto* text = item.as_string();
        if (text == nullptr || text->get().empty()) return std::nullopt;
        texts.push_back({text->get(), position_of(item.source())});
    }
    return texts;
}

} // namespace

std::optional<std::vector<TomlText>> TomlTable::texts(std::string_view key) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    if (const auto* list = value->as_array())
        if (auto found = texts_of(*list)) return found;
    fail(key, fmt::format("'{}' must be a list of texts, such as [\"a\", \"b\"]", key));
    return std::nullopt;
}

std::optional<std::vector<std::int64_t>> TomlTable::integers(std::string_view key, std::int64_t min,
                                                             std::int64_t max) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    std::vector<std::int64_t> numbers;
    const auto* list = value->as_array();
    bool good = list != nullptr;
    for (std::size_t i = 0; good && i < list->size(); ++i) {
        const auto* number = (*list)[i].as_integer();
        good = number != nullptr && number->get() >= min && number->get() <= max;
        if (good) numbers.push_back(number->get());
    }
    if (good) return numbers;
    fail(key, fmt::format("'{}' must be a list of whole numbers from {} to {}", key, min, max));
    return std::nullopt;
}

std::optional<std::vector<std::vector<TomlText>>> TomlTable::text_lists(std::string_view key) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    std::vector<std::vector<TomlText>> lists;
    const auto* outer = value->as_array();
    bool good = outer != nullptr;
    for (std::size_t i = 0; good && i < outer->size(); ++i) {
        const auto* inner = (*outer)[i].as_array();
        std::optional<std::vector<TomlText>> texts;
        if (inner != nullptr) texts = texts_of(*inner);
        good = texts.has_value();
        if (good) lists.push_back(std::move(*texts));
    }
    if (good) return lists;
    fail(key, fmt::format(
                  "'{}' must be a list of lists of texts, such as [[\"a\"], [\"b\", \"c\"]]", key));
    return std::nullopt;
}

std::optional<std::vector<TomlTable::TextsOrTable>> TomlTable::texts_or_tables(std::string_view key) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    std::vector<TextsOrTable> items;
    const auto* outer = value->as_array();
    bool good = outer != nullptr;
    for (std::size_t i = 0; good && i < outer->size(); ++i) {
        if (const auto* found = (*outer)[i].as_table()) {
            file_->tree_->asked[found];
            items.push_back({{}, TomlTable{file_, found}});
            continue;
        }
        const auto* inner = (*outer)[i].as_array();
        std::optional<std::vector<TomlText>> texts;
        if (inner != nullptr) texts = texts_of(*inner);
        good = texts.has_value();
        if (good) items.push_back({std::move(*texts), std::nullopt});
    }
    if (good) return items;
    fail(key, fmt::format("'{}' must be a list of which each item is a list of texts or a table, such as "
                          "[[\"a\"], {{ who = [\"b\", \"c\"], wait = \"30 s\" }}]",
                          key));
    return std::nullopt;
}

std::optional<LocalTime> TomlTable::local_time(std::string_view key) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    const auto* found = value->as_date_time();
    if (found == nullptr || found->get().offset) {
        fail(key, fmt::format("'{}' must be a date and time of this ward's clocks, without zone and quotes: "
                              "2026-12-24T08:00:00",
                              key));
        return std::nullopt;
    }
    const auto& date = found->get().date;
    const auto& time = found->get().time;
    return LocalTime{date.year, date.month, date.day, time.hour, time.minute, time.second};
}

std::optional<TomlTable> TomlTable::table(std::string_view key) const
{
    const toml::node* value = as_node(node(key, false));
    if (value == nullptr) return std::nullopt;
    if (const auto* found = value->as_table()) {
        file_->tree_->asked[found];
        return TomlTable{file_, found};
    }
    fail(key, fmt::format("'{}' must be a table, not {}", key, kind_of(*value)));
    return std::nullopt;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) const
{
    const toml::node* value = as_node(node(key, false));
    std::vector<TomlTable> tables;
    if (value == nullptr) return tables;
    const auto* list = value->as_array();
    if (list == nullptr) {
        fail(key, fmt::format("'{0}' must be a list of tables: write [[{0}]]", key));
        return tables;
    }
    for (const toml::node& item : *list) {
        const auto* found = item.as_table();
        if (found == nullptr) {
            file_->fail(position_of(item.source()),
                        fmt::format("'{}' must hold tables only, not {}", key, kind_of(item)));
            continue;
        }
        file_->tree_->asked[found];
        tables.push_back(TomlTable{file_, found});
    }
    return tables;
}

std::optional<TomlText> TomlTable::need_text(std::string_view key) const
{
    return node(key, true) == nullptr ? std::nullopt : text(key);
}
std::optional<std::int64_t> TomlTable::need_integer(std::string_view key, std::int64_t min,
                                                    std::int64_t max) const
{
    return node(key, true) == nullptr ? std::nullopt : integer(key, min, max);
}
std::optional<double> TomlTable::need_number(std::string_view key) const
{
    return node(key, true) == nullptr ? std::nullopt : number(key);
}
std::optional<Duration> TomlTable::need_duration(std::string_view key, Duration min,
                                                 Duration max) const
{
    return node(key, true) == nullptr ? std::nullopt : duration(key, min, max);
}
std::optional<std::size_t>
TomlTable::need_choice(std::string_view key, const std::vector<std::string_view>& choices) const
{
    return node(key, true) == nullptr ? std::nullopt : choice(key, choices);
}

std::optional<Duration> parse_duration(std::string_view text)
{
    double amount = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, amount, std::chars_format::fixed);
    if (error != std::errc{} || !(amount >= 0)) return std::nullopt;
    std::string_view unit{rest, static_cast<std::size_t>(end - rest)};
    if (unit.starts_with(' ')) unit.remove_prefix(1);
    for (const DurationUnit& known : duration_units) {
        if (unit != known.name) continue;
        const double ms = amount * static_cast<double>(known.ms);
        if (ms > static_cast<double>(longest_duration.count()) || ms != std::floor(ms))
            return std::nullopt;
        return Duration{static_cast<std::int64_t>(ms)};
    }
    return std::nullopt;
}

std::string duration_text(Duration duration)
{
    std::string text = fmt::format("{} ms", duration.count());
    for (const DurationUnit& unit : duration_units) {
        if (unit.name == "day" || unit.name == "d") continue;
        if (duration.count() == 0 && unit.name == "s") return "0 s";
        if (duration.count() == 0 || duration.count() % unit.ms != 0) continue;
        text = fmt::format("{} {}", duration.count() / unit.ms, unit.name);
    }
    return text == "1 days" ? "1 day" : text;
}

std::variant<std::string, Diagnostic> read_text_file(const std::string& path, std::size_t limit)
{
    const auto problem = [&](std::string reason) {
        return Diagnostic{path, 0, 0, std::move(reason), ""};
    };
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return problem(fmt::format("cannot be read: {}", std::generic_category().message(errno)));
    struct stat info {
    };
    std::string text;
    std::string reason;
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        reason = "is not a regular file";
    } else {
        std::array<char, 65536> block;
        ssize_t n = 0;
        while (text.size() <= limit && (n = ::read(fd, block.data(), block.size())) > 0)
            text.append(block.data(), static_cast<std::size_t>(n));
        if (n < 0) reason = fmt::format("cannot be read: {}", std::generic_category().message(errno));
        if (text.size() > limit) reason = fmt::format("is longer than {} bytes", limit);
    }
    ::close(fd);
    if (!reason.empty()) return problem(std::move(reason));
    return text;
}

} // namespace magwatch
