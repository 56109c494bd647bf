// magwatchd: watches patients who are given magnesium sulfate and pages staff until a person answers.
#include <csignal>
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "daemon/app/app.hpp"
#include "runtime/abort_trace.hpp"
#include "runtime/build_info.hpp"

int main(int argc, char** argv)
{
    magwatch::AppOptions options;
    CLI::App cli{"Watches patients who are given magnesium sulfate by vein. A second alarm system: the bedside\n"
                 "monitor's own alarms stay primary."};
    cli.name("magwatchd");
    bool version = false;
    cli.add_option("--config", options.config_path, "configuration file")->capture_default_str();
    cli.add_option("--state-directory", options.state_directory,
                   "journal's place when the configuration cannot be read");
    cli.add_flag("--version", version, "print the version and exit");
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int status = cli.exit(error);
        return status == 0 ? 0 : 2;
    }
    if (version) {
        std::printf("%s\n", magwatch::version_text("magwatchd").c_str());
        return 0;
    }
    std::signal(SIGPIPE, SIG_IGN);
    magwatch::trace_on_abort();
    magwatch::App app{options};
    return app.run();
}
