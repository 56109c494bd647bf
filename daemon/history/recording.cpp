#include "daemon/history/recording.hpp"

#include "daemon/history/event_words.hpp"

namespace magwatch
{
namespace
{

constexpr std::int64_t minute_ms = 60'000;

} // namespace

std::vector<Stay> stays_of(const std::vector<HistoryEvent>& events, std::optional<WallTime> watched_since)
{
    std::vector<Stay> stays;
    for (const HistoryEvent& event : events) {
        const bool open = !stays.empty() && !stays.back().to;
        if (event.kind == event_kind::watch_start) {
            if (open) stays.back().to = event.at; // its end was not recorded
            stays.push_back({event.at, std::nullopt});
        } else if (event.kind == event_kind::watch_end && open) {
            stays.back().to = event.at;
        }
    }
    const bool open = !stays.empty() && !stays.back().to;
    if (watched_since && !open) stays.push_back({*watched_since, std::nullopt});
    return stays;
}

HistoryMinute cut(const HistoryMinute& minute, WallTime from, WallTime to)
{
    const std::int64_t start = minute.minute * minute_ms;
    HistoryMinute part{minute.bed, minute.minute, {}};
    for (const HistorySignal& whole : minute.signals) {
        if (whole.samples.size() < whole.count) continue;
        HistorySignal one{whole.signal, 0, 0, 0, 0, 0, {}};
        for (const HistorySample& sample : whole.samples) {
            const WallTime at{start + sample.offset_ms};
            if (at >= from && at < to) one.add(sample.offset_ms, sample.value, true);
        }
        if (one.count > 0) part.signals.push_back(std::move(one));
    }
    return part;
}

std::optional<JournalError> Recording::visit(WallTime from, WallTime to, const Take& lend,
                                             const StruckValues::Tell& struck) const
{
    const auto corrections = events(from, to);
    if (const auto* error = std::get_if<JournalError>(&corrections)) return *error;
    StruckValues values{std::get<std::vector<HistoryEvent>>(corrections)};
    const auto take = [&](const HistoryMinute& minute) {
        if (values.none()) return lend(minute);
        const HistoryMinute left = values.without(minute, struck);
        if (!left.signals.empty()) lend(left);
    };
    const auto in_range = [&](const HistoryMinute& minute) {
        const WallTime start{minute.minute * minute_ms};
        if (start >= from && start + Duration{minute_ms} <= to) {
            take(minute);
            return;
        }
        const HistoryMinute part = cut(minute, from, to);
        if (!part.signals.empty()) take(part);
    };
    const std::int64_t first = from.ms / minute_ms, end = (to.ms + minute_ms - 1) / minute_ms;
    if (auto error = file_.visit(bed_, first, end, in_range)) return error;
    for (const HistoryMinute& minute : running_) {
        if (minute.minute >= first && minute.minute < end) in_range(minute);
    }
    return std::nullopt;
}

std::variant<std::vector<HistoryEvent>, JournalError> Recording::events(WallTime from, WallTime to) const
{
    return file_.events(bed_, from, to);
}

WallTime Recording::thinned_to() const
{
    const auto minute = file_.thinned_to();
    const auto* known = std::get_if<std::int64_t>(&minute);
    return WallTime{known != nullptr ? *known * minute_ms : 0};
}

} // namespace magwatch
