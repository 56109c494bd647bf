// How far a sender's clock is from ours, told apart from how long its messages travel.
//
// Pure: the caller hands in both times. The offset is the median of the last 16 samples, at most
// one a second, so that a queue drained after an outage (many old messages in a moment) moves it by
// one sample. A clock that was set (summer time, a correction) is believed after 4 samples in a row
// that agree among themselves and not with the median, or at once where the sender is suddenly
// ahead: no message arrives before it was sent. All figures are design values.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "rules/base/instant.hpp"

namespace magwatch::adapters::hl7
{

class ClockOffset
{
public:
    // A message said `sent` by its clock and arrived at `received` by ours.
    void sample(WallTime sent, WallTime received);
    // Sender's clock minus ours; nullopt until 4 samples were taken.
    [[nodiscard]] std::optional<Duration> offset() const { return offset_; }
    // The offset, when it moved by more than a second since it was last reported here.
    [[nodiscard]] std::optional<Duration> changed();

private:
    static constexpr std::size_t window = 16;
    static constexpr std::size_t enough = 4;
    void restart(std::size_t keep);
    [[nodiscard]] Duration median() const;

    std::array<Duration, window> samples_{}; // a ring
    std::size_t count_ = 0;
    std::size_t next_ = 0;
    std::array<Duration, enough> strangers_{}; // far from the median, in a row
    std::size_t stranger_count_ = 0;
    bool has_last_ = false;
    WallTime last_received_;
    std::optional<Duration> offset_;
    Duration reported_{};
};

} // namespace magwatch::adapters::hl7
