#include "daemon/journal/journal_mark.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "daemon/journal/journal_format.hpp"

namespace magwatch {

namespace {

constexpr std::size_t sector = 512, copies = 8;
constexpr std::string_view name = "magwmark";
constexpr std::size_t length = name.size() + 8 + 8 + 4;
using Image = std::array<char, sector * copies>;

void put(char* to, std::uint64_t value, std::size_t bytes)
{
    for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<char>(value >> (8 * i));
}

std::uint64_t get(std::string_view bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    return value;
}

Image image_of(const JournalReached& reached)
{
    Image image{};
    for (std::size_t at = 0; at < image.size(); at += sector) {
        char* copy = image.data() + at;
        std::copy(name.begin(), name.end(), copy);
        put(copy + 8, static_cast<std::uint64_t>(reached.batch), 8);
        put(copy + 16, static_cast<std::uint64_t>(reached.incarnation), 8);
        put(copy + 24, row_crc({reached.batch, reached.incarnation}, name), 4);
    }
    return image;
}

std::optional<JournalReached> read_copy(std::string_view copy)
{
    if (!copy.starts_with(name)) return std::nullopt;
    const JournalReached reached{static_cast<std::int64_t>(get(copy.substr(8, 8))),
                                 static_cast<std::int64_t>(get(copy.substr(16, 8)))};
    if (get(copy.substr(24, 4)) != row_crc({reached.batch, reached.incarnation}, name)) return std::nullopt;
    return reached;
}

} // namespace

JournalMark::JournalMark(std::string path) : path_{std::move(path)}, fd_{::open(path_.c_str(), O_RDWR | O_CLOEXEC)} {}

JournalMark::~JournalMark()
{
    if (fd_ >= 0) ::close(fd_);
}

JournalMark::Found JournalMark::find() const
{
    if (fd_ < 0) return {};
    Image image{};
    const ssize_t read = ::pread(fd_, image.data(), image.size(), 0);
    const std::string_view all{image.data(), read > 0 ? static_cast<std::size_t>(read) : 0};
    Found found{{}, false};
    for (std::size_t at = 0; at + length <= all.size(); at += sector) {
        const auto copy = read_copy(all.substr(at, length));
        if (!copy) continue;
        found.readable = true;
        found.reached = {std::max(found.reached.batch, copy->batch),
                         std::max(found.reached.incarnation, copy->incarnation)};
    }
    return found;
}

void JournalMark::create(const JournalReached& reached)
{
    const std::string fresh = path_ + ".new";
    const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return;
    const Image image = image_of(reached);
    const bool written = ::pwrite(fd, image.data(), image.size(), 0) == static_cast<ssize_t>(image.size());
    if (!written || ::fdatasync(fd) != 0 || std::rename(fresh.c_str(), path_.c_str()) != 0) {
        ::close(fd);
        ::unlink(fresh.c_str());
        return;
    }
    if (const int before = std::exchange(fd_, fd); before >= 0) ::close(before);
}

void JournalMark::reach(const JournalReached& reached) const
{
    if (fd_ < 0) return;
    const Image image = image_of(reached);
    // One that cannot be written says less than it could.
    (void)!::pwrite(fd_, image.data(), image.size() - sector, 0);
}

} // namespace magwatch
