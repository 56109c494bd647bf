// A short night in which the daemon is killed at one named point, goes on from what was on the disk, and may be killed
// again: the daemon's own loop, recovery and core under virtual time, on a simulated disk. One seed gives one night.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/support/kill_plan.hpp"

namespace magwatch::kills {

// What must hold, whatever was lost with the process.
//   alarm    what was confirmed is there, and what was not is taken when it is said again
//   paged    an unanswered call is paged within 5 s of every start
//   promise  a page whose intent is on the disk, without an outcome, leaves again under its key
//   order    what left within the time a page waits for the disk is on the disk
//   answer   an answer that was confirmed is there
//   twice    no key leaves more than twice
//   gap      the first page of a call after an interruption says for how long nobody watched
struct Night {
    std::uint64_t seed = 0;
    unsigned deaths = 0, pages = 0, answers = 0;
    std::set<std::string> broken;   // of the names above
    std::vector<std::string> what; // in words
    std::uint64_t trace = 0;       // hash of every alarm, page and answer with its time: equal seeds give equal nights
};

// `slow`: how often a commit takes longer than a page waits.
[[nodiscard]] Night run_night(const test::KillPoint& point, std::uint64_t seed, double slow);

} // namespace magwatch::kills
