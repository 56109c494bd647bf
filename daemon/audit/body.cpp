#include "daemon/audit/body.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "adapters/pagers/signing.hpp"
#include "daemon/audit/row.hpp"
#include "rules/ward/input.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::audit
{
namespace
{

using Json = nlohmann::json; // its keys are sorted: one content has one text

constexpr std::size_t longest_body = 4096; // of the text; a longer one is its hash
constexpr std::size_t longest_word = 64;
constexpr int deepest = 8;

constexpr std::array secrets = {"pin", "second_pin", "code", "password", "secret", "token"};
// Words of closed lists, names from the configuration or of staff, times and keys.
constexpr std::array words = {
    "about", "answer", "at", "bed", "board", "branch", "channel", "corrects", "device", "drawn_at",
    "fingerprint", "from", "id", "indication", "instead", "key", "kind", "limit", "name", "person", "role",
    "roster", "route", "salt", "second_person", "setting", "signal", "since", "site", "sound", "station", "step",
    "symptoms", "to", "unit", "until",
};
// Numbers and answers, free text, and what holds others. Any other name is somebody's invention.
constexpr std::array plain = {
    "act", "alias", "answers", "beds", "calcium_at_bed", "coming", "components", "concentration", "creatinine",
    "diastolic", "dose", "drug", "enabled", "end", "facts", "firmware", "from_infusion_arm", "gestation", "gone",
    "hammer_at_bed", "history", "interval_minutes", "label", "left_out", "looks", "minutes", "none", "not_possible",
    "note", "others", "over_seconds", "oxygen_at_bed", "pairs", "place", "planned_seconds", "points", "rate", "read",
    "reason", "remark", "resolution", "screen", "seconds", "serial", "signals", "systolic", "text",
    "value", "weight",
};

template <class List> bool among(const List& list, const std::string& name)
{
    return std::any_of(list.begin(), list.end(), [&](const char* one) { return name == one; });
}

Json told(const std::string& name, const Json& value, int depth);

Json told_object(const Json& object, int depth)
{
    Json out = Json::object();
    std::size_t unknown = 0;
    for (const auto& [name, value] : object.items()) {
        if (among(secrets, name)) continue;
        if (among(words, name) || among(plain, name)) out[name] = told(name, value, depth);
        else ++unknown;
    }
    if (unknown > 0) out["unknown_fields"] = unknown;
    return out;
}

Json told(const std::string& name, const Json& value, int depth)
{
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (among(words, name) && text.size() <= longest_word && is_printable(text)) return text;
        const bool of_a_list = name == "reason" && std::find(shelve_reasons.begin(), shelve_reasons.end(), text) !=
                                                       shelve_reasons.end();
        if (of_a_list) return text; // anywhere else a reason is typed
        return "sha256:" + hex(adapters::sha256(text));
    }
    if (depth >= deepest) return Json{};
    if (value.is_object()) return told_object(value, depth + 1);
    if (!value.is_array()) return value;
    Json out = Json::array();
    for (const Json& one : value) out.push_back(told(name, one, depth + 1));
    return out;
}

} // namespace

std::string canonical_body(std::string_view body)
{
    const Json json = Json::parse(body, nullptr, false);
    if (!json.is_object()) return "";
    std::string text = told_object(json, 0).dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() <= longest_body) return text;
    return Json{{"bytes", text.size()}, {"sha256", hex(adapters::sha256(text))}}.dump();
}

} // namespace magwatch::audit
