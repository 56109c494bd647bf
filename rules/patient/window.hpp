// A sliding window over one signal, kept up to date sample by sample.
//
// Pure. W(s, D) holds the samples with t > newest - D; it ends at the newest sample, so time alone never
// changes it (whether the signal is still fresh is PatientState's question). O(1) amortised per sample.
// Sums are kept as integers of 2^-20 of the signal's unit: exact, so that no drift moves a limit and a
// window rebuilt from its samples equals the one that lived on.
// Bounded: at most `capacity_max` samples; a window that would need more is unknown, never wrong.
// Units: the signal's canonical unit; slope per minute; count none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch {

enum class WindowKind : std::uint8_t { // Window::sums relies on the order
    mean,
    sum,     // of the samples
    slope,   // least squares, per minute; needs two instants
    fall,    // how far that line falls from the oldest to the newest sample; a rise is negative; needs
             // samples over a third of the length, for a line through a few says nothing (design value)
    min,
    max,
    drop,    // highest minus latest
    delta,   // latest minus oldest
    count,   // of the samples
    covered, // of volumes, each charted for the time since the one before (urine): pro rata at the edge,
             // unknown until the entries cover the whole window
};

struct WindowSpec {
    Signal signal{};
    Duration length{};
    WindowKind kind{};
    friend bool operator==(const WindowSpec&, const WindowSpec&) = default;
    template <class Archive> void archive(Archive& a) { a(signal, length, kind); }
};

class alignas(64) Window {
public:
    // One sample a second for four hours fits.
    static constexpr std::size_t capacity_max = 16384;

    Window() = default;
    explicit Window(const WindowSpec& spec)
        : kind_{spec.kind}, signal_{spec.signal}, length_ms_{static_cast<std::int32_t>(spec.length.count())}
    {
    }

    // `at` is not before the newest sample's; an older one is ignored.
    void push(Instant at, double value)
    {
        if (count_ > 0 && at.ms < newest_at_) return;
        switch (kind_) {
        case WindowKind::min: // a sample that a later one outdoes can never be the extreme again
            while (count_ > 0 && latest() >= value) drop_back();
            append(at.ms, value);
            break;
        case WindowKind::max:
        case WindowKind::drop:
            while (count_ > 0 && latest() <= value) drop_back();
            append(at.ms, value);
            break;
        case WindowKind::delta:
        case WindowKind::count: append(at.ms, value); break;
        case WindowKind::mean:
        case WindowKind::sum: append_summed(at.ms, value); break;
        case WindowKind::slope:
        case WindowKind::fall: append_accounted(at.ms, value); break;
        case WindowKind::covered:
            push_covering(Instant{count_ > 0 ? newest_at_ : at.ms}, at, value);
            break;
        }
    }
    // A volume for the time from `from` to `at`. `from` before the newest entry means since that entry;
    // later than it leaves a gap, and the window is unknown until the gap has left it.
    void push_covering(Instant from, Instant at, double value);
    void clear();

    [[nodiscard]] WindowSpec spec() const { return {signal_, Duration{length_ms_}, kind_}; }
    [[nodiscard]] WindowKind kind() const { return kind_; }
    // The aggregate at the newest sample; nullopt if the samples do not tell it.
    [[nodiscard]] std::optional<double> value() const
    {
        double found = 0;
        if (!read(found)) return std::nullopt;
        return found;
    }
    // The same for the tight loop; false where value() is nullopt.
    [[nodiscard]] bool read(double& out) const
    {
        if (count_ == 0 || truncated()) return false;
        switch (kind_) {
        case WindowKind::min:
        case WindowKind::max: out = front().value; return true;
        case WindowKind::drop: out = front().value - latest(); return true;
        case WindowKind::delta: out = latest() - front().value; return true;
        case WindowKind::sum: out = static_cast<double>(sum_) / fixed_one; return true;
        case WindowKind::mean: out = static_cast<double>(sum_) / (fixed_one * static_cast<double>(count_)); return true;
        case WindowKind::count: out = static_cast<double>(count_); return true;
        case WindowKind::slope: return fitted(60000.0, out);
        case WindowKind::fall:
            if ((newest_at_ - oldest_at_) * 3 < length_ms_) return false;
            return fitted(static_cast<double>(oldest_at_ - newest_at_), out);
        case WindowKind::covered:
            if (!covers()) return false;
            out = covered();
            return true;
        }
        return false;
    }
    // Samples held (for min, max and drop only those that can still matter).
    [[nodiscard]] std::size_t held() const { return count_; }
    [[nodiscard]] std::optional<Instant> newest() const
    {
        if (count_ == 0) return std::nullopt;
        return Instant{newest_at_};
    }

