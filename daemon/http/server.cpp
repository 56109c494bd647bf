#include "daemon/http/server.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>
#include <utility>

#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include "daemon/http/audited.hpp"
#include "daemon/http/connections.hpp"
#include "daemon/http/lookups.hpp"
#include "daemon/http/questions.hpp"
#include "daemon/http/feed.hpp"
#include "daemon/http/service.hpp"
#include "daemon/http/streams.hpp"
#include "rules/base/assert.hpp"
#include "runtime/clock.hpp"
#include "runtime/lane.hpp"
#include "runtime/log.hpp"
#include "runtime/pulse.hpp"
#include "runtime/task_group.hpp"

namespace magwatch::http
{

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

namespace
{

constexpr LogEvent listening{"http.listening", LogLevel::info};
constexpr LogEvent task_failed{"http.task_failed", LogLevel::error};
constexpr LogEvent setup_needed{"people.setup_code", LogLevel::notice};
constexpr LogEvent peer_refused{"http.peer_refused", LogLevel::warning};

constexpr std::string_view session_task = "http session";

bool in_group(int socket, const ucred& peer, std::uint32_t group)
{
    if (peer.gid == group) return true;
    std::vector<gid_t> groups(64);
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) {
        if (errno != ERANGE) return false;
        groups.resize(size / sizeof(gid_t));
        if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
    }
    groups.resize(size / sizeof(gid_t));
    return std::find(groups.begin(), groups.end(), group) != groups.end();
}

// Who connected to the Unix socket, by the kernel's word.
Peer peer_of(int socket, std::optional<std::uint32_t> group)
{
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return {"user", false, true};
    const bool allowed = credentials.uid == 0 || credentials.uid == geteuid() ||
                         (group && in_group(socket, credentials, *group));
    return {"user " + std::to_string(credentials.uid), allowed, !allowed};
}

} // namespace

struct Server::State final : Host {
    State(const Board& b, Metrics& m, Post p, ServerOptions o)
        // Unlike a counter from 1, no number of an earlier life of the daemon comes again.
        : options{std::move(o)}, metrics{m},
          questions{io.get_executor(), std::move(p), static_cast<std::uint64_t>(read_clocks().wall.ms) * 1000},
          lookups{io.get_executor(), options.ask_history},
          service{b, service_options()}, feed{b, options.readings},
          streams_{
              io.get_executor(), feed, options.limits,
              [this](std::size_t count, std::size_t boards) {
                  metrics.displays_connected.Set(static_cast<double>(count));
                  boards_ = boards;
              },
              [this] { metrics.http_refused(HttpRefusal::reader); }},
          tcp_acceptor{io}, local_acceptor{io},
          connections_{*this, options.limits, std::string{session_task}}
    {
        for (const Route& route : routes()) metrics.declare_route(route.name, codes_of(route));
        metrics.declare_route("none", codes_of_none());
    }

    ServiceOptions service_options()
    {
        ServiceOptions out;
        out.hosts = options.hosts;
        if (options.answer_key) out.answer_key.emplace(options.answer_key->copy());
        out.readings = options.readings;
        out.web = std::move(options.web);
        out.people = std::move(options.people);
        out.metrics_text = [this] { return metrics.text(); };
        out.sounds = [this](const SoundCount& boards) {
            metrics.boards_sounding.Set(static_cast<double>(boards.on));
            metrics.boards_silent.Set(static_cast<double>(boards.off));
        };
        out.copy_store = options.copy_store;
        return out;
    }

    // --- listening ---
    std::optional<std::string> listen_local();
    [[nodiscard]] std::optional<Peer> user(Socket& socket) const;
    void socket_refused(const Peer& peer) const;

    [[nodiscard]] std::optional<Peer> neighbour(Socket& socket);

    // --- Host ---
    asio::awaitable<Response> answer(Request request) override;
    asio::awaitable<Response> ask(Ask ask);
    asio::awaitable<std::variant<Response, Ask, PinJob>> look_at_pin(PinJob job);
    Response refuse(unsigned status, std::string_view text, std::optional<HttpRefusal> why) override
    {
        metrics.http_request("none", status);
        if (why) metrics.http_refused(*why);
        return service.error(status, text);
    }
    void turned_away(HttpRefusal why) override { metrics.http_refused(why); }
    void connections(std::size_t count) override
    {
        metrics.http_connections.Set(static_cast<double>(count));
    }
    [[nodiscard]] bool simulation() const override { return service.simulation(); }
    [[nodiscard]] Streams* streams() override { return &streams_; }

