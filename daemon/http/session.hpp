// One connection of the HTTP server: requests in, answers out, each phase with its own deadline.
// Lives on the server's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/http/request.hpp"
#include "daemon/http/server.hpp"
#include "daemon/http/wire_beast.hpp"

namespace magwatch::http
{

using Socket = boost::asio::generic::stream_protocol::socket;
using TlsContext = boost::asio::ssl::context;

// Who is at the other end.
struct Peer {
    std::string key;      // connections are counted by it: an address or a user
    bool trusted = false; // Unix socket, and allowed
    bool refused = false; // Unix socket, and not allowed
};

class Stream;
class Streams;

// What a session needs of the server.
class Host
{
public:
    virtual ~Host() = default;
    virtual boost::asio::awaitable<Response> answer(Request request) = 0;
    virtual Response refuse(unsigned status, std::string_view text,
                            std::optional<HttpRefusal> why) = 0;
    virtual void turned_away(HttpRefusal why) = 0;
    virtual void connections(std::size_t count) = 0; // how many there are now
    [[nodiscard]] virtual bool simulation() const = 0;
    [[nodiscard]] virtual Streams* streams() { return nullptr; } // null: no answer goes on
};

class Session : public std::enable_shared_from_this<Session>
{
public:
    // With `tls` it shakes hands first, within the header's time.
    Session(Socket socket, Peer peer, Host& host, const ServerLimits& limits,
            std::shared_ptr<TlsContext> tls = nullptr);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    boost::asio::awaitable<void> run();
    // Ends it at once.
    void close();

    [[nodiscard]] const Peer& peer() const { return peer_; }
    // It waits for its client, not for us: it may be closed to make room.
    [[nodiscard]] bool reading() const { return reading_; }
    // Its answer goes on for as long as both want: streams have limits of their own.
    [[nodiscard]] bool streaming() const { return stream_ != nullptr; }

private:
    enum class Next : std::uint8_t { again, close, linger };
    boost::asio::awaitable<Next> one_request();
    boost::asio::awaitable<bool> shake_hands();
    boost::asio::awaitable<bool> wait_for_more();
    [[nodiscard]] std::string bytes_of(Response response, bool keep_alive, bool with_body) const;
    boost::asio::awaitable<boost::system::error_code> read_header(Parser& parser);
    boost::asio::awaitable<boost::system::error_code> read_body(Parser& parser);
    boost::asio::awaitable<bool> send(std::string bytes);
    boost::asio::awaitable<bool> write(boost::asio::const_buffer bytes);
    bool join_stream(bool board);
    boost::asio::awaitable<void> stream(std::string head);
    boost::asio::awaitable<Next> send_error(WireError error);
    boost::asio::awaitable<void> linger();
    void deadline(Duration limit);
    void expire(std::uint64_t armed);

    struct Buffer;
    struct Tls;
    Socket socket_;
    std::unique_ptr<Tls> tls_; // around socket_
    boost::asio::steady_timer timer_;
    std::shared_ptr<Buffer> buffer_;
    std::shared_ptr<Stream> stream_; // null: it answers requests
    Peer peer_;
    Host& host_;
    const ServerLimits& limits_;
    std::uint64_t armed_ = 0; // counts deadlines: an older one that is already queued does nothing
    bool timed_out_ = false;
    bool reading_ = true;
    bool first_ = true;
};

} // namespace magwatch::http
