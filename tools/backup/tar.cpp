#include "tools/backup/tar.hpp"

#include <algorithm>
#include <cstring>

namespace magwatch::backup
{
namespace
{

// A header's fields: where, and how long.
struct Field {
    std::size_t at, size;
};
constexpr Field name_field{0, 100}, mode_field{100, 8}, owner_field{108, 8}, group_field{116, 8}, size_field{124, 12},
    time_field{136, 12}, sum_field{148, 8}, type_field{156, 1}, magic_field{257, 8}, prefix_field{345, 155};
constexpr std::string_view magic{"ustar\00000", 8};
constexpr std::uint64_t octal_limit = 1ULL << 33; // 11 octal digits
constexpr unsigned char base_256 = 0x80;

void put(TarHeader& header, Field field, std::string_view text)
{
    std::copy_n(text.begin(), std::min(text.size(), field.size), header.data() + field.at);
}

void put_octal(TarHeader& header, Field field, std::uint64_t value)
{
    for (std::size_t i = field.size - 1; i-- > 0; value >>= 3)
        header[field.at + i] = static_cast<char>('0' + (value & 7));
}

void put_size(TarHeader& header, std::uint64_t value)
{
    if (value < octal_limit) return put_octal(header, size_field, value);
    header[size_field.at] = static_cast<char>(base_256);
    for (std::size_t i = size_field.size - 1; i > 0; --i, value >>= 8)
        header[size_field.at + i] = static_cast<char>(value & 0xFF);
}

std::string_view text_of(const TarHeader& header, Field field)
{
    const std::string_view all{header.data() + field.at, field.size};
    return all.substr(0, all.find('\0'));
}

std::optional<std::uint64_t> number_of(const TarHeader& header, Field field)
{
    std::uint64_t value = 0;
    if ((static_cast<unsigned char>(header[field.at]) & base_256) != 0) {
        for (std::size_t i = 1; i < field.size; ++i)
            value = value << 8 | static_cast<unsigned char>(header[field.at + i]);
        return value;
    }
    bool digits = false;
    for (std::size_t i = 0; i < field.size; ++i) {
        const char c = header[field.at + i];
        if (c == '\0' || c == ' ') {
            if (digits) break;
            continue;
        }
        if (c < '0' || c > '7') return std::nullopt;
        value = value << 3 | static_cast<std::uint64_t>(c - '0');
        digits = true;
    }
    return digits ? std::optional{value} : std::nullopt;
}

std::uint64_t checksum(const TarHeader& header)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < header.size(); ++i) {
        const bool own = i >= sum_field.at && i < sum_field.at + sum_field.size;
        sum += own ? ' ' : static_cast<unsigned char>(header[i]);
    }
    return sum;
}

bool put_name(TarHeader& header, std::string_view name)
{
    if (name.empty() || name.find('\0') != std::string_view::npos) return false;
    if (name.size() <= name_field.size) {
        put(header, name_field, name);
        return true;
    }
    // The first '/' that leaves few enough behind it; what stands before must fit too.
    const std::size_t slash = name.find('/', name.size() - name_field.size - 1);
    if (slash == std::string_view::npos || slash == 0 || slash > prefix_field.size || slash + 1 == name.size())
        return false;
    put(header, prefix_field, name.substr(0, slash));
    put(header, name_field, name.substr(slash + 1));
    return true;
}

} // namespace

std::optional<TarHeader> tar_header(const TarEntry& entry)
{
    TarHeader header{};
    if (!put_name(header, entry.name)) return std::nullopt;
    constexpr std::uint64_t owner_only = 0600;
    put_octal(header, mode_field, owner_only);
    put_octal(header, owner_field, 0);
    put_octal(header, group_field, 0);
    put_size(header, entry.size);
    put_octal(header, time_field, static_cast<std::uint64_t>(std::max<std::int64_t>(entry.modified, 0)));
    put(header, type_field, "0");
    put(header, magic_field, magic);
    put_octal(header, {sum_field.at, sum_field.size - 1}, checksum(header));
    header[sum_field.at + sum_field.size - 1] = ' ';
    return header;
}

std::optional<TarEntry> read_tar_header(const TarHeader& header)
{
    const auto sum = number_of(header, sum_field), size = number_of(header, size_field),
               time = number_of(header, time_field);
    if (!sum || !size || !time || *sum != checksum(header)) return std::nullopt;
    const char type = header[type_field.at];
    if ((type != '0' && type != '\0') || !text_of(header, magic_field).starts_with("ustar")) return std::nullopt;
    TarEntry entry;
    const std::string_view prefix = text_of(header, prefix_field), name = text_of(header, name_field);
    if (name.empty()) return std::nullopt;
    if (!prefix.empty()) entry.name = std::string{prefix} + "/";
    entry.name += name;
    entry.size = *size;
    entry.modified = static_cast<std::int64_t>(*time);
    return entry;
}

bool is_tar_end(const TarHeader& header)
{
    return std::all_of(header.begin(), header.end(), [](char c) { return c == '\0'; });
}

} // namespace magwatch::backup
