// Recorded cases and journals through the whole core, as fast as the machine allows.
//
// The same Ward as the daemon's; equal input files give equal output, byte for byte.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "rules/ward/input.hpp"

namespace magwatch {

struct ReplayRequest {
    std::string file;     // a CSV of numerics, or a journal (journal.db or its folder)
    std::string pack;     // rule pack file; for a journal "" = the pack that was in force
    std::string infusion; // "0s:4g/20min,20min:1g/h": what is charted beside a CSV
    std::vector<LimitSetting> limits;
    bool json = false;
};

// What a replay raised, counted.
struct ReplayTally {
    std::map<std::string, int> raised_high;  // by rule: high physiological alarms
    std::map<std::string, int> raised_other; // by rule
    double seconds = 0;                      // from the first to the last input
};

// One line per alarm transition and page, and a summary; mistakes go to `errors`. A journal whose first records were
// pruned begins with its oldest snapshot, and says so. The exit status: 0; 1 a file cannot be read, or a journal does
// not replay to the pages it recorded; 2 an argument is wrong, or a journal has lost its beginning and no snapshot
// tells what came before.
// `tally`, if given, is added to.
int replay(const ReplayRequest& request, std::ostream& out, std::ostream& errors, ReplayTally* tally = nullptr);

} // namespace magwatch
