#include "adapters/monitors/modbus/register_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/modbus/support.hpp"

namespace magwatch::adapters::modbus
{
namespace
{

using namespace std::chrono_literals;
using testing::HasSubstr;

const std::string head = "name = \"t\"\nmodel = \"m\"\ncommissioned = true\n"; // 3 lines
const std::string good = "type = \"u16\"\nunit = \"/min\"";

std::vector<Diagnostic> errors_of(const std::string& text)
{
    return parse_register_map(text, "t.toml").errors;
}

// The only mistake of a map with this one register.
std::string mistake(const std::string& register_text)
{
    const auto errors = errors_of(head + "[[register]]\n" + register_text);
    EXPECT_EQ(errors.size(), 1U) << register_text;
    std::string all;
    for (const auto& e : errors) all += e.text() + "\n";
    return all;
}

TEST(RegisterMap, ShippedMapsLoad)
{
    for (const auto* file : {"sim-monitor", "sim-pump"}) {
        const auto loaded = load_register_map(std::string{MAGWATCH_SOURCE_DIR} +
                                              "/adapters/monitors/modbus/maps/" + file + ".toml");
        for (const auto& e : loaded.errors) ADD_FAILURE() << e.text();
        ASSERT_TRUE(loaded.map);
        EXPECT_EQ(loaded.map->name, file);
        EXPECT_TRUE(loaded.map->commissioned);
        EXPECT_TRUE(has_liveness(*loaded.map));
        EXPECT_EQ(period(*loaded.map), 1s);
    }
}

TEST(RegisterMap, ReadsEveryField)
{
    const auto map =
        map_of(R"(
[[register]]
code = "MDC_PULS_OXIM_SAT_O2"
reference = 30011
type = "u16"
scale = 0.1
offset = -1.5
unit = "%"
sentinels = [0x7FFF, -1]
quality = { function = 3, address = 7, mask = 0x30, good = 0x10 }
min = 50
interval = "5 s"
note = "front oximeter"

[[register]]
signal = "temp"
reference = 400002
type = "s16"
scale = 0.1
unit = "[degF]"
sentinels = [0x8000]
max = 110

[[register]]
signal = "urine"
function = 3
address = 9
type = "u16"
unit = "mL"
sequence = { address = 10 }
time = { function = 4, address = 11 }
)",
               "interval = \"2 s\"\ntimeout = \"800 ms\"\nmax_gap = 3\nmax_registers = 60\n");
    ASSERT_EQ(map.registers.size(), 3U);
    EXPECT_EQ(map.timeout, 800ms);
    EXPECT_EQ(map.max_gap, 3);
    EXPECT_EQ(map.max_count, 60);
    const Register& spo2 = map.registers[0];
    EXPECT_EQ(spo2.signal, Signal::spo2);
    EXPECT_EQ(spo2.place, (Place{Table::input_registers, 10, 1}));
    EXPECT_EQ(spo2.divisor, 10);
    EXPECT_EQ(spo2.offset, -1.5);
    EXPECT_EQ(spo2.sentinels, (std::vector<double>{0x7FFF, 65535}));
    ASSERT_TRUE(spo2.quality);
    EXPECT_EQ(spo2.quality->place, (Place{Table::holding_registers, 7, 1}));
    EXPECT_EQ(spo2.quality->mask, 0x30);
    EXPECT_EQ(spo2.quality->good, 0x10);
    EXPECT_EQ(spo2.min, 50);
    EXPECT_EQ(spo2.max, 100);
    EXPECT_EQ(spo2.interval, 5s);
    const Register& temp = map.registers[1];
    EXPECT_EQ(temp.place, (Place{Table::holding_registers, 1, 1}));
    EXPECT_EQ(temp.sentinels, std::vector<double>{-32768});
    EXPECT_NEAR(temp.max, 43.33, 0.01);
    EXPECT_EQ(temp.interval, 2s);
    const Register& urine = map.registers[2];
    EXPECT_EQ(urine.origin, Origin::charted);
    EXPECT_EQ(urine.sequence, (Place{Table::holding_registers, 10, 1}));
    EXPECT_EQ(urine.time, (Place{Table::input_registers, 11, 2}));
}

TEST(RegisterMap, EveryMistakeAtItsPlaceAtOnce)
{
    const auto errors = errors_of("name = \"x\"\n"        // 1: no model, no commissioned
                                  "intervall = \"1 s\"\n" // 2
                                  "[[register]]\n"        // 3
                                  "signal = \"spo\"\n"    // 4
                                  "function = 6\n"        // 5
                                  "address = 70000\n"     // 6
                                  "type = \"u61\"\n"      // 7
                                  "[[register]]\n"        // 8
                                  "signal = \"hr\"\nfunction = 4\naddress = 1\n"   // 9 to 11
                                  "type = \"u32\"\nunit = \"mmHg\"\nscale = 0\n"); // 12 to 14
    std::vector<std::uint32_t> lines;
    for (const auto& e : errors) {
        EXPECT_EQ(e.file, "t.toml");
        lines.push_back(e.line);
    }
    for (const std::uint32_t line : {1U, 2U, 4U, 5U, 6U, 7U, 8U, 13U, 14U})
        EXPECT_THAT(lines, testing::Contains(line));
    std::string all;
    for (const auto& e : errors) all += e.text() + "\n";
    EXPECT_THAT(all, HasSubstr("did you mean 'spo2'?"));
    EXPECT_THAT(all, HasSubstr("did you mean 'interval'?"));
    EXPECT_THAT(all, HasSubstr("'order' is missing"));
}

TEST(RegisterMap, RefusesWhatCannotBeRead)
{
    const std::string hr = "signal = \"hr\"\n" + good + "\n";
    EXPECT_THAT(mistake(hr + "function = 6\naddress = 0"), HasSubstr("must be 1 to 4"));
    EXPECT_THAT(mistake(hr + "function = 16\naddress = 0"), HasSubstr("must be 1 to 4"));
    EXPECT_THAT(mistake(hr + "address = 0"), HasSubstr("'function' is missing"));
    EXPECT_THAT(mistake(hr + "function = 4"), HasSubstr("either 'address'"));
    EXPECT_THAT(mistake(hr + "function = 4\naddress = 0\nreference = 30001"),
                HasSubstr("either 'address'"));
    EXPECT_THAT(mistake(hr + "function = 3\nreference = 30001"),
                HasSubstr("does not read reference"));
    EXPECT_THAT(mistake(hr + "reference = 20001"), HasSubstr("no register has the reference"));
    EXPECT_THAT(mistake(hr + "reference = 40000"), HasSubstr("no register has the reference"));
    EXPECT_THAT(mistake("signal = \"hr\"\nunit = \"/min\"\nfunction = 4\naddress = 65535\ntype = "
                        "\"u32\"\norder = \"ABCD\""),
                HasSubstr("behind the last address"));
    EXPECT_TRUE(errors_of(head + "[[register]]\n" + hr + "function = 4\naddress = 65535").empty());
    EXPECT_THAT(mistake(hr + "function = 4\naddress = 1\nbit = 3"), HasSubstr("belongs to a bit"));
    EXPECT_THAT(
        mistake(
            "signal = \"hr\"\nfunction = 4\naddress = 1\ntype = \"bit\"\nbit = 1\nunit = \"/min\""),
        HasSubstr("cannot be a heart rate"));
    EXPECT_THAT(mistake("signal = \"monitor_inop\"\nfunction = 4\naddress = 1\ntype = \"bit\""),
                HasSubstr("'bit' is missing"));
    EXPECT_THAT(mistake("signal = \"monitor_inop\"\nfunction = 1\naddress = 1\ntype = \"u16\""),
                HasSubstr("single bits"));
}

TEST(RegisterMap, RefusesWhatCannotBeMeant)
{
    const std::string at = "function = 4\naddress = 0\n";
    EXPECT_THAT(mistake(at + "signal = \"hr\"\ntype = \"u16\""), HasSubstr("'unit' is missing"));
    EXPECT_THAT(mistake(at + "signal = \"hr\"\ntype = \"u16\"\nunit = \"furlong\""),
                HasSubstr("no unit of hr"));
    EXPECT_THAT(mistake(at + "signal = \"spo2\"\ntype = \"u16\"\nunit = \"%\"\nmax = 120"),
                HasSubstr("outside of what a patient"));
    EXPECT_THAT(mistake(at + "signal = \"spo2\"\ntype = \"u16\"\nunit = \"%\"\nmin = 90\nmax = 80"),
                HasSubstr("below 'max'"));
    EXPECT_THAT(mistake(at + "signal = \"mg\"\ntype = \"u16\"\nunit = \"mmol/L\""),
                HasSubstr("laboratory value"));
    EXPECT_THAT(mistake(at + "signal = \"dose_24h\"\ntype = \"u16\"\nunit = \"g\""),
                HasSubstr("does not come from a register"));
    EXPECT_THAT(mistake(at + "signal = \"urine\"\ntype = \"u16\"\nunit = \"mL\""),
                HasSubstr("'sequence' or 'time'"));
    EXPECT_THAT(mistake(at + "signal = \"hr\"\n" + good + "\nsequence = { address = 4 }"),
                HasSubstr("belongs to charted fields"));
    EXPECT_THAT(mistake(at + "signal = \"hr\"\n" + good + "\nsentinels = [70000]"),
                HasSubstr("a u16 cannot be 70000"));
    EXPECT_THAT(mistake(at + "signal = \"hr\"\n" + good + "\nquality = { address = 7 }"),
                HasSubstr("'mask' is missing"));
    EXPECT_THAT(mistake(at + "signal = \"hr\"\n" + good +
                        "\nquality = { address = 7, mask = 1, good = 2 }"),
                HasSubstr("hides"));
    EXPECT_THAT(mistake(at + "signal = \"hr\"\n" + good +
                        "\nquality = { address = 7, mask = 1, goood = 1 }"),
                HasSubstr("did you mean 'good'"));
    EXPECT_THAT(mistake(at + "signal = \"avpu\"\ntype = \"u16\"\nvalues = {}"),
                HasSubstr("is empty"));
    EXPECT_THAT(mistake(at + "signal = \"avpu\"\ntype = \"u16\"\nvalues = { A = 0 }"),
                HasSubstr("raw number"));
    EXPECT_THAT(mistake(at + "signal = \"hr\"\ncode = \"147842\"\n" + good),
                HasSubstr("either 'signal'"));
    EXPECT_THAT(mistake(at + "code = \"MDC_ECG_HEART_RAT\"\n" + good),
                HasSubstr("did you mean 'MDC_ECG_HEART_RATE'"));
}

TEST(RegisterMap, TwiceTheSameSignalOrNothingAtAll)
{
    const auto twice = errors_of(head + reg("hr", 0, good) + reg("hr", 1, good));
    ASSERT_EQ(twice.size(), 1U);
    EXPECT_THAT(twice[0].text(), HasSubstr("stands twice, first in line 4"));
    EXPECT_EQ(errors_of(head).size(), 1U);
    EXPECT_FALSE(errors_of("name = [").empty());
    EXPECT_FALSE(load_register_map("/nonexistent/map.toml").errors.empty());
    EXPECT_FALSE(load_register_map("/").errors.empty());
}

} // namespace
} // namespace magwatch::adapters::modbus
