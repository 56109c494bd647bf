// One night of a ward's paging under virtual time: findings come and go, channels are dead or lie, people answer, say
// "coming" and do not come, decline or sleep, rosters are changed and the daemon is killed. All of it from one seed.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/box/paging_oracle.hpp"

namespace magwatch::nights {

struct NightResult {
    std::uint64_t seed = 0;
    std::vector<box::Violation> violations;
    std::uint64_t steps = 0, pages = 0, high = 0, restarts = 0, answers = 0;
    std::uint64_t trace = 0;   // hash of every effect: equal seeds give equal nights
    bool converged = true;     // with everything working again every call came to an end
};
[[nodiscard]] NightResult run_night(std::uint64_t seed);

} // namespace magwatch::nights
