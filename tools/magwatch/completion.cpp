#include "tools/magwatch/completion.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

// What an option's value or an argument is a file: the tree itself only says that it is text.
constexpr std::array<std::string_view, 16> file_names{
    "file",        "path",   "map",      "pack",      "a",        "b",          "--cases",   "--junit",
    "--recording", "--pack", "--config", "--answers", "--output", "--protocol", "--secrets", "--state-directory"};

// "TEXT:{yes,no}" -> yes, no
std::vector<std::string> choices_of(const std::string& type)
{
    std::vector<std::string> choices;
    const std::size_t open = type.find('{'), close = type.find('}');
    if (open == std::string::npos || close == std::string::npos || close < open) return choices;
    std::string word;
    for (const char c : type.substr(open + 1, close - open - 1) + ",") {
        if (c != ',') {
            word += c;
            continue;
        }
        choices.push_back(std::exchange(word, {}));
    }
    return choices;
}

OptionText describe(const CLI::Option& option)
{
    OptionText text;
    text.positional = !option.nonpositional();
    text.by_place = option.get_positional();
    text.name = text.positional ? option.get_name() : "--" + option.get_lnames().front();
    text.help = option.get_description();
    text.standard = option.get_default_str();
    text.environment = option.get_envname();
    text.takes_value = option.get_items_expected_max() > 0;
    text.required = option.get_required();
    text.repeats = option.get_items_expected_max() > 1;
    text.choices = choices_of(option.get_type_name());
    text.names_file = text.takes_value &&
                      std::find(file_names.begin(), file_names.end(), text.name) != file_names.end();
    return text;
}

std::string joined(const std::vector<std::string>& words, std::string_view between)
{
    return fmt::format("{}", fmt::join(words, between));
}

void each(const CommandText& command, const std::function<void(const CommandText&)>& visit)
{
    visit(command);
    for (const auto& below : command.commands) each(below, visit);
}

// As it stands between single quotes in a shell.
std::string in_quotes(std::string_view text)
{
    std::string out;
    for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return out;
}

// A help text in zsh: one line without what _arguments and _describe read as marks.
std::string zsh_text(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return in_quotes(out);
}

std::string zsh_value(const OptionText& option)
{
    if (!option.takes_value) return "";
    const std::string_view name = option.positional ? std::string_view{option.name} : std::string_view{"value"};
    if (!option.choices.empty()) return fmt::format(":{}:({})", name, joined(option.choices, " "));
    return fmt::format(":{}:{}", name, option.names_file ? "_files" : " ");
}

std::string zsh_option(const OptionText& option)
{
    if (option.positional)
        return fmt::format("'{}{}'", option.repeats ? "*" : "", zsh_value(option));
    return fmt::format("'{}{}[{}]{}'", option.repeats ? "*" : "", option.name, zsh_text(option.help),
                       zsh_value(option));
}

std::string roff(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\e";
        else if (c == '-') out += "\\-";
        else if (c == '\n') out += "\n";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += std::string{"\\&"} + c;
        else out += c;
    }
    return out;
}

// One sentence as a line of a macro's argument list: quotes end arguments there.
std::string sentence(const std::string& text)
{
    std::string line = roff(text);
    if (!line.empty() && line.front() >= 'a' && line.front() <= 'z')
        line.front() = static_cast<char>(line.front() - 'a' + 'A');
    if (!line.empty() && line.back() != '.' && line.back() != '?') line += '.';
    return line;
}

std::string manual_option(const OptionText& option)
{
    std::string out = option.positional ? fmt::format(".It Ar {}\n", roff(option.name))
                                        : fmt::format(".It Fl \\-{}{}\n", roff(option.name.substr(2)),
                                                      option.takes_value ? " Ar value" : "");
    out += sentence(option.help) + "\n";
    if (option.by_place && !option.positional) out += "The value alone, without its option, means the same.\n";
    if (!option.choices.empty()) out += fmt::format("One of {}.\n", roff(joined(option.choices, ", ")));
    if (!option.standard.empty()) out += fmt::format("Default: {}.\n", roff(option.standard));
    if (!option.environment.empty()) out += fmt::format("Environment:\n.Ev {} .\n", option.environment);
    if (option.required) out += "Required.\n";
    if (option.repeats) out += "May be given several times.\n";
    return out;
}

} // namespace

CommandText describe(const CLI::App& app)
{
    CommandText text;
    for (const CLI::App* at = &app; at->get_parent() != nullptr; at = at->get_parent())
        text.path.insert(text.path.begin(), at->get_name());
    text.help = app.get_description();
    const bool inherited = app.get_parent() != nullptr && app.get_footer() == app.get_parent()->get_footer();
    if (!inherited) text.footer = app.get_footer();
    for (const CLI::Option* option : app.get_options()) {
        if (option == app.get_help_ptr()) continue;
        OptionText one = describe(*option);
        const auto at = one.positional ? std::find_if(text.options.begin(), text.options.end(),
                                                      [](const auto& other) { return !other.positional; })
                                       : text.options.end();
        text.options.insert(at, std::move(one));
    }
    for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!below->get_group().empty()) text.commands.push_back(describe(*below));
    return text;
}

