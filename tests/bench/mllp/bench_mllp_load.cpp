// bench_mllp_load PORT CONNECTIONS SECONDS: loads any MLLP server; one JSON object.
#include <fmt/format.h>

#include <cstdlib>
#include <exception>

#include "tests/bench/mllp/load.hpp"

int main(int argc, char** argv)
{
    if (argc != 4) {
        fmt::print(stderr, "usage: bench_mllp_load PORT CONNECTIONS SECONDS\n");
        return 2;
    }
    try {
        const auto r = magwatch::bench::run_load(static_cast<std::uint16_t>(std::atoi(argv[1])),
                                                 static_cast<unsigned>(std::atoi(argv[2])),
                                                 std::atof(argv[3]));
        fmt::print("{{\"msg_per_s\":{:.0f},\"p50_us\":{:.1f},\"p99_us\":{:.1f},\"max_us\":{:.1f},"
                   "\"answered\":{},\"unanswered\":{}}}\n",
                   r.per_second, r.p50_us, r.p99_us, r.max_us, r.answered, r.unanswered);
        return r.unanswered == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench_mllp_load: {}\n", error.what());
        return 1;
    }
}
