#include "daemon/http/session.hpp"

#include <array>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>

#include "daemon/http/streams.hpp"
#include "daemon/http/wire_beast.hpp"

namespace magwatch::http
{

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace
{

const auto as_result = asio::as_tuple(asio::use_awaitable);

// A client that is still sending must read our refusal before the connection is reset: this much
// longer and this many bytes we listen.
constexpr Duration linger_time{1000};
constexpr std::size_t linger_bytes = 1024 * 1024;

// A browser that was here once speaks no plain HTTP to this name for a year.
constexpr std::string_view strict_transport = "max-age=31536000";

// Of a stream: how long bytes may go unconfirmed, and how many the kernel may hold. More would let a board that
// stands still look alive.
constexpr unsigned gone_after_ms = 20'000;
constexpr int stream_buffer = 256 * 1024;

} // namespace

struct Session::Buffer {
    beast::flat_buffer bytes{header_limit + body_limit};
};

struct Session::Tls {
    Tls(Socket& socket, std::shared_ptr<TlsContext> c) : context{std::move(c)}, stream{socket, *context} {}
    std::shared_ptr<TlsContext> context; // a reload may have replaced it
    asio::ssl::stream<Socket&> stream;
};

Session::Session(Socket socket, Peer peer, Host& host, const ServerLimits& limits, std::shared_ptr<TlsContext> tls)
    : socket_{std::move(socket)},
      tls_{tls ? std::make_unique<Tls>(socket_, std::move(tls)) : nullptr},
      timer_{socket_.get_executor()}, buffer_{std::make_shared<Buffer>()}, peer_{std::move(peer)},
      host_{host}, limits_{limits}
{
}

Session::~Session() = default;

void Session::close()
{
    timer_.cancel();
    if (stream_) stream_->close();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void Session::deadline(Duration limit)
{
    timed_out_ = false;
    const std::uint64_t armed = ++armed_;
    timer_.expires_after(limit);
    timer_.async_wait([weak = weak_from_this(), armed](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self) self->expire(armed);
    });
}

void Session::expire(std::uint64_t armed)
{
    if (armed != armed_) return;
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

asio::awaitable<bool> Session::send(std::string bytes)
{
    const auto buffer = asio::buffer(bytes);
    const bool sent = co_await write(buffer);
    co_return sent;
}

asio::awaitable<bool> Session::write(asio::const_buffer buffer)
{
    deadline(limits_.write);
    boost::system::error_code failed;
    if (tls_) {
        const auto [error, n] = co_await asio::async_write(tls_->stream, buffer, as_result);
        failed = error;
    } else {
        const auto [error, n] = co_await asio::async_write(socket_, buffer, as_result);
        failed = error;
    }
    co_return !failed;
}

asio::awaitable<bool> Session::shake_hands()
{
    deadline(limits_.header);
    const auto [error] = co_await tls_->stream.async_handshake(asio::ssl::stream_base::server, as_result);
    const bool ours = !socket_.is_open(); // it made way, and that is counted
    if (error && !ours) host_.turned_away(timed_out_ ? HttpRefusal::timeout : HttpRefusal::tls);
    co_return !error;
}

std::string Session::bytes_of(Response response, bool keep_alive, bool with_body) const
{
    if (tls_) response.headers.emplace_back("Strict-Transport-Security", strict_transport);
    return serialise(response, keep_alive, host_.simulation(), with_body);
}

asio::awaitable<Session::Next> Session::send_error(WireError error)
{
    const Response response = host_.refuse(error.status, error.text, error.why);
    std::string bytes = bytes_of(response, false, true);
    const bool sent = co_await send(std::move(bytes));
    if (sent) co_return Next::linger;
    co_return Next::close;
}

// Before the head is sent, so that too many of them can be told so.
bool Session::join_stream(bool board)
{
    Streams* streams = host_.streams();
    if (streams == nullptr) return false;
    stream_ = streams->join(peer_.key, board, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->close();
    });
    return stream_ != nullptr;
}

asio::awaitable<void> Session::stream(std::string head)
{
    // A board that was switched off is found by what it does not take; of TCP alone, others refuse the option.
    (void)setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_after_ms, sizeof gone_after_ms);
    (void)setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDBUF, &stream_buffer, sizeof stream_buffer);
    bool sent = co_await send(std::move(head));
    while (sent) {
        ++armed_; // it waits for us
        const Chunk chunk = co_await stream_->next();
        if (!chunk) break;
        const auto bytes = asio::buffer(*chunk);
        sent = co_await write(bytes);
        if (!sent && timed_out_) host_.turned_away(HttpRefusal::reader);
    }
}

