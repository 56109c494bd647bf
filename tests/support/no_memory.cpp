// Memory that runs out when a test says so: preloaded into a program, it counts what the program asks for and gives nothing
// from the first to the last number that the test names. No part of magwatch.
//
// MAGWATCH_TEST_MEMORY names a file of four numbers of eight bytes, native byte order, which the test maps as well:
// count (of what was asked for since it was set to 0), first, last (0 = none is refused), refused (how many were).
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

struct Shared {
    std::atomic<std::int64_t> count, first, last, refused;
};
static_assert(sizeof(Shared) == 32 && std::atomic<std::int64_t>::is_always_lock_free);

Shared* shared = nullptr; // until the program begins nothing is refused

__attribute__((constructor)) void begin()
{
    const char* path = std::getenv("MAGWATCH_TEST_MEMORY");
    const int file = path != nullptr ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) abort(); // a test that believes that memory runs out must not run without
    void* at = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (at == MAP_FAILED) abort();
    shared = static_cast<Shared*>(at);
}

bool refused()
{
    if (shared == nullptr) return false;
    const std::int64_t number = ++shared->count;
    if (number < shared->first || number > shared->last) return false;
    ++shared->refused;
    errno = ENOMEM;
    return true;
}

} // namespace

extern "C" {

void* malloc(std::size_t size) { return refused() ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) { return refused() ? nullptr : __libc_calloc(count, size); }
void* realloc(void* old, std::size_t size) { return refused() ? nullptr : __libc_realloc(old, size); }
void* memalign(std::size_t alignment, std::size_t size)
{
    return refused() ? nullptr : __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size)
{
    return refused() ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size)
{
    void* made = refused() ? nullptr : __libc_memalign(alignment, size);
    if (made == nullptr) return ENOMEM;
    *out = made;
    return 0;
}

} // extern "C"
