// What a pack says, and the effective text of one that extends others.
#include <algorithm>
#include <map>

#include "rules/language/pack.hpp"
#include "rules/language/toml_text.hpp"

namespace magwatch {
namespace {

using language::toml_of;

template <class Items> auto find(const Items& items, std::string_view id)
{
    const auto found = std::find_if(items.begin(), items.end(), [&](const auto& one) { return one.id == id; });
    return found == items.end() ? nullptr : &*found;
}

// from = "minimal", or from = { "*" = "minimal", when = "site" } where fields differ.
std::string from_of(const PackItem& item)
{
    std::string others;
    for (const PackField& field : item.fields) {
        if (field.from != item.from) others += ", " + field.key + " = " + toml_of(field.from);
    }
    if (others.empty()) return toml_of(item.from);
    return "{ \"*\" = " + toml_of(item.from) + others + " }";
}

void write(std::string& out, std::string_view part, const PackItem& item)
{
    out += "\n[[" + std::string{part} + "]]\nid = " + toml_of(item.id) + "\n";
    for (const PackField& field : item.fields) out += field.key + " = " + field.toml + "\n";
    out += "from = " + from_of(item) + "\n";
}

} // namespace

const PackField* PackItem::field(std::string_view key) const
{
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& one) { return one.key == key; });
    return found == fields.end() ? nullptr : &*found;
}

std::string_view PackItem::value(std::string_view key) const
{
    const PackField* found = field(key);
    return found ? std::string_view{found->value} : std::string_view{};
}

const PackItem* PackOutline::rule(std::string_view id) const { return find(rules, id); }

const PackLimit* PackOutline::limit(std::string_view name) const
{
    const auto found = std::find_if(limits.begin(), limits.end(), [&](const auto& one) { return one.name == name; });
    return found == limits.end() ? nullptr : &*found;
}

namespace {

// What holds the rule back, in words that differ where it does.
std::string inhibitions_of(const PackOutline& outline, std::string_view rule)
{
    std::string out;
    for (const PackItem& item : outline.inhibitions) {
        const std::string name = "\"" + std::string{rule} + "\"";
        if (item.disabled || item.field("rules")->toml.find(name) == std::string::npos) continue;
        out += std::string{item.value("when")} + "|" + std::string{item.value("at_most")} + "|";
        for (const std::string& limit : item.limits) {
            const PackLimit& found = *outline.limit(limit);
            out += limit + "=" + found.value + (found.inclusive ? " itself too" : "") + "|";
        }
    }
    return out;
}

} // namespace

bool same_behaviour(const PackOutline& a, const PackOutline& b, std::string_view rule)
{
    const PackItem* one = a.rule(rule);
    const PackItem* other = b.rule(rule);
    if (!one || !other || one->disabled || other->disabled || one->limits != other->limits) return false;
    for (const char* key : {"when", "clear", "needs", "for", "clear_for", "kind"}) {
        if (one->value(key) != other->value(key)) return false;
    }
    if (inhibitions_of(a, rule) != inhibitions_of(b, rule)) return false;
    return std::all_of(one->limits.begin(), one->limits.end(), [&](const std::string& name) {
        const PackLimit& mine = *a.limit(name);
        const PackLimit& theirs = *b.limit(name);
        return mine.value == theirs.value && mine.inclusive == theirs.inclusive;
    });
}

std::string effective_text(const Pack& pack)
{
    const PackOutline& outline = pack.outline;
    std::string lineage;
    for (const std::string& name : outline.lineage) lineage += (lineage.empty() ? "" : ", ") + toml_of(name);
    std::string out = "# The effective pack, as it runs: every limit, rule and check says from which pack it comes.\n";
    out += "name = " + toml_of(pack.name) + "\ntitle = " + toml_of(pack.title) + "\nversion = " +
           toml_of(pack.version) + "\n";
    if (pack.example) out += "example = true\n";
    if (pack.benchmark) out += "benchmark = true\n";
    if (pack.ageless) out += "max_age = \"none\"\n";
    out += "lineage = [" + lineage + "]\n";
    if (!outline.limits.empty()) out += "\n[limits]\n";
    for (const PackLimit& limit : outline.limits) {
        out += limit.name + " = { value = " + toml_of(limit.value);
        if (limit.inclusive) out += ", inclusive = true";
        if (!limit.title.empty()) out += ", title = " + toml_of(limit.title);
        out += ", source = " + toml_of(limit.source.empty() ? "not given" : limit.source) +
               ", from = " + toml_of(limit.from) + " }\n";
    }
    for (const PackItem& rule : outline.rules) write(out, "rule", rule);
    for (const PackItem& check : outline.checks) write(out, "check", check);
    for (const PackItem& inhibition : outline.inhibitions) write(out, "inhibit", inhibition);
    if (!outline.sessions.empty()) out += "\n" + outline.sessions;
    return out;
}

EffectiveText effective_text(std::string_view text, std::string_view file_name, const PackLibrary* library)
{
    EffectiveText out;
    CompiledPack compiled = compile_pack(text, file_name, {}, library);
    out.errors = std::move(compiled.errors);
    if (!compiled.pack) return out;
    if (compiled.pack->outline.lineage.size() < 2) {
        out.text = std::string{text};
        return out;
    }
    out.text = effective_text(*compiled.pack);
    if (out.text.size() > pack_bytes_max) {
        out.errors.push_back({std::string{file_name}, 0, 0, "the effective pack is larger than " +
                                                                std::to_string(pack_bytes_max / 1024) + " KiB", {}});
        out.text.clear();
    }
    return out;
}

} // namespace magwatch
