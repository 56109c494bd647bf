// What a newer version still accepts of a configuration that was good once.
#pragma once

#include <optional>
#include <string>

#include "daemon/config/config_reader.hpp"

namespace magwatch {

struct AcceptedPart {
    Config config;
    std::string left_out; // in words: "line 12: unknown key 'x' (and 2 more)"
};

// Leaves out each line that is refused, and the table around it where that does not mend it, until the rest is a
// configuration. Nothing: what is wrong stands in no line of this text.
[[nodiscard]] std::optional<AcceptedPart> accepted_part(const std::string& text, const std::string& path,
                                                        const FileReader& read, const ConfigChecks& checks);

} // namespace magwatch
