// The adapter against devices that misbehave in every way that is known, with good ones beside
// them.
#include <sys/resource.h>
#include <unistd.h>

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/monitors/modbus/probe.hpp"
#include "tests/integration/modbus/fake_devices.hpp"
#include "tests/integration/modbus/harness.hpp"

namespace magwatch::test
{
namespace
{

using namespace std::chrono_literals;
using adapters::modbus::Device;
using adapters::modbus::LinkResult;
using adapters::modbus::RegisterMap;

std::shared_ptr<const RegisterMap> map_with(const std::string& interval, const std::string& timeout,
                                            int max_gap = 8)
{
    const auto reg = [](const char* signal, int address, const char* unit) {
        return std::string{"[[register]]\nsignal = \""} + signal +
               "\"\nfunction = 4\naddress = " + std::to_string(address) +
               "\ntype = \"u16\"\nunit = \"" + unit + "\"\n";
    };
    const auto loaded = adapters::modbus::parse_register_map(
        "name = \"t\"\nmodel = \"test\"\ncommissioned = true\ninterval = \"" + interval +
            "\"\ntimeout = \"" + timeout + "\"\nmax_gap = " + std::to_string(max_gap) + "\n" +
            reg("hr", 0, "/min") + reg("rr", 1, "/min") + reg("sbp", 2, "mmHg") +
            reg("dbp", 3, "mmHg") + reg("pump_flow", 100, "mL/h"),
        "t.toml");
    for (const auto& e : loaded.errors) ADD_FAILURE() << e.text();
    return std::make_shared<const RegisterMap>(loaded.map.value());
}

// Values that belong to device `i` and to no other.
FakeUnit unit_of(std::size_t i, Fault fault = Fault::none, std::chrono::milliseconds delay = 0ms)
{
    FakeUnit unit;
    unit.fault = fault;
    unit.delay = delay;
    const auto n = static_cast<std::uint16_t>(i);
    unit.words[0] = static_cast<std::uint16_t>(40 + n);
    unit.words[1] = static_cast<std::uint16_t>(10 + n);
    unit.words[2] = static_cast<std::uint16_t>(120 + n);
    unit.words[3] = static_cast<std::uint16_t>(70 + n);
    unit.words[100] = static_cast<std::uint16_t>(1000 + n);
    return unit;
}

double expected(std::size_t i, Signal signal)
{
    const auto n = static_cast<double>(i);
    switch (signal) {
    case Signal::hr:
        return 40 + n;
    case Signal::rr:
        return 10 + n;
    case Signal::sbp:
        return 120 + n;
    case Signal::dbp:
        return 70 + n;
    case Signal::pump_flow:
        return 1000 + n;
    default:
        return -1;
    }
}

Device device_at(std::size_t i, boost::asio::ip::tcp::endpoint address,
                 std::shared_ptr<const RegisterMap> map, std::uint8_t unit = 1)
{
    Device device;
    device.source = SourceId{static_cast<std::uint16_t>(i)};
    device.bed = BedId{static_cast<std::uint16_t>(i)};
    device.name = "device-" + std::to_string(i);
    device.address = address;
    device.unit = unit;
    device.map = std::move(map);
    return device;
}

// No value under a wrong name: every observation is what its own device serves.
void expect_right_values(const KeepingSink& sink)
{
    for (const Observation& o : sink.observations) {
        ASSERT_EQ(o.value, expected(o.source.value, o.signal))
            << "device " << o.source.value << " " << name(o.signal);
        ASSERT_EQ(o.bed.value, o.source.value);
    }
}

struct Bad {
    Fault fault;
    std::chrono::milliseconds delay{0};
    std::uint8_t exception = 0;
    bool speaks = false; // gives values all the same
};

const std::vector<Bad> every_fault = {
    {Fault::mute},
    {Fault::deaf},
    {Fault::late, 3000ms},
    {Fault::one_behind},
    {Fault::dribble, 1s},
    {Fault::other_unit},
    {Fault::wrong_transaction},
    {Fault::wrong_protocol},
    {Fault::wrong_function},
    {Fault::wrong_count},
    {Fault::truncated},
    {Fault::cut},
    {Fault::surplus},
    {Fault::twice},
    {Fault::random_bytes},
    {Fault::closes},
    {Fault::exception, 0ms, 1},
    {Fault::exception, 0ms, 2},
    {Fault::exception, 0ms, 3},
    {Fault::exception, 0ms, 4},
    {Fault::exception, 0ms, 6},
    {Fault::exception, 0ms, 10},
    {Fault::exception, 0ms, 11},
};

// The bad devices' time-out is 2 s and the good ones are polled every 200 ms: a good poll that
// waited for a bad device would start 2 s late.
TEST(ModbusAdapter, BadDevicesDelayNobodyAndLendNobodyTheirValues)
{
    constexpr std::size_t healthy = 20;
    FakeDevices fakes;
    const auto map = map_with("200 ms", "2 s");
    std::vector<Device> devices;
    for (std::size_t i = 0; i < healthy; ++i)
        devices.push_back(device_at(i, fakes.address(fakes.add(unit_of(i))), map));
    for (std::size_t b = 0; b < every_fault.size(); ++b) {
        const std::size_t i = healthy + b;
        FakeUnit unit = unit_of(i, every_fault[b].fault, every_fault[b].delay);
        unit.exception = every_fault[b].exception;
        devices.push_back(device_at(i, fakes.address(fakes.add(unit)), map));
    }
    Harness h{devices};
    ASSERT_TRUE(h.run_until([&] {
        for (std::size_t i = 0; i < healthy; ++i)
            if (polls(h, i, LinkResult::ok) < 40) return false;
        // Each silent one failed twice, so that it was reported as lost.
        for (std::size_t b = 0; b < every_fault.size(); ++b) {
            const bool answers = every_fault[b].exception != 0 && every_fault[b].exception < 10;
            if (h.sink.connected(SourceId{static_cast<std::uint16_t>(healthy + b)}) != answers)
                return false;
        }
        return true;
    }));
    expect_right_values(h.sink);
    std::chrono::nanoseconds worst{};
    for (std::size_t i = 0; i < healthy; ++i) {
        const auto& state = h.adapter->state(i);
        EXPECT_EQ(failed_polls(h, i), 0U) << "every poll of a good device succeeds";
        EXPECT_LT(state.lateness.max, 1s) << "device " << i << " waited for another";
        EXPECT_EQ(h.sink.connected(SourceId{static_cast<std::uint16_t>(i)}), true);
        worst = std::max(worst, state.lateness.max);
    }
    RecordProperty("latest_healthy_poll_us", static_cast<int>(worst.count() / 1000));
    for (const Observation& o : h.sink.observations)
        EXPECT_LT(o.source.value, healthy) << "a value of a device that gave no right answer";
    EXPECT_EQ(polls(h, healthy + 0, LinkResult::ok), 0U);
    EXPECT_GE(polls(h, healthy + 0, LinkResult::timeout), 2U);
    EXPECT_GE(polls(h, healthy + 4, LinkResult::timeout), 2U) << "dribbles";
    EXPECT_GE(polls(h, healthy + 6, LinkResult::bad_reply), 2U) << "wrong transaction";
    EXPECT_EQ(fakes.writes(), 0U);
}

// The answer comes when the next request is already out. It must not be taken for that one's.
TEST(ModbusAdapter, ALateAnswerNeverAnswersTheNextRequest)
{
    FakeDevices fakes;
    const std::size_t fake = fakes.add(unit_of(5, Fault::late, 300ms));
    Harness h{{device_at(5, fakes.address(fake), map_with("100 ms", "150 ms"))}};
    ASSERT_TRUE(h.run_until([&] { return polls(h, 0, LinkResult::timeout) >= 3; }));
    EXPECT_TRUE(h.sink.observations.empty());
    EXPECT_EQ(h.sink.connected(SourceId{5}), false);
    fakes.change(fake, 1, unit_of(5));
    ASSERT_TRUE(h.run_until([&] { return h.sink.count(SourceId{5}, Signal::pump_flow) >= 3; }));
    expect_right_values(h.sink);
    EXPECT_EQ(h.sink.connected(SourceId{5}), true);
}

TEST(ModbusAdapter, BehindAGatewayASilentUnitCostsTheOthersLittle)
{
    FakeDevices fakes;
    std::map<std::uint8_t, FakeUnit> units;
    for (std::uint8_t u = 1; u <= 4; ++u) units[u] = unit_of(u, u == 3 ? Fault::mute : Fault::none);
    const std::size_t gateway = fakes.add(units);
    const auto map = map_with("200 ms", "1 s");
    std::vector<Device> devices;
    for (std::uint8_t u = 1; u <= 4; ++u)
        devices.push_back(device_at(u, fakes.address(gateway), map, u));
    Harness h{devices};
    ASSERT_TRUE(h.run_until([&] {
        return polls(h, 2, LinkResult::timeout) >= 3 && polls(h, 0, LinkResult::ok) >= 40;
    }));
    expect_right_values(h.sink);
    EXPECT_EQ(h.sink.connected(SourceId{3}), false);
    for (const std::size_t i : {0U, 1U, 3U}) {
        const auto& state = h.adapter->state(i);
        EXPECT_EQ(h.sink.connected(SourceId{static_cast<std::uint16_t>(i + 1)}), true);
        EXPECT_LT(state.lateness.max, 1900ms) << "never more than one time-out of the silent unit";
        // One time-out when it fell silent; its next tries went over a connection of their own.
        EXPECT_LE(state.lateness.buckets[9] + state.lateness.buckets[10], 1U);
    }
    fakes.change(gateway, 3, unit_of(3));
    ASSERT_TRUE(h.run_until([&] { return h.sink.count(SourceId{3}, Signal::hr) >= 3; }));
    EXPECT_EQ(h.sink.connected(SourceId{3}), true);
    expect_right_values(h.sink);
    ASSERT_TRUE(h.run_until([&] { return fakes.connections(gateway) == 1; }))
        << "the second connection is given back";
}

TEST(ModbusAdapter, UnpluggedAndBackAgain)
{
    FakeDevices fakes;
    const std::size_t fake = fakes.add(unit_of(2));
    Harness h{{device_at(2, fakes.address(fake), map_with("100 ms", "500 ms"))}};
    ASSERT_TRUE(h.run_until([&] { return h.sink.count(SourceId{2}, Signal::hr) >= 2; }));
    fakes.unplug(fake);
    ASSERT_TRUE(h.run_until([&] { return h.sink.connected(SourceId{2}) == false; }));
    EXPECT_GE(polls(h, 0, LinkResult::connect_failed), 1U);
    const std::size_t before = h.sink.observations.size();
    fakes.plug_in(fake);
    ASSERT_TRUE(h.run_until([&] { return h.sink.observations.size() > before + 10; }));
    ASSERT_EQ(h.sink.status.size(), 3U) << "told on every change, and only then";
    EXPECT_TRUE(h.sink.status[0].connected);
    EXPECT_FALSE(h.sink.status[1].connected);
    EXPECT_TRUE(h.sink.status[2].connected);
    expect_right_values(h.sink);
}

TEST(ModbusAdapter, ADeviceThatHangsUpAfterEachAnswerIsHealthy)
{
    FakeDevices fakes;
    const auto map = map_with("100 ms", "1 s", 124); // one block: one request a poll
    Harness h{{device_at(1, fakes.address(fakes.add(unit_of(1, Fault::closes_after))), map)}};
    ASSERT_TRUE(h.run_until([&] { return polls(h, 0, LinkResult::ok) >= 10; }));
    EXPECT_EQ(failed_polls(h, 0), 0U);
    EXPECT_EQ(h.sink.status.size(), 1U);
    expect_right_values(h.sink);
}

TEST(ModbusAdapter, ARegisterThatTheDeviceRefusesSpoilsItselfAlone)
{
    FakeDevices fakes;
    FakeUnit unit = unit_of(4);
    unit.bad_address = 2; // sbp
    Harness h{{device_at(4, fakes.address(fakes.add(unit)), map_with("100 ms", "1 s"))}};
    ASSERT_TRUE(h.run_until([&] { return h.sink.count(SourceId{4}, Signal::dbp) >= 5; }));
    EXPECT_EQ(h.sink.count(SourceId{4}, Signal::sbp), 0U);
    EXPECT_GE(h.sink.count(SourceId{4}, Signal::pump_flow), 5U);
    EXPECT_GE(h.sink.count(SourceId{4}, Signal::hr), 5U);
    std::size_t sbp_refused = 0;
    for (const auto& r : h.sink.refused)
        sbp_refused += r.signal == Signal::sbp && r.reason == Refusal::no_value;
    EXPECT_GE(sbp_refused, 5U) << "a register that is never read is visible";
    expect_right_values(h.sink);
    EXPECT_EQ(h.sink.connected(SourceId{4}), true);
}

// A device that refuses all we ask is still asked: otherwise nobody would see it die.
TEST(ModbusAdapter, ADeviceThatRefusesEverythingIsStillSeenToDie)
{
    FakeDevices fakes;
    FakeUnit unit = unit_of(3, Fault::exception);
    unit.exception = 2;
    const std::size_t fake = fakes.add(unit);
    Harness h{{device_at(3, fakes.address(fake), map_with("100 ms", "500 ms"))}};
    ASSERT_TRUE(h.run_until([&] { return fakes.requests(fake) > 60; }));
    EXPECT_EQ(h.sink.connected(SourceId{3}), true);
    fakes.unplug(fake);
    ASSERT_TRUE(h.run_until([&] { return h.sink.connected(SourceId{3}) == false; }));
    EXPECT_TRUE(h.sink.observations.empty());
}

// A gateway that says that its unit is silent is not the unit; a busy device is there.
TEST(ModbusAdapter, ExceptionsThatMeanSilence)
{
    FakeDevices fakes;
    const auto map = map_with("100 ms", "500 ms");
    std::vector<Device> devices;
    for (const std::uint8_t code : std::vector<std::uint8_t>{11, 6}) {
        FakeUnit unit = unit_of(code, Fault::exception);
        unit.exception = code;
        devices.push_back(device_at(code, fakes.address(fakes.add(unit)), map));
    }
    Harness h{devices};
    ASSERT_TRUE(
        h.run_until([&] { return h.sink.connected(SourceId{11}) && h.sink.refused.size() > 20; }));
    EXPECT_EQ(h.sink.connected(SourceId{11}), false);
    EXPECT_EQ(h.sink.connected(SourceId{6}), true);
    for (const auto& r : h.sink.refused) EXPECT_EQ(r.source, SourceId{6});
    EXPECT_TRUE(h.sink.observations.empty());
}

// Whatever the links are doing, stopping ends every task without a failure.
TEST(ModbusAdapter, StopsInEveryState)
{
    FakeDevices fakes;
    const auto map = map_with("100 ms", "10 s");
    std::vector<Device> devices;
    for (std::size_t b = 0; b < every_fault.size(); ++b)
        devices.push_back(
            device_at(b, fakes.address(fakes.add(unit_of(b, every_fault[b].fault, 1s))), map));
    std::map<std::uint8_t, FakeUnit> units;
    for (std::uint8_t u = 1; u <= 3; ++u) units[u] = unit_of(u, u == 2 ? Fault::mute : Fault::none);
    const std::size_t gateway = fakes.add(units);
    for (std::uint8_t u = 1; u <= 3; ++u)
        devices.push_back(device_at(100U + u, fakes.address(gateway), map, u));
    Harness h{devices};
    ASSERT_TRUE(h.run_until([&] { return fakes.requests(0) > 0 && fakes.requests(gateway) > 0; }));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(h.stop());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s)
        << "nobody waits for a time-out of 10 s";
}

// libmodbus waits with select(): a descriptor above 1023 would be undefined behaviour.
TEST(ModbusAdapter, DescriptorsAbove1023AreGivenBack)
{
    FakeDevices fakes;
    const auto address = fakes.address(fakes.add(unit_of(1)));
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlimit before = limit;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1100);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ASSERT_GE(limit.rlim_cur, 1100U) << "the hard limit of this machine is too low for the test";
    {
        Harness h{{device_at(1, address, map_with("100 ms", "1 s"))}};
        std::vector<int> taken;
        for (int fd = open("/dev/null", O_RDONLY); fd >= 0; fd = open("/dev/null", O_RDONLY)) {
            taken.push_back(fd);
            if (fd >= 1030) break;
        }
        ASSERT_GE(taken.back(), 1030);
        EXPECT_TRUE(h.run_until([&] { return polls(h, 0, LinkResult::connect_failed) >= 2; }));
        EXPECT_EQ(h.adapter->state(0).last_reason, "descriptor above 1023");
        for (const int fd : taken) close(fd);
        EXPECT_TRUE(h.run_until([&] { return polls(h, 0, LinkResult::ok) >= 1; }));
    }
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(ModbusProbe, SaysWhatStandsWhereAndWhyNot)
{
    FakeDevices fakes;
    FakeUnit unit = unit_of(4);
    unit.bad_address = 2;
    unit.words[1] = 0; // no breathing rate can be 0 here
    const auto map = map_with("1 s", "1 s");
    const auto report = probe(*map, fakes.address(fakes.add(unit)), 1);
    ASSERT_TRUE(report.answered) << report.reason;
    EXPECT_FALSE(report.all_good());
    ASSERT_EQ(report.registers.size(), 5U);
    EXPECT_EQ(report.registers[0].value, 44);
    EXPECT_EQ(report.registers[1].reason, "implausible");
    EXPECT_EQ(report.registers[1].raw, 0U);
    EXPECT_THAT(report.registers[2].reason, testing::HasSubstr("no such register"));
    EXPECT_EQ(report.registers[3].value, 74);
    EXPECT_EQ(report.registers[4].value, 1004);
    EXPECT_THAT(table_text(report), testing::HasSubstr("0x002C"));
    EXPECT_THAT(json_text(report),
                testing::HasSubstr(
                    R"("signal":"hr","function":4,"address":0,"type":"u16","raw":"0x002C")"));
}

TEST(ModbusProbe, ADeviceThatDoesNotAnswer)
{
    FakeDevices fakes;
    const auto map = map_with("1 s", "100 ms");
    const auto mute = probe(*map, fakes.address(fakes.add(unit_of(1, Fault::mute))), 1);
    EXPECT_FALSE(mute.answered);
    EXPECT_THAT(table_text(mute),
                testing::HasSubstr("no answer: no whole answer within the time-out"));
    const std::size_t gone = fakes.add(unit_of(1));
    fakes.unplug(gone);
    const auto refused = probe(*map, fakes.address(gone), 1);
    EXPECT_FALSE(refused.answered);
    EXPECT_THAT(json_text(refused), testing::HasSubstr("refused or unreachable"));
}

TEST(ModbusProbe, AnEmptyChartedFieldIsNoFault)
{
    FakeDevices fakes;
    FakeUnit unit = unit_of(1);
    unit.words[0] = 0xFFFF;
    const auto loaded = adapters::modbus::parse_register_map(
        "name = \"t\"\nmodel = \"m\"\ncommissioned = true\n[[register]]\nsignal = "
        "\"reflex_knee\"\nfunction = 3\n"
        "address = 0\ntype = \"u16\"\nsentinels = [0xFFFF]\n",
        "t.toml");
    const auto report = probe(loaded.map.value(), fakes.address(fakes.add(unit)), 1);
    EXPECT_TRUE(report.all_good());
    EXPECT_THAT(table_text(report), testing::HasSubstr("nothing charted"));
    EXPECT_THAT(table_text(report), testing::Not(testing::HasSubstr("refused")));
}

// Which order a device uses is told nowhere: if the value makes no sense, the others are tried.
TEST(ModbusProbe, HintsAtAWrongWordOrder)
{
    FakeDevices fakes;
    FakeUnit unit = unit_of(1);
    unit.words[0] = 0x0000;
    unit.words[1] = 0x42F7; // 123.5 with the words swapped
    const auto loaded = adapters::modbus::parse_register_map(
        "name = \"t\"\nmodel = \"m\"\ncommissioned = false\n[[register]]\nsignal = "
        "\"sbp\"\nfunction = 3\naddress = 0\n"
        "type = \"f32\"\norder = \"ABCD\"\nunit = \"mmHg\"\n",
        "t.toml");
    const auto report = probe(loaded.map.value(), fakes.address(fakes.add(unit)), 1);
    ASSERT_EQ(report.registers.size(), 1U);
    EXPECT_FALSE(report.registers[0].value);
    EXPECT_EQ(report.registers[0].hint, "would be 123.5 in order CDAB");
    EXPECT_THAT(table_text(report), testing::HasSubstr("NOT COMMISSIONED"));
}

TEST(ModbusAddress, NumbersAndLocalhostOnly)
{
    using adapters::modbus::address_from;
    EXPECT_EQ(address_from("192.0.2.7:1502")->port(), 1502);
    EXPECT_EQ(address_from("192.0.2.7")->port(), 502);
    EXPECT_EQ(address_from("[2001:db8::7]:503")->port(), 503);
    EXPECT_TRUE(address_from("localhost:502")->address().is_loopback());
    for (const auto* bad : {"", "monitor-3:502", "192.0.2.7:", "192.0.2.7:0", "192.0.2.7:70000",
                            "192.0.2.7:5x", "[::1"})
        EXPECT_FALSE(address_from(bad)) << bad;
}

} // namespace
} // namespace magwatch::test
