#include "adapters/monitors/hl7/clock_offset.hpp"

#include <algorithm>
#include <chrono>

namespace magwatch::adapters::hl7
{
namespace
{

using namespace std::chrono_literals;

constexpr Duration spacing = 1s;
constexpr Duration step =
    10s; // further than this from the median: another clock, or a late message
constexpr Duration agree = 2s; // as close as samples of one clock lie
constexpr Duration report = 1s;

Duration distance(Duration a, Duration b)
{
    return a > b ? a - b : b - a;
}

} // namespace

Duration ClockOffset::median() const
{
    std::array<Duration, window> sorted = samples_;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(count_ / 2);
    std::nth_element(sorted.begin(), middle, end);
    return *middle;
}

// The clock was set: only the newest samples count from now on.
void ClockOffset::restart(std::size_t keep)
{
    for (std::size_t i = 0; i < keep; ++i) samples_[i] = strangers_[i];
    count_ = next_ = keep;
    stranger_count_ = 0;
}

void ClockOffset::sample(WallTime sent, WallTime received)
{
    // Our own clock may be set back: then the spacing starts anew.
    const bool soon =
        has_last_ && received >= last_received_ && received - last_received_ < spacing;
    if (soon) return;
    has_last_ = true;
    last_received_ = received;
    const Duration difference = sent - received;
    if (offset_ && distance(difference, *offset_) > step) {
        if (stranger_count_ > 0 && distance(strangers_[stranger_count_ - 1], difference) > agree) {
            stranger_count_ = 0;
        }
        strangers_[stranger_count_++] = difference;
        if (difference > *offset_) {
            strangers_[0] = difference;
            restart(1);
        } else if (stranger_count_ == enough) {
            restart(enough);
        } else {
            return;
        }
    } else {
        stranger_count_ = 0;
        samples_[next_ % window] = difference;
        next_ = (next_ + 1) % window;
        count_ = std::min(count_ + 1, window);
    }
    if (offset_ || count_ >= enough) offset_ = median();
}

std::optional<Duration> ClockOffset::changed()
{
    if (!offset_ || distance(*offset_, reported_) <= report) return std::nullopt;
    reported_ = *offset_;
    return reported_;
}

} // namespace magwatch::adapters::hl7
