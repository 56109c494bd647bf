#include "rules/patient/window.hpp"

#include <algorithm>

#include "rules/base/assert.hpp"

namespace magwatch {

void Window::push_covering(Instant from, Instant at, double value)
{
    MAGWATCH_ASSERT(kind_ == WindowKind::covered);
    if (count_ > 0 && at.ms < newest_at_) return;
    const std::int64_t start = std::min(from.ms, at.ms);
    if (count_ == 0 || start > newest_at_) covered_from_ = start;
    append_accounted(at.ms, value);
}

// For every kind that sums.
void Window::append_accounted(std::int64_t at, double value)
{
    put(at, value);
    if (fits()) return append_fitted(at, fixed(value));
    sum_ += fixed(value);
    while (oldest_at_ <= at - length_ms_) leave(front());
}

// The sample is in the ring. All that leaves is gathered first: sums of 128 bits that are written and read again
// one after the other wait for each other.
void Window::append_fitted(std::int64_t at, std::int64_t value)
{
    Wide t = at, tt = Wide{at} * at, tv = Wide{at} * value;
    while (oldest_at_ <= at - length_ms_) {
        const std::int64_t left = oldest_at_, gone = fixed(front().value);
        value -= gone;
        t -= left;
        tt -= Wide{left} * left;
        tv -= Wide{left} * gone;
        drop_front();
    }
    sum_ += value;
    t_sum_ += t;
    tt_sum_ += tt;
    tv_sum_ += tv;
}

// Lets go of the oldest sample of a kind that sums.
void Window::leave(const Sample& oldest)
{
    const std::int64_t value = fixed(oldest.value);
    sum_ -= value;
    if (fits()) {
        t_sum_ -= oldest.at;
        tt_sum_ -= Wide{oldest.at} * oldest.at;
        tv_sum_ -= Wide{oldest.at} * value;
    } else if (kind_ == WindowKind::covered) {
        left_ = oldest.at;
    }
    drop_front();
}

void Window::clear() { *this = Window{spec()}; }

void Window::make_room()
{
    if (room() == capacity_max) {
        truncated_ = true;
        truncated_at_ = oldest_at_;
        sums() ? leave(front()) : drop_front();
        return;
    }
    const std::uint32_t larger = count_ == 0 ? 8U : room() * 2U;
    auto ring = std::make_unique<Sample[]>(larger);
    for (std::size_t i = 0; i < count_; ++i) ring[i] = slot(static_cast<std::uint32_t>(head_ + i));
    ring_ = std::move(ring);
    mask_ = static_cast<std::uint16_t>(larger - 1);
    head_ = 0;
}

bool Window::fitted(double span_ms, double& rise) const
{
    const Wide n = static_cast<Wide>(count_);
    const Wide spread = n * tt_sum_ - t_sum_ * t_sum_;
    if (spread == 0) return false; // one instant has no slope
    const Wide together = n * tv_sum_ - t_sum_ * sum_;
    rise = static_cast<double>(together) / static_cast<double>(spread) * span_ms / fixed_one;
    return true;
}

double Window::covered() const
{
    const std::int64_t start = newest_at_ - length_ms_;
    const Sample& edge = front();
    const std::int64_t from = std::max(left_, covered_from_);
    const double whole = static_cast<double>(sum_) / fixed_one;
    if (from >= start) return whole;
    // The oldest entry reaches back beyond the window: only its part inside counts. It ends inside (`append`), also of
    // one that was read from damaged bytes, so that nothing is divided by nothing.
    const double outside = static_cast<double>(start - from) / static_cast<double>(edge.at - from);
    return whole - edge.value * outside;
}

bool Window::rebuild(const std::vector<Sample>& samples)
{
    // What a patient can show, and times that the sums can hold: anything else is damage.
    constexpr double value_max = 1e6;
    constexpr std::int64_t time_max = std::int64_t{1} << 45;
    const auto within = [](std::int64_t t) { return t == none || (t <= time_max && t >= -time_max); };
    if (samples.size() > capacity_max || kind_ > WindowKind::covered || length_ms_ <= 0 ||
        static_cast<std::size_t>(signal_) >= signal_count || !within(truncated_at_) || !within(covered_from_) ||
        !within(left_)) {
        return false;
    }
    Window fresh{spec()};
    for (const Sample& sample : samples) {
        if (!(sample.value >= -value_max && sample.value <= value_max)) return false;
        if (sample.at > time_max || sample.at < -time_max) return false;
        if (fresh.count_ > 0 && sample.at < fresh.newest_at_) return false;
        fresh.sums() ? fresh.append_accounted(sample.at, sample.value) : fresh.append(sample.at, sample.value);
    }
    fresh.truncated_ = truncated_;
    fresh.truncated_at_ = truncated_at_;
    fresh.covered_from_ = covered_from_;
    fresh.left_ = left_;
    *this = std::move(fresh);
    return true;
}

} // namespace magwatch
