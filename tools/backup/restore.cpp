#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <pwd.h>
#include <utility>

#include <fmt/format.h>

#include "daemon/app/backup_notes.hpp"
#include "daemon/audit/folder.hpp"
#include "daemon/http/times.hpp"
#include "daemon/journal/disk_space.hpp"
#include "daemon/journal/sqlite.hpp"
#include "tools/backup/backup.hpp"
#include "tools/backup/files.hpp"
#include "tools/backup/manifest.hpp"

namespace magwatch::backup
{
namespace
{

namespace fs = std::filesystem;
using Percent = std::function<void(int)>;

constexpr std::string_view configuration_head = "configuration/", in_force_head = "in-force/";

// Keeps a daemon from starting on a journal while it is swapped. Nothing is written; the lock is the one that SQLite
// takes (its file format, 1.4), and it goes with the process.
class StoreLock
{
public:
    explicit StoreLock(const std::string& path)
    {
        fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        if (fd_ < 0) return; // there is none
        struct flock lock {
        };
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        lock.l_start = 0x40000000;
        lock.l_len = 512;
        if (::fcntl(fd_, F_SETLK, &lock) == 0) return;
        ::close(fd_);
        throw BackupError{path + " is in use: a daemon was started meanwhile"};
    }
    ~StoreLock()
    {
        if (fd_ >= 0) ::close(fd_);
    }
    StoreLock(const StoreLock&) = delete;
    StoreLock& operator=(const StoreLock&) = delete;

private:
    int fd_ = -1;
};

std::string minute_of(WallTime at)
{
    return http::format_time(at).substr(0, 16) + "Z";
}

// What stands at the place. Throws where a person must decide first.
WallTime look_at(const RestoreRequest& request, const Manifest& manifest)
{
    const std::string journal = request.to + "/" + journal_name;
    std::error_code none;
    if (!fs::exists(journal, none)) return {};
    if (const auto process = locked_by(journal))
        throw BackupError{fmt::format("{} is in use by process {}: stop the daemon first (systemctl stop magwatchd)",
                                      journal, *process)};
    std::string newer;
    WallTime until;
    try {
        Database database{journal, Database::Access::read_closed};
        bool complete = false;
        constexpr Duration limit = std::chrono::minutes{5};
        if (database.quick_check(limit, complete)) return {}; // damaged: that is what a restore is for
        until = WallTime{std::max({database.integer("SELECT max(wall) FROM batches"),
                                   database.integer("SELECT max(wall) FROM incarnations"),
                                   database.integer("SELECT value FROM meta WHERE key = 'alive_wall'")})};
        if (until.ms > manifest.records_until.ms)
            newer = fmt::format("the journal in {} is sound and holds records until {}, the backup's end at {}",
                                request.to, minute_of(until), minute_of(manifest.records_until));
    } catch (const SqliteError&) {
        return {}; // as above
    }
    if (!newer.empty() && !request.force)
        throw BackupError{newer + ": they would be put aside. --force does so all the same"};
    return until;
}

void make_folder(const std::string& folder)
{
    std::error_code error;
    if (fs::is_directory(folder, error)) return;
    fs::create_directories(folder, error);
    if (error) throw BackupError{folder + ": " + error.message()};
    fs::permissions(folder, fs::perms::owner_all, error);
    passwd entry{};
    passwd* user = nullptr;
    std::array<char, 4096> names{};
    if (::geteuid() == 0) (void)::getpwnam_r("magwatch", &entry, names.data(), names.size(), &user);
    if (user != nullptr && ::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) fail(folder);
}

// Every part to a file of its own below `folder`, verified; nothing counts before all of it is.
void unpack(const std::string& file, const std::string& folder, const Percent& progress)
{
    ContainerReader in{file};
    TarEntry entry;
    if (!in.next(entry) || entry.name != manifest_name) throw BackupError{file + " is no backup of magwatch"};
    const Manifest manifest = manifest_from(in.text(longest_manifest), file);
    std::uint64_t done = 0;
    const std::uint64_t all = std::max<std::uint64_t>(manifest.bytes(), 1);
    for (const Part& part : manifest.parts) {
        if (!in.next(entry) || entry.name != part.name || entry.size != part.bytes)
            throw BackupError{file + " is damaged: " + part.name + " is not where it should be"};
        const fs::path path = fs::path{folder} / part.name;
        fs::create_directories(path.parent_path());
        const int out = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (out < 0) fail(path);
        Digest digest;
        bool written = true;
        in.each([&](std::string_view bytes) {
            digest.add(bytes);
            for (std::string_view rest = bytes; written && !rest.empty();) {
                const ssize_t put = ::write(out, rest.data(), rest.size());
                written = put > 0;
                if (written) rest.remove_prefix(static_cast<std::size_t>(put));
            }
            done += bytes.size();
            progress(static_cast<int>(done * 100 / all));
        });
        written = written && ::fsync(out) == 0;
        const int error = errno;
        ::close(out);
        errno = error;
        if (!written) fail(path);
        if (digest.hex() != part.sha256) throw BackupError{file + " is damaged: " + part.name + " has another SHA-256"};
    }
    if (in.next(entry)) throw BackupError{file + " is damaged: it holds more than its manifest names"};
}

// A folder beside what is put in place, so that a rename is enough; removed whatever happens.
class Scratch
{
public:
    explicit Scratch(std::string path) : path_{std::move(path)}
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored); // of a run that was killed
        if (::mkdir(path_.c_str(), 0700) != 0) fail(path_);
    }
    ~Scratch()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

void make_aside(const std::string& folder, std::string& made)
{
    if (!made.empty()) return;
    if (::mkdir(folder.c_str(), 0700) != 0) fail(folder);
    give_to_owner_of(fs::path{folder}.parent_path(), folder);
    made = folder;
}

// Moves what stands at `path` into the folder of what was there before, made when it is needed.
void put_aside(const std::string& path, const std::string& folder, std::string& made)
{
    std::error_code error;
    if (!fs::exists(path, error)) return;
    make_aside(folder, made);
    if (::rename(path.c_str(), (folder + "/" + fs::path{path}.filename().string()).c_str()) != 0) fail(path);
}

void place(const std::string& from, const std::string& to)
{
    give_to_owner_of(fs::path{to}.parent_path(), from);
    if (::rename(from.c_str(), to.c_str()) != 0) fail(to);
}

// The journal itself: there is no moment without one, in which a daemon that starts would begin a new one.
void swap_in(const std::string& from, const std::string& to, const std::string& folder, std::string& made)
{
    give_to_owner_of(fs::path{to}.parent_path(), from);
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno == EEXIST && ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
        make_aside(folder, made);
        if (::rename(from.c_str(), (folder + "/" + journal_name).c_str()) != 0) fail(folder);
        return;
    }
    if (errno != EINVAL) fail(to);
    put_aside(to, folder, made); // a file system that cannot swap
    if (::rename(from.c_str(), to.c_str()) != 0) fail(to);
}

