#include "tools/replay/difference.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace magwatch
{
namespace
{

using Json = nlohmann::ordered_json;
using Raises = std::vector<TimelineRaise>;

bool same(const TimelineRaise& a, const TimelineRaise& b)
{
    return a.at_s == b.at_s && a.priority == b.priority && a.grade == b.grade;
}

// The cheapest way to pair two lists in order: a pair costs its distance, a single one half of
// pair_within_s.
void pair(const Raises& a, const Raises& b, std::vector<AlarmDifference>& out)
{
    const std::size_t n = a.size(), m = b.size();
    constexpr double single = pair_within_s / 2;
    std::vector<std::vector<double>> cost(n + 1, std::vector<double>(m + 1));
    const auto distance = [&](std::size_t i, std::size_t j) {
        return std::abs(a[i].at_s - b[j].at_s);
    };
    for (std::size_t i = n + 1; i-- > 0;) {
        for (std::size_t j = m + 1; j-- > 0;) {
            if (i == n || j == m) {
                cost[i][j] = single * static_cast<double>(n - i + m - j);
                continue;
            }
            cost[i][j] = single + std::min(cost[i + 1][j], cost[i][j + 1]);
            if (distance(i, j) <= pair_within_s)
                cost[i][j] = std::min(cost[i][j], distance(i, j) + cost[i + 1][j + 1]);
        }
    }
    std::size_t i = 0, j = 0;
    while (i < n || j < m) {
        if (i < n && j < m && distance(i, j) <= pair_within_s &&
            cost[i][j] == distance(i, j) + cost[i + 1][j + 1]) {
            if (!same(a[i], b[j])) out.push_back({a[i], b[j]});
            ++i, ++j;
        } else if (i < n && (j == m || cost[i][j] == single + cost[i + 1][j])) {
            out.push_back({a[i++], std::nullopt});
        } else {
            out.push_back({std::nullopt, b[j++]});
        }
    }
}

Json json_of(const TimelineRaise& raise)
{
    return {{"time_s", raise.at_s},
            {"priority", raise.priority},
            {"grade", raise.grade},
            {"message", raise.message}};
}

std::string moved(const AlarmDifference& d)
{
    const double by = d.b->at_s - d.a->at_s;
    std::string out;
    if (by != 0) out = fmt::format("{:.1f} s {}", std::abs(by), by < 0 ? "earlier" : "later");
    if (d.a->priority != d.b->priority)
        out += fmt::format("{}{} -> {}", out.empty() ? "" : ", ", d.a->priority, d.b->priority);
    if (d.a->grade != d.b->grade)
        out += fmt::format("{}grade {} -> {}", out.empty() ? "" : ", ", d.a->grade, d.b->grade);
    return out;
}

void print_json(const TimelineDifference& found, const std::string& what, const std::string& a,
                const std::string& b, std::ostream& out)
{
    Json line{{"file", what}, {"a", a}, {"b", b}, {"equal", found.equal()}};
    for (const char* name : {"only_in_a", "only_in_b", "changed", "pages"})
        line[name] = Json::array();
    for (const auto& d : found.alarms) {
        const TimelineRaise& one = d.a ? *d.a : *d.b;
        Json entry{{"bed", one.bed}, {"rule", one.rule}};
        if (d.a && d.b) {
            entry["later_by_s"] = d.b->at_s - d.a->at_s;
            entry["a"] = json_of(*d.a);
            entry["b"] = json_of(*d.b);
        } else {
            entry.update(json_of(one));
        }
        line[d.a && d.b ? "changed" : d.a ? "only_in_a" : "only_in_b"].push_back(std::move(entry));
    }
    for (const auto& page : found.pages)
        line["pages"].push_back({{"bed", page.bed},
                                 {"rule", page.rule},
                                 {"person", page.person},
                                 {"a", page.a},
                                 {"b", page.b}});
    line["alarms_a"] = found.alarms_a;
    line["alarms_b"] = found.alarms_b;
    line["pages_a"] = found.pages_a;
    line["pages_b"] = found.pages_b;
    out << line.dump() << '\n';
}

} // namespace

std::optional<ReadTimeline> read_timeline(std::string_view text, std::string& mistake)
{
    ReadTimeline out;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.empty()) continue;
        const Json json = Json::parse(line, nullptr, false);
        const auto word = [&](const char* key) {
            const auto found = json.find(key);
            return found != json.end() && found->is_string() ? found->get<std::string>()
                                                             : std::string{};
        };
        if (!json.is_object()) {
            mistake = fmt::format("line {} is no line of magwatch replay --json", number);
            return std::nullopt;
        }
        const auto at = json.find("time_s");
        if (at == json.end() || !at->is_number()) continue;
        if (word("event") == "page") {
            out.pages.push_back({at->get<double>(), word("bed"), word("rule"), word("person")});
        } else if (word("event") == "raised") {
            const auto grade = json.find("grade");
            const int value =
                grade != json.end() && grade->is_number_integer() ? grade->get<int>() : 0;
            out.raises.push_back({at->get<double>(), word("bed"), word("rule"), word("priority"),
                                  word("message"), value});
        }
    }
    return out;
}

