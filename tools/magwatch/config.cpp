#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "daemon/app/config_checks.hpp"
#include "daemon/config/config_reader.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/diagnostics.hpp"

namespace magwatch::cli
{
namespace
{

int check(Shell& shell, const std::string& file)
{
    const LoadedConfig loaded = load_config(file, config_checks());
    const bool good = loaded.config.has_value();
    if (shell.json) {
        shell.print({{"file", file},
                     {"ok", good},
                     {"errors", to_json(loaded.errors)},
                     {"notes", loaded.notes}});
        return good ? ok : failed;
    }
    print_errors(loaded.errors);
    for (const auto& note : loaded.notes)
        std::fprintf(stderr, "%s: note: %s\n", file.c_str(), note.c_str());
    if (good)
        std::printf("%s: ok: %zu beds, %zu sources, pack %s\n", file.c_str(),
                    loaded.config->ward.beds.size(), loaded.config->ward.sources.size(),
                    loaded.config->pack_path.empty() ? "none" : loaded.config->pack_path.c_str());
    else
        std::fprintf(stderr, "%s: %zu mistakes\n", file.c_str(), loaded.errors.size());
    return good ? ok : failed;
}

} // namespace

void add_config(CLI::App& app, Shell& shell)
{
    CLI::App& config = *group(app, "config", "the daemon's configuration");
    const auto file = std::make_shared<std::string>("/etc/magwatch/magwatch.toml");
    CLI::App* command =
        leaf(config, shell, "check", "every mistake in a configuration and in the files it names",
             Talks::no, [file, &shell] { return check(shell, *file); });
    command->add_option("file", *file, "the configuration")->capture_default_str();
    command->footer("The daemon's own parser. Reads files, touches no state, needs no daemon.");
}

} // namespace magwatch::cli
