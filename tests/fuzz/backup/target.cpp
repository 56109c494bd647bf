// Any bytes as a backup that is to be restored: its tar headers, its manifest, its container. Refused in words, or entries
// that stay inside their folder and inside their size.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "tools/backup/container.hpp"
#include "tools/backup/manifest.hpp"
#include "tools/backup/tar.hpp"

using namespace magwatch;
using namespace magwatch::backup;

namespace {

void require(bool promise)
{
    if (!promise) std::abort();
}

void check_header(std::string_view bytes)
{
    TarHeader header{};
    std::memcpy(header.data(), bytes.data(), std::min(bytes.size(), header.size()));
    const auto entry = read_tar_header(header);
    if (!entry) return;
    if (const auto again = tar_header(*entry)) {
        const auto read = read_tar_header(*again);
        require(read && read->name == entry->name && read->size == entry->size && read->modified == entry->modified);
    }
}

void check_manifest(std::string_view bytes)
{
    try {
        const Manifest manifest = manifest_from(std::string{bytes}, "this backup");
        for (const Part& part : manifest.parts) {
            const std::string path = "/" + part.name + "/"; // it becomes a path below a folder
            require(path.find("//") == std::string::npos && path.find("/../") == std::string::npos);
        }
        const std::string text = manifest_text(manifest);
        require(manifest_text(manifest_from(text, "this backup")) == text);
    } catch (const BackupError&) {
    }
}

// Half of the inputs are compressed first, so that what stands behind that is reached.
std::string container(std::string_view bytes)
{
    if (bytes.empty() || (bytes[0] & 1) == 0) return std::string{bytes};
    bytes.remove_prefix(1);
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1);
    require(ZSTD_isError(size) == 0);
    out.resize(size);
    return out;
}

void check_container(const std::string& bytes)
{
    static const int file = ::memfd_create("backup", MFD_CLOEXEC);
    static const std::string path = "/proc/self/fd/" + std::to_string(file);
    require(::ftruncate(file, 0) == 0 && ::pwrite(file, bytes.data(), bytes.size(), 0) ==
                                             static_cast<ssize_t>(bytes.size()));
    try {
        ContainerReader reader{path};
        TarEntry entry;
        for (int i = 0; i < 100 && reader.next(entry); ++i) {
            std::uint64_t got = 0;
            reader.each([&](std::string_view part) { got += part.size(); });
            require(got == entry.size);
        }
    } catch (const BackupError&) {
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    check_header(bytes);
    check_manifest(bytes);
    check_container(container(bytes));
    return 0;
}