TimelineDifference difference(const ReadTimeline& a, const ReadTimeline& b)
{
    TimelineDifference out;
    out.alarms_a = static_cast<int>(a.raises.size());
    out.alarms_b = static_cast<int>(b.raises.size());
    out.pages_a = static_cast<int>(a.pages.size());
    out.pages_b = static_cast<int>(b.pages.size());
    std::map<std::pair<std::string, std::string>, std::pair<Raises, Raises>> rules;
    for (const auto& raise : a.raises) rules[{raise.bed, raise.rule}].first.push_back(raise);
    for (const auto& raise : b.raises) rules[{raise.bed, raise.rule}].second.push_back(raise);
    for (const auto& [key, both] : rules) pair(both.first, both.second, out.alarms);
    std::stable_sort(out.alarms.begin(), out.alarms.end(),
                     [](const AlarmDifference& x, const AlarmDifference& y) {
                         return (x.a ? x.a : x.b)->at_s < (y.a ? y.a : y.b)->at_s;
                     });
    std::map<std::tuple<std::string, std::string, std::string>, std::pair<int, int>> pages;
    for (const auto& page : a.pages) ++pages[{page.bed, page.rule, page.person}].first;
    for (const auto& page : b.pages) ++pages[{page.bed, page.rule, page.person}].second;
    for (const auto& [key, count] : pages) {
        const auto& [bed, rule, person] = key;
        if (count.first != count.second)
            out.pages.push_back({bed, rule, person, count.first, count.second});
    }
    return out;
}

void print_difference(const TimelineDifference& found, const std::string& what,
                      const std::string& a, const std::string& b, bool json, std::ostream& out)
{
    if (json) return print_json(found, what, a, b, out);
    if (!what.empty()) out << what << '\n';
    out << "A: " << a << "\nB: " << b << '\n';
    for (const auto& d : found.alarms) {
        const TimelineRaise& one = d.a ? *d.a : *d.b;
        const std::string how = d.a && d.b ? "in B " + moved(d) : d.a ? "in A alone" : "in B alone";
        out << fmt::format("{:>10.1f} s  {:<8} {:<7} {:<24} {}\n", one.at_s, one.bed, one.priority,
                           one.rule, how);
    }
    for (const auto& page : found.pages)
        out << fmt::format("{:>12}  {:<8} {:<7} {:<24} to {}: {} in A, {} in B\n", "pages",
                           page.bed, "", page.rule, page.person, page.a, page.b);
    out << fmt::format("{}: alarms {} and {}, pages {} and {}\n",
                       found.equal() ? "equal" : "different", found.alarms_a, found.alarms_b,
                       found.pages_a, found.pages_b);
}

} // namespace magwatch
