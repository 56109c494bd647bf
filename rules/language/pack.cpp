#include "rules/language/pack.hpp"

#include <algorithm>
#include <cctype>

#include "rules/language/compiler.hpp"
#include "rules/language/toml_text.hpp"

namespace magwatch {
namespace language {
namespace {

// A page has 160 characters in all; place, time and what to do take the rest (BEHAVIOUR "Paging").
constexpr std::size_t message_max = 40;
constexpr std::size_t text_max = 400;

bool is_id(std::string_view text, char joint)
{
    if (text.empty() || text.size() > 64 || !(text[0] >= 'a' && text[0] <= 'z')) return false;
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == joint;
    });
}

// "4 g", "10 mL": what only the site's approved protocol file may say. "mmol/L" and "g/h" are not doses.
bool holds_dose(std::string_view text)
{
    constexpr std::string_view units[] = {"g", "mg", "ml", "mL", "mmol", "mEq"};
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) continue;
        std::size_t at = i + 1;
        while (at < text.size() && text[at] == ' ') ++at;
        for (const std::string_view unit : units) {
            if (!text.substr(at).starts_with(unit)) continue;
            const std::size_t end = at + unit.size();
            const char next = end < text.size() ? text[end] : ' ';
            if (std::isalnum(static_cast<unsigned char>(next)) == 0 && next != '/') return true;
        }
    }
    return false;
}

class PackReader {
public:
    PackReader(std::string_view text, std::string_view file) : text_{text, file} {}

    CompiledPack run(const std::vector<LimitOverride>& overrides)
    {
        if (const auto document = text_.parse()) read(*document, overrides);
        CompiledPack out;
        if (text_.good() && override_errors_.empty()) {
            finish();
        }
        out.errors = text_.take();
        out.errors.insert(out.errors.end(), override_errors_.begin(), override_errors_.end());
        if (out.errors.empty()) out.pack = std::make_shared<const Pack>(std::move(pack_));
        return out;
    }

private:
    void read(const toml::table& document, const std::vector<LimitOverride>& overrides);
    void read_limits(const toml::table& document, TableReader& top, const std::vector<LimitOverride>& overrides);
    void read_limit(const std::string& name, const toml::node& node);
    void apply(const LimitOverride& replacement);
    void read_rule(const toml::table& table);
    void read_words(TableReader& reader, const toml::table& table, Rule& rule);
    void read_conditions(TableReader& reader, const toml::table& table, Rule& rule);
    void check_clear(const toml::table& table, const Logic& when, const std::optional<Logic>& clear, const Rule& rule);
    void read_check(const toml::table& table);
    std::string read_id(TableReader& reader, const toml::table& table,
                        std::vector<std::pair<std::string, std::uint32_t>>& seen);
    std::string prose(TableReader& reader, const toml::table& table, std::string_view key, bool required,
                      std::size_t longest);
    std::optional<Logic> condition(const toml::node& node, const std::string& text);
    void finish();

    TomlText text_;
    Compiler compiler_;
    Pack pack_;
    std::vector<Diagnostic> override_errors_;
    std::vector<std::pair<std::string, std::uint32_t>> rule_ids_, check_ids_;
    std::map<std::string, const toml::node*, std::less<>> limit_nodes_;
};

std::string PackReader::prose(TableReader& reader, const toml::table& table, std::string_view key, bool required,
                              std::size_t longest)
{
    const auto text = reader.string(key, required);
    if (!text) return {};
    const toml::node& node = *table.get(key);
    if (text->empty() || text->size() > longest) {
        text_.fail(node, "'" + std::string{key} + "' must have 1 to " + std::to_string(longest) + " characters");
    }
    return *text;
}

std::string PackReader::read_id(TableReader& reader, const toml::table& table,
                                std::vector<std::pair<std::string, std::uint32_t>>& seen)
{
    const auto id = reader.string("id", true);
    if (!id) return {};
    const toml::node& node = *table.get("id");
    if (!is_id(*id, '-')) {
        text_.fail(node, "an id is made of small letters, digits and '-', and begins with a letter");
        return *id;
    }
    const auto before = std::find_if(seen.begin(), seen.end(), [&](const auto& one) { return one.first == *id; });
    if (before != seen.end()) {
        text_.fail(node, "the id '" + *id + "' is already used in line " + std::to_string(before->second));
    } else {
        seen.emplace_back(*id, node.source().begin.line);
    }
    return *id;
}

