#include "daemon/app/backup_notes.hpp"

#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "daemon/http/times.hpp"
#include "runtime/whole_file.hpp"

namespace magwatch {
namespace {

using Json = nlohmann::ordered_json;

std::optional<Json> read_json(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    if (!in) return std::nullopt;
    constexpr std::size_t longest = 16 * 1024; // far above what is written
    std::string text(longest, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    return json;
}

std::string text_of(const Json& json, const char* name)
{
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

WallTime time_of(const Json& json, const char* name)
{
    const std::string text = text_of(json, name);
    return text.empty() ? WallTime{} : http::parse_time(text).value_or(WallTime{});
}

Json time_or_null(WallTime at)
{
    return at.ms == 0 ? Json{} : Json(http::format_time(at)); // braces would make a list of one
}

std::string write_json(const std::string& directory, const char* name, const Json& json)
{
    return write_whole(directory + "/" + name, json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
                       FileOwner::as_folder);
}

} // namespace

std::optional<BackupNote> read_backup_note(const std::string& directory)
{
    const auto json = read_json(directory + "/" + backup_note_name);
    if (!json) return std::nullopt;
    BackupNote note;
    note.since = time_of(*json, "since");
    note.tried = time_of(*json, "tried");
    note.good = time_of(*json, "good");
    note.file = text_of(*json, "file");
    note.reason = text_of(*json, "failed_because");
    const auto bytes = json->find("bytes");
    if (bytes != json->end() && bytes->is_number_unsigned()) note.bytes = bytes->get<std::uint64_t>();
    return note;
}

std::optional<RestoreNote> read_restore_note(const std::string& directory)
{
    const auto json = read_json(directory + "/" + restore_note_name);
    if (!json) return std::nullopt;
    return RestoreNote{time_of(*json, "made"), time_of(*json, "restored"), time_of(*json, "started")};
}

std::string write_note(const std::string& directory, const BackupNote& note)
{
    Json json;
    json["since"] = time_or_null(note.since);
    json["tried"] = time_or_null(note.tried);
    json["good"] = time_or_null(note.good);
    json["file"] = note.file;
    json["bytes"] = note.bytes;
    json["failed_because"] = note.reason;
    return write_json(directory, backup_note_name, json);
}

std::string write_note(const std::string& directory, const RestoreNote& note)
{
    Json json;
    json["made"] = time_or_null(note.made);
    json["restored"] = time_or_null(note.restored);
    json["started"] = time_or_null(note.started);
    return write_json(directory, restore_note_name, json);
}

} // namespace magwatch
