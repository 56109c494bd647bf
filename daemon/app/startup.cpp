#include "daemon/app/startup.hpp"

#include "daemon/app/config_checks.hpp"
#include "daemon/app/last_good.hpp"
#include "daemon/config/pack_library.hpp"

namespace magwatch {
namespace {

// The file with its own pack left unread: the built-in one takes its place.
std::optional<Config> with_minimal_pack(const std::string& path)
{
    const auto text = read_pack_file(path);
    if (!std::holds_alternative<std::string>(text)) return std::nullopt;
    ConfigChecks checks = config_checks();
    checks.pack = nullptr;
    const FileReader read = [](const std::string& name) -> std::variant<std::string, Diagnostic> {
        auto found = read_pack_file(name);
        // A pack that cannot be read does not matter here; a map that cannot leaves its device out.
        if (std::holds_alternative<Diagnostic>(found)) return std::string{};
        return found;
    };
    LoadedConfig loaded = parse_config(std::get<std::string>(text), path, read, checks);
    if (!loaded.config) return std::nullopt;
    loaded.config->ward.pack_name = "built-in minimal pack";
    loaded.config->ward.pack_text = std::string{minimal_pack()};
    loaded.config->ward.limits.clear();
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
        start.config = with_minimal_pack(path);
        start.reason = "the rule pack was refused; the built-in minimal pack runs: follow local protocol";
    }
    if (!start.config) return;
    complete_sources(*start.config);
    start.config->ward.fallback = true;
    start.config->ward.fallback_reason = start.reason;
}

} // namespace magwatch