std::optional<Logic> PackReader::condition(const toml::node& node, const std::string& text)
{
    std::vector<Mistake> mistakes;
    auto logic = compiler_.condition(text, mistakes);
    for (Mistake& mistake : mistakes) text_.fail_inside(node, mistake.at, std::move(mistake.message));
    if (logic && compiler_.never(*logic)) {
        text_.fail(node, "this can never be true: its parts contradict each other");
        return std::nullopt;
    }
    return logic;
}

void PackReader::read(const toml::table& document, const std::vector<LimitOverride>& overrides)
{
    TableReader top{text_, document, "the pack"};
    pack_.name = top.string("name", true).value_or("");
    if (!pack_.name.empty() && !is_id(pack_.name, '-')) {
        text_.fail(*document.get("name"), "a name is made of small letters, digits and '-', and begins with a letter");
    }
    pack_.title = prose(top, document, "title", true, text_max);
    pack_.version = prose(top, document, "version", true, 32);
    pack_.example = top.boolean("example").value_or(false);
    read_limits(document, top, overrides);
    const auto rules = top.tables("rule");
    const auto checks = top.tables("check");
    for (const toml::table* rule : rules) {
        if (pack_.rules.size() == rules_max) {
            text_.fail(*rule, "too many rules: at most " + std::to_string(rules_max));
            break;
        }
        read_rule(*rule);
    }
    for (const toml::table* check : checks) {
        if (pack_.checks.size() == 64) {
            text_.fail(*check, "too many checks: at most 64");
            break;
        }
        read_check(*check);
    }
    if (rules.empty()) text_.fail_whole("the pack has no [[rule]]");
    (void)top.tables("case"); // read by the rule tests
    top.finish();
    for (const auto& [name, limit] : compiler_.limits) {
        if (!limit.used) text_.fail(*limit_nodes_.at(name), "no rule uses the limit '" + name + "'");
    }
}

void PackReader::read_limits(const toml::table& document, TableReader& top,
                             const std::vector<LimitOverride>& overrides)
{
    (void)top.find("limits");
    if (const toml::node* node = document.get("limits")) {
        if (const auto* table = node->as_table()) {
            for (const auto& [key, value] : *table) read_limit(std::string{key.str()}, value);
        } else {
            text_.fail(*node, "'limits' is written [limits]");
        }
    }
    for (const LimitOverride& replacement : overrides) apply(replacement);
}

void PackReader::read_limit(const std::string& name, const toml::node& node)
{
    const toml::node* where = &node;
    std::optional<std::string> value;
    if (const auto* table = node.as_table()) {
        TableReader reader{text_, *table, "the limit"};
        value = reader.string("value", true);
        (void)prose(reader, *table, "source", true, text_max);
        (void)reader.string("title");
        reader.finish();
        if (table->get("value")) where = table->get("value");
    } else if (const auto* text = node.as_string()) {
        value = text->get();
    } else {
        text_.fail(node, "a limit is written name = \"12 /min\", or with its source in braces");
    }
    if (!is_id(name, '_')) {
        text_.fail(node, "a limit's name is made of small letters, digits and '_', and begins with a letter");
        return;
    }
    if (Compiler::reserved(name)) {
        text_.fail(node, "'" + name + "' is a word of the language or a signal: choose another name");
        return;
    }
    limit_nodes_[name] = where;
    const auto literal = value ? parse_literal(*value) : std::nullopt;
    if (value && !literal) text_.fail(*where, "a limit is a number with its unit, such as \"12 /min\"");
    compiler_.limits[name] = {literal.value_or(Literal{}), !literal, !literal};
}

void PackReader::apply(const LimitOverride& replacement)
{
    const auto fail = [&](std::string message) {
        override_errors_.push_back({"limit " + replacement.name, 0, 0, std::move(message), {}});
    };
    const auto found = compiler_.limits.find(replacement.name);
    if (found == compiler_.limits.end()) {
        std::vector<std::string> names;
        for (const auto& [name, limit] : compiler_.limits) names.push_back(name);
        fail("the pack '" + pack_.name + "' has no limit '" + replacement.name + "'" +
             did_you_mean(replacement.name, names));
        return;
    }
    const auto literal = parse_literal(replacement.value);
    if (!literal) {
        fail("'" + replacement.value + "' is not a number with a unit, such as '12 /min'");
        return;
    }
    found->second.literal = *literal;
}