    void close_all();

    ServerOptions options;
    Metrics& metrics;
    asio::io_context io{1};
    Lane pins{"pins", 8}; // one hash at a time: 64 MiB each
    Pulse pulse;
    Questions questions;
    Lookups lookups;
    Service service;
    Feed feed;
    std::atomic<std::size_t> boards_{0};
    Streams streams_;
    tcp::acceptor tcp_acceptor;
    local::acceptor local_acceptor;
    std::unique_ptr<TaskGroup> tasks;
    Connections connections_;
    std::shared_ptr<TlsContext> tls;
    std::uint16_t bound_port = 0;
    std::thread thread;
};

std::optional<std::string> Server::State::listen_local()
{
    const std::string& path = options.socket_path;
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return path + ": the path is too long for a socket";
    struct stat found {
    };
    if (lstat(path.c_str(), &found) == 0) {
        if (!S_ISSOCK(found.st_mode)) return path + ": exists and is not a socket";
        local::socket probe{io};
        boost::system::error_code refused;
        (void)probe.connect(local::endpoint{path}, refused);
        if (!refused) return path + ": another daemon listens there";
        (void)unlink(path.c_str()); // left behind by one that was killed
    }
    boost::system::error_code error;
    (void)local_acceptor.open(local{}, error);
    // No moment at which others could connect: the mode is right before anybody can.
    const mode_t before = umask(0117);
    if (!error) (void)local_acceptor.bind(local::endpoint{path}, error);
    umask(before);
    if (!error && options.socket_group &&
        lchown(path.c_str(), static_cast<uid_t>(-1), *options.socket_group) != 0)
        error = boost::system::error_code{errno, boost::system::generic_category()};
    if (!error) (void)local_acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return path + ": " + error.message();
    return std::nullopt;
}

std::optional<Peer> Server::State::neighbour(Socket& socket)
{
    Peer peer;
    peer.key = address_of(socket);
    if (peer.key.empty()) return std::nullopt;
    if (options.tls && !tls) { // never in the clear because a file is missing
        metrics.http_refused(HttpRefusal::tls);
        return std::nullopt;
    }
    boost::system::error_code ignored;
    (void)socket.set_option(tcp::no_delay{true}, ignored);
    return peer;
}

std::optional<Peer> Server::State::user(Socket& socket) const
{
    Peer peer = peer_of(socket.native_handle(), options.socket_group);
    if (peer.refused) socket_refused(peer);
    return peer;
}

void Server::State::socket_refused(const Peer& peer) const
{
    log(peer_refused, "the socket was used by a user who may not", {{LogKey::peer, peer.key}});
    if (!options.audit) return;
    audit::Event event;
    event.proof = "socket";
    event.station = peer.key;
    event.action = "socket";
    event.outcome = "refused";
    options.audit(std::move(event));
}

asio::awaitable<Response> Server::State::answer(Request request)
{
    Handled handled = service.handle(request, read_clocks());
    if (handled.turned_away) metrics.http_refused(*handled.turned_away);
    Response response;
    if (auto* asked = std::get_if<PinJob>(&handled.result)) {
        PinJob job = std::move(*asked);
        auto looked = co_await look_at_pin(std::move(job));
        std::visit([&](auto& given) { handled.result = std::move(given); }, looked);
    }
    if (auto* done = std::get_if<Response>(&handled.result)) {
        response = std::move(*done);
    } else if (auto* past = std::get_if<HistoryQuestion>(&handled.result)) {
        HistoryQuestion question = std::move(*past);
        const Duration limit = options.limits.ward;
        HistoryAnswer found = co_await lookups.ask(std::move(question), limit);
        response = service.looked_back(std::move(found));
    } else {
        Ask question = std::move(std::get<Ask>(handled.result));
        response = co_await ask(std::move(question));
    }
    metrics.http_request(handled.route, response.status);
    if (handled.audited && options.audit && conclude(*handled.audited, response.status))
        options.audit(*std::move(handled.audited));
    co_return response;
}

asio::awaitable<std::variant<Response, Ask, PinJob>> Server::State::look_at_pin(PinJob job)
{
    const auto shared = std::make_shared<PinJob>(std::move(job));
    auto work = [shared] { return look_at(*shared); };
    std::optional<PinOutcome> outcome = co_await run_blocking(pins, std::move(work));
    if (!outcome) co_return service.error(503, "too many PINs are being looked at: try again");
    co_return service.pin_looked_at(std::move(*shared), *std::move(outcome), read_clocks());
}

