// manifest.json of a backup. Pure.
#pragma once

#include <string>

#include "tools/backup/backup.hpp"

namespace magwatch::backup
{

inline constexpr const char* manifest_name = "manifest.json";
inline constexpr const char* journal_name = "journal.db";
inline constexpr const char* history_name = "history.db";
inline constexpr std::size_t longest_manifest = 4U << 20; // thousands of files

[[nodiscard]] std::string manifest_text(const Manifest& manifest);
// Throws BackupError: not ours, damaged, or of a newer format. `file` is named in the words.
[[nodiscard]] Manifest manifest_from(const std::string& text, const std::string& file);

} // namespace magwatch::backup
