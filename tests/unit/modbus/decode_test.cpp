#include "adapters/monitors/modbus/decode.hpp"

#include <bit>
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/unit/modbus/support.hpp"

namespace magwatch::adapters::modbus
{
namespace
{

// A device with one group, read without trouble unless told otherwise.
struct Bench {
    RegisterMap map;
    Group group;
    Image image;
    ChartedMemory charted;

    explicit Bench(RegisterMap m) : map{std::move(m)}, group{make_read_plan(map).at(0)}
    {
        image.reset(group);
    }

    void set(Table table, std::uint16_t address, std::vector<std::uint16_t> words)
    {
        for (std::size_t b = 0; b < group.blocks.size(); ++b) {
            const Block& block = group.blocks[b];
            if (block.place.table != table) continue;
            for (std::size_t i = 0; i < words.size(); ++i) {
                const std::size_t at = address + i;
                if (at < block.place.address ||
                    at >= std::size_t{block.place.address} + block.place.count)
                    continue;
                image.words[block.first_word + at - block.place.address] = words[i];
            }
        }
    }
    std::vector<Outcome> decode()
    {
        for (auto& state : image.blocks)
            if (state == BlockState::unread) state = BlockState::read;
        return decode_as_is();
    }
    std::vector<Outcome> decode_as_is()
    {
        std::vector<Outcome> out;
        modbus::decode(map, group, image, BedId{3}, SourceId{7}, charted, out);
        return out;
    }
    std::optional<Observation> seen(Signal signal)
    {
        for (const Outcome& o : decode())
            if (const auto* seen = std::get_if<Observation>(&o); seen && seen->signal == signal)
                return *seen;
        return std::nullopt;
    }
    std::optional<Refusal> refused(Signal signal)
    {
        for (const Outcome& o : decode())
            if (const auto* refused = std::get_if<RefusedValue>(&o);
                refused && refused->signal == signal)
                return refused->reason;
        return std::nullopt;
    }
};

RegisterMap load(const std::string& path)
{
    auto loaded = load_register_map(std::string{MAGWATCH_SOURCE_DIR} + "/" + path);
    for (const auto& e : loaded.errors) ADD_FAILURE() << e.text();
    return loaded.map.value_or(RegisterMap{});
}

double value_of(Bench& bench, Signal signal)
{
    const auto seen = bench.seen(signal);
    EXPECT_TRUE(seen) << name(signal);
    return seen ? seen->value : NAN;
}

TEST(Decode, EveryTypeInEveryOrder)
{
    Bench b{load("tests/data/maps/every_order.toml")};
    const Table h = Table::holding_registers;
    b.set(h, 0, {0x42F7, 0x0000});                  // 123.5
    b.set(h, 10, {0x0000, 0x4010});                 // 2.25, words swapped
    b.set(h, 20, {0x1743, 0x0080});                 // 151.5 = 0x43178000, bytes swapped
    b.set(h, 30, {0x0080, 0xBE42});                 // 95.25 = 0x42BE8000, both
    b.set(h, 40, {0x1170, 0x0001});                 // 70000
    b.set(h, 50, {0x0000, 0x004D});                 // 77
    b.set(h, 60, {0x9CFF, 0xFFFF});                 // -100
    b.set(h, 70, {0x0000, 0x0000, 0x0000, 0x8D00}); // 141
    b.set(h, 80, {0x0000, 0x0000, 0xC800, 0x4051}); // 71.125
    b.set(Table::input_registers, 4, {965});
    b.set(Table::discrete_inputs, 3, {1});
    b.set(Table::coils, 8, {1}); // inverted
    EXPECT_EQ(value_of(b, Signal::pump_flow), 123.5);
    EXPECT_EQ(value_of(b, Signal::pump_rate), 2.25);
    EXPECT_EQ(value_of(b, Signal::sbp), 151.5);
    EXPECT_EQ(value_of(b, Signal::dbp), 95.25);
    EXPECT_EQ(value_of(b, Signal::liveness), 70000);
    EXPECT_EQ(value_of(b, Signal::hr), 77);
    EXPECT_EQ(value_of(b, Signal::temp), 37);
    EXPECT_EQ(value_of(b, Signal::art_sys), 141);
    EXPECT_EQ(value_of(b, Signal::art_dia), 71.125);
    EXPECT_EQ(value_of(b, Signal::spo2), 96.5);
    EXPECT_EQ(value_of(b, Signal::monitor_apnoea), 1);
    EXPECT_EQ(value_of(b, Signal::monitor_inop), 0);
}

TEST(Decode, TheSimulatedMonitor)
{
    Bench b{load("adapters/monitors/modbus/maps/sim-monitor.toml")};
    b.set(Table::input_registers, 0, {88, 18, 975, 142, 91, 108, 371, 0, 41, 87});
    b.set(Table::holding_registers, 100, {0xFFFF, 0xFFFF, 0xFFFF, 4});
    EXPECT_EQ(b.decode().size(), 14U);
    b.set(Table::holding_registers, 100, {2, 0xFFFF, 0, 5});
    const auto out = b.decode();
    EXPECT_EQ(out.size(), 16U); // all but the arm reflex, which nobody charted
    for (const Outcome& o : out) {
        const auto* seen = std::get_if<Observation>(&o);
        ASSERT_TRUE(seen) << name(std::get<RefusedValue>(o).signal);
        EXPECT_EQ(seen->bed, BedId{3});
        EXPECT_EQ(seen->source, SourceId{7});
        EXPECT_EQ(seen->validity, Validity::valid);
        EXPECT_EQ(seen->origin, info(seen->signal).kind == SignalKind::charted ? Origin::charted
                                                                               : Origin::device);
    }
    EXPECT_EQ(value_of(b, Signal::spo2), 97.5);
    EXPECT_EQ(value_of(b, Signal::temp), 37.1);
    EXPECT_EQ(value_of(b, Signal::rr), 18);
}

TEST(Decode, NoReadingIsNeverANumber)
{
    Bench b{load("adapters/monitors/modbus/maps/sim-monitor.toml")};
    b.set(Table::input_registers, 0,
          {0x7FFF, 0x7FFF, 0x7FFF, 0, 0xFFFF, 108, 0x7FFF, 0x0020, 41, 87});
    EXPECT_EQ(b.refused(Signal::hr), Refusal::sentinel);
    EXPECT_EQ(b.refused(Signal::rr), Refusal::sentinel);
    EXPECT_EQ(b.refused(Signal::temp), Refusal::sentinel);
    EXPECT_EQ(b.refused(Signal::spo2), Refusal::quality); // the probe is off
    EXPECT_EQ(b.refused(Signal::pulse), Refusal::quality);
    EXPECT_EQ(b.refused(Signal::sbp), Refusal::implausible); // 0 is not a pressure
    EXPECT_EQ(b.refused(Signal::dbp), Refusal::implausible);
    EXPECT_EQ(value_of(b, Signal::map), 108);
}

TEST(Decode, NanInfinityAndTheMapsOwnRange)
{
    Bench b{map_of(
        reg("pump_flow", 0, "type = \"f32\"\norder = \"ABCD\"\nunit = \"mL/h\"\nmax = 200"))};
    const Table t = Table::input_registers;
    b.set(t, 0, {0x7FC0, 0});
    EXPECT_EQ(b.refused(Signal::pump_flow), Refusal::not_a_number);
    b.set(t, 0, {0x7F80, 0});
    EXPECT_EQ(b.refused(Signal::pump_flow), Refusal::not_a_number);
    b.set(t, 0, {0x4348, 0}); // 200
    EXPECT_EQ(value_of(b, Signal::pump_flow), 200);
    b.set(t, 0, {0x4349, 0}); // 201
    EXPECT_EQ(b.refused(Signal::pump_flow), Refusal::implausible);
    b.set(t, 0, {0xBF80, 0}); // -1
    EXPECT_EQ(b.refused(Signal::pump_flow), Refusal::implausible);
}

TEST(Decode, ARefusedBlockSpoilsItselfAlone)
{
    Bench b{map_of(
        reg("hr", 0, "type = \"u16\"\nunit = \"/min\"\nquality = { address = 300, mask = 1 }") +
        reg("rr", 1, "type = \"u16\"\nunit = \"/min\"") +
        reg("pulse", 200, "type = \"u16\"\nunit = \"/min\""))};
    b.set(Table::input_registers, 0, {80, 16});
    b.set(Table::input_registers, 200, {81});
    ASSERT_EQ(b.group.blocks.size(), 3U);
    b.image.blocks[1] = BlockState::refused;
    b.image.blocks[2] = BlockState::refused;
    EXPECT_EQ(value_of(b, Signal::rr), 16);
    EXPECT_EQ(b.refused(Signal::pulse), Refusal::no_value);
    EXPECT_EQ(b.refused(Signal::hr), Refusal::quality); // nothing says that it may be used
    b.image.blocks = {BlockState::read, BlockState::unread, BlockState::unread};
    EXPECT_EQ(b.decode_as_is().size(), 2U); // what was not asked says nothing
}

TEST(Decode, AnUncommissionedMapIsUnverified)
{
    auto map = map_of(reg("rr", 1, "type = \"u16\"\nunit = \"/min\""));
    map.commissioned = false;
    Bench b{map};
    b.set(Table::input_registers, 1, {16});
    const auto seen = b.seen(Signal::rr);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->validity, Validity::questionable);
    EXPECT_EQ(seen->value, 16);
}

TEST(Decode, ChartedFieldsAreToldOnceAndAgainWhenChartedAgain)
{
    Bench b{map_of(reg("reflex_knee", 100,
                       "type = \"u16\"\nsentinels = [0xFFFF]\nsequence = { address = 103 }"))};
    const Table t = Table::input_registers;
    b.set(t, 100, {0xFFFF, 0, 0, 1});
    EXPECT_TRUE(b.decode().empty());
    b.set(t, 100, {2, 0, 0, 2});
    ASSERT_EQ(b.decode().size(), 1U);
    EXPECT_TRUE(b.decode().empty()) << "the same entry is not told at each poll";
    b.set(t, 100, {2, 0, 0, 3});
    EXPECT_EQ(b.decode().size(), 1U) << "charted again with the same value";
    b.set(t, 100, {1, 0, 0, 3});
    EXPECT_EQ(value_of(b, Signal::reflex_knee), 1);
    b.set(t, 100, {9, 0, 0, 4});
    EXPECT_EQ(b.refused(Signal::reflex_knee), Refusal::implausible);
    EXPECT_TRUE(b.decode().empty());
}

TEST(Decode, AReflexFoundAtStartRingsButAnOldVolumeIsNotCountedTwice)
{
    Bench reflex{map_of(reg("reflex_knee", 0, "type = \"u16\""))};
    reflex.set(Table::input_registers, 0, {0});
    EXPECT_EQ(value_of(reflex, Signal::reflex_knee), 0);

    // Nobody knows when it was charted: as of now it would answer a check, or end an alarm.
    const struct {
        const char* signal;
        const char* more;
        std::uint16_t normal, rings;
    } fields[] = {{"reflex_arm", "", 1, 0},
                  {"avpu", "", 1, 2},
                  {"gcs", "", 9, 8},
                  {"rr_counted", "unit = \"/min\"\n", 8, 7}};
    for (const auto& field : fields) {
        const auto map = map_of(reg(field.signal, 0, std::string{"type = \"u16\"\n"} + field.more +
                                                         "sequence = { address = 1 }"));
        Bench normal{map};
        normal.set(Table::input_registers, 0, {field.normal, 5});
        EXPECT_TRUE(normal.decode().empty()) << field.signal;
        normal.set(Table::input_registers, 0, {field.normal, 6});
        EXPECT_EQ(normal.decode().size(), 1U) << field.signal << " charted again";
        Bench bad{map};
        bad.set(Table::input_registers, 0, {field.rings, 5});
        EXPECT_EQ(bad.decode().size(), 1U) << field.signal;
        Bench timed{map_of(reg(field.signal, 0, std::string{"type = \"u16\"\n"} + field.more +
                                                    "time = { address = 1 }"))};
        timed.set(Table::input_registers, 0, {field.normal, 0x6955, 0xB900});
        EXPECT_EQ(timed.decode().size(), 1U) << field.signal << " with its time";
        Bench unset{timed.map};
        unset.set(Table::input_registers, 0, {field.normal, 0, 0});
        EXPECT_TRUE(unset.decode().empty()) << field.signal << " with a clock that was never set";
    }

    Bench urine{
        map_of(reg("urine", 0, "type = \"u16\"\nunit = \"mL\"\nsequence = { address = 1 }"))};
    urine.set(Table::input_registers, 0, {120, 5});
    EXPECT_TRUE(urine.decode().empty());
    urine.set(Table::input_registers, 0, {120, 6});
    EXPECT_EQ(value_of(urine, Signal::urine), 120);

    Bench timed{map_of(reg("urine", 0, "type = \"u16\"\nunit = \"mL\"\ntime = { address = 1 }"))};
    timed.set(Table::input_registers, 0, {90, 0x6955, 0xB900});
    const auto seen = timed.seen(Signal::urine);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->value, 90);
    EXPECT_EQ(seen->observed.ms, 0x6955B900LL * 1000);
}

