// The tar format (POSIX ustar) as far as a backup needs it: regular files, one after another. Any tar reads it.
//
// Pure. Sizes in bytes; above 8 GiB in the base-256 form that GNU and BSD tar share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace magwatch::backup
{

inline constexpr std::size_t tar_block = 512;
using TarHeader = std::array<char, tar_block>;

struct TarEntry {
    std::string name; // relative; at most 255 characters, split at a '/'
    std::uint64_t size = 0;
    std::int64_t modified = 0; // seconds since 1970
};

// Nothing if the name does not fit.
[[nodiscard]] std::optional<TarHeader> tar_header(const TarEntry& entry);
// Nothing if it is no header of a regular file, or damaged.
[[nodiscard]] std::optional<TarEntry> read_tar_header(const TarHeader& header);
[[nodiscard]] bool is_tar_end(const TarHeader& header); // all zeros
// Zeros behind so many bytes of content.
[[nodiscard]] constexpr std::size_t tar_padding(std::uint64_t size)
{
    return static_cast<std::size_t>((tar_block - size % tar_block) % tar_block);
}

} // namespace magwatch::backup
