#include "rules/commissioning/compare.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "rules/observation/quantity.hpp"

namespace magwatch {
namespace {

// Two values count as different from this many tolerances on (design value): less may be rounding alone.
constexpr double apart = 3;
constexpr double rounding = 1e-6; // of a conversion there and back

bool is_coded(Signal signal)
{
    const SignalInfo& about = info(signal);
    return about.unit == Unit::none && (about.kind == SignalKind::charted || about.kind == SignalKind::flag);
}

std::string lower(std::string_view text)
{
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

std::string number(double value)
{
    std::array<char, 32> text{};
    const double rounded = std::round(value * 1000) / 1000;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), rounded).ptr};
}

// The worth of the last digit that was typed: "97" 1, "36.9" 0.1.
double last_digit(std::string_view digits)
{
    const auto point = digits.find('.');
    return point == std::string_view::npos ? 1.0 : std::pow(10.0, -static_cast<double>(digits.size() - point - 1));
}

std::optional<double> coded(Signal signal, const std::string& word)
{
    if (const auto value = word_value(signal, word)) return value;
    if (info(signal).kind != SignalKind::flag) return std::nullopt;
    if (word == "on" || word == "yes" || word == "active") return 1;
    if (word == "off" || word == "no" || word == "inactive") return 0;
    return std::nullopt;
}

std::variant<Shown, std::string> parse_number(Signal signal, std::string_view text)
{
    const SignalInfo& about = info(signal);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || !std::isfinite(value))
        return "'" + std::string{text} + "' is no number; type what the screen shows, or \"none\"";
    const auto digits = text.substr(0, static_cast<std::size_t>(end - text.data()));
    if (digits.find_first_of("eE") != std::string_view::npos) return std::string{"type the digits of the screen"};
    const auto rest = trimmed(text.substr(digits.size()));
    const auto unit = rest.empty() ? std::optional{about.unit} : unit_from(rest);
    const double step = last_digit(digits);
    const auto converted = unit ? convert(signal, value, *unit, about.unit) : std::nullopt;
    if (!converted)
        return "'" + std::string{rest} + "' is no unit of " + std::string{about.title} + " (" +
               std::string{name(about.unit)} + ")";
    return Shown{*converted, std::abs(*convert(signal, value + step, *unit, about.unit) - *converted)};
}

double step_of(std::span<const SourceSignal> signals, Signal signal)
{
    const auto found = std::find_if(signals.begin(), signals.end(), [&](const auto& s) { return s.signal == signal; });
    return found == signals.end() ? 0 : found->step;
}

// What was seen of one signal.
struct Seen {
    bool value = false, two_values = false, none = false;
    double first = 0;
};

void look(const ScreenPair& pair, double register_step, Seen& seen, std::vector<std::string>& wrong)
{
    const auto parsed = parse_screen(pair.signal, pair.screen);
    const std::string what = pair.bed + " " + std::string{name(pair.signal)} + ": ";
    if (const auto* why = std::get_if<std::string>(&parsed)) {
        wrong.push_back(what + *why);
        return;
    }
    const Shown& shown = std::get<Shown>(parsed);
    if (compare(pair.signal, shown, pair.read, register_step) != Match::same) {
        wrong.push_back(what + difference(pair));
        return;
    }
    if (pair.read && (*pair.read < info(pair.signal).min || *pair.read > info(pair.signal).max)) {
        wrong.push_back(what + "magwatch cannot have read " + number(*pair.read));
        return;
    }
    if (!pair.read) {
        seen.none = true;
        return;
    }
    if (!seen.value) seen.first = *pair.read;
    seen.value = true;
    const double far = apart * tolerance(pair.signal, shown, register_step);
    seen.two_values = seen.two_values || std::abs(*pair.read - seen.first) > far;
}

void judge(Signal signal, const Seen& seen, std::vector<std::string>& wrong)
{
    const std::string what{name(signal)};
    if (!seen.value) {
        wrong.push_back(what + ": no value of it was compared");
        return;
    }
    if (!seen.two_values)
        wrong.push_back(what + ": compare two values that are well apart: one alone tells no wrong scale or offset");
    if (needs_lead_off(signal) && !seen.none)
        wrong.push_back(what + ": take the sensor off once: the screen must show no reading, and magwatch must have "
                               "none");
}

} // namespace

