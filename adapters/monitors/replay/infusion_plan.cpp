#include "adapters/monitors/replay/infusion_plan.hpp"

#include <charconv>

#include "rules/observation/quantity.hpp"
#include "runtime/toml_reader.hpp"

namespace magwatch::adapters {
namespace {

constexpr std::string_view how = "write TIME:DOSE/TIME (0s:4g/20min), TIME:RATE (20min:1g/h), TIME:stop or "
                                 "TIME:DOSE im (3h:5g im), separated by commas";

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// Takes "4g" or "4 g" from the front of the text; nullopt if it does not stand there.
std::optional<double> take_grams(std::string_view& text)
{
    double grams = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, grams, std::chars_format::fixed);
    if (error != std::errc{}) return std::nullopt;
    std::string_view left = trimmed({rest, static_cast<std::size_t>(end - rest)});
    if (!left.starts_with('g')) return std::nullopt;
    left.remove_prefix(1);
    text = trimmed(left);
    return grams;
}

using What = decltype(InfusionStep::what);

// One step's WHAT, or why not.
std::variant<What, std::string> parse_what(std::string_view text)
{
    if (text == "stop") return What{PlannedStop{}};
    std::string_view left = text;
    const std::optional<double> grams = take_grams(left);
    if (!grams) return std::string{how};
    // The same limits as for what staff chart: above them it is a slip of the finger.
    const bool is_rate = left == "/h";
    const auto checked = Quantity::checked(is_rate ? Signal::infusion_rate : Signal::bolus_dose, *grams,
                                           is_rate ? Unit::gram_per_hour : Unit::gram);
    if (!(*grams > 0)) return std::string{"a dose is above 0; an infusion is ended by 'stop'"};
    if (std::holds_alternative<Refusal>(checked)) return std::string{"that is no plausible dose"};
    if (is_rate) return What{PlannedRate{*grams}};
    if (left == "im") return What{PlannedIntramuscular{*grams}};
    if (!left.starts_with('/')) return std::string{how};
    left.remove_prefix(1);
    const std::optional<Duration> over = parse_duration(trimmed(left));
    if (!over || over->count() <= 0) return std::string{how};
    return What{PlannedBolus{*grams, *over}};
}

} // namespace

std::variant<std::vector<InfusionStep>, std::string> parse_infusion_plan(std::string_view text)
{
    std::vector<InfusionStep> steps;
    if (trimmed(text).empty()) return "no infusion: " + std::string{how};
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string_view step = trimmed(text.substr(begin, end - begin));
        begin = end + 1;
        const std::string name = "infusion step " + std::to_string(steps.size() + 1) + " '" + std::string{step} + "': ";
        const std::size_t colon = step.find(':');
        if (colon == std::string_view::npos) return name + std::string{how};
        const std::optional<Duration> at = parse_duration(trimmed(step.substr(0, colon)));
        if (!at) return name + "'" + std::string{step.substr(0, colon)} + "' is no time such as 90s, 20min or 1.5h";
        if (!steps.empty() && *at < steps.back().at) return name + "stands before the step ahead of it";
        const auto what = parse_what(trimmed(step.substr(colon + 1)));
        if (const auto* why = std::get_if<std::string>(&what)) return name + *why;
        steps.push_back({*at, std::get<What>(what)});
    }
    return steps;
}

} // namespace magwatch::adapters
