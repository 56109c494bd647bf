// Sections of a configuration read from a string, with no file beside it.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "daemon/config/config_reader.hpp"

namespace magwatch {

// Of a demo ward with these sections besides its own.
inline LoadedConfig load(const std::string& sections)
{
    const std::string ward = "[ward]\nname = \"l4\"\nmode = \"demo\"\n";
    return parse_config(ward + sections, "/etc/magwatch/magwatch.toml",
                        [](const std::string& path) -> std::variant<std::string, Diagnostic> {
                            return Diagnostic{path, 0, 0, "cannot be read", ""};
                        });
}

inline std::vector<std::string> errors(const std::string& sections)
{
    std::vector<std::string> found;
    for (const Diagnostic& one : load(sections).errors) found.push_back(one.text());
    return found;
}

} // namespace magwatch
