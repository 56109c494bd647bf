// What a power cut may take: preloaded into a program, it keeps for each write to a database what stood there before,
// and for each sync, which takes 20 ms, that it was done. After a kill a test undoes or garbles whatever was written and
// never synced, as a disk does that loses its power (SQLite's test6.c does so too). No part of magwatch.
//
// MAGWATCH_TEST_WRITES names the file of records, native byte order: a letter ('w' written, 't' cut or lengthened, 's'
// synced), 15 bytes of nothing, three numbers of eight bytes (length of the path, offset, bytes), the path, and for 'w'
// and 't' how many bytes stood there before, in eight, and those: fewer than were written where the file was shorter.
// Of databases alone: names that hold ".db".
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace {

struct Head {
    char what = 0;
    char nothing[15] = {};
    std::uint64_t path = 0;
    std::int64_t offset = 0;
    std::uint64_t bytes = 0;
};

std::mutex& one_at_a_time()
{
    static std::mutex mutex;
    return mutex;
}

int records()
{
    static const int file = [] {
        const char* path = std::getenv("MAGWATCH_TEST_WRITES");
        const int opened = path != nullptr ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
        if (opened < 0) abort(); // a test that believes that writes are kept must not run without
        return opened;
    }();
    return file;
}

// "" of a file that is no database.
std::string database(int fd)
{
    char name[512];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = readlink(link.c_str(), name, sizeof name);
    std::string path{name, length > 0 ? static_cast<std::size_t>(length) : 0};
    return path.find(".db") != std::string::npos ? path : std::string{};
}

void keep(char what, const std::string& path, int fd, std::int64_t offset, std::size_t bytes)
{
    Head head;
    head.what = what;
    head.path = path.size();
    head.offset = offset;
    head.bytes = bytes;
    std::string record{reinterpret_cast<const char*>(&head), sizeof head};
    record += path;
    if (what != 's') {
        std::vector<char> before(bytes);
        const ssize_t read = bytes > 0 ? syscall(SYS_pread64, fd, before.data(), bytes, offset) : 0;
        const std::uint64_t stood = read > 0 ? static_cast<std::uint64_t>(read) : 0;
        record.append(reinterpret_cast<const char*>(&stood), sizeof stood);
        record.append(before.data(), stood);
    }
    // One call, so that a kill leaves all of it or nothing.
    if (syscall(SYS_write, records(), record.data(), record.size()) != static_cast<long>(record.size())) abort();
}

ssize_t written(int fd, const void* data, std::size_t bytes, off64_t offset)
{
    const std::string path = database(fd);
    if (path.empty()) return syscall(SYS_pwrite64, fd, data, bytes, offset);
    const std::lock_guard lock{one_at_a_time()};
    keep('w', path, fd, offset, bytes);
    return syscall(SYS_pwrite64, fd, data, bytes, offset);
}

int cut(int fd, off64_t size)
{
    const std::string path = database(fd);
    if (path.empty()) return static_cast<int>(syscall(SYS_ftruncate, fd, size));
    const std::lock_guard lock{one_at_a_time()};
    struct stat now{};
    fstat(fd, &now);
    keep('t', path, fd, size, now.st_size > size ? static_cast<std::size_t>(now.st_size - size) : 0);
    return static_cast<int>(syscall(SYS_ftruncate, fd, size));
}

int synced(int fd, long call)
{
    const std::string path = database(fd);
    // A disk takes its time: without it a kill would seldom find anything that is not synced.
    const timespec slow{0, 20'000'000};
    if (!path.empty()) nanosleep(&slow, nullptr);
    const auto result = static_cast<int>(syscall(call, fd));
    if (result != 0 || path.empty()) return result;
    const std::lock_guard lock{one_at_a_time()};
    keep('s', path, fd, 0, 0);
    return result;
}

} // namespace

extern "C" {

ssize_t pwrite(int fd, const void* data, std::size_t bytes, off_t offset) { return written(fd, data, bytes, offset); }
ssize_t pwrite64(int fd, const void* data, std::size_t bytes, off64_t offset) { return written(fd, data, bytes, offset); }
int ftruncate(int fd, off_t size) noexcept { return cut(fd, size); }
int ftruncate64(int fd, off64_t size) noexcept { return cut(fd, size); }
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

} // extern "C"