void PackReader::read_words(TableReader& reader, const toml::table& table, Rule& rule)
{
    rule.id = read_id(reader, table, rule_ids_);
    rule.title = prose(reader, table, "title", true, 80);
    rule.message = prose(reader, table, "message", true, message_max);
    rule.prompt = prose(reader, table, "prompt", false, text_max);
    rule.source = prose(reader, table, "source", true, text_max);
    for (const char* key : {"title", "message", "prompt"}) {
        const toml::node* node = table.get(key);
        const auto* text = node ? node->as_string() : nullptr;
        if (!text) continue;
        if (holds_dose(text->get())) {
            text_.fail(*node, "a dose has no place in a rule: it comes from the site's approved protocol");
        }
        const std::string& words = text->get();
        const bool plain = std::all_of(words.begin(), words.end(), [](char c) { return c >= ' ' && c <= '~'; });
        if (!plain && std::string_view{key} == "message") {
            text_.fail(*node, "a message is sent as a short text: plain letters, digits and signs only");
        }
    }
}

void PackReader::read_conditions(TableReader& reader, const toml::table& table, Rule& rule)
{
    const auto when_text = reader.string("when", true);
    const auto clear_text = reader.string("clear");
    const auto needs_text = reader.string("needs");
    const auto when = when_text ? condition(*table.get("when"), *when_text) : std::nullopt;
    std::optional<Logic> clear;
    if (clear_text && *clear_text == "never") {
        clear = Logic{LogicOp::constant, Truth::no, 0, 0, {}};
    } else if (clear_text) {
        clear = condition(*table.get("clear"), *clear_text);
    }
    const auto needs = needs_text ? condition(*table.get("needs"), *needs_text) : std::nullopt;
    if (!when) return;
    check_clear(table, *when, clear, rule);
    rule.when = compiler_.program(*when);
    rule.clear = compiler_.program(clear ? *clear : Compiler::negated(*when));
    if (needs) rule.needs = compiler_.program(*needs);
    rule.reads = rule.when.reads | rule.clear.reads | rule.needs.reads;
}

void PackReader::check_clear(const toml::table& table, const Logic& when, const std::optional<Logic>& clear,
                             const Rule& rule)
{
    const toml::node* clear_node = table.get("clear");
    if (clear && clear_node && compiler_.overlap(when, *clear)) {
        text_.fail(*clear_node, "'clear' can be true while 'when' is: the alarm would end while its cause stays");
    }
    if (rule.kind != AlarmKind::physiological) return;
    const bool explicitly = clear_node != nullptr;
    if (explicitly && !clear) return; // reported
    if (compiler_.reads_value(clear ? *clear : when, Signal::mg)) {
        text_.fail(explicitly ? *clear_node : *table.get("when"),
                   "a level never clears an alarm: give a 'clear' that does not read the value of mg, such as "
                   "after(reflex, mg) and reflex >= 2");
    }
}

void PackReader::read_rule(const toml::table& table)
{
    TableReader reader{text_, table, "the rule"};
    Rule rule;
    read_words(reader, table, rule);
    const auto choose = [&](std::string_view key, bool required, auto&& options, auto& out) {
        const auto word = reader.string(key, required);
        if (!word) return;
        std::vector<std::string_view> names;
        for (const auto option : options) {
            names.push_back(name(option));
            if (name(option) == *word) {
                out = option;
                return;
            }
        }
        std::string list;
        for (const auto one : names) list += (list.empty() ? "" : ", ") + std::string{one};
        text_.fail(*table.get(key), "'" + std::string{key} + "' is one of: " + list);
    };
    choose("kind", false, std::array{AlarmKind::physiological, AlarmKind::technical}, rule.kind);
    choose("priority", true, std::array{Priority::low, Priority::medium, Priority::high}, rule.priority);
    rule.grade = static_cast<std::uint8_t>(reader.integer("grade", 0, 2).value_or(0));
    const bool grave = rule.kind == AlarmKind::physiological && rule.priority == Priority::high;
    const auto latching = reader.boolean("latching");
    rule.latching = latching.value_or(grave);
    if (grave && latching == false) {
        text_.fail(*table.get("latching"), "a physiological alarm of high priority latches");
    }
    if (rule.grade > 0 && rule.priority == Priority::low) {
        text_.fail(*table.get("priority"), "an alarm with a grade is at least medium");
    }
    rule.together = reader.boolean("together").value_or(false);
    if (rule.together && rule.priority != Priority::high) {
        text_.fail(*table.get("together"), "only a high alarm pages everybody together");
    }
    rule.hold = reader.duration("for").value_or(Duration::zero());
    rule.clear_hold = reader.duration("clear_for").value_or(Duration::zero());
    read_conditions(reader, table, rule);
    reader.finish();
    pack_.rules.push_back(std::move(rule));
}

