#include "rules/language/inheritance.hpp"

#include <algorithm>
#include <array>

namespace magwatch::language {
namespace {

// Of a rule or a check: what carries a number or decides whether and when somebody is called. Whoever
// changes it says where the change comes from.
constexpr std::array weighty = {"when",  "clear",       "needs",     "for",    "clear_for", "priority",
                                "grade", "kind",        "together",  "every",  "first_every", "first_for",
                                "signals", "overdue_after", "rules", "at_most",
                                 "phases", "after_stop", "before_dose"};

// Lists of things that are inherited by their ids.
constexpr std::array parts = {"rule", "check", "inhibit"};

std::string text_of(const toml::table& table, std::string_view key)
{
    const auto* text = table.get_as<std::string>(key);
    return text ? text->get() : std::string{};
}

bool is_true(const toml::table& table, std::string_view key)
{
    const auto* value = table.get_as<bool>(key);
    return value && value->get();
}

bool is_grave(const toml::table& rule)
{
    const std::string kind = text_of(rule, "kind");
    return (kind.empty() || kind == "physiological") && text_of(rule, "priority") == "high";
}

bool holds(const std::vector<std::string>& words, std::string_view word)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

void put(toml::table& into, const toml::key& key, toml::node& node)
{
    into.insert_or_assign(key, std::move(node));
}

} // namespace

// The name may be reached: it is no pack on the way, and the way is not too long.
bool Lineage::reach(const toml::node& extends, const std::string& name)
{
    if (holds(names_, name)) {
        std::string way;
        for (const std::string& one : names_) way += one + " -> ";
        text_.fail(extends, "packs extend each other in a circle: " + way + name);
        return false;
    }
    if (names_.size() == lineage_max) {
        text_.fail(extends, "too many packs extend each other: at most " + std::to_string(lineage_max));
        return false;
    }
    return true;
}

void Lineage::check_name(const toml::table& document, const std::string& wanted)
{
    const std::string found = text_of(document, "name");
    if (found == wanted) return;
    good_ = false;
    const toml::node* node = document.get("name");
    text_.fail(node ? node->source() : document.source(),
               "this file was asked for the pack '" + wanted + "', but holds '" + found + "'");
}

// What `child` extends, or nothing: it extends no pack, or a mistake was found.
std::optional<toml::table> Lineage::next(const toml::table& child)
{
    const toml::node* extends = child.get("extends");
    if (!extends) return std::nullopt;
    const auto* word = extends->as_string();
    good_ = false;
    if (!word) {
        text_.fail(*extends, "'extends' is the name of one pack, in quotes");
        return std::nullopt;
    }
    const std::string& name = word->get();
    if (child.contains("lineage")) {
        text_.fail(*extends, "an effective pack ('lineage') extends no other: it holds everything");
        return std::nullopt;
    }
    if (!reach(*extends, name)) return std::nullopt;
    auto source = library_ ? library_->find(name) : std::nullopt;
    if (!source) {
        const auto names = library_ ? library_->names() : std::vector<std::string>{};
        text_.fail(*extends, "there is no pack '" + name + "' to extend" + did_you_mean(name, names));
        return std::nullopt;
    }
    names_.push_back(name);
    sources_.push_back(std::move(*source));
    const std::size_t file = text_.add(sources_.back().text, sources_.back().file);
    auto document = text_.parse(file);
    if (!document) return std::nullopt;
    good_ = true;
    check_name(*document, name);
    if (is_true(*document, "example") && !is_true(child, "example")) {
        text_.fail(*extends, "'" + name + "' is an example pack: only another example pack can extend it");
    }
    return document;
}

std::optional<Inherited> Lineage::read()
{
    std::vector<toml::table> generations; // the pack itself first
    auto document = text_.parse();
    if (!document) return std::nullopt;
    names_.push_back(text_of(*document, "name"));
    while (document) {
        generations.push_back(std::move(*document));
        document = next(generations.back());
    }
    if (!good_) return std::nullopt;
    Inherited out;
    for (std::size_t i = generations.size(); i-- > 0;) {
        take_over(out.document, generations[i], i);
        note_grave(out.document);
    }
    out.names = std::move(names_);
    return out;
}

// `into` holds what the older generations say, and `child` what the next one says.
void Lineage::take_over(toml::table& into, toml::table& child, std::size_t generation)
{
    // Of the pack itself alone: a name is no heritage, and cases are of the pack beside which they stand.
    constexpr std::array own = {"name",    "title",   "version",   "example", "extends",
                                "lineage", "case",    "benchmark", "max_age"};
    if (child.contains("lineage") && generation > 0) {
        text_.fail(*child.get("lineage"), "an effective pack cannot be extended: extend the pack it was made from");
    }
    for (const auto* part : parts) take_items(into, child, part);
    take_limits(into, child);
    for (const auto* part : {"question", "component", "indication"}) lay_over(into, child, part);
    for (const auto* key : own) {
        if (generation > 0) child.erase(key);
    }
    // The document is the child's: a mistake in it as a whole is shown there.
    for (auto&& [key, node] : into) {
        const bool joined = key.str() == "limits" || std::find(parts.begin(), parts.end(), key.str()) != parts.end();
        if (joined || !child.contains(key.str())) put(child, key, node);
    }
    into = std::move(child);
}

// Rows of the session table are laid over one another, the nearest pack's last.
void Lineage::lay_over(toml::table& into, toml::table& child, std::string_view part)
{
    auto* before = into.get_as<toml::array>(part);
    auto* mine = child.get_as<toml::array>(part);
    if (before == nullptr || mine == nullptr) return;
    toml::array joined;
    for (toml::node& row : *before) joined.push_back(std::move(row));
    for (toml::node& row : *mine) joined.push_back(std::move(row));
    *mine = std::move(joined);
}

void Lineage::take_limits(toml::table& into, toml::table& child)
{
    toml::node* mine = child.get("limits");
    if (!mine) return;
    toml::node* inherited = into.get("limits");
    if (inherited && !inherited->is_table()) return; // said when it is read
    if (!inherited || !mine->is_table()) {
        put(into, child.find("limits")->first, *mine);
        return;
    }
    for (auto&& [key, limit] : *mine->as_table()) {
        toml::node* before = inherited->as_table()->get(key.str());
        auto* table = limit.as_table();
        if (before && !table) {
            text_.fail(limit, "this replaces an inherited limit: say where it comes from, as in " +
                                  std::string{key.str()} + " = { value = \"...\", source = \"...\" }");
        }
        auto* old = before ? before->as_table() : nullptr;
        if (old && table && old->contains("title") && !table->contains("title")) {
            put(*table, old->find("title")->first, *old->get("title"));
        }
        put(*inherited->as_table(), key, limit);
    }
}

// An item of which nothing is inherited.
void Lineage::check_new(const toml::table& item, std::string_view part, const std::vector<std::string>& known)
{
    const std::string id = text_of(item, "id");
    const std::string what{part};
    for (const auto* key : {"disabled", "unset"}) {
        const toml::node* node = item.get(key);
        if (!node) continue;
        text_.fail(*node, "no " + what + " '" + id + "' is inherited" + did_you_mean(id, known) + ": '" +
                              std::string{key} + "' is for inherited ones");
    }
    const bool whole = item.contains(part == "check" ? "every" : "when");
    if (known.empty() || whole || id.empty() || item.contains("disabled") || item.contains("unset")) return;
    text_.fail(*item.get("id"), "no " + what + " '" + id + "' is inherited" + did_you_mean(id, known));
}

void Lineage::take_items(toml::table& into, toml::table& child, std::string_view part)
{
    toml::node* mine = child.get(part);
    if (!mine) return;
    auto* items = mine->as_array();
    if (!items) { // said when it is read
        put(into, child.find(part)->first, *mine);
        return;
    }
    if (!into.get_as<toml::array>(part)) {
        into.insert_or_assign(part, toml::array{});
    }
    toml::array& all = *into.get_as<toml::array>(part);
    std::vector<std::string> known;
    std::vector<toml::table*> inherited; // of the same ids
    for (toml::node& node : all) {
        auto* item = node.as_table();
        if (!item) continue;
        known.push_back(text_of(*item, "id"));
        inherited.push_back(item);
    }
    const bool effective = child.contains("lineage");
    std::vector<std::string> seen;
    for (toml::node& node : *items) {
        auto* item = node.as_table();
        const std::string id = item ? text_of(*item, "id") : std::string{};
        const bool repeated = holds(seen, id); // stays beside the first, and is reported as a second one
        if (!id.empty()) seen.push_back(id);
        const auto before = std::find(known.begin(), known.end(), id);
        if (item && !repeated && before != known.end()) {
            take_item(*item, *inherited[static_cast<std::size_t>(before - known.begin())], part);
            continue;
        }
        if (item && !effective) check_new(*item, part, known);
        all.push_back(std::move(node));
    }
}

void Lineage::take_item(toml::table& mine, toml::table& theirs, std::string_view part)
{
    const std::string id = text_of(mine, "id");
    const toml::node* changed = nullptr;
    for (auto&& [key, node] : mine) {
        const bool counts = std::find(weighty.begin(), weighty.end(), key.str()) != weighty.end();
        if (counts && !changed) changed = &node;
    }
    const std::string why = part == "inhibit" ? "reason" : "source";
    if (changed && !mine.contains(why)) {
        text_.fail(*changed, "this changes the inherited " + std::string{part} + " '" + id +
                                 "': say where it comes from with '" + why + "'");
    }
    const toml::node* disabled = mine.get("disabled");
    if (part == "rule" && is_true(mine, "disabled") && holds(grave_, id)) {
        text_.fail(*disabled, "'" + id + "' is a physiological alarm of high priority: it can be changed, with its "
                                         "source, but not disabled");
    }
    if (is_true(mine, "disabled") && mine.size() > (mine.contains("reason") ? 3U : 2U)) {
        text_.fail(*disabled, "a disabled " + std::string{part} + " has an id and a 'reason', nothing else");
    }
    if (const auto* unset = mine.get_as<toml::array>("unset")) {
        for (const toml::node& one : *unset) {
            const auto* key = one.as_string();
            if (key && key->get() != "id" && theirs.contains(key->get())) {
                theirs.erase(key->get());
            } else {
                text_.fail(one, "'unset' lists fields that the inherited " + std::string{part} + " has");
            }
        }
        mine.erase("unset");
    }
    if (disabled && !is_true(mine, "disabled")) theirs.erase("reason"); // it is in use again
    for (auto&& [key, node] : mine) {
        if (key.str() != "id") put(theirs, key, node);
    }
}

void Lineage::note_grave(const toml::table& document)
{
    const auto* rules = document.get_as<toml::array>("rule");
    if (!rules) return;
    for (const toml::node& node : *rules) {
        const auto* rule = node.as_table();
        if (rule && is_grave(*rule)) grave_.push_back(text_of(*rule, "id"));
    }
}

} // namespace magwatch::language
