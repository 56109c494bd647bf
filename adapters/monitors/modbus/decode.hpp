// The words of one poll become observations or refusals; nothing in between.
//
// Pure. A value is valid only if its registers and the registers that judge it were all read in
// this poll. Every number goes through Quantity::checked; nothing is clamped, carried over or
// guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "adapters/monitors/modbus/read_plan.hpp"
#include "adapters/monitors/modbus/register_map.hpp"
#include "rules/observation/observation.hpp"

namespace magwatch::adapters::modbus
{

// How far a block came in this poll.
enum class BlockState : std::uint8_t {
    unread, // not asked, or the link failed first: says nothing about its values
    read,
    refused, // the device answered with an exception: it has no values for us
};

// What a poll brought. `words` has Group::words entries, `blocks` one entry for each block.
struct Image {
    std::vector<std::uint16_t> words;
    std::vector<BlockState> blocks;
    void reset(const Group& group);
};

// Copies the data of a checked reply into the image.
void store(Image& image, const Block& block, std::size_t block_index,
           std::span<const std::uint8_t> data);

// Why a register gave no value, or the value; with what stood in it, for the probe.
struct Reading {
    bool read = false;     // its registers were read; else only `refusal`, or nothing at all
    std::uint64_t raw = 0; // bits as they count after the word order
    double number = 0;     // what the type makes of them
    double value = 0;      // in the signal's unit; meaningless with a refusal
    std::optional<Refusal> refusal;
};
[[nodiscard]] Reading read_item(const RegisterMap& map, const Group& group, const Item& item,
                                const Image& image);

// What a device's charted fields last said, so that one is told when it changes and not at each
// poll. It belongs to one map of one device at one bed, and outlives its connections.
class ChartedMemory
{
public:
    struct Entry {
        std::uint64_t raw = 0;
        std::uint64_t sequence = 0;
        bool known = false;
    };
    [[nodiscard]] Entry& of(std::size_t index)
    {
        if (index >= entries_.size()) entries_.resize(index + 1);
        return entries_[index];
    }

private:
    std::vector<Entry> entries_;
};

using Outcome = std::variant<Observation, RefusedValue>;

// Appends what the poll says about each value of the group. Values of an uncommissioned map are
// questionable. A charted field is told when it or its sequence or time changed. What is first seen
// with a time is told too; without one nobody knows when it was charted, and as of now it would
// answer a check or end an alarm: then only what rings is told (a reflex lost while magwatch was
// down), and never an amount such as urine, because the same volume would count twice.
void decode(const RegisterMap& map, const Group& group, const Image& image, BedId bed,
            SourceId source, ChartedMemory& charted, std::vector<Outcome>& out);

} // namespace magwatch::adapters::modbus
