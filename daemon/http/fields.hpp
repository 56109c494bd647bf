// JSON bodies, read strictly: one object, known fields, right types, no duplicates, bounded depth.
// The first mistake is kept with the field that it is in; nothing is guessed and nothing is
// ignored. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "rules/base/instant.hpp"
#include "rules/observation/quantity.hpp"

namespace magwatch::http
{

// A body that cannot be taken.
struct Mistake {
    unsigned status =
        422; // 400: not readable at all; 404: names what does not exist; 422: a wrong value
    std::string error;
    std::string field; // "facts.weight", "" = the body as a whole
};

// The body as an object, or why not.
[[nodiscard]] std::variant<nlohmann::json, Mistake> parse_object(std::string_view body);

// Reads an object field by field. After the first mistake every read gives nothing, so that a
// reader can read on and look at mistake() once.
class Fields
{
public:
    Fields(const nlohmann::json& object, std::optional<Mistake>& mistake, std::string prefix = {});

    [[nodiscard]] bool has(std::string_view name); // present and not null
    // 1 to `longest` bytes of plain text.
    std::string text(std::string_view name, std::size_t longest);
    std::string optional_text(std::string_view name, std::size_t longest);
    // A list of up to `most` texts; none if it is absent.
    std::vector<std::string> optional_texts(std::string_view name, std::size_t longest,
                                            std::size_t most);
    std::optional<bool> optional_flag(std::string_view name);
    double number(std::string_view name);
    // A time with "Z" or an offset; refused if it is more than 2 min ahead of `now`.
    std::optional<WallTime> optional_time(std::string_view name, WallTime now);
    // The same, also in the future.
    std::optional<WallTime> optional_any_time(std::string_view name);
    WallTime time(std::string_view name, WallTime now);
    // One of these words.
    std::size_t choice(std::string_view name, const std::vector<std::string_view>& words);
    // Of this object's "value" and "unit", in the signal's canonical unit. Where `units` names more
    // than one, "unit" must be there; an absent one otherwise means the only one.
    double quantity(Signal signal, const std::vector<Unit>& units);
    // As quantity(), of an object {"value": .., "unit": ..} under this name.
    double quantity_in(std::string_view name, Signal signal, const std::vector<Unit>& units);
    // A list of up to `most` objects; empty if it is absent.
    std::vector<const nlohmann::json*> optional_objects(std::string_view name, std::size_t most);
    // The object under this name, or null.
    const nlohmann::json* object(std::string_view name);

    // Refuses every field that nobody asked for.
    void finish();
    void refuse(std::string_view name, std::string error, unsigned status = 422);
    [[nodiscard]] bool ok() const { return !mistake_.has_value(); }
    [[nodiscard]] const std::string& prefix() const { return prefix_; }

private:
    const nlohmann::json* find(std::string_view name, bool required);

    const nlohmann::json& object_;
    std::optional<Mistake>& mistake_;
    std::string prefix_;
    std::vector<std::string> asked_;
};

// "outside 0.05 to 20 mmol/L; did you mean 50 mg/dL ...": why a quantity is refused, for people.
[[nodiscard]] std::string refusal_text(Signal signal, double value, Unit unit, Refusal why,
                                       const std::vector<Unit>& units);

// Three significant figures, without trailing zeros: "2.88".
[[nodiscard]] std::string short_number(double value);

} // namespace magwatch::http
