#include "daemon/app/startup.hpp"

#include <algorithm>

#include "daemon/app/accepted_part.hpp"
#include "daemon/app/config_checks.hpp"
#include "daemon/app/last_good.hpp"
#include "daemon/config/pack_library.hpp"
#include "rules/language/protocol_file.hpp"
#include "runtime/secret.hpp"

namespace magwatch {
namespace {

// The file with its own pack and rosters that leave a time to nobody: their last resorts have the duty then.
std::optional<Config> with_roster_gaps(const std::string& path)
{
    ConfigChecks checks = config_checks();
    checks.roster = nullptr;
    return std::move(load_config(path, checks).config);
}

// An approved protocol stays. One that is broken, or an example on a ward, is none: follow the local one.
void drop_bad_protocol(Config& config)
{
    const ReadProtocol read = read_protocol(config.ward.protocol_text, config.protocol_path);
    const bool ward = config.ward.mode == Mode::ward;
    if (read.protocol && (!ward || why_not_on_a_ward(*read.protocol).empty())) return;
    config.protocol_path.clear();
    config.ward.protocol_name.clear();
    config.ward.protocol_text.clear();
}

// The file without a look at its protocol.
std::optional<Config> without_protocol(const std::string& path)
{
    ConfigChecks checks = config_checks();
    checks.protocol = nullptr;
    checks.certificate = nullptr;
    checks.roster = nullptr;
    LoadedConfig loaded = load_config(path, checks);
    if (loaded.config) drop_bad_protocol(*loaded.config);
    return std::move(loaded.config);
}

// The file without a look at the board's certificate: one that cannot be used serves nobody.
std::optional<Config> without_certificate(const std::string& path)
{
    ConfigChecks checks = config_checks();
    checks.certificate = nullptr;
    checks.roster = nullptr;
    return std::move(load_config(path, checks).config);
}

void leave_named_files_unread(ConfigChecks& checks)
{
    checks.register_map = nullptr;
    checks.certificate = nullptr;
    checks.protocol = nullptr;
    checks.roster = nullptr;
}

// What of its named files cannot be read is empty: a map that is leaves its device out.
std::optional<Config> read_leniently(const std::string& path, ConfigChecks checks)
{
    const auto text = read_pack_file(path);
    if (!std::holds_alternative<std::string>(text)) return std::nullopt;
    leave_named_files_unread(checks);
    const FileReader read = [](const std::string& name) -> std::variant<std::string, Diagnostic> {
        auto found = read_pack_file(name);
        if (std::holds_alternative<Diagnostic>(found)) return std::string{};
        return found;
    };
    return std::move(parse_config(std::get<std::string>(text), path, read, checks).config);
}

// The file without a look at the maps of its devices.
std::optional<Config> without_maps(const std::string& path)
{
    auto config = read_leniently(path, config_checks());
    if (config) drop_bad_protocol(*config);
    return config;
}

void give_minimal_pack(Config& config)
{
    config.ward.pack_name = "built-in minimal pack";
    config.ward.pack_text = std::string{minimal_pack()};
    config.ward.limits.clear();
    drop_bad_protocol(config);
}

// The file with its own pack left unread: the built-in one takes its place.
std::optional<Config> with_minimal_pack(const std::string& path)
{
    ConfigChecks checks = config_checks();
    checks.pack = nullptr;
    auto config = read_leniently(path, std::move(checks));
    if (config) give_minimal_pack(*config);
    return config;
}

// What this version accepts of the last good one.
std::optional<AcceptedPart> part_of_last_good(const Bytes& bytes)
{
    const auto files = last_good_files(bytes);
    if (!files) return std::nullopt;
    const auto& [path, text] = files->front();
    const FileReader read = [&](const std::string& name) -> std::variant<std::string, Diagnostic> {
        const auto found = std::find_if(files->begin() + 1, files->end(),
                                        [&](const auto& file) { return file.first == name; });
        return found == files->end() ? std::string{} : found->second;
    };
    ConfigChecks checks = config_checks(PackTests::passed_before);
    leave_named_files_unread(checks);
    auto part = accepted_part(text, path, read, checks);
    if (!part) {
        checks.pack = nullptr;
        part = accepted_part(text, path, read, checks);
        if (part) give_minimal_pack(part->config);
    }
    if (part) drop_bad_protocol(part->config);
    return part;
}

} // namespace

StartConfig read_configuration(const std::string& path)
{
    StartConfig start;
    LoadedConfig loaded = load_config(path, config_checks());
    start.config = std::move(loaded.config);
    start.notes = std::move(loaded.notes);
    for (const auto& error : loaded.errors) start.errors.push_back(error.text());
    if (start.config) complete_sources(*start.config);
    return start;
}

std::vector<std::string> unreadable_secrets(const Config& config, const std::set<std::string>& known)
{
    std::vector<std::string> wrong;
    for (const std::string& reference : config.secrets) {
        const auto loaded = load_secret(reference);
        const auto* error = std::get_if<SecretError>(&loaded);
        if (error == nullptr || known.contains(reference)) continue;
        const bool credential = reference.starts_with("credential:");
        wrong.push_back(error->reason + (credential ? ": systemd gives credentials at a start alone" : ""));
    }
    return wrong;
}

void use_built_in_rules(StartConfig& start, const std::string& path, std::string reason)
{
    if (auto config = with_minimal_pack(path)) start.config = std::move(config);
    else if (start.config) give_minimal_pack(*start.config); // the present file cannot be read: the last good one
    else return;
    start.fallback = true;
    start.reason = std::move(reason);
    complete_sources(*start.config);
    start.config->ward.fallback = true;
    start.config->ward.fallback_reason = start.reason;
}

void fall_back(StartConfig& start, const std::string& path, JournalFile& journal)
{
    if (start.config) return;
    start.fallback = true;
    const auto kept = journal.named(last_good_name);
    if (const auto* bytes = std::get_if<std::optional<Bytes>>(&kept); bytes != nullptr && *bytes) {
        start.config = unpack_last_good(**bytes);
        start.reason = "the new configuration was refused; the last good one runs";
    }
    if (!start.config) {
        start.config = with_roster_gaps(path);
        start.reason = "nobody is on a roster at some time; its last resort has the duty then";
    }
    if (!start.config) {
        start.config = without_certificate(path);
        start.reason = "the certificate of the board was refused; other PCs may not reach it";
    }
    if (!start.config) {
        start.config = without_protocol(path);
        start.reason = "the protocol file was refused, and there is no checklist: follow local protocol";
    }
    if (!start.config) {
        start.config = without_maps(path);
        start.reason = "the register map of a device was refused, and it is not asked";
    }
    if (!start.config) {
        start.config = with_minimal_pack(path);
        start.reason = "the rule pack was refused; the built-in minimal pack runs: follow local protocol";
    }
    // An update may refuse what ran until now, in the file as in the last good one.
    if (const auto* bytes = std::get_if<std::optional<Bytes>>(&kept); !start.config && bytes != nullptr && *bytes) {
        if (auto part = part_of_last_good(**bytes)) {
            start.config = std::move(part->config);
            start.reason = "this version refuses the configuration; the last good one runs without " + part->left_out;
        }
    }
    if (!start.config) return;
    complete_sources(*start.config);
    start.config->ward.fallback = true;
    start.config->ward.fallback_reason = start.reason;
}

} // namespace magwatch
