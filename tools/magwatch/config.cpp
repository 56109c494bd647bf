#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>
#include <vector>
#include <poll.h>

#include <CLI/CLI.hpp>

#include "daemon/app/config_checks.hpp"
#include "daemon/app/last_good.hpp"
#include "daemon/config/config_reader.hpp"
#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/diagnostics.hpp"
#include "tools/magwatch/init/init.hpp"

namespace magwatch::cli
{
namespace
{

// A reload compiles packs and runs their cases, some hundred milliseconds each.
constexpr std::chrono::seconds in_force_within{10};
constexpr std::chrono::milliseconds look_every{50};

// What the daemon says is wrong with the configuration that it was told to read; "" if nothing.
std::string refusal(const Json& status)
{
    for (const Json& fault : status.value("faults", Json::array()))
        if (fault.value("fault", "") == "configuration") return fault.value("detail", "");
    return "";
}

// Where the daemon may be listening: the file may name another place than the one that runs, and a change of it is
// refused.
std::vector<std::string> sockets(const Config& config)
{
    std::vector<std::string> all{config.http.socket_path};
    const char* named = std::getenv("MAGWATCH_SOCKET");
    for (const std::string& other : {std::string{named == nullptr ? "" : named}, Shell{}.socket})
        if (!other.empty() && std::find(all.begin(), all.end(), other) == all.end()) all.push_back(other);
    return all;
}

// What the first one that answers there says of itself; nothing if nobody does.
Json status_of_any(const Shell& shell, const std::vector<std::string>& sockets)
{
    for (const std::string& socket : sockets) {
        Shell ward = shell;
        ward.socket = socket;
        const Fetched said = Client{ward}.fetch("/api/v1/status");
        Json status = Json::parse(said.text, nullptr, false);
        if (said.error.empty() && status.is_object()) return status;
    }
    return {};
}

// The unit's reload: only what passed the check is put before the daemon, which then judges for itself. Whoever reloads
// goes on with the new file in force, or knows why it is not.
int reload(const Shell& shell, int process, const Config& config)
{
    if (kill(process, SIGHUP) != 0) {
        shell.complain("process " + std::to_string(process) +
                       " cannot be told: " + std::generic_category().message(errno));
        return failed;
    }
    const std::vector<std::string> places = sockets(config);
    const std::string wanted = configuration_hash(config);
    Json status;
    for (int asked = 0; asked < in_force_within / look_every; ++asked) {
        status = status_of_any(shell, places);
        if (status.is_object() && status.value("config_hash", "") == wanted) return ok;
        (void)::poll(nullptr, 0, look_every.count()); // the next look; a command has nothing else to do
    }
    if (!status.is_object()) {
        std::string asked;
        for (const std::string& place : places) asked += (asked.empty() ? "" : ", ") + place;
        shell.complain("it was told; whether it took it into force nobody says at " + asked);
        return failed;
    }
    const std::string why = refusal(status);
    shell.complain("it is not in force after " + std::to_string(in_force_within.count()) + " s" +
                   (why.empty() ? std::string{} : ": " + why));
    return failed;
}

int check(Shell& shell, const std::string& file, int process)
{
    const LoadedConfig loaded = load_config(file, config_checks());
    const bool good = loaded.config.has_value();
    if (shell.json) {
        shell.print({{"file", file},
                     {"ok", good},
                     {"errors", to_json(loaded.errors)},
                     {"notes", loaded.notes}});
        if (good && process != 0) return reload(shell, process, *loaded.config);
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
    if (good && process != 0) return reload(shell, process, *loaded.config);
    return good ? ok : failed;
}

// What the parser understands of the tables that a file has, right or wrong: the test of the manual asks.
int keys(Shell& shell, const std::string& file)
{
    Json tables = Json::object();
    for (const auto& [table, names] : load_config(file, config_checks()).understood) tables[table] = names;
    shell.print(tables);
    return ok;
}

} // namespace

void add_config(CLI::App& app, Shell& shell)
{
    CLI::App& config = *group(app, "config", "the daemon's configuration");
    const auto file = std::make_shared<std::string>("/etc/magwatch/magwatch.toml");
    const auto process = std::make_shared<int>(0);
    CLI::App* command =
        leaf(config, shell, "check", "every mistake in a configuration and in the files it names",
             Talks::no, [file, process, &shell] { return check(shell, *file, *process); });
    command->add_option("file", *file, "the configuration")->capture_default_str();
    command->add_option("--reload", *process, "if it is good, the daemon with this process id takes it into force")
        ->check(CLI::Range(2, 4'194'304));
    add_config_init(config, shell);
    CLI::App* hidden = leaf(config, shell, "keys", "the keys that each table of a configuration may have", Talks::no,
                            [file, &shell] { return keys(shell, *file); });
    hidden->group("");
    hidden->add_option("file", *file, "a configuration");
    command->footer("The daemon's own parser. Reads files, touches no state, needs no daemon; people reload by\n"
                    "systemctl reload magwatchd, which runs this.");
}

} // namespace magwatch::cli
