#include "rules/language/pack.hpp"

#include <algorithm>
#include <cctype>

#include "rules/language/compiler.hpp"
#include "rules/language/fingerprint.hpp"
#include "rules/language/inheritance.hpp"
#include "rules/language/session_reader.hpp"
#include "rules/language/toml_text.hpp"
#include "rules/observation/usual_name.hpp"

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

class PackReader {
public:
    PackReader(std::string_view text, std::string_view file, const PackLibrary* library)
        : text_{text, file}, lineage_{text_, library}
    {
    }

    CompiledPack run(const std::vector<LimitOverride>& overrides)
    {
        if (auto inherited = lineage_.read()) {
            names_ = std::move(inherited->names);
            read(inherited->document, overrides);
        }
        if (text_.good() && override_errors_.empty()) finish();
        CompiledPack out;
        out.errors = text_.take();
        out.errors.insert(out.errors.end(), override_errors_.begin(), override_errors_.end());
        if (out.errors.empty()) out.pack = std::make_shared<const Pack>(std::move(pack_));
        return out;
    }

private:
    void read(const toml::table& document, const std::vector<LimitOverride>& overrides);
    void read_lineage(const toml::table& document, TableReader& top);
    void read_limits(const toml::table& document, TableReader& top, const std::vector<LimitOverride>& overrides);
    void read_limit(const std::string& name, const toml::node& node);
    void apply(const LimitOverride& replacement);
    void check_limits();
    void read_rule(const toml::table& table);
    void read_words(TableReader& reader, const toml::table& table, Rule& rule);
    void read_urgency(TableReader& reader, const toml::table& table, Rule& rule);
    void read_conditions(TableReader& reader, const toml::table& table, Rule& rule);
    void check_clear(const toml::table& table, const Logic& when, const std::optional<Logic>& clear, const Rule& rule);
    void read_check(const toml::table& table);
    void read_inhibition(const toml::table& table);
    void hold_back(const toml::table& table, const Logic& when, Inhibition& inhibition);
    void check_shadows();
    [[nodiscard]] bool shadowed(std::size_t rule, std::size_t by, std::size_t& steps) const;
    void make_programs();
    void read_schedule(TableReader& reader, const toml::table& table, Check& check);
    CheckPhase read_phase(const toml::node& node);
    bool read_disabled(TableReader& reader, const toml::table& table);
    std::string read_id(TableReader& reader, const toml::table& table,
                        std::vector<std::pair<std::string, std::uint32_t>>& seen);
    std::string prose(TableReader& reader, const toml::table& table, std::string_view key, bool required,
                      std::size_t longest);
    std::string source(TableReader& reader, const toml::table& table);
    std::optional<Logic> condition(const toml::node& node, const std::string& text);
    PackItem describe(TableReader& reader, const toml::table& table);
    std::string origin(const toml::table& item, const toml::node& node, std::string_view key) const;
    void finish();

