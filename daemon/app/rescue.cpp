#include "daemon/app/rescue.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/app/backup_notes.hpp"
#include "daemon/app/last_good.hpp"
#include "daemon/app/pager_set.hpp"
#include "daemon/commissioning/seal.hpp"
#include "daemon/journal/disk_space.hpp"
#include "daemon/journal/journal_reader.hpp"
#include "daemon/people/people.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"

namespace magwatch {
namespace {

namespace fs = std::filesystem;

constexpr LogEvent event_not_rescued{"journal.not_rescued", LogLevel::error};
constexpr std::size_t batches_at_once = 100;
constexpr std::uintmax_t small_file_max = 4U << 20; // people.json of a large house is some 100 KiB

// A new file that nobody else can read at any moment; never one that somebody else has put there. "" or why not.
std::string write_new(const std::string& path, const std::string& bytes)
{
    const int out = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0) return std::generic_category().message(errno);
    const bool written = ::write(out, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    std::string wrong = written ? std::string{} : std::generic_category().message(errno);
    ::close(out);
    if (!wrong.empty()) ::unlink(path.c_str());
    return wrong;
}

std::string copy_small(const std::string& from, const std::string& to)
{
    std::error_code error;
    const auto size = fs::file_size(from, error);
    if (error) return error.message();
    if (size > small_file_max) return "it is too large";
    std::ifstream in{from, std::ios::binary};
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) return "it cannot be read";
    return write_new(to, bytes);
}

std::uint64_t size_of(const std::string& path)
{
    std::error_code none;
    const auto size = fs::file_size(path, none);
    return none ? 0 : static_cast<std::uint64_t>(size);
}

// The last start, so that ward time goes on, and the configuration that was in force.
std::string copy_start(JournalReader& from, JournalFile& to)
{
    const auto starts = from.incarnations();
    if (const auto* error = std::get_if<JournalError>(&starts)) return error->what;
    const auto& known = std::get<std::vector<JournalIncarnation>>(starts);
    if (!known.empty()) {
        const JournalIncarnation& last = known.back();
        const auto begun = to.begin_incarnation(last.at, last.boottime, last.boot_id, last.incarnation);
        if (const auto* error = std::get_if<JournalError>(&begun)) return error->what;
    }
    auto kept = from.named(last_good_name);
    if (const auto* error = std::get_if<JournalError>(&kept)) return error->what;
    auto& bytes = std::get<std::optional<Bytes>>(kept);
    if (!bytes) return {};
    std::vector<JournalItem> items;
    items.emplace_back(JournalNamed{last_good_name, std::move(*bytes)});
    const auto error = to.write(items);
    return error ? error->what : "";
}

struct Copied {
    std::string wrong;    // why nothing can be had; "" = it can
    bool damaged = false; // some of it could not be read
};

// The newest snapshot and every batch after it, some at a time: they are counted from 1 in the new file.
std::string copy_newest(JournalReader& from, JournalFile& to, std::uint64_t most, Copied& out)
{
    auto found = from.last_snapshot();
    if (const auto* error = std::get_if<JournalError>(&found)) return error->what;
    auto& snapshot = std::get<std::optional<JournalSnapshot>>(found);
    std::int64_t after = 0;
    std::vector<JournalItem> items;
    if (snapshot) {
        after = snapshot->batch;
        items.emplace_back(std::move(*snapshot));
    }
    for (;;) {
        auto read = from.batches_after(after, batches_at_once);
        if (const auto* error = std::get_if<JournalError>(&read)) return error->what;
        auto& batches = std::get<std::vector<JournalBatch>>(read);
        const bool more = batches.size() == batches_at_once;
        for (JournalBatch& batch : batches) {
            if (batch.damaged || batch.id != after + 1) out.damaged = true;
            after = batch.id;
            if (!batch.damaged) items.emplace_back(std::move(batch));
        }
        if (const auto error = to.write(items)) return error->what;
        if (to.bytes() > most) return "what came after its newest snapshot is too large";
        if (!more) return {};
        items.clear();
    }
}

// What recovery reads of a journal that is too large for memory.
Copied copy_needed(const std::string& from, const std::string& to, std::uint64_t most)
{
    Copied out;
    auto opened = JournalReader::open(from);
    const JournalOpened made = JournalFile::open(to, read_clocks().wall);
    if (const auto* error = std::get_if<JournalError>(&opened)) {
        out.wrong = error->what;
    } else if (!made.file) {
        out.wrong = made.error ? made.error->what : "no journal can be made in memory";
    } else {
        auto& reader = std::get<JournalReader>(opened);
        out.wrong = copy_start(reader, *made.file);
        if (out.wrong.empty()) out.wrong = copy_newest(reader, *made.file, most, out);
    }
    return out;
}

Copied copy_whole(const std::string& from, const std::string& to)
{
    Copied out;
    std::error_code error;
    for (const char* name : {"/journal.db", "/journal.db-wal", "/journal.db-mark"}) {
        if (!fs::exists(from + name, error)) continue;
        if (fs::copy_file(from + name, to + name, error); error) out.wrong = error.message();
    }
    return out;
}

} // namespace

std::string substitute_directory()
{
    const char* runtime = std::getenv("RUNTIME_DIRECTORY");
    std::string made = (runtime != nullptr ? runtime : "/tmp") + std::string{"/magwatch-journal.XXXXXX"};
    return mkdtemp(made.data()) != nullptr ? made : std::string{"/tmp"};
}

std::string rescue_journal(const std::string& from, const std::string& to, std::uint64_t most)
{
    const std::uint64_t size = size_of(from + "/journal.db") + size_of(from + "/journal.db-wal");
    if (size == 0) return {}; // there is none
    const auto room = read_disk_space(to);
    const bool fits = size <= most && room && size <= room->free / 2;
    const auto forget = [&] {
        std::error_code ignored;
        for (const char* name : {"/journal.db", "/journal.db-wal", "/journal.db-mark"}) fs::remove(to + name, ignored);
    };
    Copied copied = fits ? copy_whole(from, to) : copy_needed(from, to, most);
    if (fits && !copied.wrong.empty()) { // a page of old history that cannot be read costs nobody her watch
        forget();
        copied = copy_needed(from, to, most);
    }
    if (copied.wrong.empty() && !copied.damaged) return {};
    if (copied.wrong.empty())
        return "Records cannot be saved, and some are lost: compare every bed with its paper chart";
    log(event_not_rescued, "the journal does not go along", {{LogKey::file, from}, {LogKey::reason, copied.wrong}});
    forget();
    return "Records cannot be saved or read: start every watch again";
}

void rescue_small_files(const std::string& from, const std::string& to)
{
    const std::array<std::string, 5> names{std::string{seal_file}, answer_key_file, people_file, backup_note_name,
                                           restore_note_name};
    for (const std::string& name : names) {
        const std::string source = from + "/" + name, target = to + "/" + name;
        std::error_code error;
        const bool absent = fs::symlink_status(source, error).type() == fs::file_type::not_found;
        if (absent) continue;
        if (const std::string why = copy_small(source, target); !why.empty())
            log(event_not_rescued, "a file of the state directory does not go along",
                {{LogKey::file, source}, {LogKey::reason, why}});
    }
}

} // namespace magwatch