    template <class Archive> void archive(Archive& a)
    {
        std::vector<Sample> samples;
        if constexpr (!Archive::reading) {
            samples.reserve(count_);
            for (std::size_t i = 0; i < count_; ++i) samples.push_back(slot(head_ + static_cast<std::uint32_t>(i)));
        }
        std::int64_t length = length_ms_;
        a(signal_, length, kind_, samples, covered_from_, left_, truncated_, truncated_at_);
        if constexpr (Archive::reading) {
            length_ms_ = static_cast<std::int32_t>(length);
            if (length_ms_ != length || !rebuild(samples)) a.fail();
        }
    }

private:
    struct Sample {
        std::int64_t at = 0; // ms on the ward's time line
        double value = 0;
        template <class Archive> void archive(Archive& a) { a(at, value); }
    };
    // Sums of the least squares fit; exact in 128 bits for every time and value that can occur.
    __extension__ using Wide = __int128;

    static constexpr double fixed_one = 1048576.0; // 2^20
    static std::int64_t fixed(double v)
    {
        return static_cast<std::int64_t>(v * fixed_one + (v < 0 ? -0.5 : 0.5));
    }
    static constexpr std::int64_t none = INT64_MIN;

    // Index modulo the ring's size.
    [[nodiscard]] Sample& slot(std::uint32_t index) const { return ring_.get()[index & mask_]; }
    [[nodiscard]] const Sample& front() const { return ring_.get()[head_]; }
    [[nodiscard]] double latest() const { return slot(head_ + count_ - 1U).value; }
    [[nodiscard]] bool truncated() const
    {
        return truncated_ && truncated_at_ > newest_at_ - length_ms_;
    }
    // How much the fitted line rises in so many milliseconds; false if there is no line.
    [[nodiscard]] bool fitted(double span_ms, double& rise) const;
    [[nodiscard]] bool fits() const { return kind_ == WindowKind::slope || kind_ == WindowKind::fall; }
    // Whether entries cover the whole window; then how much of them lies in it.
    [[nodiscard]] bool covers() const
    {
        return covered_from_ != none && covered_from_ <= newest_at_ - length_ms_;
    }
    [[nodiscard]] double covered() const;
    // Time and value apart: a copy of a Sample of 16 bytes would wait for the two stores of 8 that made it.
    void put(std::int64_t at, double value)
    {
        if (count_ == room()) [[unlikely]] make_room();
        Sample& next = slot(std::uint32_t{head_} + count_);
        next.at = at;
        next.value = value;
        if (count_ == 0) oldest_at_ = at;
        newest_at_ = at;
        ++count_;
    }
    void drop_front()
    {
        head_ = static_cast<std::uint16_t>((head_ + 1U) & mask_);
        --count_;
        oldest_at_ = front().at;
    }
    void drop_back() { --count_; }
    // Each takes the sample in and lets go of those that are no longer in the window; the newest always
    // stays, because lengths are positive.
    void append(std::int64_t at, double value)
    {
        put(at, value);
        while (oldest_at_ <= at - length_ms_) drop_front();
    }
    void append_summed(std::int64_t at, double value)
    {
        put(at, value);
        sum_ += fixed(value);
        while (oldest_at_ <= at - length_ms_) {
            sum_ -= fixed(front().value);
            drop_front();
        }
    }
    void append_accounted(std::int64_t at, double value);
    [[nodiscard]] bool sums() const { return kind_ <= WindowKind::fall || kind_ == WindowKind::covered; }
    [[nodiscard]] std::uint16_t room() const { return static_cast<std::uint16_t>(mask_ + 1U); }
    void make_room();
    void append_fitted(std::int64_t at, std::int64_t value);
    void leave(const Sample& oldest);
    [[nodiscard]] bool rebuild(const std::vector<Sample>& samples); // false: no window of ours

    // What every sample touches fits one cache line (of slope and fall, two).
    std::unique_ptr<Sample[]> ring_;
    std::uint16_t mask_ = 0xFFFF; // the ring's size, a power of two, less 1; without a ring, of 65,536
    std::uint16_t head_ = 0;
    std::uint16_t count_ = 0;
    WindowKind kind_{};
    Signal signal_{};
    std::int32_t length_ms_ = 0;
    bool truncated_ = false; // a sample was dropped for want of room, at truncated_at_
    std::int64_t newest_at_ = 0; // this and the next: meaningless while empty
    std::int64_t oldest_at_ = 0;
    std::int64_t sum_ = 0;             // of fixed(value), for the kinds that sum
    std::int64_t covered_from_ = none; // entries cover everything from here to the newest
    std::int64_t left_ = none;         // when the last entry that left a covered window was charted

    std::int64_t truncated_at_ = none;
    Wide t_sum_ = 0, tt_sum_ = 0, tv_sum_ = 0;
};

} // namespace magwatch
