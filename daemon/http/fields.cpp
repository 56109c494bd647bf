#include "daemon/http/fields.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "daemon/http/request.hpp"
#include "daemon/http/times.hpp"
#include "daemon/http/utf8.hpp"
#include "rules/base/diagnostic.hpp"

namespace magwatch::http
{
namespace
{

using nlohmann::json;

// Clocks of stations and ours differ a little; a time further ahead is a typing mistake.
constexpr Duration ahead_limit{120'000};

// Depth of brackets outside of strings, looked at before anything is built.
std::size_t depth_of(std::string_view text)
{
    std::size_t depth = 0, deepest = 0;
    bool in_string = false, escaped = false;
    for (const char c : text) {
        if (in_string) {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

std::string list(const std::vector<Unit>& units)
{
    std::string out;
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (i > 0) out += i + 1 == units.size() ? " or " : ", ";
        out += name(units[i]);
    }
    return out;
}

} // namespace

std::string short_number(double value)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3g", value);
    return text.data();
}

std::string refusal_text(Signal signal, double value, Unit unit, Refusal why,
                         const std::vector<Unit>& units)
{
    const SignalInfo& about = info(signal);
    if (why == Refusal::unknown_unit)
        return std::string{name(unit)} + " is not a unit of " + std::string{about.title} +
               ": give " + list(units);
    if (why != Refusal::implausible) return std::string{name(why)};
    std::string out = short_number(value) +
                      (unit == Unit::none ? "" : " " + std::string{name(unit)}) +
                      " is outside what is possible for " + std::string{about.title} + " (" +
                      short_number(about.min) + " to " + short_number(about.max) +
                      (about.unit == Unit::none ? "" : " " + std::string{name(about.unit)}) + ")";
    for (const Unit other : units) {
        const auto as_other = Quantity::checked(signal, value, other);
        const auto* quantity = std::get_if<Quantity>(&as_other);
        if (other == unit || quantity == nullptr) continue;
        out += "; did you mean " + short_number(value) + " " + std::string{name(other)};
        if (other != about.unit)
            out +=
                " (" + short_number(quantity->value()) + " " + std::string{name(about.unit)} + ")";
        out += "?";
        break;
    }
    return out;
}

std::variant<json, Mistake> parse_object(std::string_view body)
{
    if (body.empty()) return Mistake{400, "the body is empty: a JSON object is needed", ""};
    if (depth_of(body) > json_depth_limit) return Mistake{400, "the body is nested too deeply", ""};
    std::vector<std::set<std::string>> names; // of each open object
    std::string twice;
    const auto watch = [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) names.emplace_back();
        if (event == json::parse_event_t::object_end && !names.empty()) names.pop_back();
        if (event == json::parse_event_t::key && !names.empty()) {
            const auto& text = value.get_ref<const std::string&>();
            if (!names.back().insert(text).second) twice = text;
        }
        return true;
    };
    json value = json::parse(body, watch, false);
    if (value.is_discarded()) return Mistake{400, "the body is not JSON", ""};
    if (!value.is_object()) return Mistake{400, "the body must be a JSON object", ""};
    if (!twice.empty())
        return Mistake{400, "a field is given twice", is_plain_text(twice) ? twice : ""};
    return value;
}

Fields::Fields(const json& object, std::optional<Mistake>& mistake, std::string prefix)
    : object_{object}, mistake_{mistake}, prefix_{std::move(prefix)}
{
}

void Fields::refuse(std::string_view name, std::string error, unsigned status)
{
    if (mistake_) return;
    mistake_ = Mistake{status, std::move(error), prefix_ + std::string{name}};
}

const json* Fields::find(std::string_view name, bool required)
{
    asked_.emplace_back(name);
    const auto found = object_.find(name);
    if (found != object_.end() && !found->is_null()) return mistake_ ? nullptr : &*found;
    if (required) refuse(name, "is missing");
    return nullptr;
}

bool Fields::has(std::string_view name)
{
    return find(name, false) != nullptr;
}

std::string Fields::text(std::string_view name, std::size_t longest)
{
    const json* value = find(name, true);
    if (value == nullptr) return {};
    if (!value->is_string()) {
        refuse(name, "must be text");
        return {};
    }
    const auto& text = value->get_ref<const std::string&>();
    if (text.empty()) refuse(name, "is empty");
    if (text.size() > longest) refuse(name, "is longer than " + std::to_string(longest) + " bytes");
    if (!is_plain_text(text)) refuse(name, "has characters that are not plain text");
    return text;
}

std::string Fields::optional_text(std::string_view name, std::size_t longest)
{
    return has(name) ? text(name, longest) : std::string{};
}

std::vector<std::string> Fields::optional_texts(std::string_view name, std::size_t longest,
                                                std::size_t most)
{
    std::vector<std::string> out;
    const json* value = find(name, false);
    if (value == nullptr) return out;
    if (!value->is_array() || value->size() > most) {
        refuse(name, "must be a list of at most " + std::to_string(most) + " texts");
        return out;
    }
    for (const json& item : *value) {
        const auto* text = item.get_ptr<const json::string_t*>();
        if (text == nullptr || text->empty() || text->size() > longest || !is_plain_text(*text)) {
            refuse(name, "must hold plain texts of 1 to " + std::to_string(longest) + " bytes");
            return {};
        }
        out.push_back(*text);
    }
    return out;
}

std::vector<const json*> Fields::optional_objects(std::string_view name, std::size_t most)
{
    std::vector<const json*> out;
    const json* value = find(name, false);
    if (value == nullptr) return out;
    if (!value->is_array() || value->size() > most) {
        refuse(name, "must be a list of at most " + std::to_string(most) + " objects");
        return out;
    }
    for (const json& item : *value) {
        if (!item.is_object()) {
            refuse(name, "must hold objects");
            return {};
        }
        out.push_back(&item);
    }
    return out;
}

std::optional<bool> Fields::optional_flag(std::string_view name)
{
    const json* value = find(name, false);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean()) {
        refuse(name, "must be true or false");
        return std::nullopt;
    }
    return value->get<bool>();
}

double Fields::number(std::string_view name)
{
    const json* value = find(name, true);
    if (value == nullptr) return 0;
    if (!value->is_number()) {
        refuse(name, "must be a number");
        return 0;
    }
    return value->get<double>();
}

std::optional<WallTime> Fields::optional_time(std::string_view name, WallTime now)
{
    const auto found = optional_any_time(name);
    if (found && *found > now + ahead_limit) refuse(name, "is in the future");
    return found;
}

std::optional<WallTime> Fields::optional_any_time(std::string_view name)
{
    const json* value = find(name, false);
    if (value == nullptr) return std::nullopt;
    const auto parsed = value->is_string() ? parse_time(value->get_ref<const std::string&>())
                                           : std::optional<WallTime>{};
    if (!parsed) refuse(name, "must be a time with its zone, such as 2026-03-01T02:14:00Z");
    return parsed;
}

WallTime Fields::time(std::string_view name, WallTime now)
{
    const auto found = optional_time(name, now);
    if (!found) refuse(name, "is missing");
    return found.value_or(WallTime{});
}

std::size_t Fields::choice(std::string_view name, const std::vector<std::string_view>& words)
{
    const json* value = find(name, true);
    if (value == nullptr) return 0;
    std::string all;
    for (const auto word : words) all += (all.empty() ? "" : ", ") + std::string{word};
    if (!value->is_string()) {
        refuse(name, "must be one of " + all);
        return 0;
    }
    const auto& text = value->get_ref<const std::string&>();
    const auto found = std::find(words.begin(), words.end(), text);
    if (found == words.end()) {
        refuse(name, "must be one of " + all + did_you_mean(text, words));
        return 0;
    }
    return static_cast<std::size_t>(found - words.begin());
}

double Fields::quantity(Signal signal, const std::vector<Unit>& units)
{
    const double value = number("value");
    Unit unit = units.front();
    if (has("unit")) {
        const std::string text = this->text("unit", 32);
        const auto known = unit_from(text);
        if (!known)
            refuse("unit",
                   "is not a unit of " + std::string{info(signal).title} + ": give " + list(units));
        unit = known.value_or(unit);
    } else if (units.size() > 1) {
        refuse("unit", "is missing: give " + list(units));
    }
    if (!ok()) return 0;
    const bool expected = std::find(units.begin(), units.end(), unit) != units.end();
    const auto checked = expected ? Quantity::checked(signal, value, unit)
                                  : std::variant<Quantity, Refusal>{Refusal::unknown_unit};
    if (const auto* why = std::get_if<Refusal>(&checked)) {
        refuse(*why == Refusal::unknown_unit ? "unit" : "value",
               refusal_text(signal, value, unit, *why, units));
        return 0;
    }
    return std::get<Quantity>(checked).value();
}

const json* Fields::object(std::string_view name)
{
    const json* value = find(name, false);
    if (value != nullptr && !value->is_object()) {
        refuse(name, "must be an object");
        return nullptr;
    }
    return value;
}

double Fields::quantity_in(std::string_view name, Signal signal, const std::vector<Unit>& units)
{
    const json* value = object(name);
    if (value == nullptr) {
        refuse(name, "is missing");
        return 0;
    }
    Fields inner{*value, mistake_, prefix_ + std::string{name} + "."};
    const double result = inner.quantity(signal, units);
    inner.finish();
    return result;
}

void Fields::finish()
{
    for (const auto& [name, value] : object_.items()) {
        if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
        const std::string shown = is_plain_text(name) && name.size() <= 64 ? name : "";
        refuse(shown, "is not a field here" + did_you_mean(name, asked_));
    }
}

} // namespace magwatch::http