TEST(Decode, EnumerationsAndStatusCodes)
{
    Bench b{map_of(reg("avpu", 0, "type = \"u16\"\nvalues = { 65 = 0, 86 = 1, 80 = 2, 85 = 3 }") +
                   reg("rr", 1,
                       "type = \"u16\"\nunit = \"/min\"\nquality = { address = 2, mask = 0xFF00, "
                       "good = 0x0300 }"))};
    b.set(Table::input_registers, 0, {80, 12, 0x03FF});
    EXPECT_EQ(value_of(b, Signal::avpu), 2);
    EXPECT_EQ(value_of(b, Signal::rr), 12);
    b.set(Table::input_registers, 0, {81, 12, 0x02FF});
    EXPECT_EQ(b.refused(Signal::avpu), Refusal::implausible);
    EXPECT_EQ(b.refused(Signal::rr), Refusal::quality);
}

// Writing a number in some order and decoding it gives the number back, and scaled decimals are the
// decimals.
TEST(Decode, RoundTrips)
{
    rc::check("f32 in any order", [] {
        const auto order =
            *rc::gen::element(WordOrder::abcd, WordOrder::cdab, WordOrder::badc, WordOrder::dcba);
        const auto value = static_cast<float>(*rc::gen::inRange(0, 3'000'000)) / 1000.0F;
        auto map = map_of(reg("pump_flow", 0, "type = \"f32\"\norder = \"ABCD\"\nunit = \"mL/h\""));
        map.registers[0].order = order;
        Bench b{map};
        const auto bits = std::bit_cast<std::uint32_t>(value);
        const std::uint8_t abcd[4] = {
            static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint8_t>(bits >> 16),
            static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)};
        static constexpr int where[4][4] = {{0, 1, 2, 3}, {2, 3, 0, 1}, {1, 0, 3, 2}, {3, 2, 1, 0}};
        const int* w = where[static_cast<std::size_t>(order)];
        const auto word = [&](int i) {
            return static_cast<std::uint16_t>(abcd[w[i]] << 8 | abcd[w[i + 1]]);
        };
        b.set(Table::input_registers, 0, {word(0), word(2)});
        RC_ASSERT(value_of(b, Signal::pump_flow) == static_cast<double>(value));
    });
    Bench b{map_of(reg("spo2", 0, "type = \"u16\"\nscale = 0.1\nunit = \"%\""))};
    for (std::uint16_t raw = 200; raw <= 1000; ++raw) {
        b.set(Table::input_registers, 0, {raw});
        const std::string text = std::to_string(raw / 10) + "." + std::to_string(raw % 10);
        EXPECT_EQ(value_of(b, Signal::spo2), std::strtod(text.c_str(), nullptr));
    }
}

} // namespace
} // namespace magwatch::adapters::modbus
