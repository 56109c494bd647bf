#include "tools/backup/manifest.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/http/times.hpp"
#include "daemon/journal/journal_format.hpp"

namespace magwatch::backup
{
namespace
{

using Json = nlohmann::ordered_json;

constexpr const char* kind = "magwatch backup";

WallTime time_of(const Json& json)
{
    const auto at = http::parse_time(json.get<std::string>());
    if (!at) throw BackupError{"a time cannot be read"};
    return *at;
}

// Of a number with more digits than fit JSON makes a double, and of one below zero something else: neither was written.
std::uint64_t count_of(const Json& json)
{
    if (!json.is_number_unsigned()) throw BackupError{"a number cannot be read"};
    return json.get<std::uint64_t>();
}
// Beyond what an int holds it is newer, whatever it is.
int format_of(const Json& json)
{
    return static_cast<int>(std::min<std::uint64_t>(count_of(json), std::numeric_limits<int>::max()));
}

void refuse_newer(const std::string& file, const Manifest& manifest)
{
    const auto refuse = [&](std::string_view what, int found, std::int64_t known) {
        if (found > known)
            throw BackupError{fmt::format("{} has a {} of format {}, this magwatch knows {}: it was made by a newer "
                                          "one, {}. Install that version first",
                                          file, what, found, known, manifest.version)};
    };
    refuse("journal", manifest.journal_format, journal_version);
    refuse("history", manifest.history_format, history_version);
}

// A part's name becomes a path below a folder: nothing in it may lead out.
bool is_plain(const std::string& name)
{
    if (name.empty() || name.front() == '/') return false;
    std::size_t at = 0;
    while (at <= name.size()) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        const std::string_view step{name.data() + at, end - at};
        if (step.empty() || step == "." || step == "..") return false;
        at = end + 1;
    }
    return true;
}

Part read_part(const Json& json)
{
    Part part;
    part.name = json.at("name").get<std::string>();
    part.path = json.value("path", std::string{});
    part.bytes = count_of(json.at("bytes"));
    part.sha256 = json.at("sha256").get<std::string>();
    if (!is_plain(part.name)) throw BackupError{"a name in it is no name of a part"};
    return part;
}

} // namespace

const Part* Manifest::part(const std::string& name) const
{
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.name == name; });
    return found == parts.end() ? nullptr : &*found;
}

std::uint64_t Manifest::bytes() const
{
    std::uint64_t sum = 0;
    for (const Part& one : parts) sum += one.bytes;
    return sum;
}

std::string manifest_text(const Manifest& manifest)
{
    Json json;
    json["kind"] = kind;
    json["format"] = manifest.format;
    json["version"] = manifest.version;
    json["ward"] = manifest.ward;
    json["made"] = http::format_time(manifest.made);
    json["records_until"] = http::format_time(manifest.records_until);
    json["journal_format"] = manifest.journal_format;
    json["history_format"] = manifest.history_format;
    json["running"] = manifest.running;
    json["configuration"] = manifest.configuration;
    json["parts"] = Json::array();
    for (const Part& part : manifest.parts) {
        Json one{{"name", part.name}, {"bytes", part.bytes}, {"sha256", part.sha256}};
        if (!part.path.empty()) one["path"] = part.path;
        json["parts"].push_back(std::move(one));
    }
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Manifest manifest_from(const std::string& text, const std::string& file)
{
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || json.value("kind", Json{}) != kind)
        throw BackupError{file + " is no backup of magwatch"};
    Manifest manifest;
    try {
        manifest.version = json.at("version").get<std::string>();
        manifest.format = format_of(json.at("format"));
        if (manifest.format > backup_format)
            throw BackupError{fmt::format("{} is a backup of format {}, this magwatch knows {}: it was made by a newer "
                                          "one, {}. Install that version first",
                                          file, manifest.format, backup_format, manifest.version)};
        manifest.ward = json.at("ward").get<std::string>();
        manifest.made = time_of(json.at("made"));
        manifest.records_until = time_of(json.at("records_until"));
        manifest.journal_format = format_of(json.at("journal_format"));
        manifest.history_format = format_of(json.at("history_format"));
        manifest.running = json.at("running").get<bool>();
        manifest.configuration = json.at("configuration").get<std::string>();
        for (const Json& part : json.at("parts")) manifest.parts.push_back(read_part(part));
    } catch (const Json::exception&) {
        throw BackupError{file + " is damaged: its manifest cannot be read"};
    }
    refuse_newer(file, manifest);
    if (manifest.part(journal_name) == nullptr) throw BackupError{file + " holds no journal"};
    return manifest;
}

} // namespace magwatch::backup
