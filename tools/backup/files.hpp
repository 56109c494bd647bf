// The few things that making and restoring backups ask of the file system. Blocking; throws BackupError.
#pragma once

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/backup/container.hpp"

namespace magwatch::backup
{

[[noreturn]] inline void fail(const std::string& what)
{
    throw BackupError{what + ": " + std::generic_category().message(errno)};
}

// A rename is durable once its folder is.
inline void sync_folder(const std::string& folder)
{
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) fail(folder);
    const bool good = ::fsync(fd) == 0;
    ::close(fd);
    if (!good) fail(folder);
}

inline void sync_file(const std::string& path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path);
    const bool good = ::fsync(fd) == 0;
    ::close(fd);
    if (!good) fail(path);
}

// Root makes files for a folder's owner; anybody else makes their own.
inline void give_to_owner_of(const std::string& folder, const std::string& path)
{
    struct stat owner {
    };
    if (::geteuid() != 0 || ::stat(folder.c_str(), &owner) != 0) return;
    if (::lchown(path.c_str(), owner.st_uid, owner.st_gid) != 0) fail(path);
}

} // namespace magwatch::backup
