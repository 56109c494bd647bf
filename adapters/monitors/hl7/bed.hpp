// Which bed a message, or a patient of it, is about.
//
// Pure. A name that fits no bed, or two, gives no bed: the nearest is never taken. Where the sender
// names a bed (third component of PV1-3), rooms and wards are not looked at: room 4 is not bed 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "adapters/monitors/hl7/message.hpp"
#include "adapters/monitors/hl7/patients.hpp"
#include "adapters/monitors/hl7/profile.hpp"

namespace magwatch::adapters::hl7
{

// A bed pattern, read once.
class BedPattern
{
public:
    // nullopt: names no field, or is no pattern.
    [[nodiscard]] static std::optional<BedPattern> from(std::string_view text);
    // The text at the named places of a patient's group, and of MSH; empty if a place is empty.
    [[nodiscard]] std::string apply(const Message& message, const SegmentRange& patient) const;

private:
    struct Place {
        std::string segment;
        unsigned field = 0, component = 0, subcomponent = 0;
    };
    using Piece = std::variant<std::string, Place>;
    [[nodiscard]] static std::optional<Place> place_from(std::string_view text);
    std::vector<Piece> pieces_;
};

// Names of beds to beds.
class BedTable
{
public:
    BedTable() = default;
    explicit BedTable(const std::vector<BedNames>& beds);
    struct Found {
        BedId bed = no_bed;
        bool test_mode = false;
    };
    [[nodiscard]] std::optional<Found> find(std::string_view name) const;
    // Of a patient's group, by a profile's pattern, or without one by PV1-3.
    [[nodiscard]] std::optional<Found> find(const Message& message, const SegmentRange& patient,
                                            const BedPattern* pattern) const;

private:
    [[nodiscard]] std::optional<Found> find_location(const Message& message,
                                                     std::string_view location) const;
    std::unordered_map<std::string, Found> names_;
};

// Small letters, outer blanks gone, UTF-8.
[[nodiscard]] std::string normal_name(std::string_view name);

} // namespace magwatch::adapters::hl7
