// Which requests read a register map: neighbours together, never more than the device takes.
//
// Pure. One group for each interval of the map; a group holds everything that its values need,
// their quality, sequence and time registers included, so that a value is never judged by an older
// status word. Words of all blocks of a group stand one after the other in its image.
#pragma once

#include <cstdint>
#include <vector>

#include "adapters/monitors/modbus/register_map.hpp"

namespace magwatch::adapters::modbus
{

inline constexpr std::uint16_t no_word = 0xFFFF;

// One request. For tables of bits each bit takes one word (0 or 1) of the image.
struct Block {
    Place place;
    std::uint16_t first_word = 0; // in the image of the group
    bool suspended =
        false; // a single value that the device refuses: asked again once a minute only
};

// One value: where its words stand in the image.
struct Item {
    std::uint16_t index = 0; // in RegisterMap::registers
    std::uint16_t word = 0;
    std::uint16_t quality_word = no_word;
    std::uint16_t sequence_word = no_word;
    std::uint16_t time_word = no_word;
};

struct Group {
    Duration interval{};
    std::vector<Place> wanted; // sorted, without repetition: what must not be cut by a split
    std::vector<Block> blocks;
    std::vector<Item> items;
    std::uint16_t words = 0;
};

[[nodiscard]] std::vector<Group> make_read_plan(const RegisterMap& map);

// The device refused the addresses of a block (exception 2 or 3): cuts it between two of its
// values, so that the refused one is found in a few polls and the others stay readable. A block
// with a single value is suspended instead. Returns true if the block was cut.
bool split_block(const RegisterMap& map, Group& group, std::size_t block);

} // namespace magwatch::adapters::modbus
