// The devices of a configuration over a reload: what a charted field told stays told.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "daemon/app/recovery.hpp"
#include "daemon/app/sources.hpp"
#include "tests/integration/journal/scratch.hpp"
#include "tests/integration/modbus/fake_devices.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A monitor at which somebody charted: reflex, counted rate, and how many entries there were.
constexpr std::string_view charting_map = "name = \"t\"\nmodel = \"test\"\ncommissioned = true\ninterval = \"50 ms\"\n"
                                          "[[register]]\nsignal = \"hr\"\nfunction = 4\naddress = 0\ntype = \"u16\"\n"
                                          "unit = \"/min\"\n"
                                          "[[register]]\nsignal = \"reflex_knee\"\nfunction = 4\naddress = 1\n"
                                          "type = \"u16\"\nsentinels = [0xFFFF]\nsequence = { address = 3 }\n"
                                          "[[register]]\nsignal = \"rr_counted\"\nfunction = 4\naddress = 2\n"
                                          "type = \"u16\"\nunit = \"/min\"\nsentinels = [0xFFFF]\n"
                                          "sequence = { address = 3 }\n";

// The sources over a real ward loop, as the daemon has them.
struct SourcesTest : ::testing::Test {
    SourcesTest()
    {
        test::FakeUnit unit;
        unit.words[0] = 80;
        monitor = devices.add(unit);
        chart(0xFFFF, 0xFFFF, 0);
        config.ward = test::Rig::configuration();
        ModbusDeviceConfig device;
        device.name = "monitor-1";
        device.bed = "bed-1";
        device.address = {"127.0.0.1", devices.address(monitor).port()};
        device.map = {"t.toml", std::string{charting_map}};
        config.modbus = {device};

        auto opened = JournalFile::open(scratch.path(), test_wall);
        auto found = recover(*opened.file, read_clocks(), "boot");
        auto& recovered = std::get<Recovered>(found);
        clock = std::make_unique<SystemClock>(recovered.time.offset);
        journal = std::make_unique<Journal>(io.get_executor(), *clock, std::move(opened.file), scratch.path());
        WardLoopPorts ports;
        ports.send_page = [](const SendPage&) {};
        ports.cancel_pages = [](CallId) {};
        ports.call_ended = [](CallId) {};
        ports.reply = [](const Reply&, bool) {};
        ports.transition = [](const AlarmTransition&) {};
        ports.publish = [](const Ward&, const Moment&) {};
        ports.turn = [](const Moment&) {};
        ports.stepped = [this](const Input& input, const Moment&) {
            const auto* seen = std::get_if<Observation>(&input);
            if (seen == nullptr) return;
            if (seen->signal == Signal::hr) ++polls;
            else told += std::string{name(seen->signal)} + " " + std::to_string(static_cast<int>(seen->value)) + "; ";
        };
        loop = std::make_unique<WardLoop>(io.get_executor(), *clock, std::move(recovered.ward), std::move(ports));
        loop->set_journal(*journal);
        loop->apply_now(Input{recovered.started});
        loop->apply_now(Input{config.ward});
        spawn(loop->run());
        spawn(loop->run_pages());
        spawn(loop->run_answers());
        sources = std::make_unique<Sources>(io, *loop, *clock, [](const TaskFailure& f) { ADD_FAILURE() << f.what; });
        EXPECT_THAT(sources->start(config), testing::IsEmpty());
    }
    ~SourcesTest() override
    {
        stop();
        loop->stop();
        EXPECT_TRUE(until([this] { return running == 0; }));
    }
    void spawn(asio::awaitable<void> task)
    {
        ++running;
        asio::co_spawn(io, std::move(task), [this](const std::exception_ptr& error) {
            EXPECT_FALSE(error);
            --running;
        });
    }
    template <class Condition> bool until(Condition condition)
    {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            io.restart();
            io.run_one_for(10ms);
        }
        return condition();
    }
    void stop()
    {
        const int before = running;
        spawn(sources->stop());
        EXPECT_TRUE(until([&] { return running == before; }));
    }
    void reload()
    {
        stop();
        told.clear();
        EXPECT_THAT(sources->start(config), testing::IsEmpty());
    }
    // What the charted fields told by the end of the third poll from now: one may be under way.
    std::string heard()
    {
        const int before = polls;
        EXPECT_TRUE(until([&] { return polls >= before + 3; }));
        return std::exchange(told, {});
    }
    void chart(std::uint16_t reflex, std::uint16_t rate, std::uint16_t entries)
    {
        test::FakeUnit unit;
        unit.words[0] = 80;
        unit.words[1] = reflex;
        unit.words[2] = rate;
        unit.words[3] = entries;
        devices.change(monitor, 1, unit);
    }

    test::FakeDevices devices;
    std::size_t monitor = 0;
    Scratch scratch;
    Config config;
    asio::io_context io;
    std::unique_ptr<SystemClock> clock;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<WardLoop> loop;
    std::unique_ptr<Sources> sources;
    std::string told; // in the order in which it came
    int polls = 0, running = 0;
};

TEST_F(SourcesTest, AReloadChartsNothingAgain)
{
    (void)heard();
    chart(2, 7, 1);
    EXPECT_EQ(heard(), "reflex_knee 2; rr_counted 7; ");
    reload();
    EXPECT_EQ(heard(), "") << "neither the good nor the bad value was charted now";
    stop();
    chart(2, 7, 2);
    EXPECT_THAT(sources->start(config), testing::IsEmpty());
    EXPECT_EQ(heard(), "reflex_knee 2; rr_counted 7; ") << "charted again while nobody asked";
}

TEST_F(SourcesTest, ALostConnectionChartsNothingAgain)
{
    (void)heard();
    chart(2, 12, 1);
    EXPECT_EQ(heard(), "reflex_knee 2; rr_counted 12; ");
    devices.unplug(monitor);
    devices.plug_in(monitor);
    EXPECT_EQ(heard(), "");
}

TEST_F(SourcesTest, AnotherBedOrMapStartsAnewAndOnlyWhatRingsIsTold)
{
    (void)heard();
    chart(0, 12, 1);
    EXPECT_EQ(heard(), "reflex_knee 0; rr_counted 12; ");
    config.modbus[0].bed = "bed-2";
    reload();
    EXPECT_EQ(heard(), "reflex_knee 0; ") << "nobody knows when that was counted";
    config.modbus[0].map.text += "# checked again\n";
    reload();
    EXPECT_EQ(heard(), "reflex_knee 0; ");
    config.modbus.clear();
    reload();
    config.modbus.push_back({"monitor-1", {"127.0.0.1", devices.address(monitor).port()}, {}, 1,
                             {"t.toml", std::string{charting_map}}, "bed-2", SourceKind::monitor});
    reload();
    EXPECT_EQ(heard(), "reflex_knee 0; ") << "a device that was away may have been anywhere";
}

} // namespace
} // namespace magwatch
