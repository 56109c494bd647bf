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

// "magwatchd 0.1.0 (3d2253a, g++ 12.2.0, Release)"
[[nodiscard]] std::string version_text(std::string_view program);

} // namespace magwatch
