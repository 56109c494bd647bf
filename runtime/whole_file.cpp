#include "runtime/whole_file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace magwatch {
namespace {

std::string why(const std::string& path)
{
    return path + ": " + std::generic_category().message(errno);
}

void give_to_owner_of(const std::string& folder, int file)
{
    struct stat owner {
    };
    if (::geteuid() == 0 && ::stat(folder.c_str(), &owner) == 0) (void)!::fchown(file, owner.st_uid, owner.st_gid);
}

} // namespace

std::string write_whole(const std::string& path, std::string_view bytes, FileOwner owner)
{
    const std::string fresh = path + ".new";
    const int out = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0) return why(fresh);
    if (owner == FileOwner::as_folder) give_to_owner_of(std::filesystem::path{path}.parent_path(), out);
    const bool written =
        ::write(out, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(out) == 0;
    std::string wrong = written ? std::string{} : why(fresh);
    ::close(out);
    if (wrong.empty() && std::rename(fresh.c_str(), path.c_str()) != 0) wrong = why(path);
    if (!wrong.empty()) ::unlink(fresh.c_str());
    return wrong;
}

} // namespace magwatch
