// Where this program's own package lies.
#pragma once

#include <filesystem>

namespace magwatch::cli
{

// Above this program's folder ("/usr"), so that it runs from any root that magwatch was unpacked into.
[[nodiscard]] std::filesystem::path installed_root();
// The shipped rule packs and the EXAMPLE protocol; they need not be there.
[[nodiscard]] std::filesystem::path installed_packs();
[[nodiscard]] std::filesystem::path installed_protocols();

} // namespace magwatch::cli
