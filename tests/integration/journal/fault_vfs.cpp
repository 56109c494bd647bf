#include "tests/integration/journal/fault_vfs.hpp"

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include <sqlite3.h>

namespace magwatch {

namespace {

struct Faults {
    std::mutex mutex;
    std::condition_variable healed;
    std::uint64_t count = 0, fail_at = 0;
    bool all_writes = false, for_ever = false, stalled = false;
    int code = SQLITE_OK;

    // SQLITE_OK, or how this operation fails.
    int meet(bool is_open)
    {
        const std::lock_guard lock{mutex};
        ++count;
        if (all_writes && !is_open) return code;
        if (fail_at == 0 || count < fail_at || (count > fail_at && !for_ever)) return SQLITE_OK;
        return is_open ? SQLITE_CANTOPEN : code;
    }
    void wait_for_sync()
    {
        std::unique_lock lock{mutex};
        healed.wait(lock, [this] { return !stalled; });
    }
} faults;

struct FaultFile {
    sqlite3_file base;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
FaultFile* of(sqlite3_file* file)
{
    return reinterpret_cast<FaultFile*>(file);
}
sqlite3_file* real(sqlite3_file* file)
{
    return of(file)->real();
}

sqlite3_vfs* next = nullptr;
sqlite3_vfs shim;

const sqlite3_io_methods methods{
    1,
    [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    [](sqlite3_file* f, void* p, int n, sqlite3_int64 at) {
        return real(f)->pMethods->xRead(real(f), p, n, at);
    },
    [](sqlite3_file* f, const void* p, int n, sqlite3_int64 at) {
        const int fault = faults.meet(false);
        if (fault == SQLITE_OK) return real(f)->pMethods->xWrite(real(f), p, n, at);
        // A disk that fails in the middle leaves the first half.
        if (n > 1) (void)real(f)->pMethods->xWrite(real(f), p, n / 2, at);
        return fault == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    },
    [](sqlite3_file* f, sqlite3_int64 size) {
        const int fault = faults.meet(false);
        return fault == SQLITE_OK ? real(f)->pMethods->xTruncate(real(f), size)
                                  : SQLITE_IOERR_TRUNCATE;
    },
    [](sqlite3_file* f, int flags) {
        faults.wait_for_sync();
        const int fault = faults.meet(false);
        return fault == SQLITE_OK ? real(f)->pMethods->xSync(real(f), flags) : SQLITE_IOERR_FSYNC;
    },
    [](sqlite3_file* f, sqlite3_int64* size) {
        return real(f)->pMethods->xFileSize(real(f), size);
    },
    [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); },
    [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); },
    [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    [](sqlite3_file* f, int op, void* arg) {
        return real(f)->pMethods->xFileControl(real(f), op, arg);
    },
    [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    nullptr, // version 1 of the methods: no shared memory, which exclusive mode does not need
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out)
{
    file->pMethods = nullptr;
    if (const int fault = faults.meet(true); fault != SQLITE_OK) return fault;
    const int rc = next->xOpen(next, name, of(file)->real(), flags, out);
    if (of(file)->real()->pMethods != nullptr) file->pMethods = &methods;
    return rc;
}

} // namespace

FaultVfs::FaultVfs()
{
    heal();
    next = sqlite3_vfs_find("unix");
    if (next == nullptr) std::abort();
    shim = *next;
    shim.zName = "faults";
    shim.szOsFile = static_cast<int>(sizeof(FaultFile)) + next->szOsFile;
    shim.xOpen = open;
    shim.pNext = nullptr;
    sqlite3_vfs_register(&shim, 1);
}

FaultVfs::~FaultVfs()
{
    heal();
    sqlite3_vfs_unregister(&shim);
    sqlite3_vfs_register(next, 1);
}

void FaultVfs::fail_writes(Kind kind)
{
    const std::lock_guard lock{faults.mutex};
    faults.code = kind == disk_full ? SQLITE_FULL : SQLITE_IOERR;
    faults.all_writes = true;
}

void FaultVfs::fail_operation(std::uint64_t n, Kind kind, bool for_ever)
{
    const std::lock_guard lock{faults.mutex};
    faults.code = kind == disk_full ? SQLITE_FULL : SQLITE_IOERR;
    faults.count = 0;
    faults.fail_at = n;
    faults.for_ever = for_ever;
}

void FaultVfs::stall_syncs()
{
    const std::lock_guard lock{faults.mutex};
    faults.stalled = true;
}

void FaultVfs::heal()
{
    {
        const std::lock_guard lock{faults.mutex};
        faults.all_writes = faults.for_ever = faults.stalled = false;
        faults.fail_at = faults.count = 0;
    }
    faults.healed.notify_all();
}

std::uint64_t FaultVfs::operations() const
{
    const std::lock_guard lock{faults.mutex};
    return faults.count;
}

} // namespace magwatch
