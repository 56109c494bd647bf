// A trend: for each signal its least and greatest value in each of at most so many equal stretches of time. Pure, but
// for the recording that it is made from.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/history/question.hpp"
#include "daemon/history/recording.hpp"

namespace magwatch
{

// Stretches that people can name, from 1 s up; of whole minutes where only minutes are kept.
[[nodiscard]] Duration trend_resolution(Duration range, std::size_t points, bool minutes_only);

struct TrendPoint {
    std::int64_t stretch = 0; // counted from the start
    double min = 0, max = 0;
    friend bool operator==(const TrendPoint&, const TrendPoint&) = default;
};

class Trend
{
public:
    // `signals`: names; none: all. A stretch without a value has no point.
    Trend(WallTime from, Duration resolution, const std::vector<std::string>& signals);
    void add(const HistoryMinute& minute);
    [[nodiscard]] const std::map<std::string, std::vector<TrendPoint>, std::less<>>& signals() const
    {
        return signals_;
    }
    [[nodiscard]] WallTime from() const { return from_; }
    [[nodiscard]] Duration resolution() const { return resolution_; }

private:
    void put(std::vector<TrendPoint>& points, std::int64_t at_ms, double min, double max) const;

    WallTime from_;
    Duration resolution_;
    bool all_;
    std::map<std::string, std::vector<TrendPoint>, std::less<>> signals_;
};

// The answer of GET /api/v1/beds/{alias}/trend.
[[nodiscard]] HistoryAnswer answer_trend(const HistoryQuestion& question, const Recording& recording);

} // namespace magwatch
