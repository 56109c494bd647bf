// The connections of a listener: how many there may be, of whom, and who makes way when there are too many. What is
// done with a request is the Host's. Lives on the listener's thread.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "daemon/http/session.hpp"
#include "runtime/task_group.hpp"

namespace magwatch::http
{

class Connections
{
public:
    // Who connected, by the kernel's word; nullopt: turned away without a word.
    using Who = std::function<std::optional<Peer>(Socket&)>;
    // The TLS of a new connection; null = plain.
    using Tls = std::function<std::shared_ptr<TlsContext>()>;

    // `what` names a connection's task. All references must outlive the tasks.
    Connections(Host& host, const ServerLimits& limits, std::string what)
        : host_{host}, limits_{limits}, what_{std::move(what)}
    {
    }

    // Takes connections until the acceptor is closed.
    template <class Acceptor>
    boost::asio::awaitable<void> accept_loop(Acceptor& acceptor, TaskGroup& tasks, Who who, Tls tls = nullptr);
    void close_all();

private:
    bool make_room(const std::string& key, std::size_t limit);
    void admit(Socket socket, Peer peer, std::shared_ptr<TlsContext> tls, TaskGroup& tasks);
    boost::asio::awaitable<void> serve(std::shared_ptr<Session> session);
    void leave(const std::shared_ptr<Session>& session);

    Host& host_;
    const ServerLimits& limits_;
    std::string what_;
    std::list<std::shared_ptr<Session>> sessions_; // oldest first
};

extern template boost::asio::awaitable<void>
Connections::accept_loop(boost::asio::ip::tcp::acceptor&, TaskGroup&, Who, Tls);
extern template boost::asio::awaitable<void>
Connections::accept_loop(boost::asio::local::stream_protocol::acceptor&, TaskGroup&, Who, Tls);

// The reason if it cannot: "127.0.0.1:8300: Address already in use".
[[nodiscard]] std::optional<std::string> listen_on(boost::asio::ip::tcp::acceptor& acceptor,
                                                   const std::string& address, std::uint16_t port);

// The address at the other end; an IPv4 one in IPv6's clothes is the IPv4 one. "" = gone already.
[[nodiscard]] std::string address_of(Socket& socket);

} // namespace magwatch::http
