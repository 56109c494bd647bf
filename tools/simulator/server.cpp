#include "tools/simulator/server.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <system_error>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/simulator/mllp_sender.hpp"
#include "tools/simulator/modbus_reply.hpp"
#include "tools/simulator/text.hpp"

namespace magwatch::simulator {
namespace {

constexpr std::int64_t turn_ms = 100;       // the longest wait: the ward is stepped this often
constexpr std::size_t most_clients = 512;   // of all devices together
constexpr std::size_t most_pending = 65536; // bytes of a client that reads too slowly, or of one line

std::int64_t clock_ms(clockid_t clock)
{
    timespec t{};
    clock_gettime(clock, &t);
    return std::int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000;
}

class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_{fd} {}
    Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Descriptor() { reset(); }
    void reset()
    {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

[[noreturn]] void fail(const std::string& what)
{
    throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

sockaddr_in address_of(const std::string& host, std::uint16_t port)
{
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    const std::string numeric = host == "localhost" ? "127.0.0.1" : host;
    if (inet_pton(AF_INET, numeric.c_str(), &a.sin_addr) != 1)
        throw std::runtime_error("'" + host + "' is not an IPv4 address");
    return a;
}

const sockaddr* generic(const sockaddr_in& a) { return reinterpret_cast<const sockaddr*>(&a); }

Descriptor listen_on(const std::string& host, std::uint16_t port)
{
    const sockaddr_in a = address_of(host, port);
    Descriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    const int one = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (!fd || ::bind(fd.get(), generic(a), sizeof a) != 0 || ::listen(fd.get(), 64) != 0)
        fail("cannot listen on " + host + ":" + std::to_string(port));
    return fd;
}

enum class Role : std::uint8_t { listener, modbus, control_listener, control, gateway, input, signals };

struct Endpoint {
    Role role{};
    Descriptor fd;
    std::size_t device = 0; // of a listener or Modbus client
    std::string in, out;
    bool wants_write = false;
};

} // namespace

struct Server::State {
    Stage& stage;
    ServerOptions options;
    Descriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
    std::map<int, Endpoint> endpoints;
    std::vector<bool> listening; // per device
    MllpSender sender;
    int gateway_fd = -1;
    bool gateway_connected = false;
    bool stop = false;

    State(Stage& s, const ServerOptions& o) : stage{s}, options{o}, listening(s.devices(), false) {}

    Endpoint& add(Role role, Descriptor fd, std::size_t device = 0, std::uint32_t events = EPOLLIN)
    {
        const int number = fd.get();
        epoll_event e{};
        e.events = events;
        e.data.fd = number;
        if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, number, &e) != 0) fail("epoll");
        Endpoint& endpoint = endpoints[number];
        endpoint.role = role;
        endpoint.fd = std::move(fd);
        endpoint.device = device;
        endpoint.wants_write = (events & EPOLLOUT) != 0;
        return endpoint;
    }

    void want_write(Endpoint& endpoint, bool on)
    {
        if (endpoint.wants_write == on) return;
        endpoint.wants_write = on;
        epoll_event e{};
        e.events = on ? EPOLLIN | EPOLLOUT : EPOLLIN;
        e.data.fd = endpoint.fd.get();
        ::epoll_ctl(epoll.get(), EPOLL_CTL_MOD, endpoint.fd.get(), &e);
    }

    void drop(int fd)
    {
        if (fd == gateway_fd) {
            gateway_fd = -1;
            gateway_connected = false;
            sender.disconnected(clock_ms(CLOCK_MONOTONIC));
        }
        endpoints.erase(fd);
    }

