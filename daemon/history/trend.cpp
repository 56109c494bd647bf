#include "daemon/history/trend.hpp"

#include <algorithm>
#include <array>

#include "daemon/history/text.hpp"
#include "daemon/http/times.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch
{
namespace
{

using namespace std::chrono_literals;

constexpr std::int64_t minute_ms = 60'000;
constexpr Duration usual_range = 24h;
constexpr Duration stays_looked_for = longest_trend;
constexpr std::array<Duration, 19> resolutions{1s,  2s,  5s,   10s,  15s,  20s,  30s, 1min, 2min, 3min,
                                               5min, 10min, 15min, 20min, 30min, 1h,  2h,   6h,   24h};

// Down to a whole stretch, so that a screen that asks again gets the same stretches.
WallTime aligned(WallTime at, Duration resolution) { return WallTime{at.ms - at.ms % resolution.count()}; }

void write_signal(std::string& out, const std::string& name, const std::vector<TrendPoint>& points, Duration resolution)
{
    const auto signal = signal_from(name);
    if (!signal) return; // of another version: what it was measured in cannot be told
    const SignalInfo& about = info(*signal);
    if (out.back() != '{') out += ',';
    append_json(out, name);
    out += ":{\"title\":";
    append_json(out, about.title);
    out += ",\"unit\":";
    append_json(out, magwatch::name(about.unit));
    out += ",\"points\":[";
    const std::int64_t seconds = resolution.count() / 1000;
    for (const TrendPoint& point : points) {
        out += out.back() == '[' ? "[" : ",[";
        append_number(out, point.stretch * seconds);
        out += ',';
        append_number(out, point.min);
        out += ',';
        append_number(out, point.max);
        out += ']';
    }
    out += "]}";
}

void write_event(std::string& out, const HistoryEvent& event)
{
    out += out.back() == '[' ? "{\"at\":" : ",{\"at\":";
    append_json(out, http::format_time(event.at));
    out += ",\"kind\":";
    append_json(out, event.kind);
    out += ",\"text\":";
    append_json(out, event.text);
    out += ",\"priority\":";
    append_json_or_null(out, event.priority);
    out += ",\"ref\":";
    append_json_or_null(out, event.ref);
    out += '}';
}

void write_stay(std::string& out, const Stay& stay)
{
    out += out.back() == '[' ? "{\"from\":" : ",{\"from\":";
    append_json(out, http::format_time(stay.from));
    out += ",\"to\":";
    append_json_or_null(out, stay.to ? http::format_time(*stay.to) : "");
    out += '}';
}

} // namespace

Duration trend_resolution(Duration range, std::size_t points, bool minutes_only)
{
    // Aligned, a range touches one stretch more than it is long.
    const auto stretches = static_cast<std::int64_t>(std::max<std::size_t>(points, 2)) - 1;
    for (const Duration one : resolutions) {
        if (minutes_only && one < Duration{minute_ms}) continue;
        if (range.count() <= one.count() * stretches) return one;
    }
    const Duration day = resolutions.back();
    return day * ((range.count() + day.count() * stretches - 1) / (day.count() * stretches));
}

Trend::Trend(WallTime from, Duration resolution, const std::vector<std::string>& signals)
    : from_{aligned(from, resolution)}, resolution_{resolution}, all_{signals.empty()}
{
    for (const auto& signal : signals) signals_[signal];
}

void Trend::put(std::vector<TrendPoint>& points, std::int64_t at_ms, double min, double max) const
{
    if (at_ms < from_.ms) return;
    const std::int64_t stretch = (at_ms - from_.ms) / resolution_.count();
    auto at = points.end();
    if (!points.empty() && points.back().stretch >= stretch) {
        at = points.back().stretch == stretch
                 ? points.end() - 1
                 : std::lower_bound(points.begin(), points.end(), stretch,
                                    [](const TrendPoint& one, std::int64_t s) { return one.stretch < s; });
    }
    if (at == points.end() || at->stretch != stretch) {
        points.insert(at, {stretch, min, max});
        return;
    }
    at->min = std::min(at->min, min);
    at->max = std::max(at->max, max);
}

void Trend::add(const HistoryMinute& minute)
{
    const std::int64_t start = minute.minute * minute_ms;
    const bool whole = resolution_.count() % minute_ms == 0;
    for (const HistorySignal& one : minute.signals) {
        auto found = signals_.find(one.signal);
        if (found == signals_.end()) {
            if (!all_) continue;
            found = signals_.try_emplace(one.signal).first;
        }
        if (whole || one.samples.size() < one.count) {
            put(found->second, std::max(start, from_.ms), one.min, one.max);
            continue;
        }
        for (const HistorySample& sample : one.samples)
            put(found->second, start + sample.offset_ms, sample.value, sample.value);
    }
}

HistoryAnswer answer_trend(const HistoryQuestion& question, const Recording& recording)
{
    const WallTime to = question.to.value_or(question.now), end = end_of(question);
    const WallTime from = question.from.value_or(to - usual_range);
    const Duration resolution = trend_resolution(end - from, question.points, from < recording.thinned_to());
    Trend trend{from, resolution, question.signals};
    if (const auto error = recording.visit(trend.from(), end, [&](const HistoryMinute& minute) { trend.add(minute); }))
        return unreadable(*error);
    const auto events = recording.events(trend.from(), end);
    const auto all = recording.events(question.now - stays_looked_for, latest(question));
    if (const auto* error = std::get_if<JournalError>(&events)) return unreadable(*error);
    if (const auto* error = std::get_if<JournalError>(&all)) return unreadable(*error);
    HistoryAnswer answer;
    answer.content_type = "application/json";
    std::string& out = answer.body;
    out = question.simulation ? "{\"simulation\":true,\"bed\":" : "{\"simulation\":false,\"bed\":";
    append_json(out, question.bed);
    out += ",\"from\":";
    append_json(out, http::format_time(trend.from()));
    out += ",\"to\":";
    append_json(out, http::format_time(to));
    out += ",\"resolution_seconds\":";
    append_number(out, resolution.count() / 1000);
    out += ",\"signals\":{";
    for (const auto& [name, points] : trend.signals()) write_signal(out, name, points, resolution);
    out += "},\"events\":[";
    for (const HistoryEvent& event : std::get<std::vector<HistoryEvent>>(events)) write_event(out, event);
    out += "],\"stays\":[";
    for (const Stay& stay : stays_of(std::get<std::vector<HistoryEvent>>(all), question.watched_since))
        write_stay(out, stay);
    out += "]}";
    return answer;
}

} // namespace magwatch
