#include "tools/magwatch/doctor/machine.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

namespace magwatch::cli::doctor
{
namespace
{

constexpr std::chrono::seconds command_limit{20};
constexpr std::size_t output_limit = 4U << 20;

// The program's output until it ends; false if it did not within its time.
bool read_all(int pipe, std::string& output)
{
    const auto end = std::chrono::steady_clock::now() + command_limit;
    std::array<char, 4096> buffer{};
    while (output.size() < output_limit) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) return false;
        pollfd readable{pipe, POLLIN, 0};
        const int ready = poll(&readable, 1, static_cast<int>(left.count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        const ssize_t n = read(pipe, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0;
        output.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return false;
}

// The process id, or 0 if it cannot be started.
pid_t start(const std::vector<std::string>& words, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<std::string> copies = words;
    std::vector<char*> arguments;
    for (auto& word : copies) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    // Nothing of the caller's surroundings changes what is asked, or in which language it is answered.
    std::array<std::string, 3> variables{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "SYSTEMD_PAGER="};
    std::vector<char*> environment;
    for (auto& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    pid_t process = 0;
    int failed = ENOENT;
    if (words[0].front() == '/') {
        failed = posix_spawn(&process, words[0].c_str(), &actions, nullptr, arguments.data(), environment.data());
    } else {
        for (const char* folder : {"/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"}) {
            const std::string whole = folder + words[0];
            if (access(whole.c_str(), X_OK) != 0) continue;
            failed = posix_spawn(&process, whole.c_str(), &actions, nullptr, arguments.data(), environment.data());
            break;
        }
    }
    posix_spawn_file_actions_destroy(&actions);
    return failed == 0 ? process : 0;
}

} // namespace

CommandResult run_command(const std::vector<std::string>& words)
{
    CommandResult result;
    std::array<int, 2> ends{};
    if (words.empty() || pipe2(ends.data(), O_CLOEXEC) != 0) return result;
    const pid_t process = start(words, ends[1]);
    close(ends[1]);
    if (process == 0) {
        close(ends[0]);
        return result;
    }
    const bool ended = read_all(ends[0], result.output);
    close(ends[0]);
    if (!ended) kill(process, SIGKILL);
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    result.ran = ended && WIFEXITED(status);
    if (result.ran) result.status = WEXITSTATUS(status);
    return result;
}

std::optional<std::uint32_t> file_system_of(const std::string& path)
{
    struct statfs info {
    };
    if (statfs(path.c_str(), &info) != 0) return std::nullopt;
    return static_cast<std::uint32_t>(info.f_type);
}

bool Machine::has_systemd() const
{
    return look_at(path("/run/systemd/system")).there;
}

bool FileState::hidden() const
{
    return error == EACCES || error == EPERM;
}

std::string FileState::mode_text() const
{
    return fmt::format("{:04o}", mode());
}

FileState look_at(const std::string& path)
{
    FileState state;
    state.there = stat(path.c_str(), &state.info) == 0;
    if (!state.there) state.error = errno;
    return state;
}

std::string user_name(uid_t user)
{
    const passwd* found = getpwuid(user);
    return found != nullptr ? std::string{found->pw_name} : fmt::format("uid {}", user);
}

std::optional<uid_t> user_of(const std::string& name)
{
    const passwd* found = getpwnam(name.c_str());
    return found != nullptr ? std::optional{found->pw_uid} : std::nullopt;
}

Properties parse_properties(const std::string& text)
{
    Properties properties;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t equals = line.find('=');
        if (equals != std::string::npos) properties[line.substr(0, equals)] = line.substr(equals + 1);
    }
    return properties;
}

std::string length_text(Duration length)
{
    const std::int64_t seconds = length.count() / 1000;
    if (seconds < 120) return fmt::format("{} s", seconds);
    if (seconds < 120 * 60) return fmt::format("{} min", seconds / 60);
    if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
    return fmt::format("{} days", seconds / 86'400);
}

} // namespace magwatch::cli::doctor
