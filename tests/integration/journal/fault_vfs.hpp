// SQLite's own view of the disk, with faults: while one lives it stands in front of the default
// VFS.
//
// Thread-safe: tests arm it on one thread, the journal's lane runs into it on another.
#pragma once

#include <cstdint>

namespace magwatch {

class FaultVfs
{
public:
    enum Kind { disk_full, io_error };

    FaultVfs();
    ~FaultVfs();
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;

    // From now on every write, sync and truncate fails.
    void fail_writes(Kind kind);
    // The operation number `n` from now (1 = the next one; opens, writes, syncs and truncates
    // count) fails, alone or with all that follow.
    void fail_operation(std::uint64_t n, Kind kind, bool for_ever);
    // Syncs wait until heal().
    void stall_syncs();
    void heal();
    [[nodiscard]] std::uint64_t operations() const; // since the last fail_operation() or the start
};

} // namespace magwatch
