// Whether the oximeter sits on the arm of the cuff: then the saturation falls or drops out with each measurement.
//
// Pure; fixed size. A pressure arrives when its measurement is over, so the dip can be told from a true fall only
// afterwards, and only by its repeating: nothing is held back for it, staff are told to move the probe. All numbers
// are design values: a cuff squeezes for 30 to 60 s; 3 % is the least fall that the breathing rules look at.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "rules/base/instant.hpp"

namespace magwatch {

class CuffArm {
public:
    static constexpr int repeats_told = 3; // measurements with a dip, one after the other
    static constexpr double dip = 3;       // % below the lowest of the time before

    // A sample of the saturation; nothing: it was not usable.
    void oxygen(Instant at, std::optional<double> percent)
    {
        go_to(at);
        std::uint8_t& lowest = lowest_[slot(spell_)];
        const auto value = percent ? static_cast<std::uint8_t>(std::clamp(*percent, 1.0, 100.0)) : missing;
        lowest = std::min(lowest, value);
    }
    // A pressure: `taken` is its time by the device, {0} if that does not tell; a repeated one is no measurement.
    // True if suspected() changed.
    bool pressure(Instant at, WallTime taken, double value)
    {
        const bool again = taken.ms != 0 ? taken.ms == taken_.ms : value == value_;
        taken_ = taken;
        value_ = value;
        if (again) return false;
        const bool before = suspected();
        go_to(at);
        const auto calm = lowest_of(calm_from, kept);
        const auto squeezed = lowest_of(0, during);
        // Without a calm value before it, or none at all, the measurement says nothing.
        if (!calm || *calm == missing || !squeezed) return false;
        const bool dipped = *squeezed == missing || *calm - *squeezed >= dip;
        repeats_ = dipped ? std::min(repeats_ + 1, repeats_told) : 0;
        return suspected() != before;
    }
    [[nodiscard]] bool suspected() const { return repeats_ >= repeats_told; }

    template <class Archive> void archive(Archive& a)
    {
        a(lowest_, spell_, repeats_, taken_, value_);
        if constexpr (Archive::reading) {
            if (spell_ < 0) a.fail();
        }
    }

private:
    // The lowest value of each spell of 10 s: 6 of the measurement, 2 of which nobody can tell whether it had
    // begun, and 10 of the time before it.
    static constexpr std::int64_t spell_ms = 10'000;
    static constexpr std::size_t during = 6, calm_from = 8, kept = 18;
    static constexpr std::uint8_t missing = 0, nothing = 255;

    [[nodiscard]] static std::size_t slot(std::int64_t spell) { return static_cast<std::size_t>(spell) % kept; }
    void go_to(Instant at)
    {
        const std::int64_t spell = std::max<std::int64_t>(at.ms / spell_ms, 0);
        if (spell <= spell_) return;
        const std::int64_t skipped = std::min<std::int64_t>(spell - spell_, kept);
        for (std::int64_t i = 0; i < skipped; ++i) lowest_[slot(spell - i)] = nothing;
        spell_ = spell;
    }
    // Of the spells from `from` to before `to`, counted back from now; nothing: no sample.
    [[nodiscard]] std::optional<std::uint8_t> lowest_of(std::size_t from, std::size_t to) const
    {
        std::uint8_t lowest = nothing;
        for (std::size_t i = from; i < to; ++i)
            lowest = std::min(lowest, lowest_[slot(spell_ + static_cast<std::int64_t>(kept - i))]);
        return lowest == nothing ? std::nullopt : std::optional{lowest};
    }

    std::array<std::uint8_t, kept> lowest_ = filled();
    std::int64_t spell_ = 0;
    int repeats_ = 0;
    WallTime taken_;
    double value_ = 0;

    [[nodiscard]] static constexpr std::array<std::uint8_t, kept> filled()
    {
        std::array<std::uint8_t, kept> out{};
        for (auto& one : out) one = nothing;
        return out;
    }
};

} // namespace magwatch
