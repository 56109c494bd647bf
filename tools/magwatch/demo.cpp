#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/installation.hpp"

namespace magwatch::cli
{
namespace
{

namespace fs = std::filesystem;

struct Demo {
    bool once = false, calm = false;
    std::string speed, ports, keep, seed;
};

int run_demo(Shell& shell, const Demo& demo)
{
    const fs::path root = installed_root();
    const fs::path director = root / "share/magwatch/demo/director.py";
    std::error_code error;
    if (!fs::exists(director, error)) {
        shell.complain(director.string() + " is not there: magwatch is not installed from its package. In a "
                                           "checkout of the source, run tools/demo");
        return failed;
    }
    std::vector<std::string> words{"python3", director.string(), "--bin",
                                   (root / "sbin").string() + ":" + (root / "bin").string() + ":" +
                                       (root / "libexec/magwatch").string()};
    const auto add = [&](const char* option, const std::string& value) {
        if (value.empty()) return;
        words.emplace_back(option);
        words.push_back(value);
    };
    if (demo.once) words.emplace_back("--once");
    if (demo.calm) words.emplace_back("--calm");
    add("--speed", demo.speed);
    add("--ports", demo.ports);
    add("--keep", demo.keep);
    add("--seed", demo.seed);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::fflush(stdout);
    // Debian's own Python: another one earlier in PATH may be any version.
    execv("/usr/bin/python3", arguments.data());
    shell.complain(std::string{"/usr/bin/python3 cannot be started: "} + std::generic_category().message(errno));
    return failed;
}

} // namespace

void add_demo(CLI::App& app, Shell& shell)
{
    const auto demo = std::make_shared<Demo>();
    CLI::App* command = app.add_subcommand("demo", "a ward of six simulated beds on this machine, until Ctrl-C");
    command->callback([&shell, demo] { shell.exit_code = run_demo(shell, *demo); });
    command->add_option("--speed", demo->speed, "hurries bodies and staff, never the daemon's own delays: 0.1 to 100");
    command->add_flag("--once", demo->once, "ends with the story: exit 0 if everything was seen, else 1");
    command->add_flag("--calm", demo->calm, "six quiet beds and no story");
    command->add_option("--ports", demo->ports, "uses ports from this one on (18300); auto looks for free ones");
    command->add_option("--keep", demo->keep, "leaves journal, logs and pages in this folder, a new one");
    command->add_option("--seed", demo->seed, "another noise than the usual");
    command->footer("SIMULATION: nobody there is a patient. It needs no rights, runs beside an installed service,\n"
                    "takes a folder of its own and leaves nothing behind.");
}

} // namespace magwatch::cli
