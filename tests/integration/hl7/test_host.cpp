// Hosts an Hl7Server for tests: what reaches the sink is printed as JSON lines; commands come by
// standard input, one a line: hold (commits wait), release, fail (commits fail), succeed, counters,
// stop.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <iostream>
#include <string>

#include "adapters/monitors/hl7/server.hpp"
#include "adapters/monitors/hl7/time.hpp"

namespace
{

namespace asio = boost::asio;
using namespace magwatch;
using namespace magwatch::adapters;
using namespace magwatch::adapters::hl7;
using nlohmann::json;

constexpr auto nothrow = asio::as_tuple(asio::use_awaitable);

void say(const json& line)
{
    std::cout << line.dump() << std::endl;
}

struct PrintingSink : ObservationSink {
    explicit PrintingSink(asio::io_context& io) : held_until{io}
    {
        held_until.expires_at(asio::steady_timer::time_point::max());
    }

    void push(const Observation& o) override
    {
        say({{"kind", "observation"},
             {"bed", o.bed.value},
             {"signal", name(o.signal)},
             {"value", o.value},
             {"valid", o.validity == Validity::valid}});
    }
    void push(const RefusedValue& r) override
    {
        say({{"kind", "refused"}, {"reason", name(r.reason)}});
    }
    void push(const DeviceStatus& s) override
    {
        say({{"kind", "status"}, {"connected", s.connected}});
    }
    asio::awaitable<bool> committed() override
    {
        while (held) co_await held_until.async_wait(nothrow);
        co_return !failing;
    }
    void hold(bool on)
    {
        held = on;
        if (!on) held_until.cancel();
    }

    asio::steady_timer held_until;
    bool held = false;
    bool failing = false;
};

Hl7Config config(int argc, char** argv)
{
    Hl7Config c;
    c.port = 0;
    SourceProfile source;
    source.name = "any";
    source.source = SourceId{0};
    c.sources.push_back(source);
    for (std::uint16_t n = 1; n <= 9; ++n)
        c.beds.push_back({BedId{n}, {"BED" + std::to_string(n)}, false});
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        const int value = std::atoi(argv[i + 1]);
        if (option == "--frame-timeout") c.frame_timeout = std::chrono::seconds{value};
        if (option == "--connections") c.max_connections = static_cast<std::size_t>(value);
        if (option == "--per-address")
            c.max_connections_per_address = static_cast<std::size_t>(value);
        if (option == "--message-bytes") c.max_message_bytes = static_cast<std::size_t>(value);
    }
    return c;
}

json counters_of(const Hl7Counters& c)
{
    json acks;
    for (std::size_t i = 0; i < ack_code_count; ++i) {
        acks[std::string{name(static_cast<AckCode>(i))}] = c.acks[i];
    }
    return {{"kind", "counters"},
            {"open", c.open_connections},
            {"connections", c.connections},
            {"connections_refused", c.connections_refused},
            {"connections_evicted", c.connections_evicted},
            {"messages", c.messages},
            {"duplicates", c.duplicates},
            {"observations", c.observations},
            {"timeouts", c.timeouts},
            {"oversized", c.frames_oversized},
            {"restarted", c.frames_restarted},
            {"noise", c.noise_bytes},
            {"commit_failures", c.commit_failures},
            {"acks", acks}};
}

asio::awaitable<void> obey(asio::io_context& io, PrintingSink& sink, Hl7Server& server,
                           TaskGroup& tasks)
{
    asio::posix::stream_descriptor input{io, ::dup(STDIN_FILENO)};
    std::string buffer;
    while (true) {
        auto bytes = asio::dynamic_buffer(buffer);
        const auto [error, size] = co_await asio::async_read_until(input, bytes, '\n', nothrow);
        if (error) break;
        const std::string command = buffer.substr(0, size - 1);
        buffer.erase(0, size);
        if (command == "hold") sink.hold(true);
        if (command == "release") sink.hold(false);
        if (command == "fail") sink.failing = true;
        if (command == "succeed") sink.failing = false;
        if (command == "counters") say(counters_of(server.counters()));
        if (command == "stop") break;
        say({{"kind", "done"}, {"command", command}});
    }
    server.stop();
    sink.hold(false);
    tasks.stop();
}

} // namespace

int main(int argc, char** argv)
{
    asio::io_context io{1};
    PrintingSink sink{io};
    TaskGroup tasks{
        io.get_executor(), [](const TaskFailure& failure) {
            if (!failure.stopping)
                say({{"kind", "failure"}, {"task", failure.task}, {"what", failure.what}});
        }};
    const auto clock = [] {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        return WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
    };
    Hl7Server server{io.get_executor(), tasks, config(argc, argv), sink, clock};
    server.start();
    if (!server.why_deaf().empty()) {
        std::cerr << server.why_deaf() << '\n';
        return 1;
    }
    say({{"kind", "listening"}, {"port", server.port()}});
    tasks.spawn("commands", obey(io, sink, server, tasks));
    io.run();
    return 0;
}
