// bench_rules [PATIENTS [TICKS [ROUNDS]]]: the engine against the floor over the same trace, in one run; by default
// for 20 patients (the size of the shared trace) and for 1,000.
// Build it optimised (cmake --preset release -DMAGWATCH_TESTS=ON). Prints one JSON object a line and ends with
// a ratio each; exit code 1 if the two disagree.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/bench/rules/trace.hpp"

using namespace magwatch::bench;

namespace {

// Whether the two agree.
bool compare(int patients, int ticks, int rounds)
{
    const auto trace = make_trace(patients, ticks);
    Measured best_floor, best_engine;
    for (int i = 0; i < rounds; ++i) {
        const Measured floor = run_floor(trace, patients);
        const Measured engine = run_engine(trace, patients);
        if (!(floor.tally == engine.tally) || floor.observations != engine.observations) {
            std::fprintf(stderr, "floor and engine disagree: raises %llu and %llu, clears %llu and %llu\n",
                         static_cast<unsigned long long>(floor.tally.raises),
                         static_cast<unsigned long long>(engine.tally.raises),
                         static_cast<unsigned long long>(floor.tally.clears),
                         static_cast<unsigned long long>(engine.tally.clears));
            return false;
        }
        if (i == 0 || floor.seconds < best_floor.seconds) best_floor = floor;
        if (i == 0 || engine.seconds < best_engine.seconds) best_engine = engine;
    }
    for (const auto& [name, run] : {std::pair{"floor", &best_floor}, std::pair{"engine", &best_engine}}) {
        std::printf("{\"bench\":\"rules\",\"engine\":\"%s\",\"patients\":%d,\"observations\":%llu,"
                    "\"ns_per_observation\":%.2f,\"raises\":%llu,\"clears\":%llu,\"hash\":%u}\n",
                    name, patients, static_cast<unsigned long long>(run->observations), run->ns_per_observation(),
                    static_cast<unsigned long long>(run->tally.raises),
                    static_cast<unsigned long long>(run->tally.clears), run->tally.hash);
    }
    // The bar of a ward whose state fits a cache, and that of 1,000 patients.
    std::printf("{\"bench\":\"rules\",\"patients\":%d,\"ratio\":%.2f,\"bar\":%.1f}\n", patients,
                best_engine.ns_per_observation() / best_floor.ns_per_observation(), patients < 1000 ? 4.0 : 3.0);
    return true;
}

} // namespace

int main(int argc, char** argv)
{
    const int patients = argc > 1 ? std::atoi(argv[1]) : 0;
    const int ticks = argc > 2 ? std::atoi(argv[2]) : 2000;
    const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;
    if (argc > 1 && (patients < 1 || patients > 60000 || ticks < 1 || rounds < 1)) {
        std::fprintf(stderr, "usage: bench_rules [PATIENTS [TICKS [ROUNDS]]]\n");
        return 2;
    }
    if (argc > 1) return compare(patients, ticks, rounds) ? 0 : 1;
    // A ward as large as the shared trace, and one whose state fits no cache.
    return compare(20, 2000, 20) && compare(1000, 1600, 3) ? 0 : 1;
}
