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

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

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
constexpr LogEvent cannot_listen{"http.cannot_listen", LogLevel::warning};
constexpr LogEvent task_failed{"http.task_failed", LogLevel::error};
constexpr LogEvent setup_needed{"people.setup_code", LogLevel::notice};
constexpr LogEvent peer_refused{"http.peer_refused", LogLevel::warning};

constexpr std::string_view session_task = "http session";
constexpr Duration look_at_farewell{10};

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
    std::optional<std::string> open_local();
    std::optional<std::string> listen_tcp();
    std::optional<std::string> listen_local();
    std::string listen_where_missing();
    asio::awaitable<void> keep_trying();
    asio::awaitable<void> farewell();
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
    std::atomic<std::uint16_t> bound_port{0};
    std::atomic<bool> missing{false}; // it does not listen wherever it shall
    std::atomic<bool> farewell_said{false};
    bool closing = false; // on the server's thread
    asio::steady_timer next_try{io};
    std::thread thread;
};

std::optional<std::string> Server::State::open_local()
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
    if (!error) (void)local_acceptor.bind(local::endpoint{path}, error);
    // No moment at which others could connect: owner and mode are right before it listens. Not by umask(), which is
    // every thread's.
    const auto fits = [&] {
        return !options.socket_group || lchown(path.c_str(), static_cast<uid_t>(-1), *options.socket_group) == 0;
    };
    if (!error && (!fits() || chmod(path.c_str(), 0660) != 0))
        error = boost::system::error_code{errno, boost::system::generic_category()};
    if (!error) (void)local_acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return std::nullopt;
    boost::system::error_code ignored;
    (void)local_acceptor.close(ignored);
    return path + ": " + error.message();
}

std::optional<std::string> Server::State::listen_tcp()
{
    if (options.address.empty() || tcp_acceptor.is_open()) return std::nullopt;
    if (auto error = listen_on(tcp_acceptor, options.address, options.port)) return error;
    bound_port = tcp_acceptor.local_endpoint().port();
    const Connections::Who who = [this](Socket& socket) { return neighbour(socket); };
    const Connections::Tls own = [this] { return tls; };
    tasks->spawn_loop("http tcp", connections_.accept_loop(tcp_acceptor, *tasks, who, own));
    log(listening, "listening", {{LogKey::peer, options.address + ":" + std::to_string(bound_port)}});
    return std::nullopt;
}

std::optional<std::string> Server::State::listen_local()
{
    if (options.socket_path.empty() || local_acceptor.is_open()) return std::nullopt;
    if (auto error = open_local()) return error;
    const Connections::Who who = [this](Socket& socket) { return user(socket); };
    tasks->spawn_loop("http unix", connections_.accept_loop(local_acceptor, *tasks, who));
    log(listening, "listening", {{LogKey::peer, options.socket_path}});
    return std::nullopt;
}

// "" or why it still does not listen at one of them. Neither takes the other along: who cannot reach the board has the
// command line.
std::string Server::State::listen_where_missing()
{
    const auto socket = listen_local();
    const auto port = listen_tcp();
    missing = socket || port;
    if (socket && port) return *port + "; " + *socket;
    return port ? *port : socket.value_or("");
}

// A port that is taken may be free later, and an address that the machine does not have yet may come.
asio::awaitable<void> Server::State::keep_trying()
{
    std::string told;
    while (missing) {
        next_try.expires_after(options.limits.listen_again);
        (void)co_await next_try.async_wait(asio::as_tuple(asio::use_awaitable));
        if (closing) co_return;
        const std::string wrong = listen_where_missing();
        if (!wrong.empty() && wrong != told) log(cannot_listen, "cannot listen yet", {{LogKey::reason, wrong}});
        told = wrong;
    }
}

asio::awaitable<void> Server::State::farewell()
{
    streams_.tell_now();
    asio::steady_timer timer{io};
    while (!closing && !streams_.all_sent()) {
        timer.expires_after(look_at_farewell);
        (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    farewell_said = true;
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
    closing = true;
    next_try.cancel();
    (void)tcp_acceptor.close(ignored);
    if (local_acceptor.is_open()) (void)unlink(options.socket_path.c_str()); // another daemon's is not ours to take
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
    const auto on_failure = [](const TaskFailure& failure) {
        if (failure.stopping) return;
        log(task_failed, "a task of the HTTP server ended by an error",
            {{LogKey::task, failure.task}, {LogKey::reason, failure.what}});
        // One connection is one client's loss; without its listener nobody could answer a page. A
        // restart helps.
        MAGWATCH_ASSERT(failure.task == session_task);
    };
    s.tasks = std::make_unique<TaskGroup>(s.io.get_executor(), on_failure);
    const std::string wrong = s.listen_where_missing();
    s.tasks->spawn("http listen", s.keep_trying());
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
    return wrong.empty() ? std::nullopt : std::optional{wrong};
}

void Server::listen_again()
{
    State& s = *state_;
    if (!s.missing) return;
    auto now = [&s] { s.next_try.cancel(); };
    asio::post(s.io, std::move(now));
}

void Server::say_farewell()
{
    State& s = *state_;
    auto say = [&s] { s.tasks->spawn("http farewell", s.farewell()); };
    asio::post(s.io, std::move(say));
}

bool Server::farewell_said() const
{
    return state_->farewell_said;
}

bool Server::listens() const
{
    return !state_->missing;
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
