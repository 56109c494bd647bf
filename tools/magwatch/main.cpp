// magwatch: the tool beside magwatchd.
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <curl/curl.h>

#include "runtime/build_info.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

constexpr const char* description =
    "magwatch: asks and tells magwatchd, and checks what it is given to run with.\n\n"
    "magwatchd watches patients who are given magnesium sulfate by vein. It is a second alarm "
    "system: the\n"
    "bedside monitor's own alarms stay primary.";

constexpr const char* footer =
    "Exit codes: 0 ok, 1 failed or refused, 2 wrong usage, 4 magwatchd does not answer.\n"
    "Environment: MAGWATCH_SOCKET (--socket), MAGWATCH_PERSON (--person), NO_COLOR.\n"
    "`magwatch COMMAND --help` tells more, for example: magwatch enter level --help";

int run(int argc, char** argv)
{
    Shell shell;
    CLI::App app{description, "magwatch"};
    app.footer(footer);
    app.require_subcommand(1);
    app.set_version_flag("--version", version_text("magwatch"));
    add_status(app, shell);
    add_watch(app, shell);
    add_chart(app, shell);
    add_enter(app, shell);
    add_alarms(app, shell);
    add_oncall(app, shell);
    add_user(app, shell);
    add_limits(app, shell);
    add_protocol(app, shell);
    add_commission(app, shell);
    add_config(app, shell);
    add_rules(app, shell);
    add_hl7(app, shell);
    add_modbus(app, shell);
    add_replay(app, shell);
    add_simulate(app, shell);
    add_predict(app, shell);
    add_doctor(app, shell);
    add_export(app, shell);
    add_backup(app, shell);
    add_audit(app, shell);
    add_demo(app, shell);
    add_version(app, shell);
    add_completion(app, shell);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version are no errors; everything else that CLI11 finds is a matter of usage.
        return app.exit(error) == 0 ? ok : usage;
    }
    return shell.exit_code;
}

} // namespace

void add_version(CLI::App& app, Shell& shell)
{
    leaf(app, shell, "version", "what this program was built from", Talks::no, [&shell] {
        const BuildInfo& info = build_info();
        if (shell.json)
            shell.print({{"version", info.version},
                         {"commit", info.commit},
                         {"compiler", info.compiler},
                         {"build_type", info.build_type}});
        else
            std::printf("%s\n", version_text("magwatch").c_str());
        return int{ok};
    });
}

void add_person(CLI::App& command, std::string& person)
{
    command.add_option("--person", person, "who does this: a role or a badge, such as midwife-1")
        ->required()
        ->envname("MAGWATCH_PERSON");
}

} // namespace magwatch::cli

int main(int argc, char** argv)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = magwatch::cli::failed;
    try {
        code = magwatch::cli::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "magwatch: %s\n", error.what());
    }
    curl_global_cleanup();
    if (std::fflush(stdout) != 0) code = magwatch::cli::failed; // the reader of a pipe went away
    return code;
}
