#include "daemon/people/people.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include <nlohmann/json.hpp>

#include "runtime/whole_file.hpp"

namespace magwatch
{
namespace
{

using Json = nlohmann::ordered_json;

constexpr int format = 1;

std::string why(const std::string& path)
{
    return path + ": " + std::generic_category().message(errno);
}

} // namespace

std::optional<Role> role_of(std::string_view name)
{
    const auto found = std::find(role_names.begin(), role_names.end(), name);
    if (found == role_names.end()) return std::nullopt;
    return static_cast<Role>(found - role_names.begin());
}

std::variant<People, std::string> People::read(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    if (!in) {
        if (errno == ENOENT) return People{};
        return why(path);
    }
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const Json json = Json::parse(text, nullptr, false);
    try {
        if (json.at("version") != format) return path + ": written by another version of magwatch";
        People people;
        for (const Json& one : json.at("people")) {
            const auto role = role_of(one.at("role").get<std::string>());
            if (!role) return path + ": a role that this version does not know";
            people.put(one.at("name").get<std::string>(),
                       {one.at("label").get<std::string>(), *role, one.at("pin").get<std::string>(),
                        one.at("enabled").get<bool>()});
        }
        return people;
    } catch (const Json::exception&) {
        return path + ": damaged";
    }
}

std::string People::write(const std::string& path) const
{
    Json json;
    json["version"] = format;
    json["people"] = Json::array();
    for (const auto& [name, person] : people_)
        json["people"].push_back({{"name", name},
                                  {"label", person.label},
                                  {"role", magwatch::name(person.role)},
                                  {"pin", person.pin_hash},
                                  {"enabled", person.enabled}});
    return write_whole(path, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

const StaffMember* People::find(std::string_view name) const
{
    const auto found = people_.find(name);
    return found == people_.end() ? nullptr : &found->second;
}

const StaffMember* People::enabled(std::string_view name) const
{
    const StaffMember* person = find(name);
    return person != nullptr && person->enabled ? person : nullptr;
}

bool People::anybody() const
{
    return std::any_of(people_.begin(), people_.end(),
                       [](const auto& one) { return one.second.enabled && !one.second.pin_hash.empty(); });
}

} // namespace magwatch
