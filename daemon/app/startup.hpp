// Which configuration a start runs: the file's, else the last good one, else the file's although a roster has gaps, its
// certificate, protocol or maps cannot be used, else the file's beds with the built-in minimal pack, else what this
// version accepts of the last good one (BEHAVIOUR "Starting in bad weather").
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/journal/journal_file.hpp"

namespace magwatch {

struct StartConfig {
    std::optional<Config> config;     // nothing: no configuration of any kind can run
    std::vector<std::string> errors;  // why the file was refused, one mistake each, as file:line:col
    std::vector<std::string> notes;   // worth saying
    bool fallback = false;
    std::string reason;               // of the fallback, in a few words
};

// Reads the file alone.
[[nodiscard]] StartConfig read_configuration(const std::string& path);
// What the configuration names as a secret and cannot be read, in words; those of `known` could not be read before.
[[nodiscard]] std::vector<std::string> unreadable_secrets(const Config& config, const std::set<std::string>& known);
// Finds something to run when the file was refused.
void fall_back(StartConfig& start, const std::string& path, JournalFile& journal);
// The built-in minimal pack takes the place of the site's, for `reason`: in the present file, or in what runs in its
// place where that cannot be read.
void use_built_in_rules(StartConfig& start, const std::string& path, std::string reason);

} // namespace magwatch
