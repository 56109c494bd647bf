// [[question]], [[component]] and [[indication]] of a pack. Internal to rules/language.
#pragma once

#include "rules/language/session_table.hpp"
#include "rules/language/toml_text.hpp"

namespace magwatch::language {

// Replaces the cells that the document states; every mistake goes to `text`.
void read_sessions(TomlText& text, TableReader& top, SessionTable& table);
// The same rows as text, for the effective pack.
[[nodiscard]] std::string sessions_text(const toml::table& document);
// A name like "4 g" or "10 mL" has no place in what people read (pack.cpp).
[[nodiscard]] bool holds_dose(std::string_view text);

} // namespace magwatch::language
