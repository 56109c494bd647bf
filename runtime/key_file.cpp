#include "runtime/key_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "runtime/whole_file.hpp"

namespace magwatch {

std::string read_or_make_key(const std::string& path, std::size_t size)
{
    std::string key(size, '\0');
    const int in = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in >= 0) {
        const ssize_t got = read(in, key.data(), key.size());
        close(in);
        if (got == static_cast<ssize_t>(key.size())) return key;
    }
    if (sodium_init() < 0) return {};
    randombytes_buf(key.data(), key.size());
    (void)write_whole(path, key); // else it lives as long as the caller
    return key;
}

} // namespace magwatch
