// A ward in a box: the real ward and its escalation, the real records of its journal on a simulated disk, and around it
// simulated women, devices, wires, channels, staff and clocks. One thread, virtual time, one seed.
//
// First everything goes wrong that the seed asks for (safety), then all is mended and everybody comes (liveness). What
// must hold is judged after every step from outside: paging_oracle.hpp (I1, I3, I6, I7), ledger.hpp (I1, I2, I4, I5,
// I8, I9, G4), machine.hpp (I8), and here I10: bounded queues, state and work. What the screen shows is looked at where
// something was decided or said, and besides once a minute.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rules/base/instant.hpp"
#include "tools/box/ledger.hpp"
#include "tools/box/paging_oracle.hpp"

namespace magwatch::box {

struct Request {
    std::uint64_t seed = 1;
    Duration troubles = std::chrono::hours{24}; // then
    Duration calm = std::chrono::minutes{30};
    std::uint16_t beds = 5; // the last is empty at first, the one before it has no monitor
    Duration until{};       // stops there; 0 = at the end
    std::vector<std::string> without{}; // kinds of trouble that are left out (swarm.hpp)
    // A line for each thing that happens, if it is set: "0 03:12:05.120 said ...".
    std::function<void(const std::string&)> trace{};
};

struct Outcome {
    std::uint64_t seed = 0;
    std::vector<Violation> violations; // in the order in which they were seen; `at` since the start, which is 0
    std::uint64_t trace = 0;           // hash of every effect: equal seeds give equal runs
    std::uint64_t steps = 0, observations = 0, pages = 0, answers = 0, deaths = 0, jumps = 0;
    std::uint64_t high = 0;            // alarms of a patient's, of high priority
    std::size_t state_bytes = 0;       // of the ward at the end
    LongestFreeze longest_freeze;      // before it was told
    double patient_days = 0;           // at a bed with a monitor, while the machine lived
};

[[nodiscard]] Outcome run(const Request& request);

// The same seed with as few kinds of trouble as still break the same invariant, and no longer than that takes. Runs it
// once for each kind; `request` must break something.
[[nodiscard]] Request shrink(const Request& request, const Outcome& broken);

} // namespace magwatch::box
