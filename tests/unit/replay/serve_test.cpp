// Recordings as devices: what a poll of the played registers decodes to, and what messages say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "adapters/monitors/hl7/decode_json.hpp"
#include "adapters/monitors/modbus/decode.hpp"
#include "adapters/monitors/modbus/read_plan.hpp"
#include "tools/replay/difference.hpp"
#include "tools/replay/served_registers.hpp"
#include "tools/replay/tape_stage.hpp"

namespace magwatch
{
namespace
{

namespace modbus = adapters::modbus;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

modbus::RegisterMap map_of(const std::string& registers)
{
    const std::string head =
        "name = \"m\"\nmodel = \"m\"\ncommissioned = true\ninterval = \"1 s\"\ntimeout = \"1 s\"\n";
    auto loaded = modbus::parse_register_map(head + registers, "map");
    for (const auto& error : loaded.errors) ADD_FAILURE() << error.text();
    return std::move(*loaded.map);
}

modbus::RegisterMap shipped()
{
    auto loaded = modbus::load_register_map(std::string{MAGWATCH_SOURCE_DIR} +
                                            "/adapters/monitors/modbus/maps/replay-monitor.toml");
    for (const auto& error : loaded.errors) ADD_FAILURE() << error.text();
    return std::move(*loaded.map);
}

// What the daemon's own decoder makes of the registers: a value, a refusal, or nothing.
std::variant<std::monostate, double, Refusal>
polled(const modbus::RegisterMap& map, const simulator::RegisterTables& tables, Signal signal)
{
    std::vector<modbus::Outcome> out;
    modbus::ChartedMemory charted;
    for (const auto& group : modbus::make_read_plan(map)) {
        modbus::Image image;
        image.reset(group);
        for (std::size_t i = 0; i < group.blocks.size(); ++i) {
            const modbus::Place& place = group.blocks[i].place;
            const auto& table =
                place.table == modbus::Table::input_registers ? tables.input : tables.holding;
            std::vector<std::uint8_t> bytes;
            for (unsigned w = 0; w < place.count; ++w) {
                const std::uint16_t word = table[place.address + w];
                bytes.push_back(static_cast<std::uint8_t>(word >> 8));
                bytes.push_back(static_cast<std::uint8_t>(word & 0xFF));
            }
            modbus::store(image, group.blocks[i], i, bytes);
        }
        modbus::decode(map, group, image, BedId{0}, SourceId{0}, charted, out);
    }
    for (const auto& outcome : out) {
        if (const auto* seen = std::get_if<Observation>(&outcome);
            seen != nullptr && seen->signal == signal)
            return seen->value;
        if (const auto* refused = std::get_if<RefusedValue>(&outcome);
            refused != nullptr && refused->signal == signal)
            return refused->reason;
    }
    return std::monostate{};
}

adapters::Recording recording(const std::string& text)
{
    auto read = adapters::read_csv("r.csv", text, {BedId{0}, SourceId{0}, SourceId{1}, {}});
    return std::get<adapters::Recording>(std::move(read));
}

TEST(Tape, AValueStandsUntilTheNextAndABlankEndsIt)
{
    const Tape tape = tape_of(
        recording("time_s,hr_bpm,spo2_pct\n0,90,97\n1,91,\n2,92,\n3,0,96\n9,93,95\n"), "bed-1");
    const auto at = [&](Signal signal, Duration when) {
        const TapePoint* point = tape.find(signal)->shown(when);
        return point != nullptr ? *point->value : -1;
    };
    EXPECT_EQ(at(Signal::hr, 0ms), 90);
    EXPECT_EQ(at(Signal::hr, 999ms), 90);
    EXPECT_EQ(at(Signal::hr, 2999ms), 92);
    EXPECT_EQ(at(Signal::hr, 3s), -1)
        << "a heart rate of 0 was refused: neither 0 nor the value before";
    EXPECT_EQ(at(Signal::hr, 5s), -1) << "a gap in the recording is one on the screen";
    EXPECT_EQ(at(Signal::hr, 9s), 93);
    EXPECT_EQ(at(Signal::spo2, 0ms), 97);
    EXPECT_EQ(at(Signal::hr, -1ms), -1);
    EXPECT_EQ(at(Signal::spo2, 3s), 96);
}

TEST(Tape, LeavesOutAndCountsWhatNoMonitorShows)
{
    const Tape tape = tape_of(
        recording("time_s,hr_bpm,mg_mmol_l,urine_ml\n0,90,2.1,\n1,91,,100\n2,91,,90\n"), "bed-1");
    EXPECT_THAT(tape.tracks, SizeIs(1));
    EXPECT_EQ(tape.left_out.at("mg_mmol_l"), 1);
    EXPECT_EQ(tape.left_out.at("urine_ml"), 2);
}

TEST(ServedRegisters, TheDaemonsDecoderReadsWhatWasShown)
{
    const auto map = shipped();
    ServedRegisters registers{map, 1};
    ASSERT_THAT(registers.mistakes(), SizeIs(0));
    for (const auto& r : map.registers) {
        if (r.signal == Signal::liveness) continue;
        EXPECT_EQ(std::get<Refusal>(polled(map, registers.tables(), r.signal)), Refusal::sentinel)
            << name(r.signal);
        const double value = (info(r.signal).min + info(r.signal).max) / 2;
        const double tenths = static_cast<int>(value * 10) / 10.0;
        registers.show(r.signal, tenths);
        EXPECT_DOUBLE_EQ(std::get<double>(polled(map, registers.tables(), r.signal)), tenths)
            << name(r.signal);
        registers.show(r.signal, std::nullopt);
        EXPECT_EQ(std::get<Refusal>(polled(map, registers.tables(), r.signal)), Refusal::sentinel)
            << name(r.signal);
    }
}

TEST(ServedRegisters, ServesEveryOrderTypeAndUnitOfASitesMap)
{
    const struct {
        const char *type, *order;
    } forms[] = {{"u16", "ABCD"}, {"u16", "BADC"}, {"s16", "ABCD"}, {"u32", "ABCD"},
                 {"u32", "CDAB"}, {"s32", "BADC"}, {"f32", "CDAB"}, {"f32", "DCBA"},
                 {"u64", "DCBA"}, {"f64", "ABCD"}};
    for (const auto& form : forms) {
        const auto map = map_of(std::string{"[[register]]\nsignal = \"temp\"\nfunction = "
                                            "3\naddress = 40\nunit = \"[degF]\"\ntype = \""} +
                                form.type + "\"\norder = \"" + form.order +
                                "\"\nscale = 0.01\nsentinels = [32000]\n");
        ServedRegisters registers{map, 1};
        ASSERT_THAT(registers.mistakes(), SizeIs(0)) << form.type;
        registers.show(Signal::temp, 36.5);
        EXPECT_NEAR(std::get<double>(polled(map, registers.tables(), Signal::temp)), 36.5, 0.01)
            << form.type << form.order;
        registers.show(Signal::temp, std::nullopt);
        EXPECT_EQ(std::get<Refusal>(polled(map, registers.tables(), Signal::temp)),
                  Refusal::sentinel)
            << form.type;
    }
}

TEST(ServedRegisters, WithoutASentinelNothingIsStillNothing)
{
    const std::string hr =
        "[[register]]\nsignal = \"hr\"\nfunction = 4\naddress = 0\nunit = \"/min\"\n";
    for (const std::string type : {"type = \"u16\"\n", "type = \"f32\"\norder = \"ABCD\"\n",
                                   "type = \"u16\"\nquality = { address = 1, mask = 0x0004 }\n"}) {
        const auto map = map_of(hr + type);
        ServedRegisters registers{map, 1};
        ASSERT_THAT(registers.mistakes(), SizeIs(0)) << type;
        EXPECT_TRUE(std::holds_alternative<Refusal>(polled(map, registers.tables(), Signal::hr)))
            << type;
        registers.show(Signal::hr, 88);
        EXPECT_EQ(std::get<double>(polled(map, registers.tables(), Signal::hr)), 88) << type;
        registers.show(Signal::hr, std::nullopt);
        EXPECT_TRUE(std::holds_alternative<Refusal>(polled(map, registers.tables(), Signal::hr)))
            << type;
    }
    // A raw number for every saturation from 0 to 65.535 %: no room for "no reading".
    const ServedRegisters full{
        map_of("[[register]]\nsignal = \"spo2\"\nfunction = 4\naddress = 0\ntype = \"u16\"\n"
               "scale = 0.001\nunit = \"%\"\n"),
        1};
    ASSERT_THAT(full.mistakes(), SizeIs(1));
    EXPECT_THAT(full.mistakes().front(), HasSubstr("'spo2' has no reading"));
}

TapeStageOptions fast(double speed)
{
    TapeStageOptions options;
    options.speed = speed;
    options.hl7 = true;
    return options;
}

TEST(TapeStage, RunsAtItsSpeedSaysWhatIsMissingAndEnds)
{
    const auto map = shipped();
    std::string csv = "time_s,hr_bpm,rr_bpm\n";
    for (int i = 0; i < 40; ++i)
        csv += std::to_string(i) + "," + std::to_string(60 + i) + (i < 20 ? ",14\n" : ",\n");
    TapeStage stage{{tape_of(recording(csv), "bed-7")}, map, fast(10)};
    EXPECT_EQ(stage.length(), 40s);
    EXPECT_EQ(std::get<double>(polled(map, stage.device(0).tables, Signal::hr)), 60);
    stage.step(1500);
    EXPECT_EQ(stage.position(), 15s);
    EXPECT_EQ(std::get<double>(polled(map, stage.device(0).tables, Signal::hr)), 75);
    EXPECT_EQ(std::get<double>(polled(map, stage.device(0).tables, Signal::liveness)), 1);
    const auto before = stage.due_reports(1'767'225'600'000);
    stage.step(1000);
    EXPECT_EQ(std::get<Refusal>(polled(map, stage.device(0).tables, Signal::rr)),
              Refusal::sentinel);
    const auto after = stage.due_reports(1'767'225'601'000);
    ASSERT_THAT(before, SizeIs(1));
    ASSERT_THAT(after, SizeIs(1));
    EXPECT_NE(before[0].control_id, after[0].control_id);
    EXPECT_THAT(before[0].message, HasSubstr("|T|2.6|"));
    EXPECT_THAT(before[0].message, HasSubstr("|I|SIMULATION^^bed-7\r"));
    EXPECT_THAT(before[0].message, HasSubstr("MDC_TTHOR_RESP_RATE^MDC|1.7.1.1|14|"));
    EXPECT_THAT(after[0].message, HasSubstr("MDC_TTHOR_RESP_RATE^MDC|1.7.1.1||"));
    EXPECT_THAT(after[0].message, HasSubstr("|20260101000001.000+0000"))
        << "times are those of now, not the recording's";
    EXPECT_FALSE(stage.over());
    stage.step(1500);
    EXPECT_TRUE(stage.over());
}

TEST(TapeStage, ALoopBeginsAnewAndAStartIsKept)
{
    const auto map = shipped();
    TapeStageOptions options = fast(1);
    options.loop = true;
    options.start = 2s;
    TapeStage stage{
        {tape_of(recording("time_s,hr_bpm\n0,60\n1,61\n2,62\n3,63\n"), "bed-1")}, map, options};
    EXPECT_EQ(std::get<double>(polled(map, stage.device(0).tables, Signal::hr)), 62);
    stage.step(3000);
    EXPECT_FALSE(stage.over());
    EXPECT_EQ(stage.rounds(), 1);
    EXPECT_EQ(std::get<double>(polled(map, stage.device(0).tables, Signal::hr)), 61);
}

std::string raise_line(double at, const std::string& rule, int grade = 2)
{
    return "{\"time_s\":" + std::to_string(at) + ",\"bed\":\"bed-1\",\"rule\":\"" + rule +
           "\",\"priority\":\"high\",\"event\":\"raised\",\"grade\":" + std::to_string(grade) +
           ",\"message\":\"m\"}\n";
}

TimelineDifference differ(const std::string& a, const std::string& b)
{
    std::string mistake;
    const auto read_a = read_timeline(a, mistake), read_b = read_timeline(b, mistake);
    EXPECT_EQ(mistake, "");
    return difference(*read_a, *read_b);
}

TEST(TimelineDifference, EqualTimelinesAreEqual)
{
    const std::string one = raise_line(10, "rr-low") + raise_line(4000, "rr-low");
    EXPECT_TRUE(differ(one, one).equal());
    EXPECT_TRUE(differ("", "").equal());
}

TEST(TimelineDifference, PairsWhatMovedAndNamesWhatStandsAlone)
{
    // The first one of B is new; the other two moved by 30 s and not at all.
    const auto found =
        differ(raise_line(1000, "rr-low") + raise_line(5000, "rr-low"),
               raise_line(20, "rr-low") + raise_line(970, "rr-low") + raise_line(5000, "rr-low"));
    ASSERT_THAT(found.alarms, SizeIs(2));
    EXPECT_FALSE(found.alarms[0].a);
    EXPECT_EQ(found.alarms[0].b->at_s, 20);
    EXPECT_EQ(found.alarms[1].b->at_s - found.alarms[1].a->at_s, -30);
    EXPECT_THAT(differ(raise_line(10, "x"), raise_line(10, "y")).alarms, SizeIs(2));
    EXPECT_THAT(differ(raise_line(10, "x", 2), raise_line(10, "x", 3)).alarms, SizeIs(1))
        << "another grade is a difference";
    EXPECT_THAT(differ(raise_line(10, "x"), raise_line(911, "x")).alarms, SizeIs(2))
        << "too far apart for one that moved";
}

TEST(TimelineDifference, CountsPagesByPerson)
{
    const std::string page = "{\"time_s\":5,\"bed\":\"bed-1\",\"rule\":\"r\",\"event\":\"page\","
                             "\"person\":\"doctor\"}\n";
    const auto found = differ(page, page + page);
    ASSERT_THAT(found.pages, SizeIs(1));
    EXPECT_EQ(found.pages[0].b - found.pages[0].a, 1);
    std::ostringstream out;
    print_difference(found, "f.csv", "old", "new", false, out);
    EXPECT_THAT(out.str(), HasSubstr("to doctor: 1 in A, 2 in B"));
}

TEST(TimelineDifference, OtherTextIsRefusedWithItsLine)
{
    std::string mistake;
    EXPECT_FALSE(read_timeline(raise_line(1, "x") + "12.0 s bed-1 raised\n", mistake));
    EXPECT_THAT(mistake, HasSubstr("line 2"));
}

} // namespace
} // namespace magwatch
