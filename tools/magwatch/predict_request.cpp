#include "tools/magwatch/predict_request.hpp"

#include <algorithm>
#include <charconv>

#include "rules/observation/quantity.hpp"
#include "runtime/toml_reader.hpp"

namespace magwatch::cli
{
namespace
{

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split(std::string_view text)
{
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        parts.push_back(trimmed(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return parts;
}

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

// Lays one step after the other and remembers what may not be overlapped.
class Builder
{
public:
    explicit Builder(Salt salt) : salt_{salt} {}

    // What is wrong with the step; empty: nothing.
    std::string add(const adapters::InfusionStep& step)
    {
        at_ = Instant{} + step.at;
        return std::visit(*this, step.what);
    }
    [[nodiscard]] const Course& course() const { return course_; }

    std::string operator()(const adapters::PlannedBolus& bolus)
    {
        if (at_ < bolus_end_) return overlap();
        bolus_end_ = at_ + bolus.over;
        bolus_text_ = duration_text(bolus_end_ - Instant{});
        return told(course_.bolus(at_, as_heptahydrate(bolus.grams, salt_), bolus.over));
    }
    std::string operator()(const adapters::PlannedRate& rate)
    {
        if (at_ < bolus_end_) return overlap();
        if (at_ == rate_at_) return "a rate begins at that time already";
        rate_at_ = at_;
        return told(course_.rate(at_, as_heptahydrate(rate.grams_per_hour, salt_)));
    }
    std::string operator()(const adapters::PlannedStop&)
    {
        course_.stop(at_);
        bolus_end_ = std::min(bolus_end_, at_);
        return {};
    }
    std::string operator()(const adapters::PlannedIntramuscular& dose)
    {
        return told(course_.intramuscular(at_, as_heptahydrate(dose.grams, salt_)));
    }

private:
    [[nodiscard]] std::string overlap() const
    {
        return "overlaps the bolus before it, which runs until " + bolus_text_ +
               "; let it begin then, or stop the bolus first";
    }
    static std::string told(bool good) { return good ? "" : "that is no plausible dose"; }

    Salt salt_;
    Course course_;
    Instant at_{}, bolus_end_{}, rate_at_ = Instant::never();
    std::string bolus_text_;
};

} // namespace

std::variant<Course, std::string> course_from(std::span<const adapters::InfusionStep> steps,
                                              Salt salt)
{
    Builder builder{salt};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::string wrong = builder.add(steps[i]);
        if (!wrong.empty())
            return "infusion step " + std::to_string(i + 1) + " at " + duration_text(steps[i].at) +
                   ": " + wrong;
    }
    return builder.course();
}

std::variant<std::vector<Level>, std::string> parse_levels(std::string_view text)
{
    const std::string how = "write TIME:LEVEL with its unit, such as 6h:2.1mmol/L, 6h:5.1mg/dL or "
                            "6h:4.2mEq/L";
    std::vector<Level> levels;
    for (const std::string_view part : split(text)) {
        const std::string name = "level " + quoted(part) + ": ";
        const std::size_t colon = part.find(':');
        if (colon == std::string_view::npos) return name + how;
        const auto drawn = parse_duration(trimmed(part.substr(0, colon)));
        if (!drawn) return name + quoted(part.substr(0, colon)) + " is no time such as 90s, 20min or 1.5h";
        const std::string_view value = trimmed(part.substr(colon + 1));
        double number = 0;
        const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), number,
                                                   std::chars_format::fixed);
        if (error != std::errc{}) return name + how;
        const std::string_view unit_text =
            trimmed(value.substr(static_cast<std::size_t>(rest - value.data())));
        if (unit_text.empty()) return name + "a level has a unit; " + how;
        const auto unit = unit_from(unit_text);
        if (!unit) return name + quoted(unit_text) + " is no unit of a level; " + how;
        const auto checked = Quantity::checked(Signal::mg, number, *unit);
        if (const auto* why = std::get_if<Refusal>(&checked)) {
            if (*why == Refusal::unknown_unit)
                return name + quoted(unit_text) + " is no unit of a level; " + how;
            return name + "not plausible: 0.05 to 20 mmol/L, 0.12 to 48.6 mg/dL, 0.1 to 40 mEq/L";
        }
        levels.push_back({Instant{} + *drawn, std::get<Quantity>(checked).value(), false});
    }
    return levels;
}

std::variant<std::vector<Instant>, std::string> parse_times(std::string_view text)
{
    std::vector<Instant> times;
    for (const std::string_view part : split(text)) {
        const auto at = parse_duration(part);
        if (!at) return quoted(part) + " is no time such as 90s, 20min or 1.5h";
        times.push_back(Instant{} + *at);
    }
    return times;
}

} // namespace magwatch::cli
