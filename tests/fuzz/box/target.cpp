// Any hour of a ward in a box, with sanitizers in the whole core: the bytes are its seed and how long it has troubles. What
// must hold is judged as in tests/simulation/weeks.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "tools/box/box.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace magwatch;
    constexpr std::size_t seed_bytes = sizeof(std::uint64_t);
    box::Request request;
    if (size < seed_bytes + 1) return -1; // no seed
    std::memcpy(&request.seed, data, seed_bytes);
    request.troubles = std::chrono::minutes{10 + data[seed_bytes] % 50};
    const box::Outcome run = box::run(request);
    if (run.violations.empty()) return 0;
    for (const auto& violation : run.violations)
        fmt::print(stderr, "seed {}, {} min: {} at {} ms: {}\n", request.seed, request.troubles.count() / 60'000,
                   violation.invariant, violation.at.ms, violation.what);
    std::abort();
}