asio::awaitable<Response> Server::State::ask(Ask ask)
{
    std::vector<Input> inputs = ask.inputs;
    const Duration limit = options.limits.ward;
    const Heard heard = co_await questions.ask(std::move(inputs), limit);
    if (heard.state == Heard::State::refused) co_return service.overloaded(ask);
    if (heard.state == Heard::State::silent) co_return service.unconfirmed(ask);
    if (!heard.stored) co_return service.unstored(ask);
    const WallTime now = read_clocks().wall;
    co_return service.answered(ask, heard.replies, now);
}

void Server::State::close_all()
{
    boost::system::error_code ignored;
    (void)tcp_acceptor.close(ignored);
    (void)local_acceptor.close(ignored);
    questions.stop();
    streams_.close_all();
    lookups.stop();
    connections_.close_all();
    tasks->stop();
}

Server::Server(const Board& board, Metrics& metrics, Post post, ServerOptions options)
    : state_{std::make_unique<State>(board, metrics, std::move(post), std::move(options))}
{
}

Server::~Server()
{
    stop();
}

std::optional<std::string> Server::start()
{
    State& s = *state_;
    if (!s.options.address.empty()) {
        if (auto error = listen_on(s.tcp_acceptor, s.options.address, s.options.port)) return error;
        s.bound_port = s.tcp_acceptor.local_endpoint().port();
    }
    if (!s.options.socket_path.empty())
        if (auto error = s.listen_local()) return error;
    const auto on_failure = [](const TaskFailure& failure) {
        if (failure.stopping) return;
        log(task_failed, "a task of the HTTP server ended by an error",
            {{LogKey::task, failure.task}, {LogKey::reason, failure.what}});
        // One connection is one client's loss; without its listener nobody could answer a page. A
        // restart helps.
        MAGWATCH_ASSERT(failure.task == session_task);
    };
    s.tasks = std::make_unique<TaskGroup>(s.io.get_executor(), on_failure);
    const Connections::Who user = [&s](Socket& socket) { return s.user(socket); };
    const Connections::Who neighbour = [&s](Socket& socket) { return s.neighbour(socket); };
    const Connections::Tls tls = [&s] { return s.tls; };
    if (s.tcp_acceptor.is_open())
        s.tasks->spawn_loop("http tcp", s.connections_.accept_loop(s.tcp_acceptor, *s.tasks, neighbour, tls));
    if (s.local_acceptor.is_open())
        s.tasks->spawn_loop("http unix", s.connections_.accept_loop(s.local_acceptor, *s.tasks, user));
    s.tasks->spawn_loop("http streams", s.streams_.run());
    s.tasks->spawn_loop("http pulse", s.pulse.run());
    s.thread = std::thread{[&s] {
        pthread_setname_np(pthread_self(), "magwatch-http");
        sigset_t all;
        sigfillset(&all); // signals are the main thread's
        pthread_sigmask(SIG_SETMASK, &all, nullptr);
        s.io.run();
    }};
    if (const std::string code = s.service.make_setup_code(read_clocks()); !code.empty())
        log(setup_needed, "nobody has a PIN: set up the first person at the board within an hour, with the code " +
                              code + " ('magwatch user setup-code' shows another one)");
    log(listening, "listening",
        {{LogKey::peer, s.options.address + ":" + std::to_string(s.bound_port)}});
    return std::nullopt;
}

void Server::serve_with(const Certificate& certificate)
{
    State& s = *state_;
    auto take = [&s, context = std::make_shared<TlsContext>(certificate.context())] { s.tls = context; };
    asio::post(s.io, std::move(take));
}

void Server::stop()
{
    State& s = *state_;
    if (!s.thread.joinable()) return;
    auto close = [&s] { s.close_all(); };
    asio::post(s.io, std::move(close));
    s.thread.join();
    s.pulse.stop();
    if (!s.options.socket_path.empty()) (void)unlink(s.options.socket_path.c_str());
}

void Server::reply(const Reply& reply, bool stored)
{
    State& s = *state_;
    auto take = [&s, reply, stored] { s.questions.take(reply, stored); };
    asio::post(s.io, std::move(take));
}

Duration Server::stands_still() const
{
    return state_->pulse.age();
}

Duration Server::oldest_pin() const
{
    return state_->pins.oldest_age();
}

std::size_t Server::boards() const
{
    return state_->boards_;
}

std::uint16_t Server::port() const
{
    return state_->bound_port;
}

} // namespace magwatch::http
