#include "daemon/audit/trail.hpp"

#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "adapters/pagers/signing.hpp"
#include "daemon/audit/folder.hpp"
#include "daemon/http/times.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::audit
{
namespace
{

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A trail that stood still for years has missed this many changes of its key at most.
constexpr std::uint64_t most_keys_ahead = 1U << 20;
constexpr Duration clock_error{3'600'000};

std::string why(const std::string& path)
{
    return path + ": " + std::generic_category().message(errno);
}

std::string sync_folder(const std::string& folder)
{
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return why(folder);
    const bool good = ::fsync(fd) == 0;
    std::string wrong = good ? "" : why(folder);
    ::close(fd);
    return wrong;
}

bool write_all(int file, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t put = ::write(file, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

// Time since then; the wall clock where the machine was started in between, and never less than nothing.
Duration since(const Stamp& then, const Stamp& now)
{
    const Duration passed = !now.boot.empty() && now.boot == then.boot ? now.boottime - then.boottime
                                                                       : now.wall - then.wall;
    return std::max(passed, Duration{0});
}

} // namespace

// What stands at the end of the newest segments.
struct Trail::Tail {
    Head head;
    ReadRow row;             // the last whole one
    bool any = false;        // there is one
    std::string path;        // the newest segment
    std::uint64_t first = 1; // its first row
    std::uint64_t bytes = 0;
    std::optional<std::string> torn; // what comes after the last row and is none: lines, "\n" between them
    bool ended = false;      // it ends with a line's end
    bool fits = true;        // the last row is signed with the key that is there, as far as that signs it
    Stamp began;             // of the segment
};

Trail::~Trail()
{
    if (file_ >= 0) ::close(file_);
}

std::variant<std::unique_ptr<Trail>, std::string> Trail::open(std::string folder, const TrailLimits& limits,
                                                              const Stamp& now)
{
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return why(folder);
    std::unique_ptr<Trail> trail{new Trail{std::move(folder), limits}};
    const auto key = read_key_file(trail->folder_ + "/" + key_name);
    const bool rows = !segments_of(trail->folder_).empty();
    if (key && std::holds_alternative<KeyFile>(*key)) {
        trail->key_ = std::get<KeyFile>(*key).key;
        trail->name_ = std::get<KeyFile>(*key).trail;
        std::string wrong = trail->resume(now);
        if (!wrong.empty()) return wrong;
        return trail;
    }
    // One that cannot be read now may be read later; one that is none never is.
    if (key && !std::get<std::string>(*key).ends_with(not_a_key)) return std::get<std::string>(*key);
    std::string after;
    if (rows || key) {
        Tail tail;
        if (std::string wrong = trail->read_tail(tail); !wrong.empty()) return wrong;
        const std::string aside = fmt::format("{}-before-{}", trail->folder_, now.wall.ms);
        if (std::rename(trail->folder_.c_str(), aside.c_str()) != 0) return why(trail->folder_);
        if (::mkdir(trail->folder_.c_str(), 0700) != 0) return why(trail->folder_);
        trail->damage_ = "the key of the trail is gone: it was moved to " + aside + ", and another begins";
        after = Json{{"sequence", tail.head.sequence},
                     {"hash", tail.head.hash},
                     {"folder", fs::path{aside}.filename().string()}}
                    .dump();
    }
    if (std::string wrong = trail->begin(now, after); !wrong.empty()) return wrong;
    return trail;
}

// The verify key first: a trail whose first key is not to be had could never be verified.
std::string Trail::begin(const Stamp& now, const std::string& after)
{
    auto fresh = fresh_key();
    const auto name = fresh_key();
    if (!fresh || !name) return "no randomness for a key";
    key_ = *std::move(fresh);
    name_ = hex(name->bytes).substr(0, 16);
    if (std::string wrong = replace_key_file(folder_ + "/" + verify_key_name, key_, name_); !wrong.empty())
        return wrong;
    if (std::string wrong = replace_key_file(folder_ + "/" + key_name, key_, name_); !wrong.empty()) return wrong;
    if (std::string wrong = open_segment(folder_ + "/" + segment_name(1), 1); !wrong.empty()) return wrong;
    if (std::string wrong = sync_folder(fs::path{folder_}.parent_path().string()); !wrong.empty()) return wrong;
    segment_began_ = key_began_ = now;
    Json body{{"format", format}, {"trail", name_}};
    if (!after.empty()) body["after"] = Json::parse(after);
    return append_own(own::created, body.dump(), now);
}

std::string Trail::read_tail(Tail& tail) const
{
    const auto all = segments_of(folder_);
    for (auto segment = all.rbegin(); segment != all.rend() && !tail.any; ++segment) {
        if (tail.path.empty()) {
            tail.path = segment->path;
            tail.first = segment->first;
            tail.bytes = segment->bytes;
            tail.ended = true;
        }
        std::string wrong = each_line(segment->path, [&](std::string_view line, bool whole) {
            const auto row = read_row(line);
            const bool newest = segment->path == tail.path;
            if (newest) tail.ended = whole;
            if (!row) {
                if (newest) tail.torn = tail.torn ? *tail.torn + "\n" + std::string{line} : std::string{line};
                return true;
            }
            if (newest && tail.began.wall.ms == 0)
                tail.began.wall = http::parse_time(row->wall).value_or(WallTime{});
            if (tail.any && tail.row.sequence + 1 != row->sequence) tail.fits = false;
            if (tail.any && row->previous != tail.head.hash) tail.fits = false;
            if (row->key_number == key_.number && !key_.bytes.empty() && !signed_with(line, key_.bytes))
                tail.fits = false;
            tail.any = true;
            tail.row = *row;
            tail.head = head_of(row->sequence, line);
            if (newest) tail.torn.reset();
            return true;
        });
        if (!wrong.empty()) return wrong;
    }
    return "";
}

std::string Trail::resume(const Stamp& now)
{
    Tail tail;
    if (std::string wrong = read_tail(tail); !wrong.empty()) return wrong;
    head_ = tail.head;
    const std::uint64_t kept = key_.number;
    const bool ended = tail.any && tail.row.action == own::key_ended;
    const std::uint64_t due = tail.any ? tail.row.key_number + (ended ? 1 : 0) : 0;
    const bool gap = kept > due;
    for (std::uint64_t i = 0; key_.number < due && i < most_keys_ahead; ++i) key_ = next_key(key_);
    segment_began_ = tail.began;
    key_began_ = now;
    const std::string path = tail.path.empty() ? folder_ + "/" + segment_name(head_.sequence + 1) : tail.path;
    if (std::string wrong = open_segment(path, tail.first); !wrong.empty()) return wrong;
    if (key_.number != kept)
        if (std::string wrong = replace_key_file(folder_ + "/" + key_name, key_, name_); !wrong.empty()) return wrong;
    if (!tail.ended) { // of a broken line, or of a whole row that lacks nothing else
        if (!write_all(file_, "\n")) return why(path);
        ++bytes_;
    }
    if (tail.torn) {
        damage_ = fmt::format("the line after row {} was broken off", head_.sequence);
        const Json body{{"bytes", tail.torn->size()}, {"sha256", hex(adapters::sha256(*tail.torn))}};
        if (std::string wrong = append_own(own::torn, body.dump(), now); !wrong.empty()) return wrong;
    }
    if (gap) {
        damage_ = fmt::format("the trail ends with row {}, of key {}; key {} was in use already: rows are missing",
                              head_.sequence, tail.row.key_number, kept);
        const Json body{{"last_key", tail.row.key_number}, {"key", kept}};
        if (std::string wrong = append_own(own::gap, body.dump(), now); !wrong.empty()) return wrong;
    }
    if (!tail.fits) damage_ = "the newest rows were changed";
    const Json body{{"fits", tail.fits}, {"line_end_was_missing", !tail.ended && !tail.torn}};
    if (std::string wrong = append_own(own::resumed, body.dump(), now); !wrong.empty()) return wrong;
    return change_key(now); // each start has keys of its own
}

std::string Trail::open_segment(const std::string& path, std::uint64_t first)
{
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return why(path);
    if (file_ >= 0) ::close(file_);
    file_ = file;
    struct stat found {
    };
    if (::fstat(file_, &found) != 0) return why(path);
    bytes_ = static_cast<std::uint64_t>(found.st_size);
    if (bytes_ > 0 || first == 0) return "";
    return sync_folder(folder_);
}

std::string Trail::append(const std::vector<Entry>& entries)
{
    if (entries.empty()) return "";
    std::string text;
    Head head = head_;
    for (const Entry& entry : entries) {
        std::string line = row_line(entry.event, entry.at, head, key_.number, key_.bytes);
        if (line.size() > longest_row) continue; // canonical_body() keeps them far below
        head = head_of(head.sequence + 1, line);
        text.append(line).append("\n");
    }
    const auto before = static_cast<off_t>(bytes_);
    if (!write_all(file_, text) || ::fdatasync(file_) != 0) {
        std::string wrong = std::generic_category().message(errno);
        (void)!::ftruncate(file_, before); // of what was never confirmed; if it stays, it is named
        return folder_ + ": " + wrong;
    }
    bytes_ += text.size();
    head_ = std::move(head);
    return "";
}

std::string Trail::append_own(std::string_view action, const std::string& body, const Stamp& now)
{
    Event event;
    event.station = "daemon";
    event.action = action;
    event.outcome = "noted";
    event.body = body;
    return append({{std::move(event), now}});
}

std::string Trail::change_key(const Stamp& now)
{
    Key next = next_key(key_);
    if (std::string wrong = append_own(own::key_ended, Json{{"next", next.number}}.dump(), now); !wrong.empty())
        return wrong;
    key_ = std::move(next); // also if it cannot be kept: the one before signs nothing more
    key_began_ = now;
    return replace_key_file(folder_ + "/" + key_name, key_, name_);
}

std::string Trail::maintain(const Stamp& now)
{
    if (since(key_began_, now) < limits_.key_time) return "";
    const Duration key_lasted = now.wall - key_began_.wall;
    if (std::string wrong = change_key(now); !wrong.empty()) return wrong;
    if (bytes_ >= limits_.segment_bytes || since(segment_began_, now) >= limits_.segment_time) {
        const std::uint64_t first = head_.sequence + 1;
        if (std::string wrong = open_segment(folder_ + "/" + segment_name(first), first); !wrong.empty()) return wrong;
        segment_began_ = now;
    }
    return prune(now, key_lasted);
}

// The row that says so is on the disk before anything goes. By age one segment at a time, and none when the wall clock
// jumped since the key before: a clock that is wrong must not cost the trail.
std::string Trail::prune(const Stamp& now, Duration key_lasted)
{
    const auto all = segments_of(folder_);
    std::uint64_t total = 0;
    for (const Segment& one : all) total += one.bytes;
    std::size_t gone = 0;
    ReadRow first; // that stays
    const bool clock_went = key_lasted >= limits_.key_time && key_lasted < limits_.key_time + clock_error;
    for (; gone + 1 < all.size(); ++gone) {
        // A segment ends where the next one begins, and so it is as old.
        ReadRow next;
        std::string wrong = each_line(all[gone + 1].path, [&](std::string_view line, bool) {
            if (const auto row = read_row(line)) next = *row;
            return false;
        });
        if (!wrong.empty()) return wrong;
        if (next.sequence == 0) break; // nothing stands there yet
        const auto ended = http::parse_time(next.wall);
        const bool old = ended && now.wall - *ended > limits_.keep && gone == 0 && clock_went;
        if (!old && total <= limits_.max_bytes) break;
        total -= all[gone].bytes;
        first = next;
    }
    if (gone == 0) return "";
    const Json body{{"first", first.sequence}, {"previous", first.previous}};
    if (std::string wrong = append_own(own::pruned, body.dump(), now); !wrong.empty()) return wrong;
    for (std::size_t i = 0; i < gone; ++i)
        if (::unlink(all[i].path.c_str()) != 0) return why(all[i].path);
    return sync_folder(folder_);
}

} // namespace magwatch::audit
