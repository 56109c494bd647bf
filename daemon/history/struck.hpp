// Values that staff struck through: told apart from those that count, by the events that say so. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/journal/history_file.hpp"

namespace magwatch
{

struct StruckValue {
    std::string signal;
    WallTime at;
    double value = 0; // in the signal's unit
    friend bool operator==(const StruckValue&, const StruckValue&) = default;
};

// What an event of kind `correction` keeps beside its words: "reflex_knee=2". Its time is that of the value.
[[nodiscard]] std::string struck_ref(std::string_view signal, double value);

class StruckValues
{
public:
    // Of the events of kind `correction`; others say nothing of values.
    explicit StruckValues(const std::vector<HistoryEvent>& events);

    using Tell = std::function<void(const StruckValue&)>;
    // The minute without what was struck; each struck value is told, once, in order. What a minute keeps no samples of
    // cannot be told apart.
    [[nodiscard]] HistoryMinute without(const HistoryMinute& minute, const Tell& tell);
    [[nodiscard]] bool none() const { return values_.empty(); }

private:
    [[nodiscard]] bool take(const StruckValue& value);

    std::vector<StruckValue> values_;
};

} // namespace magwatch
