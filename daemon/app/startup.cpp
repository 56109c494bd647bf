#include "daemon/app/startup.hpp"

#include "daemon/app/config_checks.hpp"
#include "daemon/app/last_good.hpp"
#include "daemon/config/pack_library.hpp"
#include "rules/language/protocol_file.hpp"

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
    const auto text = read_pack_file(path);
    if (!std::holds_alternative<std::string>(text)) return std::nullopt;
    ConfigChecks checks = config_checks();
    checks.pack = nullptr;
    checks.certificate = nullptr;
    checks.protocol = nullptr;
    checks.roster = nullptr;
    const FileReader read = [](const std::string& name) -> std::variant<std::string, Diagnostic> {
        auto found = read_pack_file(name);
        // A pack that cannot be read does not matter here; a map that cannot leaves its device out.
        if (std::holds_alternative<Diagnostic>(found)) return std::string{};
        return found;
    };
    LoadedConfig loaded = parse_config(std::get<std::string>(text), path, read, checks);
    if (!loaded.config) return std::nullopt;
    give_minimal_pack(*loaded.config);
    return std::move(loaded.config);
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
        start.config = with_minimal_pack(path);
        start.reason = "the rule pack was refused; the built-in minimal pack runs: follow local protocol";
    }
    if (!start.config) return;
    complete_sources(*start.config);
    start.config->ward.fallback = true;
    start.config->ward.fallback_reason = start.reason;
}

} // namespace magwatch
