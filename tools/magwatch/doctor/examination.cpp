#include "tools/magwatch/doctor/examination.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <unistd.h>

#include "daemon/app/config_checks.hpp"
#include "tools/magwatch/client.hpp"

namespace magwatch::cli::doctor
{
namespace
{

constexpr const char* unit_name = "magwatchd.service";
constexpr const char* asked_of_the_unit =
    "--property=LoadState,UnitFileState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,WatchdogUSec,MainPID,"
    "NeedDaemonReload,FragmentPath,DropInPaths,User,LimitCORE,NoNewPrivileges,ProtectSystem,PrivateDevices,"
    "MemoryDenyWriteExecute,CapabilityBoundingSet,SupplementaryGroups";

// Where a line such as "LoadCredential=webhook:/etc/magwatch/secrets/webhook" names what the daemon is given.
void read_credentials(const std::string& file, std::vector<std::string>& credentials)
{
    std::string text, error;
    if (!read_file(file, text, error)) return;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        for (const char* key : {"LoadCredential=", "LoadCredentialEncrypted=", "SetCredential=",
                                "SetCredentialEncrypted="}) {
            if (!line.starts_with(key)) continue;
            const std::string value = line.substr(std::string_view{key}.size());
            const bool loaded = line.starts_with("Load");
            // A line without a value takes back those before it.
            if (value.empty()) credentials.clear();
            else credentials.push_back(loaded ? value : value.substr(0, value.find(':')));
        }
    }
}

void ask_systemd(Examination& e)
{
    if (!e.machine.has_systemd() || !is_the_services(e.options)) return;
    const CommandResult shown = e.machine.run({"systemctl", "show", "--no-pager", unit_name, asked_of_the_unit});
    if (!shown.ran || shown.status != 0) return;
    e.unit = parse_properties(shown.output);
    std::istringstream files{e.unit["FragmentPath"] + " " + e.unit["DropInPaths"]};
    for (std::string file; files >> file;) read_credentials(e.machine.path(file), e.credentials);
}

void ask_daemon(Examination& e)
{
    DaemonWords& daemon = e.daemon;
    daemon.socket = e.options.socket;
    if (daemon.socket.empty()) daemon.socket = e.config() != nullptr ? e.config()->http.socket_path : Shell{}.socket;
    if (e.options.offline) return;
    daemon.asked = true;
    Shell shell;
    shell.socket = daemon.socket;
    const Client client{shell};
    const Fetched status = client.fetch("/api/v1/status");
    daemon.answers = status.error.empty();
    if (!daemon.answers) {
        daemon.why_not = status.error;
        const FileState socket = look_at(daemon.socket);
        daemon.refused = socket.hidden() || (socket.there && access(daemon.socket.c_str(), W_OK) != 0);
        return;
    }
    const auto parsed = [&](const char* path) {
        const Fetched answer = client.fetch(path);
        Json body = answer.status == 200 ? Json::parse(answer.text, nullptr, false) : Json{};
        return body.is_object() ? body : Json{};
    };
    daemon.status = parsed("/api/v1/status");
    daemon.beds = parsed("/api/v1/beds");
    daemon.sources = parsed("/api/v1/sources");
    daemon.alarms = parsed("/api/v1/alarms");
    daemon.pages = parsed("/api/v1/pages");
    daemon.oncall = parsed("/api/v1/oncall");
    daemon.metrics = client.fetch("/metrics").text;
}

// Who owns the socket is who runs; before that it is whom the unit names.
std::optional<uid_t> service_user(const Examination& e)
{
    const FileState socket = look_at(e.daemon.socket);
    if (e.daemon.answers && socket.there) return socket.info.st_uid;
    const auto named = e.unit.find("User");
    if (named != e.unit.end() && !named->second.empty()) return user_of(named->second);
    return user_of("magwatch");
}

} // namespace

bool is_the_services(const Options& options)
{
    std::error_code error;
    return options.config == options.unit_config ||
           std::filesystem::equivalent(options.config, options.unit_config, error);
}

Examination gather(const Options& options, Machine machine)
{
    Examination e;
    e.options = options;
    e.machine = std::move(machine);
    e.loaded = load_config(options.config, config_checks());
    e.state = options.state_directory;
    if (e.state.empty()) e.state = e.config() != nullptr ? e.config()->journal.directory : JournalConfig{}.directory;
    ask_systemd(e);
    ask_daemon(e);
    e.user = service_user(e);
    return e;
}

Findings examine(const Examination& examination)
{
    Findings findings;
    findings.group("ward");
    examine_ward(examination, findings);
    findings.group("configuration");
    examine_configuration(examination, findings);
    findings.group("people");
    examine_people(examination, findings);
    findings.group("devices");
    examine_devices(examination, findings);
    findings.group("secrets");
    examine_secrets(examination, findings);
    findings.group("state");
    examine_state(examination, findings);
    examine_backups(examination, findings);
    findings.group("service");
    examine_service(examination, findings);
    findings.group("machine");
    examine_machine(examination, findings);
    findings.group("package");
    examine_package(examination, findings);
    return findings;
}

const Json& field(const Json& object, const char* key)
{
    static const Json none;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found == object.end() ? none : *found;
}

long number(const Json& value)
{
    return value.is_number() ? value.get<long>() : 0;
}

std::optional<double> sample(const std::string& metrics, const std::string& name)
{
    std::istringstream lines{metrics};
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(name + " ")) return std::strtod(line.c_str() + name.size(), nullptr);
    return std::nullopt;
}

std::map<std::string, double> samples_by(const std::string& metrics, const std::string& name, const std::string& label)
{
    std::map<std::string, double> found;
    std::istringstream lines{metrics};
    const std::string key = label + "=\"";
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(name + "{")) continue;
        const std::size_t at = line.find(key), end = line.find("} ");
        if (at == std::string::npos || end == std::string::npos) continue;
        const std::size_t begin = at + key.size();
        found[line.substr(begin, line.find('"', begin) - begin)] = std::strtod(line.c_str() + end + 1, nullptr);
    }
    return found;
}

} // namespace magwatch::cli::doctor
