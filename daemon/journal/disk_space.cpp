#include "daemon/journal/disk_space.hpp"

#include <sys/statvfs.h>

namespace magwatch {

std::optional<DiskSpace> read_disk_space(const std::string& directory)
{
    struct statvfs info {
    };
    if (::statvfs(directory.c_str(), &info) != 0) return std::nullopt;
    return DiskSpace{static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize,
                     static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize};
}

DiskLevel disk_level(const DiskSpace& space, DiskLevel before)
{
    constexpr double low = 10, critical = 2; // per cent
    if (space.total == 0) return before;
    const double percent =
        100.0 * static_cast<double>(space.free) / static_cast<double>(space.total);
    const double margin = 1.1;
    if (percent < critical || (before == DiskLevel::critical && percent < critical * margin))
        return DiskLevel::critical;
    if (percent < low || (before != DiskLevel::ok && percent < low * margin)) return DiskLevel::low;
    return DiskLevel::ok;
}

} // namespace magwatch
