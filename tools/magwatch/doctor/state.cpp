// The journal's place: its owner, its disk, its databases, and their copies.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <linux/magic.h>

#include "daemon/journal/journal_format.hpp"
#include "daemon/journal/sqlite.hpp"
#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

namespace fs = std::filesystem;

void directory(const Examination& e, const FileState& folder, Findings& findings)
{
    constexpr unsigned others = 077;
    if (!S_ISDIR(folder.info.st_mode))
        return findings.wrong("directory", e.state + " is not a directory",
                              "move it away; systemctl restart magwatchd");
    bool good = true;
    if (e.user && folder.info.st_uid != *e.user) {
        good = false;
        findings.wrong("directory",
                       e.state + " belongs to " + user_name(folder.info.st_uid) + ", and magwatchd runs as " +
                           user_name(*e.user),
                       "chown -R " + user_name(*e.user) + ": " + e.state);
    }
    if ((folder.mode() & others) != 0) {
        good = false;
        findings.wrong("directory",
                       e.state + " is open to others (mode " + folder.mode_text() + "): it holds patients' values",
                       "chmod 700 " + e.state);
    }
    if (good) findings.ok("directory", e.state + ", for " + user_name(folder.info.st_uid) + " alone");
}

void file_system(const Examination& e, Findings& findings)
{
    // linux/magic.h does not name these.
    constexpr std::uint32_t cifs = 0xFF534D42, smb2 = 0xFE534D42, fuse = 0x65735546, ceph = 0x00C36400,
                            nine_p = 0x01021997, gfs2 = 0x01161970, lustre = 0x0BD00BD0;
    constexpr std::array<std::uint32_t, 11> remote{NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, AFS_SUPER_MAGIC, CODA_SUPER_MAGIC,
                                                   cifs, smb2, fuse, ceph, nine_p, gfs2, lustre};
    const auto type = e.machine.file_system(e.state);
    if (!type) return findings.unknown("file system", e.state + " does not say what it is", as_root);
    if (*type == TMPFS_MAGIC || *type == RAMFS_MAGIC)
        return findings.wrong("file system", e.state + " lies in memory: everything is lost at the next start",
                              "move it to a local disk");
    if (std::find(remote.begin(), remote.end(), *type) != remote.end())
        return findings.wrong("file system",
                              e.state +
                                  " lies on a network or a FUSE file system: it may stop, or lie about what is durable",
                              "move it to a local disk");
    findings.ok("file system", "a local disk");
}

void free_space(const Examination& e, Findings& findings)
{
    constexpr std::uint64_t mebibyte = 1ULL << 20;
    const auto space = e.machine.disk_space(e.state);
    if (!space || space->total == 0) return findings.unknown("free space", "the disk does not say", as_root);
    const std::string found = fmt::format("{} MiB, {} % of the disk of {}", space->free / mebibyte,
                                          space->free * 100 / space->total, e.state);
    const std::string advice = "du -xh / | sort -h | tail; journalctl --vacuum-size=200M; never delete " + e.state;
    switch (disk_level(*space, DiskLevel::ok)) {
    case DiskLevel::ok:
        return findings.ok("free space", found);
    case DiskLevel::low:
        return findings.warning("free space", found + ": the history of vital signs shrinks", advice);
    case DiskLevel::critical:
        return findings.wrong("free space", found + ": soon nothing more can be recorded", advice);
    }
}

// application_id and user_version stand in the first hundred bytes, also while the daemon has the file.
struct Header {
    bool is_database = false;
    std::int64_t application = 0, version = 0;
};
Header header_of(const std::string& path)
{
    constexpr std::string_view magic{"SQLite format 3\0", 16};
    std::array<char, 100> bytes{};
    std::ifstream file{path, std::ios::binary};
    if (!file.read(bytes.data(), bytes.size())) return {};
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
        return static_cast<std::int64_t>(value);
    };
    return {std::string_view{bytes.data(), magic.size()} == magic, number(68), number(60)};
}

