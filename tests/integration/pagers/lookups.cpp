#include "tests/integration/pagers/lookups.hpp"

#include <atomic>

#include <dlfcn.h>
#include <netdb.h>

namespace {

std::atomic<int> asked{0};

} // namespace

// In front of the C library's own.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found)
{
    using Real = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "getaddrinfo"));
    ++asked;
    return real(node, service, hints, found);
}

namespace magwatch::testing_support {

int lookups() { return asked; }

} // namespace magwatch::testing_support
