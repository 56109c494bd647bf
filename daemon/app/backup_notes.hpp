// Two notes beside the journal, by which `magwatch backup` and `magwatch restore` tell the daemon what they did,
// whether it runs or not: backup.json and restored.json. Small JSON files, replaced as a whole. Blocking; no thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rules/base/instant.hpp"

namespace magwatch {

inline constexpr const char* backup_note_name = "backup.json";
inline constexpr const char* restore_note_name = "restored.json";

struct BackupNote {
    WallTime since;       // the daemon has looked for backups since then
    WallTime tried, good; // the last attempt, and the last that was good; 0: none
    std::string file;     // the last good one
    std::uint64_t bytes = 0;
    std::string reason; // why the last attempt failed; "" = it did not
};

struct RestoreNote {
    WallTime made;     // the backup's records end about then
    WallTime restored; // when it was put in place
    WallTime started;  // of the first start from it; 0: there was none yet
};

// Nothing if there is none, or none that can be read.
[[nodiscard]] std::optional<BackupNote> read_backup_note(const std::string& directory);
[[nodiscard]] std::optional<RestoreNote> read_restore_note(const std::string& directory);
// "" or why not. Owned by the directory's owner, mode 0600.
[[nodiscard]] std::string write_note(const std::string& directory, const BackupNote& note);
[[nodiscard]] std::string write_note(const std::string& directory, const RestoreNote& note);

} // namespace magwatch