struct Store {
    const char* name;
    std::int64_t application, version;
};

// Reads a database that nobody writes, with what a killed daemon left in its log; writes nothing.
void quick_check(const Store& store, const std::string& path, Findings& findings)
{
    constexpr Duration limit{10'000}; // reliability M7
    try {
        Database database{path, Database::Access::read_closed};
        const std::int64_t version = database.integer("PRAGMA user_version");
        bool complete = true;
        if (const auto damage = database.quick_check(limit, complete))
            return findings.wrong(store.name, path + " is damaged: " + *damage,
                                  "magwatchd moves it aside at its next start and begins a new one; copy it first");
        findings.ok(store.name, fmt::format("{}, format {}, {}", path, version,
                                            complete ? "sound" : "sound as far as 10 s of checking went"));
    } catch (const SqliteError& error) {
        findings.wrong(store.name, path + ": " + error.what(),
                       "copy it before magwatchd starts: a damaged one is moved aside");
    }
}

void store(const Examination& e, const Store& store, Findings& findings)
{
    const std::string path = (fs::path{e.state} / store.name).string();
    const FileState file = look_at(path);
    if (file.hidden()) return findings.unknown(store.name, path + " may not be read by this user", as_root);
    if (!file.there)
        return findings.warning(store.name, path + " is not there: nothing has been recorded here yet",
                                "systemctl start magwatchd makes it; if there should be one, look for a backup");
    const Header header = header_of(path);
    if (!std::ifstream{path}) return findings.unknown(store.name, path + " may not be read by this user", as_root);
    if (header.is_database && header.application != 0 && header.application != store.application)
        return findings.wrong(store.name, path + " is a database of another program", "move it away");
    if (header.is_database && header.version > store.version)
        return findings.wrong(store.name,
                              fmt::format("{} has format {}, this magwatch knows {}: a newer one made it, and this one "
                                          "does not start",
                                          path, header.version, store.version),
                              "install the newer version again");
    if (const auto process = locked_by(path))
        return findings.ok(store.name,
                           fmt::format("{}, format {}, in use by process {}, which checked it when it started", path,
                                       header.version, *process));
    quick_check(store, path, findings);
}

void moved_aside(const Examination& e, Findings& findings)
{
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{e.state, error}) {
        const std::string name = entry.path().filename().string();
        const auto end = [&](const char* suffix) { return name.ends_with(suffix); };
        const bool beside = end("-wal") || end("-shm") || end("-mark"); // of one that is told by itself
        if (name.find(".damaged-") == std::string::npos || beside) continue;
        const std::size_t log = name.find("-wal.damaged-");
        if (log != std::string::npos) {
            findings.warning("moved aside",
                             entry.path().string() + ": a copy of the damaged log of " + name.substr(0, log) +
                                 ", whose newest records may be missing",
                             "compare every bed with its paper chart; is the disk dying? smartctl -a; delete it when "
                             "it has been looked at");
            continue;
        }
        findings.warning("moved aside", entry.path().string() + ": a damaged database was replaced by a new one",
                         "is the disk dying? smartctl -a; keep the file: it is the record of patients");
    }
}

} // namespace

void examine_state(const Examination& e, Findings& findings)
{
    const FileState folder = look_at(e.state);
    if (folder.hidden()) {
        findings.unknown("directory", e.state + " may not be seen by this user", as_root);
    } else if (!folder.there) {
        findings.wrong("directory", e.state + ": " + std::generic_category().message(folder.error),
                       "systemctl start magwatchd makes it (StateDirectory=)");
    } else {
        directory(e, folder, findings);
        file_system(e, findings);
        free_space(e, findings);
        store(e, {"journal.db", journal_application_id, journal_version}, findings);
        store(e, {"history.db", history_application_id, history_version}, findings);
        moved_aside(e, findings);
    }
}

} // namespace magwatch::cli::doctor
