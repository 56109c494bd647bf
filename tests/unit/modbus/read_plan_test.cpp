#include "adapters/monitors/modbus/read_plan.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/unit/modbus/support.hpp"

namespace magwatch::adapters::modbus
{
namespace
{

const std::string rate = "type = \"u16\"\nunit = \"/min\"";

std::vector<Place> places(const Group& group)
{
    std::vector<Place> out;
    for (const Block& block : group.blocks) out.push_back(block.place);
    return out;
}

TEST(ReadPlan, NeighboursTogetherUpToTheGap)
{
    const auto map =
        map_of(reg("hr", 0, rate) + reg("pulse", 4, rate) + reg("rr", 9, rate), "max_gap = 3\n");
    const auto plan = make_read_plan(map);
    ASSERT_EQ(plan.size(), 1U);
    EXPECT_EQ(places(plan[0]),
              (std::vector<Place>{{Table::input_registers, 0, 5}, {Table::input_registers, 9, 1}}));
    EXPECT_EQ(plan[0].items[0].word, 0);
    EXPECT_EQ(plan[0].items[1].word, 4);
    EXPECT_EQ(plan[0].items[2].word, 5);
    EXPECT_EQ(plan[0].words, 6);
}

TEST(ReadPlan, NeverMoreThanTheDeviceTakes)
{
    const auto registers = reg("hr", 0, rate) + reg("pulse", 124, rate) + reg("rr", 125, rate);
    const auto plan = make_read_plan(map_of(registers, "max_gap = 124\n"));
    EXPECT_EQ(places(plan[0]), (std::vector<Place>{{Table::input_registers, 0, 125},
                                                   {Table::input_registers, 125, 1}}));
    const auto small = make_read_plan(map_of(registers, "max_gap = 124\nmax_registers = 100\n"));
    EXPECT_EQ(places(small[0]), (std::vector<Place>{{Table::input_registers, 0, 1},
                                                    {Table::input_registers, 124, 2}}));
}

TEST(ReadPlan, OneGroupForEachIntervalWithAllThatJudgesItsValues)
{
    const auto map =
        map_of(reg("hr", 0, rate) + reg("sbp", 1,
                                        "type = \"u16\"\nunit = \"mmHg\"\ninterval = \"5 s\"\n"
                                        "quality = { address = 0, mask = 1 }"));
    const auto plan = make_read_plan(map);
    ASSERT_EQ(plan.size(), 2U);
    EXPECT_EQ(plan[1].interval, std::chrono::seconds{5});
    EXPECT_EQ(places(plan[1]), (std::vector<Place>{{Table::input_registers, 0, 2}}));
    EXPECT_EQ(plan[1].items[0].word, 1);
    EXPECT_EQ(plan[1].items[0].quality_word, 0);
}

TEST(ReadPlan, TopOfTheAddresses)
{
    const auto plan = make_read_plan(map_of(reg("hr", 65535, rate) + reg("rr", 65530, rate)));
    EXPECT_EQ(places(plan[0]), (std::vector<Place>{{Table::input_registers, 65530, 6}}));
}

TEST(SplitBlock, FindsTheRefusedRegister)
{
    std::string registers;
    const char* signals[] = {"hr",  "pulse", "rr",      "rr_counted", "sbp",
                             "dbp", "map",   "art_sys", "art_dia"};
    for (int i = 0; i < 9; ++i)
        registers +=
            reg(signals[i], i, i < 4 ? rate : std::string{"type = \"u16\"\nunit = \"mmHg\""});
    const auto map = map_of(registers);
    Group group = make_read_plan(map)[0];
    const auto refuses = [](const Place& p) { return p.address <= 6 && p.address + p.count > 6; };
    int rounds = 0;
    for (; rounds < 10; ++rounds) {
        std::vector<std::size_t> bad;
        for (std::size_t i = 0; i < group.blocks.size(); ++i)
            if (!group.blocks[i].suspended && refuses(group.blocks[i].place)) bad.push_back(i);
        if (bad.empty()) break;
        for (auto i = bad.rbegin(); i != bad.rend(); ++i) split_block(map, group, *i);
    }
    EXPECT_LE(rounds, 5);
    int suspended = 0, readable = 0;
    for (const Block& block : group.blocks) {
        if (block.suspended) {
            EXPECT_EQ(block.place, (Place{Table::input_registers, 6, 1}));
            ++suspended;
        } else {
            readable += block.place.count;
        }
    }
    EXPECT_EQ(suspended, 1);
    EXPECT_EQ(readable, 8);
}

TEST(SplitBlock, NeverCutsAValueAndKeepsEachItsWord)
{
    rc::check("each value lies whole in one block, and its word is where the block has it", [] {
        static const auto map =
            map_of(reg("pump_flow", 0, "type = \"f32\"\norder = \"ABCD\"\nunit = \"mL/h\"") +
                   reg("pump_rate", 2, "type = \"f64\"\norder = \"ABCD\"\nunit = \"g/h\"") +
                   reg("hr", 8, rate + "\nquality = { address = 9, mask = 1 }") +
                   reg("monitor_inop", 9, "type = \"bit\"\nbit = 2") +
                   reg("monitor_apnoea", 9, "type = \"bit\"\nbit = 3") + reg("rr", 12, rate));
        Group group = make_read_plan(map)[0];
        for (int i = 0; i < 8; ++i)
            split_block(map, group, *rc::gen::inRange<std::size_t>(0, group.blocks.size()));
        for (const Item& item : group.items) {
            const Place& place = map.registers[item.index].place;
            const auto holds = [&](const Block& block) {
                return block.place.address <= place.address &&
                       block.place.address + block.place.count >= place.address + place.count &&
                       block.first_word + place.address - block.place.address == item.word;
            };
            RC_ASSERT(std::count_if(group.blocks.begin(), group.blocks.end(), holds) == 1);
        }
    });
}

} // namespace
} // namespace magwatch::adapters::modbus
