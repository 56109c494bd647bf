// What this program was built from. Constants.
#pragma once

#include <string>
#include <string_view>

namespace magwatch {

struct BuildInfo {
    std::string_view version;    // of the project: "0.1.0"
    std::string_view commit;     // "" unless the build was told (MAGWATCH_COMMIT)
    std::string_view compiler;   // "g++ 12.2.0"
    std::string_view build_type; // "Release"
};
[[nodiscard]] const BuildInfo& build_info();
// "commit 3d2253a", or "commit unknown", for the line that says what failed: a seed says which run it was of this
// commit alone.
[[nodiscard]] std::string commit_text();

// "magwatchd 0.1.0 (3d2253a, g++ 12.2.0, Release)"
[[nodiscard]] std::string version_text(std::string_view program);

} // namespace magwatch
