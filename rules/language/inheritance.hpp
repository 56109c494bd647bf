// One document from a pack and those it extends: what the nearest pack says of a field holds.
//
// Pure. The caller has the texts; nothing here reads a file. Bounded by lineage_max packs.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/language/pack.hpp"
#include "rules/language/toml_text.hpp"

namespace magwatch::language {

// A pack and what it inherits, as if one person had written it. Nodes keep their places: TomlText::file_of
// gives the index of the pack in `names` that they come from.
struct Inherited {
    toml::table document;
    std::vector<std::string> names; // the pack itself first, then what it extends, and so on
};

class Lineage {
public:
    Lineage(TomlText& text, const PackLibrary* library) : text_{text}, library_{library} {}
    // The document of file 0 and its ancestors, or nothing and the reasons in `text`.
    [[nodiscard]] std::optional<Inherited> read();

private:
    std::optional<toml::table> next(const toml::table& child);
    bool reach(const toml::node& extends, const std::string& name);
    void check_name(const toml::table& document, const std::string& wanted);
    void take_over(toml::table& into, toml::table& child, std::size_t generation);
    static void lay_over(toml::table& into, toml::table& child, std::string_view part);
    void take_limits(toml::table& into, toml::table& child);
    void take_items(toml::table& into, toml::table& child, std::string_view part);
    void take_item(toml::table& mine, toml::table& theirs, std::string_view part);
    void check_new(const toml::table& item, std::string_view part, const std::vector<std::string>& known);
    void note_grave(const toml::table& document);

    TomlText& text_;
    const PackLibrary* library_;
    std::deque<PackSource> sources_; // their texts are looked into
    std::vector<std::string> names_;
    std::vector<std::string> grave_; // rules that were physiological and high in some pack
    bool good_ = true;
};

} // namespace magwatch::language
