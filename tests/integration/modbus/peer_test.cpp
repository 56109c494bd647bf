// Independent Modbus servers, read through a map of every type in every word order.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/monitors/modbus/probe.hpp"
#include "tests/integration/modbus/harness.hpp"

namespace magwatch::test
{
namespace
{

using adapters::modbus::Device;
using adapters::modbus::LinkResult;

// A server program that prints its port and ends with its standard input.
class Peer
{
public:
    explicit Peer(std::vector<std::string> command)
    {
        int to[2], from[2];
        if (pipe(to) != 0 || pipe(from) != 0) return;
        child_ = fork();
        if (child_ == 0) {
            dup2(to[0], STDIN_FILENO);
            dup2(from[1], STDOUT_FILENO);
            for (const int fd : {to[0], to[1], from[0], from[1]}) close(fd);
            std::vector<char*> argv;
            for (auto& word : command) argv.push_back(word.data());
            argv.push_back(nullptr);
            execvp(argv[0], argv.data());
            _exit(127);
        }
        close(to[0]);
        close(from[1]);
        stdin_ = to[1];
        for (char c = 0; read(from[0], &c, 1) == 1 && c != '\n';) port_text_ += c;
        close(from[0]);
    }
    ~Peer()
    {
        if (stdin_ >= 0) close(stdin_);
        if (child_ > 0) waitpid(child_, nullptr, 0);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    [[nodiscard]] boost::asio::ip::tcp::endpoint address() const
    {
        return {boost::asio::ip::address_v4::loopback(),
                static_cast<std::uint16_t>(std::strtoul(port_text_.c_str(), nullptr, 10))};
    }

private:
    pid_t child_ = -1;
    int stdin_ = -1;
    std::string port_text_;
};

double expected(Signal signal)
{
    switch (signal) {
    case Signal::pump_flow:
        return 123.5;
    case Signal::pump_rate:
        return 2.25;
    case Signal::sbp:
        return 151.5;
    case Signal::dbp:
        return 95.25;
    case Signal::liveness:
        return 70000;
    case Signal::hr:
        return 77;
    case Signal::temp:
        return 37;
    case Signal::art_sys:
        return 141;
    case Signal::art_dia:
        return 71.125;
    case Signal::spo2:
        return 96.5;
    case Signal::monitor_apnoea:
        return 1;
    case Signal::monitor_inop:
        return 0;
    default:
        return -1;
    }
}

class Peers : public testing::TestWithParam<std::vector<std::string>>
{
};

TEST_P(Peers, EveryTypeInEveryOrder)
{
    auto command = GetParam();
    command.back() = std::string{MAGWATCH_SOURCE_DIR} + "/" + command.back();
    const Peer peer{command};
    ASSERT_NE(peer.address().port(), 0) << command.back() << " did not start";
    const auto loaded = adapters::modbus::load_register_map(std::string{MAGWATCH_SOURCE_DIR} +
                                                            "/tests/data/maps/every_order.toml");
    ASSERT_TRUE(loaded.map);

    const auto report = adapters::modbus::probe(*loaded.map, peer.address(), 1);
    EXPECT_TRUE(report.all_good()) << table_text(report);
    for (const auto& r : report.registers)
        EXPECT_EQ(r.value, expected(r.entry.signal)) << name(r.entry.signal);

    Device device;
    device.source = SourceId{1};
    device.bed = BedId{1};
    device.name = "peer";
    device.address = peer.address();
    device.map = std::make_shared<const adapters::modbus::RegisterMap>(*loaded.map);
    Harness h{{device}};
    const std::size_t wanted = device.map->registers.size() * 5;
    ASSERT_TRUE(h.run_until([&] { return h.sink.observations.size() >= wanted; }));
    for (const Observation& o : h.sink.observations)
        EXPECT_EQ(o.value, expected(o.signal)) << name(o.signal);
    EXPECT_TRUE(h.sink.refused.empty());
    EXPECT_EQ(h.adapter->state(0).connects, 1U) << "one connection carries every poll";
}

INSTANTIATE_TEST_SUITE_P(
    Modbus, Peers,
    testing::Values(std::vector<std::string>{"/usr/bin/python3", "-B",
                                             "tests/integration/modbus/pymodbus_server.py"},
                    std::vector<std::string>{"node", "tests/peers/modbus_server.js"}),
    [](const auto& peer) { return peer.index == 0 ? "pymodbus" : "modbus_serial"; });

} // namespace
} // namespace magwatch::test
