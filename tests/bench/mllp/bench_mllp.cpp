// bench_mllp [CONNECTIONS [SECONDS [ROUNDS]]]: our HL7 server against the floor, turn and turn
// about in one run.
//
// Ours: decoded, every row judged, beds and duplicates looked up, pushed to a sink that stores
// nothing, answered. Each server is a process of its own. Prints one JSON object a measurement and
// one of medians.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "adapters/monitors/hl7/server.hpp"
#include "tests/bench/mllp/floor.hpp"
#include "tests/bench/mllp/load.hpp"

namespace
{

using namespace magwatch;
using bench::LoadResult;

struct NullSink : adapters::ObservationSink {
    void push(const Observation&) override { ++observations; }
    void push(const RefusedValue&) override {}
    void push(const DeviceStatus&) override {}
    boost::asio::awaitable<bool> committed() override { co_return true; }
    std::uint64_t observations = 0;
};

adapters::hl7::Hl7Config config(unsigned connections)
{
    adapters::hl7::Hl7Config c;
    c.port = 0;
    c.max_connections = c.max_connections_per_address = connections;
    adapters::hl7::SourceProfile source;
    source.source = SourceId{0};
    source.application = "MONITOR";
    source.bed_pattern = "PV1-3.2";
    source.pumps_give_magnesium = true;
    c.sources.push_back(source);
    for (unsigned i = 0; i < connections; ++i) {
        c.beds.push_back({BedId{static_cast<std::uint16_t>(i)}, {std::to_string(i)}, false});
    }
    return c;
}

// Both write the port they listen on to `ready`.
void serve_ours(int ready, unsigned connections)
{
    boost::asio::io_context io{1};
    TaskGroup tasks{io.get_executor(), [](const TaskFailure&) { std::abort(); }};
    NullSink sink;
    const auto clock = [] {
        timespec now{};
        clock_gettime(CLOCK_REALTIME, &now);
        return WallTime{now.tv_sec * 1000 + now.tv_nsec / 1'000'000};
    };
    adapters::hl7::Hl7Server server{io.get_executor(), tasks, config(connections), sink, clock};
    server.start();
    if (!server.why_deaf().empty()) std::abort();
    const std::uint16_t port = server.port();
    if (write(ready, &port, sizeof port) != sizeof port) std::abort();
    io.run();
}

void serve_floor(int ready, unsigned)
{
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(listener, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        listen(listener, 1024) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
        std::abort();
    }
    const std::uint16_t port = ntohs(at.sin_port);
    if (write(ready, &port, sizeof port) != sizeof port) std::abort();
    bench::run_floor(listener);
}

struct Measured {
    LoadResult load;
    double cpu_us = 0; // of the server, for each message: stays true on a busy machine
};

Measured measure(void (*serve)(int, unsigned), unsigned connections, double seconds)
{
    int ready[2];
    if (pipe(ready) != 0) std::abort();
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // no server outlives a measurement that was broken off
        prctl(PR_SET_NAME, serve == serve_ours ? "mllp_ours" : "mllp_floor"); // apart in a profile
        serve(ready[1], connections);
        _exit(0);
    }
    close(ready[1]);
    std::uint16_t port = 0;
    if (read(ready[0], &port, sizeof port) != sizeof port) std::abort();
    Measured result;
    result.load = bench::run_load(port, connections, seconds);
    kill(child, SIGKILL);
    rusage used{};
    wait4(child, nullptr, 0, &used);
    close(ready[0]);
    const double seconds_used =
        static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
        static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    // The quarter of a second of warming up is in the CPU time and not in the count.
    result.cpu_us = seconds_used * 1e6 / (result.load.per_second * (seconds + 0.25));
    return result;
}

void print(const char* server, const Measured& m)
{
    const LoadResult& r = m.load;
    fmt::print("{{\"server\":\"{}\",\"msg_per_s\":{:.0f},\"p50_us\":{:.1f},\"p99_us\":{:.1f},"
               "\"cpu_us_per_msg\":{:.2f},\"unanswered\":{}}}\n",
               server, r.per_second, r.p50_us, r.p99_us, m.cpu_us, r.unanswered);
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

int main(int argc, char** argv)
{
    const auto connections = static_cast<unsigned>(argc > 1 ? std::atoi(argv[1]) : 100);
    const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
    const int rounds = argc > 3 ? std::atoi(argv[3]) : 3;
    if (connections == 0 || seconds <= 0 || rounds <= 0) {
        fmt::print(stderr, "usage: bench_mllp [CONNECTIONS [SECONDS [ROUNDS]]]\n");
        return 2;
    }
    std::vector<double> floor_rates;
    std::vector<double> our_rates;
    std::vector<double> cpu_ratios;
    std::uint64_t unanswered = 0;
    for (int i = 0; i < rounds; ++i) {
        const Measured floor = measure(serve_floor, connections, seconds);
        const Measured ours = measure(serve_ours, connections, seconds);
        print("floor", floor);
        print("magwatch", ours);
        floor_rates.push_back(floor.load.per_second);
        our_rates.push_back(ours.load.per_second);
        cpu_ratios.push_back(ours.cpu_us / floor.cpu_us);
        unanswered += floor.load.unanswered + ours.load.unanswered;
    }
    const double floor = median(floor_rates);
    const double ours = median(our_rates);
    fmt::print(
        "{{\"summary\":true,\"connections\":{},\"floor_msg_per_s\":{:.0f},\"msg_per_s\":{:.0f},"
        "\"of_floor\":{:.2f},\"cpu_of_floor\":{:.2f},\"unanswered\":{}}}\n",
        connections, floor, ours, ours / floor, median(cpu_ratios), unanswered);
    return unanswered == 0 ? 0 : 1;
}
