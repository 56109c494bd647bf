#include "daemon/history/struck.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "daemon/history/event_words.hpp"

namespace magwatch
{
namespace
{

constexpr std::int64_t minute_ms = 60'000;

} // namespace

std::string struck_ref(std::string_view signal, double value)
{
    std::array<char, 40> number{};
    std::snprintf(number.data(), number.size(), "%.17g", value);
    return std::string{signal} + '=' + number.data();
}

StruckValues::StruckValues(const std::vector<HistoryEvent>& events)
{
    for (const HistoryEvent& event : events) {
        const auto equals = event.ref.find('=');
        if (event.kind != event_kind::correction || equals == std::string::npos) continue;
        const double value = std::strtod(event.ref.c_str() + equals + 1, nullptr);
        values_.push_back({event.ref.substr(0, equals), event.at, value});
    }
}

// Once for each time that it was struck: the same value charted again at the same time counts.
bool StruckValues::take(const StruckValue& value)
{
    const auto found = std::find(values_.begin(), values_.end(), value);
    if (found == values_.end()) return false;
    values_.erase(found);
    return true;
}

HistoryMinute StruckValues::without(const HistoryMinute& minute, const Tell& tell)
{
    HistoryMinute out{minute.bed, minute.minute, {}};
    for (const HistorySignal& one : minute.signals) {
        const bool known = one.samples.size() >= one.count;
        const bool ours = known && std::any_of(values_.begin(), values_.end(),
                                               [&](const StruckValue& value) { return value.signal == one.signal; });
        if (!ours) {
            out.signals.push_back(one);
            continue;
        }
        HistorySignal left{one.signal, 0, 0, 0, 0, 0, {}};
        for (const HistorySample& sample : one.samples) {
            const StruckValue value{one.signal, WallTime{minute.minute * minute_ms + sample.offset_ms}, sample.value};
            if (take(value)) tell(value);
            else left.add(sample.offset_ms, sample.value, true);
        }
        if (left.count > 0) out.signals.push_back(std::move(left));
    }
    return out;
}

} // namespace magwatch
