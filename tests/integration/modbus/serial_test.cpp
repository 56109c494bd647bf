// The adapter on serial lines: lines that misbehave in every way that is known, with good ones
// beside them.
#include <array>
#include <csignal>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/monitors/modbus/probe.hpp"
#include "adapters/monitors/modbus/serial_link.hpp"
#include "tests/integration/modbus/fake_line.hpp"
#include "tests/integration/modbus/harness.hpp"

namespace magwatch::test
{
namespace
{

using namespace std::chrono_literals;
using adapters::modbus::Device;
using adapters::modbus::LinkResult;
using adapters::modbus::RegisterMap;
using adapters::modbus::Request;

// Four values in blocks of one register each: no answer can be told from another by its length.
constexpr std::array<std::pair<Signal, std::uint16_t>, 4> registers{
    {{Signal::hr, 0}, {Signal::rr, 10}, {Signal::sbp, 20}, {Signal::dbp, 30}}};

std::shared_ptr<const RegisterMap> map_with(const std::string& interval, const std::string& timeout)
{
    std::string text = "name = \"t\"\nmodel = \"test\"\ncommissioned = true\nmax_gap = 0\ninterval = \"" +
                       interval + "\"\ntimeout = \"" + timeout + "\"\n";
    for (const auto& [signal, address] : registers)
        text += "[[register]]\nsignal = \"" + std::string{name(signal)} + "\"\nfunction = 3\naddress = " +
                std::to_string(address) + "\ntype = \"u16\"\nunit = \"" +
                std::string{name(info(signal).unit)} + "\"\n";
    const auto loaded = adapters::modbus::parse_register_map(text, "t.toml");
    for (const auto& e : loaded.errors) ADD_FAILURE() << e.text();
    return std::make_shared<const RegisterMap>(loaded.map.value());
}

// What a unit keeps at an address: plausible for each signal, and like no other register's.
std::uint16_t kept(std::uint8_t unit, std::uint16_t address)
{
    switch (address) {
    case 0:
        return static_cast<std::uint16_t>(80 + unit);
    case 10:
        return static_cast<std::uint16_t>(20 + unit);
    case 20:
        return static_cast<std::uint16_t>(150 + unit);
    case 30:
        return static_cast<std::uint16_t>(60 + unit);
    default:
        return static_cast<std::uint16_t>(30 + address % 10);
    }
}

Bytes answer_to(const Request& r)
{
    Bytes out{r.unit, static_cast<std::uint8_t>(r.place.table), static_cast<std::uint8_t>(r.data_bytes())};
    for (std::uint16_t i = 0; i < r.place.count; ++i) {
        const std::uint16_t word = kept(r.unit, static_cast<std::uint16_t>(r.place.address + i));
        out.push_back(static_cast<std::uint8_t>(word >> 8));
        out.push_back(static_cast<std::uint8_t>(word));
    }
    return with_crc(out);
}

std::vector<Said> good(const Request& r)
{
    return {{0ms, answer_to(r)}};
}

Device device_on(const FakeLine& line, std::uint8_t unit, std::shared_ptr<const RegisterMap> map)
{
    Device device;
    device.source = SourceId{unit};
    device.bed = BedId{unit};
    device.name = "unit-" + std::to_string(unit);
    device.serial = line.settings();
    device.unit = unit;
    device.map = std::move(map);
    return device;
}

void expect_right_values(const KeepingSink& sink)
{
    for (const Observation& o : sink.observations) {
        const auto* found = std::find_if(registers.begin(), registers.end(),
                                         [&](const auto& r) { return r.first == o.signal; });
        ASSERT_NE(found, registers.end());
        ASSERT_EQ(o.value, kept(static_cast<std::uint8_t>(o.source.value), found->second))
            << "unit " << o.source.value << " " << name(o.signal);
    }
}

Bytes spoilt(Bytes frame)
{
    frame[3] ^= 0x10U;
    return frame;
}

Bytes part(const Bytes& frame, std::size_t from, std::size_t to)
{
    return {frame.begin() + static_cast<std::ptrdiff_t>(from), frame.begin() + static_cast<std::ptrdiff_t>(to)};
}

struct Fault {
    const char* name;
    FakeLine::Answers answers;
    LinkResult result;
    const char* reason;
};

std::vector<Fault> every_fault()
{
    const auto of = [](const Request& r, std::uint8_t unit, std::uint8_t function) {
        Bytes frame = answer_to(r);
        frame.pop_back();
        frame.pop_back(); // its CRC; g++ 12 with sanitizers misreads resize() here
        frame[0] = unit;
        frame[1] = function;
        return with_crc(frame);
    };
    return {
        {"mute", [](const Request&) { return std::vector<Said>{}; }, LinkResult::timeout, "no answer"},
        {"noise", [](const Request& r) { return std::vector<Said>{{0ms, spoilt(answer_to(r))}}; },
         LinkResult::bad_reply, "wrong checksum"},
        {"other_unit", [of](const Request& r) { return std::vector<Said>{{0ms, of(r, 77, 3)}}; },
         LinkResult::bad_reply, "another unit"},
        {"other_function", [of](const Request& r) { return std::vector<Said>{{0ms, of(r, r.unit, 4)}}; },
         LinkResult::bad_reply, "another function"},
        {"partial", [](const Request& r) { return std::vector<Said>{{0ms, part(answer_to(r), 0, 5)}}; },
         LinkResult::bad_reply, "a part of one"},
        {"gap",
         [](const Request& r) {
             const Bytes whole = answer_to(r);
             return std::vector<Said>{{0ms, part(whole, 0, 4)}, {500ms, part(whole, 4, whole.size())}};
         },
         LinkResult::bad_reply, "a gap in the answer"},
        {"surplus",
         [](const Request& r) {
             Bytes twice = answer_to(r);
             const Bytes once = twice;
             twice.insert(twice.end(), once.begin(), once.end());
             return std::vector<Said>{{0ms, twice}};
         },
         LinkResult::bad_reply, "more bytes"},
        {"gateway_target", [](const Request& r) { return std::vector<Said>{{0ms, with_crc({r.unit, 0x83, 11})}}; },
         LinkResult::exception, "exception"},
    };
}

class SerialFault : public testing::TestWithParam<Fault>
{
};

// The faulty unit, a good one on the same line and a good one on another line.
TEST_P(SerialFault, GivesNoValueAndCostsOnlyItself)
{
    const Fault& fault = GetParam();
    FakeLine line{[&](const Request& r) { return r.unit == 1 ? fault.answers(r) : good(r); }};
    FakeLine beside{good};
    const auto map = map_with("100 ms", "1 s");
    Harness h{{device_on(line, 1, map), device_on(line, 2, map), device_on(beside, 3, map)}};
    ASSERT_TRUE(h.run_until([&] {
        return h.sink.connected(SourceId{1}) == false && polls(h, 1, LinkResult::ok) >= 10 &&
               polls(h, 2, LinkResult::ok) >= 20;
    }));
    expect_right_values(h.sink);
    EXPECT_EQ(h.sink.count(SourceId{1}, Signal::hr), 0U);
    EXPECT_GE(polls(h, 0, fault.result), 1U);
    EXPECT_EQ(h.sink.connected(SourceId{2}), true);
    const auto& other = h.adapter->state(2);
    EXPECT_EQ(failed_polls(h, 2), 0U) << "every poll beside succeeds";
    EXPECT_LT(other.lateness.max, 1900ms) << "the other line waited";
    EXPECT_THAT(std::string{h.adapter->state(0).last_reason}, testing::HasSubstr(fault.reason));
    line.change(good);
    ASSERT_TRUE(h.run_until([&] { return h.sink.count(SourceId{1}, Signal::dbp) >= 3; }));
    EXPECT_EQ(h.sink.connected(SourceId{1}), true);
    expect_right_values(h.sink);
    EXPECT_EQ(line.others(), 0U) << "only requests to read are on the line";
}

INSTANTIATE_TEST_SUITE_P(Modbus, SerialFault, testing::ValuesIn(every_fault()),
                         [](const auto& fault) { return std::string{fault.param.name}; });

// An adapter that hears what it sends gives back each request before its answer.
// In a process of its own, whose user may have no more threads (root always may).
[[noreturn]] void open_without_threads()
{
    boost::asio::io_context io;
    adapters::modbus::SerialSettings settings;
    settings.path = "/nonexistent/ttyS0";
    adapters::modbus::SerialLink link{settings};
    std::vector<std::string> reasons;
    const auto open = [&] {
        boost::asio::co_spawn(io, link.connect(std::chrono::steady_clock::now() + 1s),
                              [&](const std::exception_ptr& error, const adapters::modbus::LinkReply& reply) {
                                  reasons.emplace_back(error ? "it threw" : reply.reason);
                              });
        io.restart();
        io.run();
    };
    rlimit before{};
    bool ready = getrlimit(RLIMIT_NPROC, &before) == 0;
    const rlimit none{0, before.rlim_max};
    ready = ready && setrlimit(RLIMIT_NPROC, &none) == 0 && (geteuid() != 0 || setuid(65534) == 0);
    open();
    sigset_t blocked;
    ready = ready && pthread_sigmask(SIG_SETMASK, nullptr, &blocked) == 0 && sigismember(&blocked, SIGTERM) == 0;
    ready = ready && setrlimit(RLIMIT_NPROC, &before) == 0;
    open();
    const std::string wanted = "no thread to be had for the line";
    _exit(ready && reasons.size() == 2 && reasons[0] == wanted && reasons[1] != wanted && reasons[1] != "it threw" ? 0 : 1);
}

TEST(ModbusSerial, ALineForWhichNoThreadIsToBeHadIsOpenedLater)
{
    EXPECT_EXIT(open_without_threads(), ::testing::ExitedWithCode(0), "");
}

TEST(ModbusSerial, BothDirectionsOnOneLine)
{
    FakeLine line{[](const Request& r) {
        const auto echo = adapters::modbus::rtu_request(r);
        return std::vector<Said>{{0ms, Bytes(echo.begin(), echo.end())}, {2ms, answer_to(r)}};
    }};
    const auto map = map_with("100 ms", "1 s");
    Harness h{{device_on(line, 1, map), device_on(line, 2, map)}};
    ASSERT_TRUE(h.run_until([&] { return polls(h, 0, LinkResult::ok) >= 5 && polls(h, 1, LinkResult::ok) >= 5; }));
    expect_right_values(h.sink);
    EXPECT_EQ(polls(h, 0, LinkResult::bad_reply), 0U);
}

// The unit answers everything, in order, and always too late: at times its answer comes just when
// the next request is out. All registers have answers of one length.
TEST(ModbusSerial, ALateAnswerNeverAnswersTheNextRequest)
{
    const std::array<std::chrono::milliseconds, 4> lateness{250ms, 900ms, 1100ms, 1250ms};
    std::vector<std::unique_ptr<FakeLine>> lines;
    std::vector<Device> devices;
    const auto map = map_with("100 ms", "200 ms");
    for (const auto late : lateness) {
        lines.push_back(std::make_unique<FakeLine>([late](const Request& r) {
            return std::vector<Said>{{late, answer_to(r)}};
        }));
        devices.push_back(device_on(*lines.back(), static_cast<std::uint8_t>(lines.size()), map));
    }
    Harness h{devices};
    const auto all = [&](const std::function<bool(std::size_t)>& one) {
        for (std::size_t i = 0; i < lines.size(); ++i)
            if (!one(i)) return false;
        return true;
    };
    ASSERT_TRUE(h.run_until([&] {
        return all([&](std::size_t i) {
            return polls(h, i, LinkResult::timeout) + polls(h, i, LinkResult::bad_reply) >= 3;
        });
    }));
    expect_right_values(h.sink);
    for (const auto& line : lines) line->change(good);
    ASSERT_TRUE(h.run_until([&] {
        return all([&](std::size_t i) {
            return h.sink.count(SourceId{static_cast<std::uint16_t>(i + 1)}, Signal::dbp) >= 3;
        });
    }));
    expect_right_values(h.sink);
}

// The answer to one request is lost, and from then on each answer comes to the request after it:
// what a gateway with a queue does. Without the settling request this would go on for ever, with
// every value under its neighbour's name.
TEST(ModbusSerial, AUnitThatIsOneAnswerBehindIsNotBelieved)
{
    Bytes owed;
    FakeLine line{[&owed](const Request& r) {
        std::vector<Said> said;
        if (!owed.empty()) said.push_back({0ms, owed});
        owed = answer_to(r);
        return said;
    }};
    Harness h{{device_on(line, 1, map_with("100 ms", "200 ms"))}};
    ASSERT_TRUE(h.run_until([&] {
        return polls(h, 0, LinkResult::timeout) + polls(h, 0, LinkResult::bad_reply) >= 4;
    }));
    EXPECT_TRUE(h.sink.observations.empty());
    EXPECT_EQ(h.sink.connected(SourceId{1}), false);
}

// Frames of a real PC tool and flow controller (tests/data/README.md), heard on our line.
TEST(ModbusSerial, WhileAnotherMasterAsksNothingIsBelievedAndNothingSent)
{
    std::vector<Bytes> frames;
    std::ifstream file{std::string{MAGWATCH_SOURCE_DIR} + "/tests/data/modbus/rtu_flowmeter_tool.jsonl"};
    for (std::string text; std::getline(file, text);) {
        const auto hex = nlohmann::json::parse(text).at("hex").get<std::string>();
        Bytes frame;
        for (std::size_t i = 0; i < hex.size(); i += 2)
            frame.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
        frames.push_back(frame);
    }
    ASSERT_EQ(frames.size(), 18U);
    FakeLine line{good};
    FakeLine beside{good};
    const auto map = map_with("100 ms", "500 ms");
    Harness h{{device_on(line, 1, map), device_on(beside, 2, map)}};
    std::size_t next = 0;
    ASSERT_TRUE(h.run_until([&] {
        line.say(frames[next++ % frames.size()]);
        return h.sink.connected(SourceId{1}) == false && polls(h, 1, LinkResult::ok) >= 10;
    }));
    expect_right_values(h.sink);
    EXPECT_EQ(h.sink.count(SourceId{1}, Signal::hr), 0U);
    EXPECT_EQ(line.requests(), 0U);
    EXPECT_EQ(h.adapter->state(0).last_reason, "another master asks on this line");
    // It falls silent: ten seconds later the line is ours.
    ASSERT_TRUE(h.run_until([&] { return h.sink.count(SourceId{1}, Signal::hr) >= 2; }));
    expect_right_values(h.sink);
}

TEST(ModbusSerial, NoiseBetweenTheAnswersCostsNothing)
{
    FakeLine line{good};
    Harness h{{device_on(line, 1, map_with("100 ms", "500 ms"))}};
    std::uint64_t told = 0;
    ASSERT_TRUE(h.run_until([&] {
        const std::uint64_t done = polls(h, 0, LinkResult::ok);
        if (done > told) {
            line.say({0x00, 0xFF, 0x55});
            told = done;
        }
        return done >= 10;
    }));
    expect_right_values(h.sink);
}

TEST(ModbusSerial, TheDeviceVanishesAndComesBack)
{
    FakeLine line{good};
    FakeLine beside{good};
    const auto map = map_with("100 ms", "500 ms");
    Harness h{{device_on(line, 1, map), device_on(line, 2, map), device_on(beside, 3, map)}};
    ASSERT_TRUE(h.run_until([&] { return polls(h, 0, LinkResult::ok) >= 2 && polls(h, 1, LinkResult::ok) >= 2; }));
    line.unplug();
    ASSERT_TRUE(h.run_until([&] {
        return h.sink.connected(SourceId{1}) == false && h.sink.connected(SourceId{2}) == false;
    }));
    EXPECT_EQ(h.adapter->state(0).last_reason, "no such serial device: is it plugged in?");
    EXPECT_GE(polls(h, 0, LinkResult::connect_failed), 1U);
    const std::size_t before = h.sink.count(SourceId{2}, Signal::hr);
    line.plug_in();
    ASSERT_TRUE(h.run_until([&] {
        return h.sink.connected(SourceId{1}) == true && h.sink.count(SourceId{2}, Signal::hr) > before + 3;
    }));
    expect_right_values(h.sink);
    EXPECT_EQ(failed_polls(h, 2), 0U);
}

TEST(ModbusSerial, ARegisterThatTheUnitRefusesSpoilsItselfAlone)
{
    FakeLine line{[](const Request& r) {
        if (r.place.address == 20) return std::vector<Said>{{0ms, with_crc({r.unit, 0x83, 2})}};
        return good(r);
    }};
    Harness h{{device_on(line, 1, map_with("100 ms", "500 ms"))}};
    ASSERT_TRUE(h.run_until([&] { return h.sink.count(SourceId{1}, Signal::dbp) >= 5; }));
    EXPECT_EQ(h.sink.count(SourceId{1}, Signal::sbp), 0U);
    EXPECT_EQ(h.sink.connected(SourceId{1}), true);
    expect_right_values(h.sink);
}

TEST(ModbusSerial, StopsAtOnceWhileALineIsSilent)
{
    FakeLine line{[](const Request&) { return std::vector<Said>{}; }};
    const auto map = map_with("100 ms", "10 s");
    Harness h{{device_on(line, 1, map), device_on(line, 2, map)}};
    ASSERT_TRUE(h.run_until([&] { return line.requests() > 0; }));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(h.stop());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s) << "it waited for a time-out of 10 s";
}

TEST(ModbusSerial, ADeviceInUseIsNotShared)
{
    FakeLine line{good};
    const auto map = map_with("100 ms", "500 ms");
    Harness h{{device_on(line, 1, map)}};
    ASSERT_TRUE(h.run_until([&] { return polls(h, 0, LinkResult::ok) >= 1; }));
    const auto report = adapters::modbus::probe(*map, line.settings(), 1);
    EXPECT_FALSE(report.answered);
    EXPECT_THAT(report.reason, testing::HasSubstr("another program"));
}

TEST(ModbusSerial, TheProbeReadsOverALine)
{
    FakeLine line{good};
    const auto map = map_with("100 ms", "500 ms");
    const auto report = adapters::modbus::probe(*map, line.settings(), 5);
    EXPECT_TRUE(report.all_good()) << table_text(report);
    EXPECT_EQ(report.registers.at(0).value, 85);
    EXPECT_THAT(table_text(report), testing::HasSubstr("/ttyUSB0, unit 5"));
    adapters::modbus::SerialSettings wrong = line.settings();
    wrong.path = "/dev/null";
    EXPECT_THAT(adapters::modbus::probe(*map, wrong, 5).reason, testing::HasSubstr("no serial device"));
    wrong.path = "/dev/there-is-no-such-line";
    EXPECT_THAT(table_text(adapters::modbus::probe(*map, wrong, 5)), testing::HasSubstr("is it plugged in?"));
}

} // namespace
} // namespace magwatch::test
