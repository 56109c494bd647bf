#include "tools/magwatch/installation.hpp"

namespace magwatch::cli
{

namespace fs = std::filesystem;

fs::path installed_root()
{
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path{"/usr"} : self.parent_path().parent_path();
}

fs::path installed_packs()
{
    return installed_root() / "share/magwatch/packs";
}

fs::path installed_protocols()
{
    return installed_root() / "share/magwatch/protocol";
}

} // namespace magwatch::cli
