// Backups of a ward's records: made from closed files, verified, listed, pruned, put back.
//
// Blocking. Nothing here opens a store that a daemon has: a running daemon makes copies when it is asked, and the
// files of a stopped one are only read. Failures throw BackupError with words for people.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/base/instant.hpp"
#include "tools/backup/container.hpp"

namespace magwatch::backup
{

inline constexpr int backup_format = 1;
inline constexpr const char* default_folder = "/var/backups/magwatch";

struct Part {
    std::string name;   // in the archive
    std::string path;   // of a file of the configuration: where it stood
    std::uint64_t bytes = 0;
    std::string sha256;
};

struct Manifest {
    int format = backup_format;
    std::string ward;
    std::string version; // of the magwatch that made it
    WallTime made;
    WallTime records_until; // the last sign of life in the journal
    int journal_format = 0;
    int history_format = 0;             // 0: without history
    bool running = false;               // taken from a running daemon
    std::string configuration;          // path of the configuration file; "" = none could be read
    std::vector<Part> parts;            // journal.db first
    [[nodiscard]] const Part* part(const std::string& name) const;
    [[nodiscard]] std::uint64_t bytes() const; // of all parts
};

// What a journal says, after a look at every row of it. Throws if it is damaged.
struct JournalFacts {
    std::string ward; // "" = it has no configuration
    int format = 0;
    WallTime records_until;
    std::int64_t batches = 0;
    std::vector<std::pair<std::string, std::string>> configuration; // in force: path and text, the file itself first
};
[[nodiscard]] JournalFacts inspect_journal(const std::string& path);

// A stopped daemon's journal.db and history.db from `directory`, copied to `folder`. Throws if a daemon has them, or
// began to write while they were read. False: there is no journal.
bool copy_closed_store(const std::string& directory, const std::string& folder, bool history,
                       const std::function<void(int percent)>& progress);

struct CreateRequest {
    std::string copies;        // folder with journal.db and perhaps history.db; nobody writes them
    std::string configuration; // the configuration file; files that it names are taken too
    std::string output = default_folder;
    int keep = 14; // of this ward; 0: all
    bool running = false;
    WallTime now;
};
struct Created {
    std::string file;
    Manifest manifest;
    std::uint64_t bytes = 0; // of the file
    std::vector<std::string> pruned;
    std::vector<std::string> notes; // worth saying
};
// Under a temporary name, on the disk, read back, then renamed; older ones go only after that.
[[nodiscard]] Created create(const CreateRequest& request, const std::function<void(int percent)>& progress);

// Reads all of it: every byte, every hash.
[[nodiscard]] Manifest verify(const std::string& file, const Progress& progress);
[[nodiscard]] Manifest read_manifest(const std::string& file); // only its beginning

struct Listed {
    std::string file;
    std::uint64_t bytes = 0;
    std::optional<Manifest> manifest;
    std::string reason; // why it has none
};
// The newest first. Halves of backups do not count.
[[nodiscard]] std::vector<Listed> list(const std::string& folder);

struct RestoreRequest {
    std::string file, to;
    std::string configuration_to; // "" = the configuration stays in the backup
    bool dry_run = false, force = false;
    WallTime now;
};
struct Restored {
    Manifest manifest;
    std::vector<std::string> placed; // paths
    std::string aside;               // folder with what stood there; "" = nothing did
    WallTime stood_until;            // last sign of life of the journal that stood there; 0: none, or damaged
};
[[nodiscard]] Restored restore(const RestoreRequest& request, const std::function<void(int percent)>& progress);

// One backup at a time in a folder; held until it is destroyed. Throws if another one runs.
class FolderLock
{
public:
    explicit FolderLock(const std::string& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int fd_ = -1;
};

} // namespace magwatch::backup
