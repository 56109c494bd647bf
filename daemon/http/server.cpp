#include "daemon/http/server.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <future>
#include <list>
#include <map>
#include <thread>
#include <utility>

#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/http/service.hpp"
#include "daemon/http/session.hpp"
#include "rules/base/assert.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/task_group.hpp"

namespace magwatch::http
{

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

namespace
{

const auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr LogEvent listening{"http.listening", LogLevel::info};
constexpr LogEvent task_failed{"http.task_failed", LogLevel::error};
constexpr LogEvent peer_refused{"http.peer_refused", LogLevel::warning};
constexpr LogEvent accept_failed{"http.accept_failed", LogLevel::warning};

// Out of descriptors or memory: the next accept fails at once, too.
constexpr std::chrono::milliseconds accept_pause{100};

constexpr std::string_view session_task = "http session";

// What a change waits for.
struct Waiting {
    explicit Waiting(const asio::any_io_executor& executor) : timer{executor} {}
    asio::steady_timer timer;
    std::vector<std::optional<Reply>> replies;
    std::size_t missing = 0;
    bool stored = true; // all of it
};

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

void number_input(Input& input, std::uint64_t request)
{
    if (auto* entry = std::get_if<Entry>(&input)) entry->request = request;
    if (auto* action = std::get_if<Action>(&input)) action->request = request;
}

} // namespace

struct Server::State final : Host {
    State(const Board& b, Metrics& m, Post p, ServerOptions o)
        : options{std::move(o)}, metrics{m}, post{std::move(p)}, service{b, service_options()},
          tcp_acceptor{io}, local_acceptor{io}
    {
        for (const Route& route : routes()) metrics.declare_route(route.name, codes_of(route));
        metrics.declare_route("none", codes_of_none());
        // Unlike a counter from 1, no number of an earlier life of the daemon comes again.
        next_request = static_cast<std::uint64_t>(read_clocks().wall.ms) * 1000;
    }

    ServiceOptions service_options()
    {
        ServiceOptions out;
        out.hosts = options.hosts;
        if (options.answer_key) out.answer_key.emplace(options.answer_key->copy());
        out.metrics_text = [this] { return metrics.text(); };
        return out;
    }

    // --- listening ---
    std::optional<std::string> listen_tcp();
    std::optional<std::string> listen_local();
    template <class Acceptor> asio::awaitable<void> accept_loop(Acceptor& acceptor, bool is_local);
    void admit(Socket socket, Peer peer);
    bool make_room(const std::string& key, std::size_t limit);
    asio::awaitable<void> serve(std::shared_ptr<Session> session);
    void leave(const std::shared_ptr<Session>& session);

    // --- Host ---
    asio::awaitable<Response> answer(Request request) override;
    asio::awaitable<Response> ask(Ask ask);
    Response refuse(unsigned status, std::string_view text, std::optional<HttpRefusal> why) override
    {
        metrics.http_request("none", status);
        if (why) metrics.http_refused(*why);
        return service.error(status, text);
    }
    [[nodiscard]] bool simulation() const override { return service.simulation(); }

    void take_reply(const Reply& reply, bool stored);
    void close_all();

    ServerOptions options;
    Metrics& metrics;
    Post post;
    asio::io_context io{1};
    Service service;
    tcp::acceptor tcp_acceptor;
    local::acceptor local_acceptor;
    std::unique_ptr<TaskGroup> tasks;
    std::list<std::shared_ptr<Session>> sessions; // oldest first
    std::map<std::uint64_t, std::pair<std::shared_ptr<Waiting>, std::size_t>> waiting;
    std::uint64_t next_request = 1;
    std::uint16_t bound_port = 0;
    std::thread thread;
    bool stopping = false;
};

std::optional<std::string> Server::State::listen_tcp()
{
    const std::string where = options.address + ":" + std::to_string(options.port);
    boost::system::error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) return where + ": not an address";
    const tcp::endpoint endpoint{address, options.port};
    (void)tcp_acceptor.open(endpoint.protocol(), error);
    if (!error) (void)tcp_acceptor.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) (void)tcp_acceptor.bind(endpoint, error);
    if (!error) (void)tcp_acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return where + ": " + error.message();
    bound_port = tcp_acceptor.local_endpoint().port();
    return std::nullopt;
}

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

template <class Acceptor>
asio::awaitable<void> Server::State::accept_loop(Acceptor& acceptor, bool is_local)
{
    asio::steady_timer pause{io};
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(as_result);
        if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
        if (error) {
            log(accept_failed, "a connection could not be taken",
                {{LogKey::reason, error.message()}});
            pause.expires_after(accept_pause);
            co_await pause.async_wait(as_result);
            continue;
        }
        Peer peer;
        if (is_local) {
            peer = peer_of(socket.native_handle(), options.socket_group);
            if (peer.refused)
                log(peer_refused, "the socket was used by a user who may not",
                    {{LogKey::peer, peer.key}});
        } else if constexpr (std::is_same_v<Acceptor, tcp::acceptor>) {
            boost::system::error_code gone;
            peer.key = socket.remote_endpoint(gone).address().to_string();
            boost::system::error_code ignored;
            (void)socket.set_option(tcp::no_delay{true}, ignored);
            if (gone) continue;
        }
        admit(Socket{std::move(socket)}, std::move(peer));
    }
}

