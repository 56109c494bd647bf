#include "adapters/monitors/modbus/read_plan.hpp"

#include <algorithm>

#include "rules/base/assert.hpp"

namespace magwatch::adapters::modbus
{
namespace
{

// 2000 bits are 250 bytes, the most that fits one answer.
constexpr std::uint32_t most_bits = 2000;

std::uint32_t end_of(const Place& place)
{
    return std::uint32_t{place.address} + place.count;
}

void want(std::vector<Place>& wanted, const Register& r)
{
    wanted.push_back(r.place);
    if (r.quality) wanted.push_back(r.quality->place);
    if (r.sequence) wanted.push_back(*r.sequence);
    if (r.time) wanted.push_back(*r.time);
}

std::vector<Block> make_blocks(const RegisterMap& map, const std::vector<Place>& wanted)
{
    std::vector<Block> blocks;
    for (const Place& place : wanted) {
        const std::uint32_t most = is_bits(place.table) ? most_bits : map.max_count;
        const std::uint32_t gap =
            is_bits(place.table) ? std::uint32_t{map.max_gap} * 16 : map.max_gap;
        if (!blocks.empty()) {
            Place& last = blocks.back().place;
            const std::uint32_t end = std::max(end_of(last), end_of(place));
            if (last.table == place.table && place.address <= end_of(last) + gap &&
                end - last.address <= most) {
                last.count = static_cast<std::uint16_t>(end - last.address);
                continue;
            }
        }
        blocks.push_back({place, 0, false});
    }
    return blocks;
}

std::uint16_t word_of(const Group& group, const Place& place)
{
    for (const Block& block : group.blocks) {
        if (block.place.table == place.table && block.place.address <= place.address &&
            end_of(block.place) >= end_of(place))
            return static_cast<std::uint16_t>(block.first_word + place.address -
                                              block.place.address);
    }
    return no_word;
}

// Numbers the words of all blocks and says where each value stands.
void lay_out(const RegisterMap& map, Group& group)
{
    std::uint32_t words = 0;
    for (Block& block : group.blocks) {
        block.first_word = static_cast<std::uint16_t>(words);
        words += block.place.count;
    }
    MAGWATCH_ASSERT(words < no_word);
    group.words = static_cast<std::uint16_t>(words);
    for (Item& item : group.items) {
        const Register& r = map.registers[item.index];
        item.word = word_of(group, r.place);
        MAGWATCH_ASSERT(item.word != no_word);
        item.quality_word = r.quality ? word_of(group, r.quality->place) : no_word;
        item.sequence_word = r.sequence ? word_of(group, *r.sequence) : no_word;
        item.time_word = r.time ? word_of(group, *r.time) : no_word;
    }
}

} // namespace

std::vector<Group> make_read_plan(const RegisterMap& map)
{
    std::vector<Duration> intervals;
    for (const Register& r : map.registers) intervals.push_back(r.interval);
    std::sort(intervals.begin(), intervals.end());
    intervals.erase(std::unique(intervals.begin(), intervals.end()), intervals.end());

    std::vector<Group> plan;
    for (const Duration interval : intervals) {
        Group group;
        group.interval = interval;
        for (std::size_t i = 0; i < map.registers.size(); ++i) {
            if (map.registers[i].interval != interval) continue;
            Item item;
            item.index = static_cast<std::uint16_t>(i);
            group.items.push_back(item);
            want(group.wanted, map.registers[i]);
        }
        std::sort(group.wanted.begin(), group.wanted.end());
        group.wanted.erase(std::unique(group.wanted.begin(), group.wanted.end()),
                           group.wanted.end());
        group.blocks = make_blocks(map, group.wanted);
        lay_out(map, group);
        plan.push_back(std::move(group));
    }
    return plan;
}

bool split_block(const RegisterMap& map, Group& group, std::size_t index)
{
    MAGWATCH_ASSERT(index < group.blocks.size());
    const Place whole = group.blocks[index].place;
    std::vector<Place> inside;
    for (const Place& place : group.wanted) {
        if (place.table == whole.table && place.address >= whole.address &&
            end_of(place) <= end_of(whole))
            inside.push_back(place);
    }
    // Values that overlap (bits of one register) stay together; of the places to cut the middle
    // one.
    std::vector<std::size_t> cuts;
    std::uint32_t reached = 0;
    for (std::size_t i = 0; i < inside.size(); ++i) {
        if (i > 0 && inside[i].address >= reached) cuts.push_back(i);
        reached = std::max(reached, end_of(inside[i]));
    }
    if (cuts.empty()) {
        group.blocks[index].suspended = true;
        return false;
    }
    const std::size_t cut = cuts[cuts.size() / 2];
    std::uint32_t left_end = 0, right_end = 0;
    for (std::size_t i = 0; i < cut; ++i) left_end = std::max(left_end, end_of(inside[i]));
    for (std::size_t i = cut; i < inside.size(); ++i)
        right_end = std::max(right_end, end_of(inside[i]));
    Block left{whole, 0, false}, right{whole, 0, false};
    left.place.address = inside.front().address;
    left.place.count = static_cast<std::uint16_t>(left_end - inside.front().address);
    right.place.address = inside[cut].address;
    right.place.count = static_cast<std::uint16_t>(right_end - inside[cut].address);
    group.blocks[index] = left;
    group.blocks.insert(group.blocks.begin() + static_cast<std::ptrdiff_t>(index) + 1, right);
    lay_out(map, group);
    return true;
}

} // namespace magwatch::adapters::modbus
