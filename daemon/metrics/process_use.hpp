// What this process takes of the machine, from /proc/self and getrlimit alone: the unit hides the rest of /proc.
// Anything that cannot be read stays 0. Thread-safe.
#pragma once

namespace magwatch
{

struct ProcessUse {
    double cpu_seconds = 0; // user and system
    double resident_bytes = 0;
    double open_files = 0, most_files = 0;
    double started = 0; // Unix time, from when this program first asked
};
[[nodiscard]] ProcessUse read_process_use();

} // namespace magwatch
