#include "daemon/audit/row.hpp"

#include <nlohmann/json.hpp>

#include "adapters/pagers/signing.hpp"
#include "daemon/http/times.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::audit
{
namespace
{

using Json = nlohmann::ordered_json;

constexpr std::string_view mac_start = ",\"hmac\":\"", mac_end = "\"}";
constexpr std::size_t digits = 64;

Json text_or_null(const std::string& text)
{
    return text.empty() ? Json{} : Json(text);
}

bool is_hash(std::string_view text)
{
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The line in two: what is signed, and the signature.
struct Parts {
    std::string_view text, mac;
};
std::optional<Parts> parts_of(std::string_view line)
{
    constexpr std::size_t tail = mac_start.size() + digits + mac_end.size();
    if (line.size() <= tail || !line.ends_with(mac_end)) return std::nullopt;
    const std::string_view text = line.substr(0, line.size() - tail);
    if (line.substr(text.size(), mac_start.size()) != mac_start) return std::nullopt;
    const std::string_view mac = line.substr(text.size() + mac_start.size(), digits);
    if (!is_hash(mac)) return std::nullopt;
    return Parts{text, mac};
}

} // namespace

std::string row_line(const Event& event, const Stamp& at, const Head& before, std::uint64_t key_number,
                     std::string_view key)
{
    Json out;
    out["seq"] = before.sequence + 1;
    out["wall"] = http::format_time(at.wall);
    out["boottime_ms"] = at.boottime.count();
    out["boot"] = text_or_null(at.boot);
    out["actor"] = text_or_null(event.actor);
    out["proof"] = text_or_null(event.proof);
    out["station"] = text_or_null(event.station);
    out["action"] = event.action;
    out["object"] = text_or_null(event.object);
    out["outcome"] = text_or_null(event.outcome);
    out["status"] = event.status == 0 ? Json{} : Json(event.status);
    out["times"] = event.times;
    const Json body = Json::parse(event.body, nullptr, false);
    out["body"] = body.is_object() ? body : Json{};
    out["key"] = key_number;
    out["previous"] = before.hash;
    std::string text = out.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.pop_back(); // its closing brace comes after the signature
    const std::string mac = hex(adapters::hmac_sha256(key, text));
    return text.append(mac_start).append(mac).append(mac_end);
}

Head head_of(std::uint64_t sequence, std::string_view line)
{
    return {sequence, hex(adapters::sha256(line))};
}

std::optional<ReadRow> read_row(std::string_view line)
{
    if (line.size() > longest_row || !parts_of(line)) return std::nullopt;
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto number = [&](const char* name, std::uint64_t& out) {
        const auto found = json.find(name);
        if (found == json.end() || !found->is_number_unsigned()) return false;
        out = found->get<std::uint64_t>();
        return true;
    };
    const auto text = [&](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    ReadRow row;
    row.wall = text("wall");
    row.action = text("action");
    row.object = text("object");
    row.previous = text("previous");
    const auto body = json.find("body");
    if (body != json.end() && body->is_object())
        row.body = body->dump(-1, ' ', false, Json::error_handler_t::replace);
    if (!number("seq", row.sequence) || !number("key", row.key_number) || row.sequence == 0 || row.action.empty() ||
        !is_hash(row.previous))
        return std::nullopt;
    return row;
}

bool signed_with(std::string_view line, std::string_view key)
{
    const auto parts = parts_of(line);
    return parts && adapters::equal_in_constant_time(hex(adapters::hmac_sha256(key, parts->text)), parts->mac);
}

} // namespace magwatch::audit
