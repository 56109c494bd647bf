#include "daemon/app/last_good.hpp"

#include <algorithm>
#include <iterator>

#include "daemon/app/config_checks.hpp"
#include "daemon/journal/journal_format.hpp"

namespace magwatch {
namespace {

struct Stored {
    std::string path, text;
    std::vector<std::pair<std::string, std::string>> files; // path -> text
    template <class Archive> void archive(Archive& a) { a(path, text, files); }
};

} // namespace

std::string configuration_hash(const Config& config)
{
    std::vector<std::string> texts{config.text, config.ward.protocol_text, config.ward.pack_text};
    for (const auto& device : config.modbus) texts.push_back(device.map.text);
    return blob_hash(as_text(to_bytes(texts)));
}

Bytes pack_last_good(const Config& config)
{
    Stored stored{config.path, config.text, {}};
    if (!config.protocol_path.empty()) stored.files.emplace_back(config.protocol_path, config.ward.protocol_text);
    for (const auto& device : config.modbus) stored.files.emplace_back(device.map.path, device.map.text);
    if (!config.pack_path.empty()) stored.files.emplace_back(config.pack_path, config.ward.pack_text);
    return to_bytes(stored);
}

std::optional<Config> unpack_last_good(const Bytes& bytes)
{
    const auto stored = from_bytes<Stored>(as_text(bytes));
    if (!stored) return std::nullopt;
    const FileReader read = [&](const std::string& path) -> std::variant<std::string, Diagnostic> {
        const auto found = std::find_if(stored->files.begin(), stored->files.end(),
                                        [&](const auto& file) { return file.first == path; });
        if (found == stored->files.end()) return Diagnostic{path, 0, 0, "was not kept", ""};
        return found->second;
    };
    ConfigChecks checks = config_checks(PackTests::passed_before);
    checks.protocol = nullptr; // it was good; and an earlier version asked for none
    LoadedConfig loaded = parse_config(stored->text, stored->path, read, checks);
    return std::move(loaded.config);
}

std::optional<std::vector<std::pair<std::string, std::string>>> last_good_files(const Bytes& bytes)
{
    auto stored = from_bytes<Stored>(as_text(bytes));
    if (!stored) return std::nullopt;
    std::vector<std::pair<std::string, std::string>> files{{std::move(stored->path), std::move(stored->text)}};
    files.insert(files.end(), std::make_move_iterator(stored->files.begin()),
                 std::make_move_iterator(stored->files.end()));
    return files;
}

} // namespace magwatch
