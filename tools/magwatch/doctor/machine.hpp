// What the checks of `magwatch doctor` ask of the machine: programs, clocks, files. Everything is read, nothing
// changed.
//
// Blocking; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

#include "daemon/journal/disk_space.hpp"
#include "rules/base/instant.hpp"
#include "runtime/clock_watch.hpp"

namespace magwatch::cli::doctor
{

struct CommandResult {
    bool ran = false; // false: there is no such program, or it did not end in time
    int status = -1;
    std::string output; // its stdout
};
// Runs a program of /usr/bin or /usr/sbin (or of a whole path) with an empty stdin and LC_ALL=C, for 20 s at most.
[[nodiscard]] CommandResult run_command(const std::vector<std::string>& words);

// The magic number that statfs() gives for the file system of a path.
[[nodiscard]] std::optional<std::uint32_t> file_system_of(const std::string& path);

struct Machine {
    std::string root; // below which the files of this system lie; "" = where they are
    std::function<CommandResult(const std::vector<std::string>&)> run = run_command;
    std::function<Synchronisation()> synchronisation = read_synchronisation;
    std::function<std::optional<DiskSpace>(const std::string&)> disk_space = read_disk_space;
    std::function<std::optional<std::uint32_t>(const std::string&)> file_system = file_system_of;
    WallTime now; // of the whole examination

    [[nodiscard]] std::string path(const std::string& of_the_system) const { return root + of_the_system; }
    // systemd is what runs this machine.
    [[nodiscard]] bool has_systemd() const;
};

// A file as a check sees it.
struct FileState {
    bool there = false;
    int error = 0; // errno, when it cannot be seen
    struct stat info {};
    [[nodiscard]] bool hidden() const; // this user may not look
    [[nodiscard]] unsigned mode() const { return info.st_mode & 07777U; }
    [[nodiscard]] std::string mode_text() const; // "0644"
};
[[nodiscard]] FileState look_at(const std::string& path);
// "magwatch", or "uid 1234" where it has no name.
[[nodiscard]] std::string user_name(uid_t user);
[[nodiscard]] std::optional<uid_t> user_of(const std::string& name);

// "KEY=VALUE" lines.
using Properties = std::map<std::string, std::string>;
[[nodiscard]] Properties parse_properties(const std::string& text);

// "3 min", "5 h", "12 days": how long, in the unit that people use.
[[nodiscard]] std::string length_text(Duration length);

} // namespace magwatch::cli::doctor
