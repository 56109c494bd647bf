#include "daemon/http/past.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>

#include "daemon/http/bodies.hpp"
#include "daemon/http/times.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch::http
{
namespace
{

using namespace std::chrono_literals;

constexpr std::size_t usual_points = 1000;
constexpr Duration usual_interval = 5min;

using Parameters = std::map<std::string, std::string, std::less<>>;

Mistake wrong(std::string_view parameter, std::string error)
{
    return {400, std::string{parameter} + ": " + std::move(error), std::string{parameter}};
}

// "a=1&b=2"; a "+" is itself, as in a time's offset.
std::variant<Parameters, Mistake> read_query(std::string_view target)
{
    Parameters parameters;
    const auto question = target.find('?');
    std::string_view rest = question == std::string_view::npos ? "" : target.substr(question + 1);
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        const auto equals = one.find('=');
        const auto name = percent_decoded(one.substr(0, equals));
        const auto value = equals == std::string_view::npos ? std::nullopt : percent_decoded(one.substr(equals + 1));
        if (!name || !value) return Mistake{400, "the query cannot be read: NAME=VALUE&...", ""};
        if (!parameters.emplace(*name, *value).second) return wrong(*name, "given twice");
    }
    return parameters;
}

std::optional<std::uint32_t> whole_number(const std::string& text, std::uint32_t least, std::uint32_t most)
{
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end || value < least || value > most) return std::nullopt;
    return value;
}

// Takes known parameters one by one; what is left is unknown.
class Query
{
public:
    explicit Query(Parameters parameters) : parameters_{std::move(parameters)} {}

    void time(std::string_view name, std::optional<WallTime>& into)
    {
        const auto text = take(name);
        if (!text) return;
        into = parse_time(*text);
        if (!into) refuse(name, "no time such as 2026-03-01T02:14:00Z");
    }
    void signals(std::string_view name, std::vector<std::string>& into)
    {
        const auto text = take(name);
        std::string_view rest = text ? *text : std::string_view{};
        while (!rest.empty()) {
            const std::string one{rest.substr(0, rest.find(','))};
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
            if (!signal_from(one)) return refuse(name, "no signal '" + one.substr(0, 64) + "'");
            if (std::find(into.begin(), into.end(), one) == into.end()) into.push_back(one);
        }
    }
    std::uint32_t number(std::string_view name, std::uint32_t least, std::uint32_t most, std::uint32_t usual)
    {
        const auto text = take(name);
        if (!text) return usual;
        const auto value = whole_number(*text, least, most);
        if (!value) refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
        return value.value_or(usual);
    }
    // One of two words; true: the second.
    bool second(std::string_view name, std::string_view first, std::string_view second)
    {
        const auto text = take(name);
        if (text && *text != first && *text != second)
            refuse(name, std::string{first} + " or " + std::string{second});
        return text && *text == second;
    }
    void refuse(std::string_view name, std::string error)
    {
        if (!mistake_) mistake_ = wrong(name, std::move(error));
    }
    [[nodiscard]] std::optional<Mistake> finish()
    {
        if (!parameters_.empty()) refuse(parameters_.begin()->first.substr(0, 64), "not known here");
        return mistake_;
    }

private:
    std::optional<std::string> take(std::string_view name)
    {
        const auto found = parameters_.find(name);
        if (found == parameters_.end()) return std::nullopt;
        std::string value = std::move(found->second);
        parameters_.erase(found);
        return value;
    }

    Parameters parameters_;
    std::optional<Mistake> mistake_;
};

void check_range(const HistoryQuestion& question, Query& query)
{
    if (question.from && question.from->ms < 0) query.refuse("from", "before 1970");
    if (!question.from) return;
    const WallTime to = question.to.value_or(question.now);
    if (*question.from >= to) query.refuse("from", "not before the end");
    if (to - *question.from > longest_trend) query.refuse("from", "more than 31 days before the end");
}

} // namespace

bool looks_back(RouteId route)
{
    return route == RouteId::trend || route == RouteId::export_csv || route == RouteId::export_fhir;
}

std::variant<HistoryQuestion, Mistake> read_question(RouteId route, std::string_view alias, std::string_view target,
                                                     const WardView& view, WallTime now)
{
    const BedView* bed = find_bed(view, alias);
    if (bed == nullptr) return Mistake{404, "no bed '" + std::string{alias.substr(0, 64)} + "'", ""};
    auto parameters = read_query(target);
    if (auto* mistake = std::get_if<Mistake>(&parameters)) return std::move(*mistake);
    Query query{std::move(std::get<Parameters>(parameters))};
    HistoryQuestion question;
    question.bed = alias;
    question.now = now;
    question.simulation = view.mode != Mode::ward;
    if (bed->watched) question.watched_since = bed->watched_since;
    query.time("from", question.from);
    query.time("to", question.to);
    if (question.to) question.to = std::min(*question.to, now);
    query.signals("signals", question.signals);
    if (route == RouteId::trend) {
        question.points = query.number("points", 2, most_trend_points, usual_points);
    } else if (route == RouteId::export_csv) {
        question.form = HistoryQuestion::Form::csv;
        question.full = query.second("resolution", "minute", "full");
    } else {
        question.form = HistoryQuestion::Form::fhir;
        const auto usual = static_cast<std::uint32_t>(usual_interval / 1min);
        question.interval = Duration{query.number("interval_minutes", 1, 60, usual) * 60'000LL};
    }
    check_range(question, query);
    if (auto mistake = query.finish()) return std::move(*mistake);
    return question;
}

Response response_of(HistoryAnswer answer)
{
    Response response;
    response.status = answer.status;
    response.content_type = std::move(answer.content_type);
    response.body = std::move(answer.body);
    if (!answer.file_name.empty()) {
        std::string name = std::move(answer.file_name);
        const auto plain = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        };
        for (char& c : name) c = plain(c) ? c : '_';
        response.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + name + "\"");
    }
    return response;
}

} // namespace magwatch::http
