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
    append_accounted({at.ms, value});
}

// For every kind that sums.
void Window::append_accounted(const Sample& sample)
{
    // Field by field: a copy of 16 bytes would wait for the two stores of 8 that made the sample.
    const std::int64_t at = sample.at;
    const double value = sample.value;
    put({at, value});
    sum_ += fixed(value);
    if (fits()) account({at, value}, 1);
    while (oldest_at_ <= newest_at_ - length_ms_) {
        sum_ -= fixed(front().value);
        account(front(), -1);
        drop_front();
    }
}

void Window::clear() { *this = Window{spec()}; }

void Window::make_room()
{
    if (room() == capacity_max) {
        truncated_ = true;
        truncated_at_ = oldest_at_;
        if (sums()) {
            sum_ -= fixed(front().value);
            account(front(), -1);
        }
        drop_front();
        return;
    }
    const std::uint32_t larger = count_ == 0 ? 8 : room() * 2;
    auto ring = std::make_unique<Sample[]>(larger);
    for (std::size_t i = 0; i < count_; ++i) ring[i] = ring_[(head_ + i) & mask_];
    ring_ = std::move(ring);
    mask_ = larger - 1;
    head_ = 0;
}

void Window::account(const Sample& sample, std::int64_t sign)
{
    if (fits()) {
        const Wide t = sample.at;
        t_sum_ += sign * t;
        tt_sum_ += sign * t * t;
        tv_sum_ += sign * t * fixed(sample.value);
    } else if (kind_ == WindowKind::covered) {
        left_ = sample.at;
    }
}

std::optional<double> Window::fitted(double span_ms) const
{
    const Wide n = static_cast<Wide>(count_);
    const Wide spread = n * tt_sum_ - t_sum_ * t_sum_;
    if (spread == 0) return std::nullopt; // one instant has no slope
    const Wide rise = n * tv_sum_ - t_sum_ * sum_;
    return static_cast<double>(rise) / static_cast<double>(spread) * span_ms / fixed_one;
}

double Window::covered() const
{
    const std::int64_t start = newest_at_ - length_ms_;
    const Sample& edge = front();
    const std::int64_t from = std::max(left_, covered_from_);
    const double whole = static_cast<double>(sum_) / fixed_one;
    if (from == none || from >= start || edge.at <= from) return whole;
    // The oldest entry reaches back beyond the window: only its part inside counts.
    const double outside = static_cast<double>(start - from) / static_cast<double>(edge.at - from);
    return whole - edge.value * outside;
}

bool Window::rebuild(const std::vector<Sample>& samples)
{
    // What a patient can show, and times that the sums can hold: anything else is damage.
    constexpr double value_max = 1e6;
    constexpr std::int64_t time_max = std::int64_t{1} << 45;
    const auto within = [](std::int64_t t) { return t == none || (t <= time_max && t >= -time_max); };
    if (samples.size() > capacity_max || kind_ > WindowKind::covered || length_ms_ <= 0 || length_ms_ > time_max ||
        static_cast<std::size_t>(signal_) >= signal_count || !within(truncated_at_) || !within(covered_from_) ||
        !within(left_)) {
        return false;
    }
    Window fresh{spec()};
    for (const Sample& sample : samples) {
        if (!(sample.value >= -value_max && sample.value <= value_max)) return false;
        if (sample.at > time_max || sample.at < -time_max) return false;
        if (fresh.count_ > 0 && sample.at < fresh.newest_at_) return false;
        fresh.sums() ? fresh.append_accounted(sample) : fresh.append(sample);
    }
    fresh.truncated_ = truncated_;
    fresh.truncated_at_ = truncated_at_;
    fresh.covered_from_ = covered_from_;
    fresh.left_ = left_;
    *this = std::move(fresh);
    return true;
}

} // namespace magwatch
