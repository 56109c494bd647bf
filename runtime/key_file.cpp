#include "runtime/key_file.hpp"

#include <cstdio>

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

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
    const std::string fresh = path + ".new";
    const int out = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0) return key;
    const bool written = write(out, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && fsync(out) == 0;
    close(out);
    if (written) (void)std::rename(fresh.c_str(), path.c_str());
    return key;
}

} // namespace magwatch
