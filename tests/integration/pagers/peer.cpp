#include "tests/integration/pagers/peer.hpp"

#include <charconv>
#include <csignal>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace magwatch::testing_support {
namespace {

pid_t spawn(std::vector<std::string> command, int out, bool quiet = false)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (out >= 0) posix_spawn_file_actions_adddup2(&actions, out, 1);
    if (quiet) posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    std::vector<char*> argv;
    for (std::string& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = -1;
    const int failed = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error{"cannot start " + command[0]};
    return pid;
}

} // namespace

Peer::Peer(const std::string& script, std::vector<std::string> arguments)
{
    const char* const language = script.ends_with(".pl") ? "/usr/bin/perl" : "/usr/bin/python3";
    std::vector<std::string> command{language, std::string{MAGWATCH_SOURCE_DIR} + "/" + script};
    command.insert(command.end(), arguments.begin(), arguments.end());
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
    pid_ = spawn(std::move(command), pipe[1]);
    ::close(pipe[1]);
    out_ = pipe[0];
    ready_ = line().value_or("");
    if (!ready_.starts_with("READY ")) throw std::runtime_error{script + " did not start: " + ready_};
    const std::size_t digits = ready_.find_first_of("0123456789");
    std::from_chars(ready_.data() + digits, ready_.data() + ready_.size(), port_);
}

Peer::~Peer()
{
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(out_);
}

std::optional<std::string> Peer::line(std::chrono::milliseconds limit)
{
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
        if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
            std::string text = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return text;
        }
        using std::chrono::milliseconds, std::chrono::steady_clock;
        const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
        pollfd wait{out_, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
        char bytes[4096];
        const ssize_t n = ::read(out_, bytes, sizeof bytes);
        if (n <= 0) return std::nullopt;
        buffer_.append(bytes, static_cast<std::size_t>(n));
    }
}

nlohmann::json Peer::report(std::chrono::milliseconds limit)
{
    while (const auto text = line(limit)) {
        auto json = nlohmann::json::parse(*text, nullptr, false);
        if (json.is_object()) return json;
    }
    return nlohmann::json{nlohmann::json::value_t::discarded};
}

std::uint16_t closed_port()
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

bool run(std::vector<std::string> command)
{
    const pid_t pid = spawn(std::move(command), -1, true);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace magwatch::testing_support
