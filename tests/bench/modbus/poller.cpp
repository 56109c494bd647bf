#include <cstdio>
#include <cstdlib>
#include <string>

#include <boost/asio/io_context.hpp>

#include "adapters/monitors/modbus/adapter.hpp"
#include "runtime/task_group.hpp"
#include "tests/bench/modbus/bench.hpp"

namespace magwatch::bench
{
namespace
{

using adapters::modbus::Device;
using adapters::modbus::RegisterMap;

class CountingSink final : public adapters::ObservationSink
{
public:
    void push(const Observation& o) override
    {
        ++observations;
        sum += o.value;
    }
    void push(const RefusedValue&) override { ++refused; }
    void push(const DeviceStatus&) override {}
    boost::asio::awaitable<bool> committed() override { co_return true; }
    std::uint64_t observations = 0, refused = 0;
    double sum = 0;
};

std::shared_ptr<const RegisterMap> all_registers()
{
    const struct {
        const char *signal, *more;
    } entries[registers] = {
        {"hr", "unit = \"/min\"\nsentinels = [0x7FFF]\nquality = { address = 7, mask = 1 }"},
        {"rr", "unit = \"/min\"\nsentinels = [0x7FFF]\nquality = { address = 7, mask = 1 }"},
        {"spo2",
         "unit = \"%\"\nscale = 0.1\nsentinels = [0x7FFF]\nquality = { address = 7, mask = 32 }"},
        {"sbp", "unit = \"mmHg\"\nsentinels = [0x7FFF]"},
        {"dbp", "unit = \"mmHg\"\nsentinels = [0x7FFF]"},
        {"map", "unit = \"mmHg\"\nsentinels = [0x7FFF]"},
        {"temp", "unit = \"Cel\"\nscale = 0.1\nsentinels = [0x7FFF]"},
        {"monitor_inop", ""},
        {"liveness", ""},
        {"pulse", "unit = \"/min\"\nsentinels = [0x7FFF]"},
        {"art_sys", "unit = \"mmHg\""},
        {"art_dia", "unit = \"mmHg\""},
        {"art_mean", "unit = \"mmHg\""},
        {"etco2", "unit = \"mmHg\""},
        {"pump_flow", "unit = \"mL/h\"\nscale = 0.1"},
        {"pump_rate", "unit = \"g/h\"\nscale = 0.1"},
    };
    std::string text = "name = \"bench\"\nmodel = \"bench\"\ncommissioned = true\n";
    for (int i = 0; i < registers; ++i)
        text += std::string{"[[register]]\nsignal = \""} + entries[i].signal +
                "\"\nfunction = 4\naddress = " + std::to_string(i) + "\ntype = \"u16\"\n" +
                entries[i].more + "\n";
    auto loaded = adapters::modbus::parse_register_map(text, "bench.toml");
    for (const auto& e : loaded.errors) std::fprintf(stderr, "%s\n", e.text().c_str());
    if (!loaded.map) std::abort();
    for (auto& r : loaded.map->registers) r.interval = Duration{0}; // again at once
    return std::make_shared<const RegisterMap>(std::move(*loaded.map));
}

} // namespace

Polled run_adapter(const std::uint16_t* ports, int devices, double seconds)
{
    boost::asio::io_context io{1};
    CountingSink sink;
    const auto map = all_registers();
    std::vector<Device> all;
    for (int i = 0; i < devices; ++i) {
        Device device;
        device.source = SourceId{static_cast<std::uint16_t>(i)};
        device.bed = BedId{static_cast<std::uint16_t>(i)};
        device.name = "bench-" + std::to_string(i);
        device.address = {boost::asio::ip::address_v4::loopback(), ports[i]};
        device.map = map;
        all.push_back(std::move(device));
    }
    TaskGroup group{io.get_executor(), [](const TaskFailure& f) {
                        std::fprintf(stderr, "%s: %s\n", f.task.c_str(), f.what.c_str());
                        std::abort();
                    }};
    adapters::modbus::Adapter adapter{io, sink, std::move(all)};
    adapter.start([&](std::string name, boost::asio::awaitable<void> task) {
        group.spawn_loop(std::move(name), std::move(task));
    });
    const auto answered = [&] {
        std::uint64_t polls = 0;
        for (std::size_t i = 0; i < adapter.size(); ++i) polls += adapter.state(i).polls[0];
        return polls;
    };
    io.run_for(std::chrono::milliseconds{300}); // all connected
    io.restart();
    const std::uint64_t before = answered();
    const double start = clock_seconds(), start_cpu = cpu_seconds();
    io.run_for(std::chrono::milliseconds{static_cast<int>(seconds * 1000)});
    Polled out;
    out.seconds = clock_seconds() - start;
    out.cpu_seconds = cpu_seconds() - start_cpu;
    out.polls = answered() - before;
    if (sink.refused != 0 || sink.observations != answered() * registers) {
        std::fprintf(stderr, "%llu values refused, %llu observations of %llu polls\n",
                     static_cast<unsigned long long>(sink.refused),
                     static_cast<unsigned long long>(sink.observations),
                     static_cast<unsigned long long>(answered()));
        std::exit(1);
    }
    group.stop();
    io.restart();
    while (group.size() > 0) io.run_one();
    return out;
}

} // namespace magwatch::bench
