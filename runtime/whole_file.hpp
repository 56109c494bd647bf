// A small file that is always whole. Blocking; no thread.
#pragma once

#include <string>
#include <string_view>

namespace magwatch {

// Whose a file is that root writes: root's, or that of whoever has its folder, so that the daemon may read it.
enum class FileOwner : bool { writer, as_folder };

// Puts `bytes` in place of the file at `path` (mode 0600): a new file beside it, brought to the disk, then renamed, so
// that whoever reads finds the old one or the new one. What went wrong, with the path; "" if nothing did.
[[nodiscard]] std::string write_whole(const std::string& path, std::string_view bytes,
                                      FileOwner owner = FileOwner::writer);

} // namespace magwatch
