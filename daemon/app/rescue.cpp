#include "daemon/app/rescue.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/app/backup_notes.hpp"
#include "daemon/app/pager_set.hpp"
#include "daemon/commissioning/seal.hpp"
#include "daemon/journal/disk_space.hpp"
#include "daemon/people/people.hpp"
#include "runtime/log.hpp"

namespace magwatch {
namespace {

namespace fs = std::filesystem;

constexpr LogEvent event_not_rescued{"journal.not_rescued", LogLevel::error};
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

} // namespace

std::string substitute_directory()
{
    const char* runtime = std::getenv("RUNTIME_DIRECTORY");
    std::string made = (runtime != nullptr ? runtime : "/tmp") + std::string{"/magwatch-journal.XXXXXX"};
    return mkdtemp(made.data()) != nullptr ? made : std::string{"/tmp"};
}

void rescue_journal(const std::string& from, const std::string& to)
{
    for (const char* name : {"/journal.db", "/journal.db-wal"}) {
        std::error_code error;
        const auto size = fs::file_size(from + name, error);
        const auto room = read_disk_space(to);
        if (error || !room || size > room->free / 2) return;
        fs::copy_file(from + name, to + name, error);
    }
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