// Closes the connection that has waited longest for its own client, of this key or (empty) of all,
// until the count is below the limit. A client that sends nothing makes way for one that might.
bool Server::State::make_room(const std::string& key, std::size_t limit)
{
    const auto counts = [&](const auto& session) {
        return key.empty() || session->peer().key == key;
    };
    if (static_cast<std::size_t>(std::count_if(sessions.begin(), sessions.end(), counts)) < limit)
        return true;
    const auto idle = std::find_if(sessions.begin(), sessions.end(), [&](const auto& session) {
        return counts(session) && session->reading();
    });
    if (idle == sessions.end()) return false;
    const auto closing = *idle;
    sessions.erase(idle);
    closing->close();
    metrics.http_refused(HttpRefusal::evicted);
    return true;
}

void Server::State::admit(Socket socket, Peer peer)
{
    const ServerLimits& limits = options.limits;
    const bool is_user = peer.trusted || peer.refused;
    if (!make_room(peer.key, is_user ? limits.per_user : limits.per_address) ||
        !make_room("", limits.connections)) {
        metrics.http_refused(HttpRefusal::connections);
        return; // the socket closes
    }
    auto session =
        std::make_shared<Session>(std::move(socket), std::move(peer), *this, options.limits);
    sessions.push_back(session);
    metrics.http_connections.Set(static_cast<double>(sessions.size()));
    tasks->spawn(std::string{session_task}, serve(std::move(session)));
}

void Server::State::leave(const std::shared_ptr<Session>& session)
{
    sessions.remove(session);
    metrics.http_connections.Set(static_cast<double>(sessions.size()));
}

asio::awaitable<void> Server::State::serve(std::shared_ptr<Session> session)
{
    struct Leave {
        State& state;
        const std::shared_ptr<Session>& session;
        ~Leave() { state.leave(session); }
    };
    const Leave when_done{*this, session}; // by an exception, too
    co_await session->run();
}

asio::awaitable<Response> Server::State::answer(Request request)
{
    Handled handled = service.handle(request, read_clocks());
    if (handled.turned_away) metrics.http_refused(*handled.turned_away);
    Response response;
    if (auto* done = std::get_if<Response>(&handled.result)) {
        response = std::move(*done);
    } else {
        Ask question = std::move(std::get<Ask>(handled.result));
        response = co_await ask(std::move(question));
    }
    metrics.http_request(handled.route, response.status);
    co_return response;
}

asio::awaitable<Response> Server::State::ask(Ask ask)
{
    const auto wait = std::make_shared<Waiting>(io.get_executor());
    wait->replies.resize(ask.inputs.size());
    std::vector<std::uint64_t> numbers;
    bool posted = true;
    for (Input input : ask.inputs) {
        const std::uint64_t number = next_request++;
        number_input(input, number);
        waiting[number] = {wait, numbers.size()};
        numbers.push_back(number);
        ++wait->missing;
        posted = post(std::move(input));
        if (!posted) break;
    }
    // Where the first of two was posted and the second was not, only the ward knows what it keeps.
    const bool nothing_posted = !posted && numbers.size() == 1;
    if (posted) {
        wait->timer.expires_after(options.limits.ward);
        while (wait->missing > 0) {
            const auto [ended] = co_await wait->timer.async_wait(as_result);
            if (!ended || stopping) break; // the time is over; a reply cancels the wait instead
        }
    }
    for (const std::uint64_t number : numbers) waiting.erase(number);
    if (nothing_posted) co_return service.overloaded(ask);
    if (wait->missing > 0) co_return service.unconfirmed(ask);
    if (!wait->stored) co_return service.unstored(ask);
    std::vector<Reply> replies;
    for (const auto& reply : wait->replies) replies.push_back(*reply);
    const WallTime now = read_clocks().wall;
    co_return service.answered(ask, replies, now);
}

void Server::State::take_reply(const Reply& reply, bool stored)
{
    const auto found = waiting.find(reply.request);
    if (found == waiting.end()) return;
    const auto [wait, index] = found->second;
    waiting.erase(found);
    if (wait->replies[index]) return;
    wait->replies[index] = reply;
    wait->stored = wait->stored && stored;
    if (--wait->missing == 0) wait->timer.cancel();
}

void Server::State::close_all()
{
    stopping = true;
    boost::system::error_code ignored;
    (void)tcp_acceptor.close(ignored);
    (void)local_acceptor.close(ignored);
    for (auto& [number, entry] : waiting) entry.first->timer.cancel();
    for (const auto& session : sessions) session->close();
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
    if (!s.options.address.empty())
        if (auto error = s.listen_tcp()) return error;
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
    if (s.tcp_acceptor.is_open())
        s.tasks->spawn_loop("http tcp", s.accept_loop(s.tcp_acceptor, false));
    if (s.local_acceptor.is_open())
        s.tasks->spawn_loop("http unix", s.accept_loop(s.local_acceptor, true));
    s.thread = std::thread{[&s] {
        pthread_setname_np(pthread_self(), "magwatch-http");
        sigset_t all;
        sigfillset(&all); // signals are the main thread's
        pthread_sigmask(SIG_SETMASK, &all, nullptr);
        s.io.run();
    }};
    log(listening, "listening",
        {{LogKey::peer, s.options.address + ":" + std::to_string(s.bound_port)}});
    return std::nullopt;
}

void Server::stop()
{
    State& s = *state_;
    if (!s.thread.joinable()) return;
    auto close = [&s] { s.close_all(); };
    asio::post(s.io, std::move(close));
    s.thread.join();
    if (!s.options.socket_path.empty()) (void)unlink(s.options.socket_path.c_str());
}

void Server::reply(const Reply& reply, bool stored)
{
    State& s = *state_;
    auto take = [&s, reply, stored] { s.take_reply(reply, stored); };
    asio::post(s.io, std::move(take));
}

std::uint16_t Server::port() const
{
    return state_->bound_port;
}

} // namespace magwatch::http