std::variant<Shown, std::string> parse_screen(Signal signal, std::string_view typed)
{
    const auto text = trimmed(typed);
    const std::string word = lower(text);
    if (text.empty()) return std::string{"nothing was typed: if the screen shows no reading, type \"none\""};
    if (word == "none" || word.find_first_not_of("-?") == std::string::npos) return Shown{std::nullopt, 0};
    if (const auto value = coded(signal, word)) return Shown{value, 0};
    return parse_number(signal, text);
}

double tolerance(Signal signal, const Shown& shown, double register_step)
{
    return is_coded(signal) ? 0 : std::max(shown.step, register_step) + rounding;
}

Match compare(Signal signal, const Shown& shown, std::optional<double> read, double register_step)
{
    if (!shown.value && !read) return Match::same;
    if (!shown.value) return Match::only_read;
    if (!read) return Match::only_shown;
    const double between = std::abs(*shown.value - *read);
    return between <= tolerance(signal, shown, register_step) ? Match::same : Match::differs;
}

bool is_compared(Signal signal)
{
    const SignalKind kind = info(signal).kind;
    return kind != SignalKind::flag && kind != SignalKind::derived && kind != SignalKind::fact;
}

bool needs_lead_off(Signal signal) { return info(signal).kind == SignalKind::continuous; }

std::vector<std::string> mistakes(const CommissionRecord& record, std::span<const SourceSignal> signals)
{
    std::vector<std::string> wrong;
    std::array<Seen, signal_count> seen{};
    SignalMask wanted = 0, left_out = 0;
    for (const SourceSignal& one : signals)
        if (is_compared(one.signal)) wanted |= mask(one.signal);
    for (const ScreenPair& pair : record.pairs) {
        if (!signals.empty() && std::none_of(signals.begin(), signals.end(),
                                             [&](const auto& s) { return s.signal == pair.signal; })) {
            wrong.push_back(std::string{name(pair.signal)} + " is not in the map");
            continue;
        }
        if (is_compared(pair.signal)) wanted |= mask(pair.signal);
        look(pair, step_of(signals, pair.signal), seen[static_cast<std::size_t>(pair.signal)], wrong);
    }
    for (const LeftOut& out : record.left_out) {
        left_out |= mask(out.signal);
        if (out.reason.empty()) wrong.push_back(std::string{name(out.signal)} + " is left out without a reason");
        if (seen[static_cast<std::size_t>(out.signal)].value)
            wrong.push_back(std::string{name(out.signal)} + " is compared and left out");
    }
    if (!wrong.empty()) return wrong; // what is missing is told once nothing is wrong
    bool any = false;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        if ((wanted & mask(signal)) == 0 || (left_out & mask(signal)) != 0) continue;
        any = true;
        judge(signal, seen[s], wrong);
    }
    if (!any) wrong.emplace_back("nothing was compared");
    return wrong;
}

SignalMask covered(const CommissionRecord& record)
{
    SignalMask out = 0;
    for (std::size_t s = 0; s < signal_count; ++s)
        if (!is_compared(static_cast<Signal>(s))) out |= mask(static_cast<Signal>(s));
    for (const ScreenPair& pair : record.pairs) out |= mask(pair.signal);
    for (const LeftOut& left : record.left_out) out &= ~mask(left.signal);
    return out;
}

bool covers_bed(const CommissionRecord& record, std::string_view bed)
{
    return std::any_of(record.pairs.begin(), record.pairs.end(),
                       [&](const ScreenPair& pair) { return pair.bed == bed && pair.read; });
}

std::string difference(const ScreenPair& pair)
{
    const Unit unit = info(pair.signal).unit;
    const std::string shown = unit == Unit::none ? "" : " " + std::string{name(unit)};
    const std::string read = pair.read ? "reads " + number(*pair.read) + shown : std::string{"has no value"};
    return "magwatch " + read + ", the screen shows " + pair.screen;
}

} // namespace magwatch
