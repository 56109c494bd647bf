#include "daemon/http/connections.hpp"

#include <algorithm>
#include <chrono>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "runtime/log.hpp"

namespace magwatch::http
{

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

namespace
{

const auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr LogEvent accept_failed{"http.accept_failed", LogLevel::warning};

// Out of descriptors or memory: the next accept fails at once, too.
constexpr std::chrono::milliseconds accept_pause{100};

} // namespace

template <class Acceptor>
asio::awaitable<void> Connections::accept_loop(Acceptor& acceptor, TaskGroup& tasks, Who who, Tls tls)
{
    asio::steady_timer pause{acceptor.get_executor()};
    for (;;) {
        auto [error, accepted] = co_await acceptor.async_accept(as_result);
        if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
        if (error) {
            log(accept_failed, "a connection could not be taken",
                {{LogKey::reason, error.message()}});
            pause.expires_after(accept_pause);
            co_await pause.async_wait(as_result);
            continue;
        }
        Socket socket{std::move(accepted)};
        auto peer = who(socket);
        if (!peer) continue; // the socket closes
        std::shared_ptr<TlsContext> context;
        if (tls) context = tls();
        admit(std::move(socket), std::move(*peer), std::move(context), tasks);
    }
}

template asio::awaitable<void> Connections::accept_loop(tcp::acceptor&, TaskGroup&, Who, Tls);
template asio::awaitable<void> Connections::accept_loop(local::acceptor&, TaskGroup&, Who, Tls);

// Closes the connection that has waited longest for its own client, of this key or (empty) of all,
// until the count is below the limit. A client that sends nothing makes way for one that might.
bool Connections::make_room(const std::string& key, std::size_t limit)
{
    const auto counts = [&](const auto& session) {
        return key.empty() || (session->peer().key == key && !session->streaming());
    };
    if (static_cast<std::size_t>(std::count_if(sessions_.begin(), sessions_.end(), counts)) < limit)
        return true;
    const auto idle = std::find_if(sessions_.begin(), sessions_.end(), [&](const auto& session) {
        return counts(session) && session->reading();
    });
    if (idle == sessions_.end()) return false;
    const auto closing = *idle;
    sessions_.erase(idle);
    closing->close();
    host_.turned_away(HttpRefusal::evicted);
    return true;
}

void Connections::admit(Socket socket, Peer peer, std::shared_ptr<TlsContext> tls, TaskGroup& tasks)
{
    const bool is_user = peer.trusted || peer.refused;
    if (!make_room(peer.key, is_user ? limits_.per_user : limits_.per_address) ||
        !make_room("", limits_.connections)) {
        host_.turned_away(HttpRefusal::connections);
        return; // the socket closes
    }
    auto session = std::make_shared<Session>(std::move(socket), std::move(peer), host_, limits_, std::move(tls));
    sessions_.push_back(session);
    host_.connections(sessions_.size());
    tasks.spawn(what_, serve(std::move(session)));
}

void Connections::leave(const std::shared_ptr<Session>& session)
{
    sessions_.remove(session);
    host_.connections(sessions_.size());
}

asio::awaitable<void> Connections::serve(std::shared_ptr<Session> session)
{
    struct Leave {
        Connections& connections;
        const std::shared_ptr<Session>& session;
        ~Leave() { connections.leave(session); }
    };
    const Leave when_done{*this, session}; // by an exception, too
    co_await session->run();
}

void Connections::close_all()
{
    for (const auto& session : sessions_) session->close();
}

std::optional<std::string> listen_on(tcp::acceptor& acceptor, const std::string& address, std::uint16_t port)
{
    const std::string where = address + ":" + std::to_string(port);
    boost::system::error_code error;
    const auto binary = asio::ip::make_address(address, error);
    if (error) return where + ": not an address";
    const tcp::endpoint endpoint{binary, port};
    (void)acceptor.open(endpoint.protocol(), error);
    if (!error) (void)acceptor.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) (void)acceptor.bind(endpoint, error);
    if (!error) (void)acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return std::nullopt;
    boost::system::error_code ignored;
    (void)acceptor.close(ignored); // else the next try could not open it
    return where + ": " + error.message();
}

std::string address_of(Socket& socket)
{
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    if (getpeername(socket.native_handle(), reinterpret_cast<sockaddr*>(&name), &size) != 0) return "";
    if (name.ss_family == AF_INET)
        return asio::ip::make_address_v4(
                   ntohl(reinterpret_cast<const sockaddr_in*>(&name)->sin_addr.s_addr))
            .to_string();
    if (name.ss_family != AF_INET6) return "";
    const auto* six = reinterpret_cast<const sockaddr_in6*>(&name);
    asio::ip::address_v6::bytes_type bytes;
    std::copy(std::begin(six->sin6_addr.s6_addr), std::end(six->sin6_addr.s6_addr), bytes.begin());
    const asio::ip::address_v6 address{bytes, six->sin6_scope_id};
    if (address.is_v4_mapped()) return make_address_v4(asio::ip::v4_mapped, address).to_string();
    return address.to_string();
}

} // namespace magwatch::http
