// bench_modbus [DEVICES [SECONDS [ROUNDS]]]: CPU time of one poll of 16 registers, our adapter
// against a bare epoll client, on the same simulated devices in one run. Build it optimised (cmake
// --preset release -DMAGWATCH_TESTS=ON). One JSON object a line; the last has the ratio.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/modbus/bench.hpp"

namespace magwatch::bench
{

double cpu_seconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

double clock_seconds()
{
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

} // namespace magwatch::bench

using namespace magwatch::bench;

int main(int argc, char** argv)
{
    const int devices = argc > 1 ? std::atoi(argv[1]) : 100;
    const double seconds = argc > 2 ? std::atof(argv[2]) : 2;
    const int rounds = argc > 3 ? std::atoi(argv[3]) : 3;
    if (devices < 1 || devices > 900 || seconds <= 0 || rounds < 1) {
        std::fprintf(stderr, "usage: bench_modbus [DEVICES up to 900 [SECONDS [ROUNDS]]]\n");
        return 2;
    }
    int ready[2];
    if (pipe(ready) != 0) return 1;
    if (const pid_t child = fork(); child == 0)
        run_simulator(devices, ready[1]);
    else if (child < 0)
        return 1;
    std::vector<std::uint16_t> ports(static_cast<std::size_t>(devices));
    if (read(ready[0], ports.data(), ports.size() * 2) != static_cast<ssize_t>(ports.size() * 2))
        return 1;
    Polled floor, adapter;
    for (int i = 0; i < rounds; ++i) {
        const Polled f = run_floor(ports.data(), devices, seconds);
        const Polled a = run_adapter(ports.data(), devices, seconds);
        if (i == 0 || f.cpu_us_per_poll() < floor.cpu_us_per_poll()) floor = f;
        if (i == 0 || a.cpu_us_per_poll() < adapter.cpu_us_per_poll()) adapter = a;
    }
    for (const auto& [name, run] : {std::pair{"floor", &floor}, std::pair{"adapter", &adapter}})
        std::printf("{\"bench\":\"modbus\",\"engine\":\"%s\",\"devices\":%d,\"polls\":%llu,\"polls_"
                    "per_s\":%.0f,"
                    "\"cpu_us_per_poll\":%.2f}\n",
                    name, devices, static_cast<unsigned long long>(run->polls),
                    run->polls_per_second(), run->cpu_us_per_poll());
    std::printf("{\"bench\":\"modbus\",\"ratio\":%.2f,\"bar\":3.0}\n",
                adapter.cpu_us_per_poll() / floor.cpu_us_per_poll());
    return 0;
}
