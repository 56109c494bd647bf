#include "daemon/metrics/process_use.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace magwatch
{

ProcessUse read_process_use()
{
    // /proc/self/stat counts from boot, and /proc/stat, which says when that was, is hidden by the unit.
    static const double started =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    ProcessUse use;
    use.started = started;
    rusage spent{};
    if (getrusage(RUSAGE_SELF, &spent) == 0) {
        const auto seconds = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
        };
        use.cpu_seconds = seconds(spent.ru_utime) + seconds(spent.ru_stime);
    }
    double whole = 0, resident = 0;
    if (std::ifstream{"/proc/self/statm"} >> whole >> resident)
        use.resident_bytes = resident * static_cast<double>(sysconf(_SC_PAGESIZE));
    std::error_code unreadable;
    const std::filesystem::directory_iterator files{"/proc/self/fd", unreadable};
    // The listing itself holds one open.
    if (!unreadable) use.open_files = static_cast<double>(std::distance(begin(files), end(files)) - 1);
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) use.most_files = static_cast<double>(limit.rlim_cur);
    return use;
}

} // namespace magwatch
