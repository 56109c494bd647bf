// How much goes wrong in one run: a rate for each kind of trouble, all drawn from the seed. Some runs are spared a
// kind, some have it in plenty, so that no kind hides behind another ("swarm" testing).
//
// Pure. Rates are times an hour: of links and bodies for each bed, of the rest for the ward; 0 = never. Shares are
// probabilities. All are design values: often enough that a day sees each kind, and far above what a ward sees.
#pragma once

#include <span>
#include <string_view>

#include "tools/simulator/random.hpp"

namespace magwatch::box {

struct Swarm {
    // Links.
    double freezes = 0;   // the monitor answers and nothing moves
    double silences = 0;  // nothing comes; half of the time nobody says "disconnected"
    double garbles = 0;   // values that must be refused: unknown units, nonsense, implausible ones
    double delays = 0;    // values come minutes late, and are refused for it
    double leads_off = 0; // the monitor says that it has no reading
    double doubles = 0;   // share of values that come twice
    double clocks_off = 0; // the device's clock is wrong
    // Bodies.
    double kidneys = 0, overdoses = 0, opioids = 0;
    // The machine.
    double kills = 0, power_cuts = 0, suspends = 0, clock_steps = 0, full_disks = 0, reloads = 0;
    double slow_commits = 0; // share that takes longer than a page waits
    // Channels.
    double moods = 0; // a channel changes what it does: works, is slow, silent, refuses, or lies
    // People.
    double asleep = 0;   // share of pages that nobody answers
    double lazy = 0;     // share of checks that are not charted
    double transfers = 0, pauses = 0, swaps = 0; // swaps: of duties
    double shelves = 0;  // a technical alarm is put aside for a while
};

// `more`: for kinds that have dice of their own, so that what else a seed draws is the same with and without them.
[[nodiscard]] Swarm draw_swarm(simulator::Random& random, simulator::Random& more);

// Each kind by its name, so that whoever follows a seed can leave one out.
struct Trouble {
    std::string_view name; // "kills"
    double Swarm::*often;
};
[[nodiscard]] std::span<const Trouble> troubles();

} // namespace magwatch::box
