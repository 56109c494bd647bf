// `magwatch doctor`: what is wrong with an installation, and what to do.
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli
{
namespace
{

using doctor::Finding;
using doctor::Findings;
using doctor::Verdict;

constexpr std::size_t longest_text = 2000;

Json to_json(const Findings& findings, bool strict)
{
    Json out{{"ok", findings.exit_code(strict) == ok}};
    for (const auto& [key, verdict] : {std::pair{"wrong", Verdict::wrong}, {"warnings", Verdict::warning},
                                       {"could_not_tell", Verdict::unknown}, {"good", Verdict::ok}})
        out[key] = findings.count(verdict);
    out["checks"] = Json::array();
    for (const Finding& f : findings.all())
        out["checks"].push_back({{"group", f.group},
                                 {"check", f.check},
                                 {"verdict", f.verdict == Verdict::unknown ? "unknown" : std::string{name(f.verdict)}},
                                 {"found", f.found},
                                 {"advice", f.advice.empty() ? Json{} : Json(f.advice)}});
    return out;
}

const char* colour_of(Verdict verdict)
{
    switch (verdict) {
    case Verdict::wrong:
        return "\x1b[1;31m";
    case Verdict::warning:
        return "\x1b[33m";
    case Verdict::unknown:
        return "\x1b[36m";
    case Verdict::ok:
        return "\x1b[32m";
    }
    return "";
}

// Words of a paragraph, broken to the terminal, each line behind `indent` blanks.
void print_wrapped(const std::string& text, std::size_t indent, std::size_t width)
{
    std::size_t column = indent;
    std::string word;
    const auto flush = [&] {
        if (word.empty()) return;
        if (column > indent && column + 1 + word.size() > width) {
            std::printf("\n%*s", static_cast<int>(indent), "");
            column = indent;
        } else if (column > indent) {
            std::printf(" ");
            ++column;
        }
        std::printf("%s", word.c_str());
        column += word.size();
        word.clear();
    };
    for (const char c : text) {
        if (c == ' ') flush();
        else word += c;
    }
    flush();
    std::printf("\n");
}

void print_for_people(const Findings& findings)
{
    const char* no_colour = std::getenv("NO_COLOR");
    const bool colour = no_colour == nullptr || *no_colour == '\0';
    winsize size{};
    const bool sized = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60;
    const std::size_t width = sized ? size.ws_col : 100;
    constexpr std::size_t indent = 18;
    std::string group;
    for (const Finding& f : findings.all()) {
        if (f.group != group)
            std::printf("%s%s%s\n", colour ? "\x1b[1m" : "", f.group.c_str(), colour ? "\x1b[0m" : "");
        group = f.group;
        std::printf("  %s%-14s%s  ", colour ? colour_of(f.verdict) : "", std::string{name(f.verdict)}.c_str(),
                    colour ? "\x1b[0m" : "");
        print_wrapped(f.check + ": " + escape_log_text(f.found, longest_text), indent, width);
        if (f.advice.empty()) continue;
        std::printf("%*s", static_cast<int>(indent), "");
        print_wrapped("-> " + escape_log_text(f.advice, longest_text), indent, width);
    }
}

void print_plain(const Findings& findings)
{
    Table table{{"GROUP", "CHECK", "VERDICT", "FOUND", "ADVICE"}};
    for (const Finding& f : findings.all())
        table.row({f.group, f.check, std::string{name(f.verdict)}, escape_log_text(f.found, longest_text),
                   f.advice.empty() ? "-" : escape_log_text(f.advice, longest_text)});
    table.print();
}

int run_doctor(Shell& shell, const doctor::Options& options)
{
    doctor::Machine machine;
    machine.now = read_clocks().wall;
    const Findings findings = doctor::examine(doctor::gather(options, std::move(machine)));
    const int code = findings.exit_code(options.strict);
    if (shell.json) {
        shell.print(to_json(findings, options.strict));
        return code;
    }
    if (isatty(STDOUT_FILENO) == 1) print_for_people(findings);
    else print_plain(findings);
    std::fflush(stdout);
    std::fprintf(stderr, "magwatch doctor: %zu wrong, %zu warnings, %zu could not be told, %zu ok\n",
                 findings.count(Verdict::wrong), findings.count(Verdict::warning), findings.count(Verdict::unknown),
                 findings.count(Verdict::ok));
    return code;
}

} // namespace

void add_doctor(CLI::App& app, Shell& shell)
{
    const auto options = std::make_shared<doctor::Options>();
    CLI::App* command = leaf(app, shell, "doctor", "what is wrong with this installation, and what to do", Talks::no,
                             [options, &shell] { return run_doctor(shell, *options); });
    command->add_option("--config", options->config, "the configuration")->capture_default_str();
    command->add_option("--state-directory", options->state_directory,
                        "the journal's place; else as the configuration says");
    command->add_option("--socket", options->socket, "Unix socket of magwatchd; else as the configuration says")
        ->envname("MAGWATCH_SOCKET");
    command->add_flag("--offline", options->offline, "does not ask magwatchd, only files and systemd");
    command->add_flag("--strict", options->strict, "a warning, or what could not be told, fails too: for acceptance");
    command->footer("Changes nothing. Run it as root: what another user may not see it says it could not tell.\n"
                    "Exit code: 0 nothing is wrong, 1 something is, 4 nothing is but that magwatchd does not answer.");
}

} // namespace magwatch::cli