asio::awaitable<void> Session::linger()
{
    if (tls_) { // so that the client knows that nothing was cut off
        deadline(linger_time);
        (void)co_await tls_->stream.async_shutdown(as_result);
    }
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    deadline(linger_time);
    std::array<char, 4096> rest;
    const auto buffer = asio::buffer(rest);
    for (std::size_t total = 0; total < linger_bytes;) {
        const auto [error, n] = co_await socket_.async_read_some(buffer, as_result);
        if (error) co_return;
        total += n;
    }
}

asio::awaitable<boost::system::error_code> Session::read_header(Parser& parser)
{
    auto& buffer = buffer_->bytes;
    if (tls_) {
        const auto [error, n] =
            co_await beast::http::async_read_header(tls_->stream, buffer, parser, as_result);
        co_return error;
    }
    const auto [error, n] = co_await beast::http::async_read_header(socket_, buffer, parser, as_result);
    co_return error;
}

asio::awaitable<boost::system::error_code> Session::read_body(Parser& parser)
{
    auto& buffer = buffer_->bytes;
    if (tls_) {
        const auto [error, n] = co_await beast::http::async_read(tls_->stream, buffer, parser, as_result);
        co_return error;
    }
    const auto [error, n] = co_await beast::http::async_read(socket_, buffer, parser, as_result);
    co_return error;
}

asio::awaitable<bool> Session::wait_for_more()
{
    deadline(limits_.idle);
    boost::system::error_code failed;
    if (tls_) { // what is in the socket may be no word of the client's, and its word may be read already
        constexpr std::size_t first_bytes = 4096;
        const auto room = buffer_->bytes.prepare(first_bytes);
        const auto [error, n] = co_await tls_->stream.async_read_some(room, as_result);
        buffer_->bytes.commit(n);
        failed = error;
    } else {
        const auto [error] = co_await socket_.async_wait(asio::socket_base::wait_read, as_result);
        failed = error;
    }
    co_return !failed;
}

asio::awaitable<Session::Next> Session::one_request()
{
    auto& buffer = buffer_->bytes;
    reading_ = true;
    if (!first_ && buffer.size() == 0) {
        const bool spoken = co_await wait_for_more();
        if (!spoken) co_return Next::close;
    }
    first_ = false;

    deadline(limits_.header);
    Parser parser;
    set_limits(parser);
    boost::system::error_code failed = co_await read_header(parser);
    if (failed == beast::http::error::end_of_stream) co_return Next::close;
    if (!failed && !parser.is_done()) {
        const auto expects = parser.get()[beast::http::field::expect];
        if (beast::iequals(expects, "100-continue")) {
            std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            const bool sent = co_await send(std::move(go_on));
            if (!sent) co_return Next::close;
        }
        deadline(limits_.body);
        failed = co_await read_body(parser);
    }
    if (failed) {
        WireError error = wire_error(failed);
        if (timed_out_) {
            error.status = 408;
            error.why = HttpRefusal::timeout;
            error.text = "the request took too long to arrive";
        } else if (failed.category() != wire_category()) {
            co_return Next::close; // the connection broke: nobody is there to be told
        }
        const Next next = co_await send_error(error);
        co_return next;
    }

    reading_ = false;
    ++armed_; // no deadline of the client's while it waits for us
    const bool keep_alive = parser.get().keep_alive() && !peer_.refused && !limits_.one_request;
    const bool with_body = parser.get().method() != beast::http::verb::head;
    auto read = to_request(parser);
    if (const auto* bad = std::get_if<WireError>(&read)) {
        const Next next = co_await send_error(*bad);
        co_return next;
    }
    Request request = std::get<Request>(std::move(read));
    request.trusted_peer = peer_.trusted;
    request.station = peer_.key;
    request.tls = tls_ != nullptr;
    Response response;
    if (peer_.refused) {
        response =
            host_.refuse(403, "this user may not use the socket of magwatchd", HttpRefusal::peer);
    } else {
        response = co_await host_.answer(std::move(request));
    }
    if (response.stream && !join_stream(response.board))
        response = host_.refuse(503, "too many screens are open: close one", HttpRefusal::connections);
    if (response.stream) {
        std::string head = bytes_of(std::move(response), false, true);
        co_await stream(std::move(head));
        co_return Next::close;
    }
    std::string bytes = bytes_of(std::move(response), keep_alive, with_body);
    const bool sent = co_await send(std::move(bytes));
    if (!sent) co_return Next::close;
    if (keep_alive) co_return Next::again;
    co_return Next::linger;
}

asio::awaitable<void> Session::run()
{
    const auto self = shared_from_this();
    Next next = Next::again;
    if (tls_) {
        const bool shaken = co_await shake_hands();
        if (!shaken) next = Next::close;
    }
    while (next == Next::again) {
        next = co_await one_request();
    }
    reading_ = true;
    if (next == Next::linger) co_await linger();
    close();
}

} // namespace magwatch::http