    TomlText text_;
    Lineage lineage_;
    Compiler compiler_;
    Pack pack_;
    bool effective_ = false;         // it says itself from which pack everything comes
    std::vector<std::string> names_; // of the files
    std::vector<Diagnostic> override_errors_;
    std::vector<std::pair<std::string, std::uint32_t>> rule_ids_, check_ids_, inhibition_ids_;
    // Of pack_.rules, one each, until all of the pack is read.
    struct Conditions {
        const toml::table* table = nullptr;
        std::optional<Logic> when, clear, needs; // no `clear`: the end of `when`
        bool never_clears = false;
    };
    std::vector<Conditions> conditions_;
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

std::string PackReader::source(TableReader& reader, const toml::table& table)
{
    std::string text = prose(reader, table, "source", true, text_max);
    const std::size_t recalled = text.find("[R]");
    if (recalled != std::string::npos && !pack_.example) {
        text_.fail_inside(*table.get("source"), recalled,
                          "a recalled number [R] may be a default nowhere: cite a source that was read, or stay silent "
                          "and inherit");
    }
    return text;
}

// Which pack says it.
std::string PackReader::origin(const toml::table& item, const toml::node& node, std::string_view key) const
{
    if (!effective_) return names_[TomlText::file_of(node.source())];
    const toml::node* from = item.get("from");
    if (!from) return pack_.name;
    if (const auto* all = from->as_string()) return all->get();
    if (const auto* table = from->as_table()) {
        for (const std::string_view one : {key, std::string_view{"*"}}) {
            if (const auto* name = table->get_as<std::string>(one)) return name->get();
        }
    }
    return pack_.name;
}

// A rule or a check in its own words.
PackItem PackReader::describe(TableReader& reader, const toml::table& table)
{
    constexpr std::string_view order[] = {"title",   "message",  "prompt",   "kind", "priority",    "grade",
                                          "latching", "together", "inhibitable", "signals",
                                          "rules", "for",  "when",        "clear",
                                          "clear_for", "needs",   "every",    "first_every", "first_for",
                                          "phases", "after_stop", "before_dose", "overdue_after",
                                          "at_most", "source", "disabled", "reason"};
    if (effective_) (void)reader.find("from");
    PackItem item;
    const auto* id = table.get_as<std::string>("id");
    item.id = id ? id->get() : std::string{};
    item.from = origin(table, table, "*");
    const auto add = [&](std::string_view key, const toml::node& node) {
        const auto* text = node.as_string();
        std::string toml = toml_of(node);
        item.fields.push_back({std::string{key}, text ? text->get() : toml, toml, origin(table, node, key)});
    };
    for (const std::string_view key : order) {
        if (const toml::node* node = table.get(key)) add(key, *node);
    }
    const auto* disabled = table.get_as<bool>("disabled");
    item.disabled = disabled && disabled->get();
    return item;
}

// Whether another pack took it out of use, with its reason.
bool PackReader::read_disabled(TableReader& reader, const toml::table& table)
{
    const bool disabled = reader.boolean("disabled").value_or(false);
    if (disabled) {
        (void)prose(reader, table, "reason", true, text_max);
        for (const char* key : {"when", "clear", "needs"}) (void)reader.find(key);
    }
    return disabled;
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

void PackReader::read_lineage(const toml::table& document, TableReader& top)
{
    (void)top.find("extends"); // followed before the packs became one
    effective_ = document.contains("lineage");
    pack_.outline.lineage = names_;
    if (!effective_) return;
    pack_.outline.lineage.clear();
    for (const auto& [name, node] : top.strings("lineage")) pack_.outline.lineage.push_back(name);
    const auto& lineage = pack_.outline.lineage;
    if (lineage.empty() || lineage.size() > lineage_max || lineage.front() != pack_.name) {
        text_.fail(*document.get("lineage"), "'lineage' lists this pack, the one it extends, and so on, at most " +
                                                 std::to_string(lineage_max));
    }
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
    pack_.benchmark = top.boolean("benchmark").value_or(false);
    if (const auto age = top.string("max_age")) {
        pack_.ageless = *age == "none";
        if (!pack_.ageless || !pack_.benchmark) {
            text_.fail(*document.get("max_age"),
                       "'max_age' is \"none\", and that in a pack with benchmark = true alone: a value that never "
                       "grows old hides that nobody measures");
        }
    }
    read_lineage(document, top);
    read_limits(document, top, overrides);
    const auto rules = top.tables("rule");
    const auto checks = top.tables("check");
    const auto inhibitions = top.tables("inhibit");
    for (const toml::table* rule : rules) {
        if (pack_.outline.rules.size() == rules_max) {
            text_.fail(*rule, "too many rules: at most " + std::to_string(rules_max));
            break;
        }
        read_rule(*rule);
    }
    for (const toml::table* check : checks) {
        if (pack_.outline.checks.size() == checks_max) {
            text_.fail(*check, "too many checks: at most " + std::to_string(checks_max));
            break;
        }
        read_check(*check);
    }
    for (const toml::table* inhibition : inhibitions) {
        if (pack_.outline.inhibitions.size() == inhibitions_max) {
            text_.fail(*inhibition, "too many inhibitions: at most " + std::to_string(inhibitions_max));
            break;
        }
        read_inhibition(*inhibition);
    }
    if (pack_.rules.empty() && text_.good()) text_.fail_whole("the pack has no [[rule]]");
    (void)top.tables("case"); // read by the rule tests
    pack_.sessions = builtin_sessions();
    read_sessions(text_, top, pack_.sessions);
    pack_.outline.sessions = sessions_text(document);
    top.finish();
    check_limits();
    if (!text_.good()) return;
    make_programs();
    if (!pack_.benchmark) check_shadows(); // those are measured one by one
}

// A limit of this pack that nothing uses is a mistake; an inherited one has become idle by what this pack says.
void PackReader::check_limits()
{
    for (const auto& [name, limit] : compiler_.limits) {
        const toml::node& node = *limit_nodes_.at(name);
        if (!limit.used && TomlText::file_of(node.source()) == 0) {
            text_.fail(node, "no rule uses the limit '" + name + "'");
        }
    }
    std::erase_if(pack_.outline.limits, [&](const PackLimit& limit) {
        return !compiler_.limits.find(limit.name)->second.used;
    });
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
    PackLimit words;
    words.name = name;
    const toml::table nothing;
    if (const auto* table = node.as_table()) {
        TableReader reader{text_, *table, "the limit"};
        value = reader.string("value", true);
        words.source = source(reader, *table);
        words.title = reader.string("title").value_or("");
        words.inclusive = reader.boolean("inclusive").value_or(false);
        if (effective_) (void)reader.find("from");
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
    const auto* table = node.as_table();
    words.from = origin(table ? *table : nothing, node, "value");
    words.value = value.value_or("");
    const bool inclusive = words.inclusive;
    pack_.outline.limits.push_back(std::move(words));
    const auto literal = value ? parse_literal(*value) : std::nullopt;
    if (value && !literal) text_.fail(*where, "a limit is a number with its unit, such as \"12 /min\"");
    compiler_.limits[name] = {literal.value_or(Literal{}), !literal, !literal, inclusive};
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
    for (PackLimit& limit : pack_.outline.limits) {
        if (limit.name != replacement.name) continue;
        limit.value = replacement.value;
        limit.from = "configuration";
    }
}

void PackReader::read_words(TableReader& reader, const toml::table& table, Rule& rule)
{
    rule.id = read_id(reader, table, rule_ids_);
    rule.title = prose(reader, table, "title", true, 80);
    rule.message = prose(reader, table, "message", true, message_max);
    rule.prompt = prose(reader, table, "prompt", false, text_max);
    rule.source = source(reader, table);
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
    const bool never_clears = clear_text == "never";
    std::optional<Logic> clear;
    if (clear_text && !never_clears) clear = condition(*table.get("clear"), *clear_text);
    const auto needs = needs_text ? condition(*table.get("needs"), *needs_text) : std::nullopt;
    if (!when) return;
    check_clear(table, *when, clear, rule);
    if (needs && compiler_.closes(*when, *needs)) {
        text_.fail(*table.get("needs"), "this gate is closed whenever 'when' is true: the rule can never fire");
    }
    conditions_.back() = {&table, when, clear, needs, never_clears};
}

void PackReader::check_clear(const toml::table& table, const Logic& when, const std::optional<Logic>& clear,
                             const Rule& rule)
{
    const toml::node* clear_node = table.get("clear");
    if (clear && compiler_.overlap(when, *clear)) {
        text_.fail(*clear_node, "'clear' can be true while 'when' is: the alarm would end while its cause stays");
    }
    if (rule.kind != AlarmKind::physiological) return;
    const bool explicitly = clear_node != nullptr;
    if (explicitly && !clear) return; // reported, or "never"
    if (compiler_.reads_value(clear ? *clear : when, Signal::mg)) {
        text_.fail(explicitly ? *clear_node : *table.get("when"),
                   "a level never clears an alarm: give a 'clear' that does not read the value of mg, such as "
                   "after(reflex, mg) and reflex >= 2");
    }
}

void PackReader::read_urgency(TableReader& reader, const toml::table& table, Rule& rule)
{
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
}

void PackReader::read_rule(const toml::table& table)
{
    TableReader reader{text_, table, "the rule"};
    Rule rule;
    read_words(reader, table, rule);
    read_urgency(reader, table, rule);
    rule.hold = reader.duration("for").value_or(Duration::zero());
    rule.inhibitable = reader.boolean("inhibitable").value_or(true);
    rule.clear_hold = reader.duration("clear_for").value_or(Duration::zero());
    PackItem item = describe(reader, table);
    compiler_.used_limits.clear();
    if (read_disabled(reader, table)) {
        if (rule.kind == AlarmKind::physiological && rule.priority == Priority::high) {
            text_.fail(*table.get("disabled"), "a physiological alarm of high priority can be changed, not disabled");
        }
    } else {
        conditions_.emplace_back();
        read_conditions(reader, table, rule);
        pack_.rules.push_back(std::move(rule));
    }
    item.limits.assign(compiler_.used_limits.begin(), compiler_.used_limits.end());
    reader.finish();
    pack_.outline.rules.push_back(std::move(item));
}

void PackReader::read_check(const toml::table& table)
{
    TableReader reader{text_, table, "the check"};
    Check check;
    check.id = read_id(reader, table, check_ids_);
    check.title = prose(reader, table, "title", true, 80);
    check.source = source(reader, table);
    for (const auto& [word, node] : reader.strings("signals", true)) {
        const auto signal = signal_from(word);
        if (signal) {
            check.signals.push_back(*signal);
            continue;
        }
        std::vector<std::string_view> names;
        for (std::size_t i = 0; i < signal_count; ++i) names.push_back(name(static_cast<Signal>(i)));
        text_.fail(*node, "unknown signal '" + word + "'" + meant_signal(word, names));
    }
    if (const toml::node* signals = table.get("signals"); signals && check.signals.empty() && text_.good()) {
        text_.fail(*signals, "the check names no signal that answers it");
    }
    read_schedule(reader, table, check);
    PackItem item = describe(reader, table);
    compiler_.used_limits.clear();
    if (!read_disabled(reader, table)) {
        if (const auto needs = reader.string("needs")) {
            if (const auto logic = condition(*table.get("needs"), *needs)) check.needs = compiler_.program(*logic);
        }
        for (const Signal signal : check.signals) pack_.check_signals |= mask(signal);
        pack_.checks.push_back(std::move(check));
    }
    item.limits.assign(compiler_.used_limits.begin(), compiler_.used_limits.end());
    reader.finish();
    pack_.outline.checks.push_back(std::move(item));
}

// { every = "15 min", for = "2 h" }
CheckPhase PackReader::read_phase(const toml::node& node)
{
    const auto* table = node.as_table();
    if (!table) {
        text_.fail(node, "a phase is written { every = \"15 min\", for = \"2 h\" }");
        return {};
    }
    TableReader reader{text_, *table, "the phase"};
    CheckPhase phase;
    phase.every = reader.duration("every", true).value_or(Duration::zero());
    phase.length = reader.duration("for", true).value_or(Duration::zero());
    reader.finish();
    if (table->size() == 2 && (phase.every <= Duration::zero() || phase.length < phase.every)) {
        text_.fail(node, "a phase lasts at least as long as its interval, and both are longer than nothing");
    }
    return phase;
}

void PackReader::read_schedule(TableReader& reader, const toml::table& table, Check& check)
{
    check.every = reader.duration("every", true).value_or(Duration::zero());
    check.overdue_after = reader.duration("overdue_after", true).value_or(Duration::zero());
    check.before_dose = reader.duration("before_dose").value_or(Duration::zero());
    for (const char* key : {"every", "overdue_after", "before_dose"}) {
        const toml::node* node = table.get(key);
        if (node && node->is_string() && parse_duration(node->as_string()->get()) == Duration::zero()) {
            text_.fail(*node, "'" + std::string{key} + "' must be longer than nothing");
        }
    }
    const CheckPhase first{reader.duration("first_every").value_or(Duration::zero()),
                           reader.duration("first_for").value_or(Duration::zero())};
    if ((first.every > Duration::zero()) != (first.length > Duration::zero())) {
        reader.fail("'first_every' and 'first_for' belong together");
    }
    if (first.every > Duration::zero()) check.phases.push_back(first);
    if (const toml::node* node = reader.find("phases")) {
        const auto* list = node->as_array();
        if (!check.phases.empty()) text_.fail(*node, "'phases' and 'first_every' say the same: write 'phases' alone");
        if (!list || list->empty() || list->size() > phases_max) {
            text_.fail(*node, "'phases' lists 1 to " + std::to_string(phases_max) +
                                  " phases, as in [{ every = \"15 min\", for = \"2 h\" }]");
        } else {
            for (const toml::node& one : *list) check.phases.push_back(read_phase(one));
        }
    }
    if (const toml::node* node = reader.find("after_stop")) check.after_stop = read_phase(*node);
}

// --- inhibitions ---

// The longest that an alarm of grade 2 may be held back (design value).
constexpr Duration grave_inhibition_max = std::chrono::minutes{15};

void PackReader::read_inhibition(const toml::table& table)
{
    TableReader reader{text_, table, "the inhibition"};
    Inhibition inhibition;
    inhibition.id = read_id(reader, table, inhibition_ids_);
    inhibition.at_most = reader.duration("at_most").value_or(Duration::zero());
    (void)reader.string("source");
    PackItem item = describe(reader, table);
    compiler_.used_limits.clear();
    const bool disabled = read_disabled(reader, table);
    if (!disabled) inhibition.reason = prose(reader, table, "reason", true, text_max);
    const auto when_text = disabled ? std::nullopt : reader.string("when", true);
    const auto when = when_text ? condition(*table.get("when"), *when_text) : std::nullopt;
    const auto rules = reader.strings("rules", !disabled);
    for (const auto& [id, node] : disabled ? decltype(rules){} : rules) {
        const auto found = std::find_if(pack_.rules.begin(), pack_.rules.end(),
                                        [&, wanted = &id](const Rule& rule) { return rule.id == *wanted; });
        if (found == pack_.rules.end()) {
            if (pack_.outline.rule(id)) continue; // disabled
            std::vector<std::string> ids;
            for (const Rule& rule : pack_.rules) ids.push_back(rule.id);
            text_.fail(*node, "the pack has no rule '" + id + "'" + did_you_mean(id, ids));
            continue;
        }
        const bool high = found->kind == AlarmKind::physiological && found->priority == Priority::high;
        const bool grave = high && found->grade == 2;
        if (!found->inhibitable) text_.fail(*node, "'" + id + "' says inhibitable = false: nothing holds it back");
        if (grave && (inhibition.at_most <= Duration::zero() || inhibition.at_most > grave_inhibition_max)) {
            text_.fail(*node, "'" + id + "' is of high priority and grade 2: it may be held back only with an "
                                         "'at_most' of no more than 15 min");
        }
        inhibition.rules.push_back(static_cast<std::uint16_t>(found - pack_.rules.begin()));
    }
    if (when) hold_back(table, *when, inhibition);
    item.limits.assign(compiler_.used_limits.begin(), compiler_.used_limits.end());
    reader.finish();
    pack_.outline.inhibitions.push_back(std::move(item));
    if (!disabled) pack_.inhibitions.push_back(std::move(inhibition));
}

// Into the gates of its rules: an inhibition that is not known to hold leaves them as they are.
void PackReader::hold_back(const toml::table& table, const Logic& when, Inhibition& inhibition)
{
    const toml::node& place = *table.get("when");
    if (compiler_.reads_value(when, Signal::mg)) {
        text_.fail(place, "a level holds no alarm back");
    }
    std::optional<Logic> held = when;
    if (inhibition.at_most > Duration::zero()) held = compiler_.bounded(when, inhibition.at_most);
    if (!held) {
        text_.fail(place, "too many different comparisons in this pack: at most " + std::to_string(atoms_max));
        return;
    }
    inhibition.when = compiler_.program(*held);
    for (const std::uint16_t index : inhibition.rules) {
        Conditions& rule = conditions_[index];
        if (!rule.when) continue;
        std::size_t steps = 10'000;
        if (inhibition.at_most <= Duration::zero() && compiler_.implies(*rule.when, when, steps)) {
            text_.fail(place, "this holds whenever '" + pack_.rules[index].id + "' does: that rule could never fire");
        }
        const Logic open = Compiler::negated(*held);
        rule.needs = rule.needs ? Compiler::both(*rule.needs, open) : open;
    }
}

// Of a pack without a mistake: each rule has its condition.
void PackReader::make_programs()
{
    for (std::size_t i = 0; i < pack_.rules.size(); ++i) {
        Rule& rule = pack_.rules[i];
        const Conditions& from = conditions_[i];
        rule.when = compiler_.program(*from.when);
        if (from.never_clears) {
            rule.clear.code = {{LogicOp::constant, static_cast<std::uint8_t>(Truth::no), 0}};
        } else {
            rule.clear = compiler_.program(from.clear ? *from.clear : Compiler::negated(*from.when));
        }
        if (from.needs) rule.needs = compiler_.program(*from.needs);
        rule.reads = rule.when.reads | rule.clear.reads | rule.needs.reads;
    }
}

// --- rules that another one makes pointless ---

// `by` is raised whenever `rule` is, no later, no less urgent, and does not end before it.
bool PackReader::shadowed(std::size_t rule, std::size_t by, std::size_t& steps) const
{
    const Rule& a = pack_.rules[rule];
    const Rule& b = pack_.rules[by];
    if (a.kind != b.kind || a.priority > b.priority || a.grade > b.grade || a.hold < b.hold) return false;
    if (a.latching > b.latching || a.together > b.together || a.clear_hold > b.clear_hold) return false;
    const Conditions& mine = conditions_[rule];
    const Conditions& theirs = conditions_[by];
    if (theirs.needs && !(mine.needs && Compiler::same(*mine.needs, *theirs.needs))) return false;
    const bool same_end = mine.clear && theirs.clear ? Compiler::same(*mine.clear, *theirs.clear)
                                                     : !mine.clear && !theirs.clear;
    return same_end && mine.never_clears == theirs.never_clears && compiler_.implies(*mine.when, *theirs.when, steps);
}

void PackReader::check_shadows()
{
    std::size_t steps = 2'000'000; // of all comparisons together: a pack that needs more is not searched further
    for (std::size_t i = 0; i < pack_.rules.size(); ++i) {
        for (std::size_t k = 0; k < pack_.rules.size(); ++k) {
            if (i == k || !shadowed(i, k, steps)) continue;
            if (i < k && shadowed(k, i, steps)) continue; // the same twice: the second is said to be too much
            const toml::node& place = *conditions_[i].table->get("when");
            text_.fail(place, "'" + pack_.rules[i].id + "' never matters: '" + pack_.rules[k].id +
                                  "' is raised whenever it is, no later and "
                              "no less urgent; make this one more urgent or quicker, give them conditions that exclude "
                              "each other, or leave it out");
            break;
        }
    }
}

void PackReader::finish()
{
    std::vector<Program*> programs;
    for (Rule& rule : pack_.rules) {
        for (Program* program : {&rule.when, &rule.clear, &rule.needs}) programs.push_back(program);
    }
    for (Check& check : pack_.checks) programs.push_back(&check.needs);
    for (Inhibition& inhibition : pack_.inhibitions) programs.push_back(&inhibition.when);
    Compiler::Result result = compiler_.finish(programs);
    if (result.plan.atoms.size() > atoms_max) {
        text_.fail_whole("too many different comparisons in this pack: at most " + std::to_string(atoms_max));
        return;
    }
    pack_.windows = std::move(result.windows);
    pack_.plan = std::move(result.plan);
    pack_.plan.shape = fingerprint(pack_);
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
                          const std::vector<LimitOverride>& overrides, const PackLibrary* library)
{
    return language::PackReader{text, file_name, library}.run(overrides);
}

} // namespace magwatch