std::string bash_completion(const CommandText& root)
{
    std::string known, values, words;
    each(root, [&](const CommandText& command) {
        const std::string path = joined(command.path, " ");
        if (!command.path.empty()) known += fmt::format("{}'{}'", known.empty() ? "" : " | ", path);
        std::vector<std::string> here;
        for (const auto& below : command.commands) here.push_back(below.path.back());
        bool files = false;
        for (const auto& option : command.options) {
            if (option.positional) {
                files = files || option.names_file;
                continue;
            }
            here.push_back(option.name);
            if (!option.takes_value) continue;
            const std::string action = !option.choices.empty()
                                           ? fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))",
                                                         in_quotes(joined(option.choices, " ")))
                                       : option.names_file ? "COMPREPLY=($(compgen -f -- \"$cur\"))"
                                                           : "COMPREPLY=()";
            values += fmt::format("        '{}:{}') {}; return ;;\n", path, option.name, action);
        }
        here.emplace_back("--help");
        words += fmt::format("        '{}') words='{}' files={} ;;\n", path, joined(here, " "), files ? "yes" : "no");
    });
    return fmt::format(
        R"(# bash completion for magwatch. Made by `magwatch completion bash` from the program's own commands.
_magwatch()
{{
    local cur=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= deeper i words= files=no
    for ((i = 1; i < COMP_CWORD; i++)); do
        deeper="$command${{command:+ }}${{COMP_WORDS[i]}}"
        case $deeper in
            {}) command=$deeper ;;
        esac
    done
    case $command:$before in
{}    esac
    case $command in
{}    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    if [ "$files" = yes ]; then
        COMPREPLY+=($(compgen -f -- "$cur"))
    fi
}}
complete -o filenames -F _magwatch magwatch
)",
        known, values, words);
}

std::string zsh_completion(const CommandText& root)
{
    std::string known, actions;
    each(root, [&](const CommandText& command) {
        const std::string path = joined(command.path, " ");
        if (!command.path.empty()) known += fmt::format("{}'{}'", known.empty() ? "" : "|", path);
        std::string one;
        if (!command.commands.empty()) {
            one += "            commands=(\n";
            for (const auto& below : command.commands)
                one += fmt::format("                '{}:{}'\n", below.path.back(), zsh_text(below.help));
            one += "            )\n            _describe -t commands command commands\n";
        }
        std::string options;
        for (const auto& option : command.options) options += " \\\n                " + zsh_option(option);
        one += fmt::format("            _arguments{} \\\n                '--help[what this command does]'\n", options);
        actions += fmt::format("        '{}')\n{}            ;;\n", path, one);
    });
    return fmt::format(R"(#compdef magwatch
# zsh completion for magwatch. Made by `magwatch completion zsh` from the program's own commands.
_magwatch()
{{
    local command= deeper
    local -a commands
    local -i i=2 depth=0
    while (( i < CURRENT )); do
        deeper="$command${{command:+ }}${{words[i]}}"
        case "$deeper" in
            ({}) command="$deeper"; (( depth = i - 1 )) ;;
        esac
        (( i++ ))
    done
    # What follows completes the arguments of that command alone.
    words=("${{(@)words[depth+1,-1]}}")
    (( CURRENT -= depth ))
    case "$command" in
{}    esac
}}
_magwatch "$@"
)",
                       known, actions);
}

// --json and --socket are nearly everywhere: the page tells of them once, before.
std::string manual_of_commands(const CommandText& root)
{
    std::string out;
    each(root, [&](const CommandText& command) {
        if (command.path.empty() || !command.commands.empty()) return; // groups say nothing of their own
        out += fmt::format(".Ss magwatch {}\n", roff(joined(command.path, " ")));
        out += sentence(command.help) + "\n";
        std::string options;
        for (const auto& option : command.options)
            if (option.name != "--json" && option.name != "--socket") options += manual_option(option);
        if (!options.empty()) out += ".Bl -tag -width Ds -compact\n" + options + ".El\n";
        if (!command.footer.empty()) out += fmt::format(".Bd -literal -compact\n{}\n.Ed\n", roff(command.footer));
    });
    return out;
}

void add_completion(CLI::App& app, Shell& shell)
{
    CLI::App* completion = app.add_subcommand("completion", "what these commands look like to a shell");
    completion->group(""); // for packages: people get it with the installation
    completion->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, std::string (*text)(const CommandText&)) {
        completion->add_subcommand(name, help)->callback([&app, &shell, text] {
            std::fputs(text(describe(app)).c_str(), stdout);
            shell.exit_code = ok;
        });
    };
    add("bash", "for bash", bash_completion);
    add("zsh", "for zsh", zsh_completion);
    add("manual", "the commands' part of magwatch(1), in mdoc", manual_of_commands);
}

} // namespace magwatch::cli
