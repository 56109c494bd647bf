// Identifiers of the core. Each is its own type, so that a bed can never be passed for a page.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace magwatch {

template <class Tag, class Value> struct Id {
    Value value{};
    friend constexpr auto operator<=>(const Id&, const Id&) = default;
    template <class Archive> void archive(Archive& a) { a(value); }
};

// Index of a bed in the ward, given when a configuration first names its alias and never reused.
using BedId = Id<struct BedTag, std::uint16_t>;
inline constexpr BedId no_bed{0xFFFF}; // of an alarm that belongs to the ward as a whole

// Index of a source (a device, an HL7 sender, a person's station), given like a BedId.
using SourceId = Id<struct SourceTag, std::uint16_t>;
inline constexpr SourceId no_source{0xFFFF};

// Identity of something that can leave the process (episode, call): incarnation-counter. The incarnation
// is committed at start, so that an id which left before its commit is never given again.
struct Serial {
    std::uint32_t incarnation = 0;
    std::uint32_t counter = 0;
    friend constexpr auto operator<=>(const Serial&, const Serial&) = default;
    [[nodiscard]] std::string text() const
    {
        return std::to_string(incarnation) + "-" + std::to_string(counter);
    }
    template <class Archive> void archive(Archive& a) { a(incarnation, counter); }
};
using EpisodeId = Serial; // one continuous alarm condition of one bed and rule
using CallId = Serial;    // one running call for a person to a bed; a page names it
using EntryId = Serial;   // one charted entry, counted on its own

} // namespace magwatch
