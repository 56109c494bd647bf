#include "daemon/journal/log_end.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace magwatch {

namespace {

constexpr std::size_t header_bytes = 32, frame_header_bytes = 24, usual_page = 4096;
constexpr std::uint32_t magic = 0x377F0682; // the last bit: checksums of big-endian words

using Part = std::span<const std::uint8_t>;
using Salts = std::array<std::uint8_t, 8>;

struct File {
    explicit File(const std::string& path) : fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)} {}
    ~File()
    {
        if (fd >= 0) ::close(fd);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] std::size_t size() const
    {
        struct stat now{};
        return ::fstat(fd, &now) == 0 ? static_cast<std::size_t>(now.st_size) : 0;
    }
    [[nodiscard]] bool read(std::size_t at, std::span<std::uint8_t> into) const
    {
        return ::pread(fd, into.data(), into.size(), static_cast<off_t>(at)) == static_cast<ssize_t>(into.size());
    }
    int fd;
};

std::uint32_t number(Part bytes, bool big)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{bytes[i]} << (8 * (big ? 3 - i : i));
    return value;
}

struct Sum {
    std::uint32_t first = 0, second = 0;
    friend bool operator==(const Sum&, const Sum&) = default;
};

Sum stored_sum(Part bytes) { return {number(bytes, true), number(bytes.subspan(4), true)}; }

Sum add(Sum sum, Part bytes, bool big)
{
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        sum.first += number(bytes.subspan(at), big) + sum.second;
        sum.second += number(bytes.subspan(at + 4), big) + sum.first;
    }
    return sum;
}

struct Header {
    bool right = false;
    bool big = std::endian::native == std::endian::big;
    std::size_t page = usual_page;
    Salts salts{};
    Sum sum;
};

Header read_header(const File& log)
{
    Header header;
    std::array<std::uint8_t, header_bytes> bytes{};
    if (!log.read(0, bytes)) return header;
    const Part all{bytes};
    header.sum = stored_sum(all.subspan(24));
    const std::uint32_t word = number(all, true), page = number(all.subspan(8), true);
    if ((word & ~1U) != magic || !std::has_single_bit(page) || page < 512 || page > 65536) return header;
    const bool big = (word & 1U) != 0;
    if (add({}, all.first(24), big) != header.sum) return header;
    header.right = true;
    header.big = big;
    header.page = page;
    std::copy_n(bytes.begin() + 16, header.salts.size(), header.salts.begin());
    return header;
}

// The frames one after another.
class Frames
{
public:
    Frames(const File& log, const Header& header)
        : log_{&log}, big_{header.big}, bytes_(frame_header_bytes + header.page)
    {
        const std::size_t size = log.size();
        count_ = size > header_bytes ? (size - header_bytes) / bytes_.size() : 0;
    }
    [[nodiscard]] std::size_t count() const { return count_; }
    // The number of the frame that was read; false: there is none, or it cannot be read.
    bool read(std::size_t frame)
    {
        return frame < count_ && log_->read(header_bytes + frame * bytes_.size(), bytes_);
    }
    [[nodiscard]] std::uint32_t page() const { return number(Part{bytes_}, true); }
    [[nodiscard]] std::uint32_t pages_after() const { return number(Part{bytes_}.subspan(4), true); } // 0: no commit
    [[nodiscard]] Salts salts() const
    {
        Salts salts{};
        std::copy_n(bytes_.begin() + 8, salts.size(), salts.begin());
        return salts;
    }
    [[nodiscard]] Sum sum() const { return stored_sum(Part{bytes_}.subspan(16)); }
    [[nodiscard]] Part content() const { return Part{bytes_}.subspan(frame_header_bytes); }
    [[nodiscard]] bool follows(Sum before) const
    {
        return page() != 0 && add(add(before, Part{bytes_}.first(8), big_), content(), big_) == sum();
    }

private:
    const File* log_;
    bool big_;
    std::vector<std::uint8_t> bytes_;
    std::size_t count_ = 0;
};

LogEnd behind_the_end(Frames frames, const Header& header)
{
    LogEnd end;
    Sum before = header.sum;
    bool broken = false; // what SQLite reads has ended
    bool synced = false; // and so has the transaction of the first frame that it does not read
    for (std::size_t i = 0; frames.read(i); ++i) {
        const bool ours = frames.salts() == header.salts;
        const bool right = ours && frames.follows(std::exchange(before, frames.sum()));
        const bool commit = right && frames.pages_after() != 0;
        end.leftovers = end.leftovers || ours;
        if (broken) {
            end.damaged = end.damaged || (synced && right);
            synced = synced || commit;
        } else if (!right) {
            broken = true;
        } else if (commit) {
            end.leftovers = false;
        }
    }
    return end;
}

// Of the newest generation, which stands in front: two frames that follow one another tell it.
std::optional<std::pair<std::size_t, Salts>> find_generation(Frames frames)
{
    Sum before;
    Salts salts{};
    for (std::size_t i = 0; frames.read(i); ++i) {
        if (i > 0 && frames.salts() == salts && frames.follows(before)) return std::pair{i - 1, salts};
        before = frames.sum();
        salts = frames.salts();
    }
    return std::nullopt;
}

// Whether a page that was committed in the log is another one in the database.
bool differs(Frames frames, const File& database)
{
    const auto found = find_generation(frames);
    if (!found) return false;
    std::unordered_map<std::uint32_t, std::size_t> open, committed; // page to the frame of its newest content
    std::uint32_t pages = 0;
    for (std::size_t i = found->first; frames.read(i); ++i) {
        if (frames.salts() != found->second || frames.page() == 0) continue;
        open[frames.page()] = i;
        if (frames.pages_after() == 0) continue;
        pages = frames.pages_after();
        for (const auto& [page, frame] : open) committed[page] = frame;
        open.clear();
    }
    return std::any_of(committed.begin(), committed.end(), [&](const auto& one) {
        if (one.first > pages || !frames.read(one.second)) return false;
        std::vector<std::uint8_t> there(frames.content().size());
        const std::size_t at = (std::size_t{one.first} - 1) * there.size();
        return !database.read(at, there) || !std::equal(there.begin(), there.end(), frames.content().begin());
    });
}

std::size_t page_size(const File& database)
{
    std::array<std::uint8_t, 2> bytes{};
    if (!database.read(16, bytes)) return usual_page;
    const std::size_t size = (std::size_t{bytes[0]} << 8) + bytes[1];
    if (size == 1) return 65536;
    return std::has_single_bit(size) && size >= 512 ? size : usual_page;
}

} // namespace

LogEnd look_at_log_end(const std::string& path)
{
    const File log{path + "-wal"};
    if (log.fd < 0 || log.size() <= header_bytes) return {};
    Header header = read_header(log);
    if (header.right) return behind_the_end(Frames{log, header}, header);
    const File database{path};
    header.page = page_size(database);
    return {differs(Frames{log, header}, database), false}; // the next header has other salts
}

} // namespace magwatch