std::string aside_name(const RestoreRequest& request, const std::string& folder)
{
    std::string name;
    for (int i = 0;; ++i) {
        const std::string more = i == 0 ? "" : fmt::format("-{}", i);
        name = fmt::format("{}/before-restore-{}{}", folder, request.now.ms / 1000, more);
        if (std::error_code none; !fs::exists(name, none)) return name;
    }
}

// A trail that stands there is longer, or another one: it is never put aside for an older one. A machine that has none
// gets the backup's, which the daemon keeps as what was before its own.
void place_audit(const std::string& unpacked, const std::string& to, Restored& done)
{
    const fs::path from = fs::path{unpacked} / audit::folder_name, place = fs::path{to} / audit::folder_name;
    std::error_code none;
    if (!fs::is_directory(from, none) || fs::exists(place, none)) return;
    for (const auto& entry : fs::directory_iterator{from}) give_to_owner_of(to, entry.path());
    give_to_owner_of(to, from);
    fs::permissions(from, fs::perms::owner_all, none);
    if (::rename(from.c_str(), place.c_str()) != 0) fail(place);
    done.placed.push_back(place.string());
}

void place_store(const RestoreRequest& request, const std::string& unpacked, Restored& done)
{
    const std::string journal = request.to + "/" + journal_name, history = request.to + "/" + history_name;
    const bool with_history = done.manifest.part(history_name) != nullptr;
    const std::string aside = aside_name(request, request.to);
    const StoreLock lock{journal};
    for (const char* suffix : {"-wal", "-shm", "-mark"}) put_aside(journal + suffix, aside, done.aside);
    for (const char* suffix : {"", "-wal", "-shm"})
        if (with_history) put_aside(history + suffix, aside, done.aside);
    // The note before the journal: what starts on a restored journal must know that it is one.
    const std::string wrong = write_note(request.to, RestoreNote{done.manifest.records_until, request.now, WallTime{}});
    if (!wrong.empty()) throw BackupError{wrong};
    if (with_history) place(unpacked + "/" + history_name, history);
    place_audit(unpacked, request.to, done);
    swap_in(unpacked + "/" + journal_name, journal, aside, done.aside);
    sync_folder(request.to);
    done.placed.push_back(journal);
    if (with_history) done.placed.push_back(history);
}