    // False: the connection is gone.
    bool flush(Endpoint& endpoint)
    {
        while (!endpoint.out.empty()) {
            const ssize_t n = ::send(endpoint.fd.get(), endpoint.out.data(), endpoint.out.size(), MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
            if (n <= 0) return false;
            endpoint.out.erase(0, static_cast<std::size_t>(n));
        }
        want_write(endpoint, !endpoint.out.empty());
        return endpoint.out.size() < most_pending;
    }

    void follow_cables();
    void accept_clients(Endpoint& listener);
    bool serve_modbus(Endpoint& client);
    bool serve_control(Endpoint& client);
    bool read_more(Endpoint& endpoint);
    void handle(int fd, std::uint32_t events);
    void connect_gateway();
    void feed_gateway();
    void tell_story();
    bool gateway_ready(Endpoint& endpoint, std::uint32_t events);
};

// A device whose cable is out refuses, and drops who was connected.
void Server::State::follow_cables()
{
    for (std::size_t d = 0; d < listening.size(); ++d) {
        const StageDevice device = stage.device(d);
        if (device.unplugged == !listening[d]) continue;
        listening[d] = !device.unplugged;
        if (listening[d]) {
            const auto port = static_cast<std::uint16_t>(options.modbus_base_port + device.port);
            add(Role::listener, listen_on(options.address, port), d);
            continue;
        }
        std::erase_if(endpoints, [&](const auto& entry) {
            const Endpoint& e = entry.second;
            return (e.role == Role::listener || e.role == Role::modbus) && e.device == d;
        });
    }
}

void Server::State::accept_clients(Endpoint& listener)
{
    while (true) {
        Descriptor fd{::accept4(listener.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!fd) return;
        if (endpoints.size() >= most_clients) continue; // closes at once
        if (listener.role == Role::control_listener) {
            add(Role::control, std::move(fd));
            continue;
        }
        const int one = 1;
        ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        add(Role::modbus, std::move(fd), listener.device);
    }
}

bool Server::State::read_more(Endpoint& endpoint)
{
    char buffer[4096];
    while (true) {
        const ssize_t n = ::read(endpoint.fd.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
        if (n <= 0) return false;
        endpoint.in.append(buffer, static_cast<std::size_t>(n));
        if (endpoint.in.size() > most_pending) return false;
        if (static_cast<std::size_t>(n) < sizeof buffer) return true;
    }
}

bool Server::State::serve_modbus(Endpoint& client)
{
    const RegisterTables tables = stage.device(client.device).tables;
    std::size_t at = 0;
    while (true) {
        std::size_t length = 0;
        const std::string_view rest = std::string_view{client.in}.substr(at);
        const FrameState state = request_state(rest, length);
        if (state == FrameState::damaged) return false;
        if (state == FrameState::incomplete) break;
        client.out += reply_to(rest.substr(0, length), tables);
        at += length;
    }
    client.in.erase(0, at);
    return flush(client);
}

bool Server::State::serve_control(Endpoint& client)
{
    std::size_t end;
    while ((end = client.in.find('\n')) != std::string::npos) {
        const std::string line = client.in.substr(0, end);
        client.in.erase(0, end + 1);
        if (words_of(line).empty()) continue;
        std::string answer;
        if (words_of(line)[0] == "quit") {
            stop = true;
            answer = "{\"ok\":true,\"text\":\"bye\"}\n";
        } else {
            const CommandResult result = stage.command(line);
            const bool json = result.ok && result.text.starts_with('{');
            answer = json ? result.text + "\n"
                          : std::string{"{\"ok\":"} + (result.ok ? "true" : "false") + ",\"text\":" +
                                json_text(result.text) + "}\n";
            follow_cables();
        }
        if (client.role == Role::control) {
            client.out += answer;
        } else {
            std::fputs(answer.c_str(), stdout);
            std::fflush(stdout);
        }
    }
    return client.role != Role::control || flush(client);
}

void Server::State::connect_gateway()
{
    if (options.mllp_host.empty() || gateway_fd >= 0) return;
    const std::int64_t now = clock_ms(CLOCK_MONOTONIC);
    if (sender.waiting() == 0 || now < sender.connect_after_ms()) return;
    const sockaddr_in a = address_of(options.mllp_host, options.mllp_port);
    Descriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) return;
    const int one = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const int result = ::connect(fd.get(), generic(a), sizeof a);
    if (result != 0 && errno != EINPROGRESS) {
        sender.disconnected(now);
        return;
    }
    gateway_fd = fd.get();
    add(Role::gateway, std::move(fd), 0, EPOLLIN | EPOLLOUT);
}

bool Server::State::gateway_ready(Endpoint& endpoint, std::uint32_t events)
{
    if (!gateway_connected) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(endpoint.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0 || (events & (EPOLLERR | EPOLLHUP)) != 0) return false;
        gateway_connected = true;
    }
    const std::int64_t now = clock_ms(CLOCK_MONOTONIC);
    if ((events & EPOLLIN) != 0) {
        const bool open = read_more(endpoint);
        if (!sender.received(std::exchange(endpoint.in, {}), now) || !open) return false;
    }
    if (const std::optional<std::string> frame = sender.to_send(now)) endpoint.out += *frame;
    return flush(endpoint);
}

// Queues the messages that are due and keeps the connection moving.
void Server::State::feed_gateway()
{
    if (options.mllp_host.empty()) return;
    for (StageReport& report : stage.due_reports(clock_ms(CLOCK_REALTIME)))
        sender.enqueue(std::move(report.control_id), std::move(report.message));
    for (const auto& outcome : sender.take_outcomes()) stage.answered(outcome.control_id, outcome.code);
    connect_gateway();
    if (gateway_fd < 0 || !gateway_connected) return;
    const std::int64_t now = clock_ms(CLOCK_MONOTONIC);
    Endpoint& endpoint = endpoints.at(gateway_fd);
    if (sender.reply_overdue(now)) return drop(gateway_fd);
    if (const std::optional<std::string> frame = sender.to_send(now)) {
        endpoint.out += *frame;
        if (!flush(endpoint)) drop(gateway_fd);
    }
}

void Server::State::handle(int fd, std::uint32_t events)
{
    const auto found = endpoints.find(fd);
    if (found == endpoints.end()) return; // closed earlier in this turn
    Endpoint& endpoint = found->second;
    bool open = true;
    switch (endpoint.role) {
    case Role::signals: stop = true; return;
    case Role::listener:
    case Role::control_listener: accept_clients(endpoint); return;
    case Role::gateway: open = gateway_ready(endpoint, events); break;
    case Role::modbus:
        if ((events & EPOLLOUT) != 0) open = flush(endpoint);
        if (open && (events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) open = read_more(endpoint);
        if (open) open = serve_modbus(endpoint);
        break;
    case Role::control:
    case Role::input:
        open = read_more(endpoint);
        if (!serve_control(endpoint)) open = false;
        break;
    }
    if (!open) drop(fd);
}

void Server::State::tell_story()
{
    for (const StoryLine& line : stage.take_story()) {
        const std::int64_t s = line.at_ms / 1000;
        if (options.json_story) {
            std::printf("{\"at_ms\":%lld,\"bed\":%s,\"text\":%s}\n", static_cast<long long>(line.at_ms),
                        json_text(line.bed).c_str(), json_text(line.text).c_str());
        } else {
            const std::string who = line.bed.empty() || line.text.starts_with(line.bed) ? "" : line.bed + ": ";
            std::printf("SIMULATION %02lld:%02lld %s%s\n", static_cast<long long>(s / 60),
                        static_cast<long long>(s % 60), who.c_str(), line.text.c_str());
        }
        std::fflush(stdout);
    }
}

Server::Server(Stage& stage, const ServerOptions& options)
    : state_{std::make_unique<State>(stage, options)}
{
    State& s = *state_;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    s.add(Role::signals, Descriptor{::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)});
    if (!options.mllp_host.empty()) (void)address_of(options.mllp_host, options.mllp_port);
    s.follow_cables();
    if (options.control_stdin) s.add(Role::input, Descriptor{::dup(0)});
    if (options.control_path.empty()) return;
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    if (options.control_path.size() >= sizeof a.sun_path)
        throw std::runtime_error("the control socket's path is too long");
    std::memcpy(a.sun_path, options.control_path.c_str(), options.control_path.size());
    Descriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    ::unlink(options.control_path.c_str());
    const mode_t old = ::umask(0077);
    const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a);
    ::umask(old);
    if (bound != 0 || ::listen(fd.get(), 8) != 0) fail("cannot listen on " + options.control_path);
    s.add(Role::control_listener, std::move(fd));
}

Server::~Server()
{
    if (!state_->options.control_path.empty()) ::unlink(state_->options.control_path.c_str());
}

void Server::run(std::int64_t run_ms)
{
    State& s = *state_;
    const std::int64_t began = clock_ms(CLOCK_MONOTONIC);
    std::int64_t stepped = 0;
    epoll_event events[64];
    while (!s.stop && !s.stage.over()) {
        const int n = ::epoll_wait(s.epoll.get(), events, 64, static_cast<int>(turn_ms / 2));
        for (int i = 0; i < n; ++i) s.handle(events[i].data.fd, events[i].events);
        const std::int64_t elapsed = clock_ms(CLOCK_MONOTONIC) - began;
        s.stage.step(elapsed - stepped);
        stepped = elapsed;
        s.follow_cables();
        s.feed_gateway();
        s.tell_story();
        if (s.options.on_turn) s.options.on_turn();
        if (run_ms > 0 && elapsed >= run_ms) break;
    }
}

} // namespace magwatch::simulator
