// The table of planned infusions of a pack (questions, components, caps of each indication) as fields that can be
// shown and compared, and where each comes from.
//
// Pure but for the library it is handed. Grams are of magnesium sulfate heptahydrate.
#pragma once

#include <string>
#include <vector>

#include "rules/language/pack.hpp"

namespace magwatch::cli
{

struct SessionField {
    std::string key, value, source; // the source is empty where the part has one of its own
};
struct SessionPart {
    std::string kind, id; // "indication", "pre_eclampsia"
    std::vector<SessionField> fields;
    [[nodiscard]] const SessionField* field(const std::string& key) const;
};
[[nodiscard]] std::vector<SessionPart> session_parts(const SessionTable& table);

// What a pack says of a part, with what it empties.
struct SessionOrigin {
    std::string key;
    const SessionField* field; // null: the pack has emptied what stood there
    std::string was;           // what it emptied
    std::string from;          // a pack's name, or builtin_sessions_name
};
inline constexpr const char* builtin_sessions_name = "the built-in table";

class SessionOrigins
{
public:
    // `library`: finds the packs that this one extends; those it does not find are passed over.
    SessionOrigins(const Pack& pack, const PackLibrary& library);
    [[nodiscard]] const std::vector<SessionPart>& parts() const { return chain_.front().parts; }
    [[nodiscard]] std::vector<SessionOrigin> of(const SessionPart& part) const;

private:
    struct Generation {
        std::string name;
        std::vector<SessionPart> parts;
        [[nodiscard]] const SessionPart* part(const SessionPart& like) const;
    };
    std::vector<Generation> chain_; // the pack, what it extends, ..., the built-in table
};

} // namespace magwatch::cli