void PackReader::read_check(const toml::table& table)
{
    TableReader reader{text_, table, "the check"};
    Check check;
    check.id = read_id(reader, table, check_ids_);
    check.title = prose(reader, table, "title", true, 80);
    check.source = prose(reader, table, "source", true, text_max);
    for (const auto& [word, node] : reader.strings("signals", true)) {
        const auto signal = signal_from(word);
        if (signal) {
            check.signals.push_back(*signal);
            continue;
        }
        std::vector<std::string_view> names;
        for (std::size_t i = 0; i < signal_count; ++i) names.push_back(name(static_cast<Signal>(i)));
        text_.fail(*node, "unknown signal '" + word + "'" + did_you_mean(word, names));
    }
    if (const toml::node* signals = table.get("signals"); signals && check.signals.empty() && text_.good()) {
        text_.fail(*signals, "the check names no signal that answers it");
    }
    check.every = reader.duration("every", true).value_or(Duration::zero());
    check.first_every = reader.duration("first_every").value_or(Duration::zero());
    check.first_for = reader.duration("first_for").value_or(Duration::zero());
    check.overdue_after = reader.duration("overdue_after", true).value_or(Duration::zero());
    for (const char* key : {"every", "overdue_after"}) {
        const toml::node* node = table.get(key);
        if (node && node->is_string() && parse_duration(node->as_string()->get()) == Duration::zero()) {
            text_.fail(*node, "'" + std::string{key} + "' must be longer than nothing");
        }
    }
    if ((check.first_every > Duration::zero()) != (check.first_for > Duration::zero())) {
        reader.fail("'first_every' and 'first_for' belong together");
    }
    if (const auto needs = reader.string("needs")) {
        if (const auto logic = condition(*table.get("needs"), *needs)) check.needs = compiler_.program(*logic);
    }
    reader.finish();
    pack_.checks.push_back(std::move(check));
}

void PackReader::finish()
{
    std::vector<Program*> programs;
    for (Rule& rule : pack_.rules) {
        for (Program* program : {&rule.when, &rule.clear, &rule.needs}) programs.push_back(program);
    }
    for (Check& check : pack_.checks) programs.push_back(&check.needs);
    Compiler::Result result = compiler_.finish(programs);
    if (result.plan.atoms.size() > atoms_max) {
        text_.fail_whole("too many different comparisons in this pack: at most " + std::to_string(atoms_max));
        return;
    }
    pack_.windows = std::move(result.windows);
    pack_.plan = std::move(result.plan);
    pack_.plan.shape = std::uint64_t{1} << 63 | pack_.rules.size() | pack_.plan.sustained.size() << 16 |
                       pack_.windows.size() << 32;
    for (std::size_t r = 0; r < pack_.rules.size(); ++r) {
        const Rule& rule = pack_.rules[r];
        for (const Program* program : {&rule.when, &rule.clear, &rule.needs}) {
            for (const LogicStep& step : program->code) {
                if (step.op == LogicOp::atom)
                    pack_.plan.rules_of_atom[step.arg][r / 64] |= std::uint64_t{1} << (r % 64);
            }
        }
        for (std::size_t s = 0; s < signal_count; ++s) {
            if ((rule.reads & mask(static_cast<Signal>(s))) != 0) {
                pack_.readers[s].push_back(static_cast<std::uint16_t>(r));
            }
        }
    }
}

} // namespace
} // namespace language

CompiledPack compile_pack(std::string_view text, std::string_view file_name,
                          const std::vector<LimitOverride>& overrides)
{
    return language::PackReader{text, file_name}.run(overrides);
}

} // namespace magwatch