// The files of the configuration that lay in its folder or below go to the folder that was named; others, such as a
// pack from elsewhere, stay in the backup.
std::map<std::string, std::string> configuration_files(const RestoreRequest& request, const Manifest& manifest)
{
    std::map<std::string, std::string> files; // part -> path
    if (request.configuration_to.empty()) return files;
    const bool from_file = !manifest.configuration.empty();
    const std::string_view head = from_file ? configuration_head : in_force_head;
    std::string root = manifest.configuration;
    for (const Part& part : manifest.parts)
        if (root.empty() && part.name.starts_with(head)) root = part.path; // the configuration itself comes first
    const fs::path folder = fs::path{root}.parent_path();
    for (const Part& part : manifest.parts) {
        if (!part.name.starts_with(head)) continue;
        const fs::path below = fs::path{part.path}.lexically_relative(folder);
        if (below.empty() || *below.begin() == "..") continue;
        files[part.name] = (fs::path{request.configuration_to} / below).string();
    }
    if (files.empty()) throw BackupError{request.file + " holds no configuration"};
    return files;
}

void place_configuration(const RestoreRequest& request, const std::string& unpacked,
                         const std::map<std::string, std::string>& files, Restored& done)
{
    std::string made;
    const std::string aside = aside_name(request, request.configuration_to);
    for (const auto& [part, path] : files) {
        fs::create_directories(fs::path{path}.parent_path());
        put_aside(path, aside, made);
        std::error_code ignored;
        const fs::path fresh = path + ".restored";
        fs::copy_file(fs::path{unpacked} / part, fresh, fs::copy_options::overwrite_existing);
        constexpr auto readable = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read |
                                  fs::perms::others_read; // the daemon reads what root writes
        fs::permissions(fresh, readable, ignored);
        sync_file(fresh);
        if (::rename(fresh.c_str(), path.c_str()) != 0) fail(path);
        done.placed.push_back(path);
    }
    if (done.aside.empty()) done.aside = made;
    sync_folder(request.configuration_to);
}

void check_room(const RestoreRequest& request, const Manifest& manifest)
{
    const auto space = read_disk_space(request.to);
    constexpr std::uint64_t mebibyte = 1U << 20;
    if (space && space->free < manifest.bytes() + 32 * mebibyte)
        throw BackupError{fmt::format("not enough room in {}: {} MiB are needed, {} are free", request.to,
                                      manifest.bytes() / mebibyte + 32, space->free / mebibyte)};
}

} // namespace

Restored restore(const RestoreRequest& request, const Percent& progress)
{
    Restored done;
    done.manifest = read_manifest(request.file);
    done.stood_until = look_at(request, done.manifest);
    const auto files = configuration_files(request, done.manifest);
    if (request.dry_run) {
        std::uint64_t read = 0;
        const std::uint64_t all = std::max<std::uint64_t>(done.manifest.bytes(), 1);
        (void)verify(request.file, [&](std::uint64_t bytes) {
            read += bytes;
            progress(static_cast<int>(read * 100 / all));
        });
        done.placed.push_back(request.to + "/" + journal_name);
        if (done.manifest.part(history_name) != nullptr) done.placed.push_back(request.to + "/" + history_name);
        for (const auto& [part, path] : files) done.placed.push_back(path);
        return done;
    }
    try {
        make_folder(request.to);
        check_room(request, done.manifest);
        const Scratch scratch{request.to + "/restore.partial"};
        unpack(request.file, scratch.path(), progress);
        (void)inspect_journal(scratch.path() + "/" + journal_name);
        place_store(request, scratch.path(), done);
        if (!files.empty()) place_configuration(request, scratch.path(), files, done);
    } catch (const fs::filesystem_error& error) {
        throw BackupError{error.what()};
    }
    return done;
}

} // namespace magwatch::backup
