// What the tree of commands says of itself: completion for shells, and the commands' part of the manual page.
//
// Pure but for CLI11's own objects; read only.
#pragma once

#include <string>
#include <vector>

namespace CLI
{
class App;
}

namespace magwatch::cli
{

struct OptionText {
    std::string name;                 // "--unit"; a positional's name without dashes
    std::string help;
    std::string standard;             // the default; "" for none
    std::string environment;          // a variable that stands for it
    std::vector<std::string> choices; // of its value, where they are fixed
    bool positional = false, by_place = false; // by its place alone; by its place too
    bool takes_value = true, required = false, repeats = false, names_file = false;
};

struct CommandText {
    std::vector<std::string> path; // without "magwatch"
    std::string help, footer;
    std::vector<OptionText> options;  // without --help, positionals first
    std::vector<CommandText> commands; // hidden ones are left out
};

[[nodiscard]] CommandText describe(const CLI::App& app);

[[nodiscard]] std::string bash_completion(const CommandText& root);
[[nodiscard]] std::string zsh_completion(const CommandText& root);
// Sections of mdoc(7) for each command, to be put into magwatch(1).
[[nodiscard]] std::string manual_of_commands(const CommandText& root);

} // namespace magwatch::cli
