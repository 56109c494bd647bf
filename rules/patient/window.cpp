#include "rules/patient/window.hpp"

#include <algorithm>

#include "rules/base/assert.hpp"

namespace magwatch {

void Window::push(Instant at, double value)
{
    if (count_ > 0 && at.ms < back().at) return;
    if (spec_.kind == WindowKind::covered) {
        push_covering(count_ > 0 ? Instant{back().at} : at, at, value);
        return;
    }
    const Sample sample{at.ms, value};
    // A sample that a later one outdoes can never be the extreme again.
    if (spec_.kind == WindowKind::min) {
        while (count_ > 0 && back().value >= value) --count_;
    } else if (spec_.kind == WindowKind::max || spec_.kind == WindowKind::drop) {
        while (count_ > 0 && back().value <= value) --count_;
    }
    append(sample);
    evict();
}

void Window::push_covering(Instant from, Instant at, double value)
{
    MAGWATCH_ASSERT(spec_.kind == WindowKind::covered);
    if (count_ > 0 && at.ms < back().at) return;
    const std::int64_t start = std::min(from.ms, at.ms);
    if (count_ == 0 || start > back().at) covered_from_ = start;
    append({at.ms, value});
    evict();
}

void Window::clear() { *this = Window{spec_}; }

void Window::append(Sample sample)
{
    if (count_ == ring_.size()) grow();
    if (count_ == ring_.size()) {
        truncated_at_ = front().at;
        drop_front();
    }
    ring_[(head_ + count_) & mask_] = sample;
    ++count_;
    account(sample, 1);
}

void Window::grow()
{
    if (ring_.size() == capacity_max) return;
    std::vector<Sample> larger(ring_.empty() ? 8 : ring_.size() * 2);
    for (std::size_t i = 0; i < count_; ++i) larger[i] = ring_[(head_ + i) & mask_];
    ring_ = std::move(larger);
    mask_ = ring_.size() - 1;
    head_ = 0;
}

void Window::evict()
{
    const std::int64_t limit = back().at - spec_.length.count();
    while (front().at <= limit) drop_front(); // the newest always stays: lengths are positive
}

void Window::drop_front()
{
    account(front(), -1);
    left_ = front().at;
    head_ = (head_ + 1) & mask_;
    --count_;
}

void Window::account(const Sample& sample, std::int64_t sign)
{
    switch (spec_.kind) {
    case WindowKind::slope: {
        const Wide t = sample.at;
        const Wide v = fixed(sample.value);
        t_sum_ += sign * t;
        tt_sum_ += sign * t * t;
        tv_sum_ += sign * t * v;
        sum_ += sign * fixed(sample.value);
        return;
    }
    case WindowKind::sum:
    case WindowKind::mean:
    case WindowKind::covered: sum_ += sign * fixed(sample.value); return;
    case WindowKind::min:
    case WindowKind::max:
    case WindowKind::drop:
    case WindowKind::delta:
    case WindowKind::count: return;
    }
}

std::optional<double> Window::slope() const
{
    const Wide n = static_cast<Wide>(count_);
    const Wide spread = n * tt_sum_ - t_sum_ * t_sum_;
    if (spread == 0) return std::nullopt; // one instant has no slope
    const Wide rise = n * tv_sum_ - t_sum_ * sum_;
    return static_cast<double>(rise) / static_cast<double>(spread) * 60000.0 / fixed_one;
}

std::optional<double> Window::covered() const
{
    const std::int64_t start = back().at - spec_.length.count();
    if (covered_from_ == none || covered_from_ > start) return std::nullopt;
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
    if (samples.size() > capacity_max || spec_.kind > WindowKind::covered || spec_.length <= Duration::zero() ||
        static_cast<std::size_t>(spec_.signal) >= signal_count) {
        return false;
    }
    *this = Window{spec_, covered_from_, left_, truncated_at_};
    for (const Sample& sample : samples) {
        if (!(sample.value >= -value_max && sample.value <= value_max)) return false;
        if (sample.at > time_max || sample.at < -time_max) return false;
        if (count_ > 0 && sample.at < back().at) return false;
        append(sample);
    }
    return true;
}

} // namespace magwatch
