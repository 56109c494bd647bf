// One TCP connection to a Modbus device or gateway: connect, and one request with its answer at a
// time.
//
// Runs on the thread of its io_context. Asio owns the socket and the deadline, libmodbus takes the
// frame, and it is called only when a whole answer to this very request is there to be read, so it
// never waits. The request is framed here because modbus_send_raw_request of libmodbus 3.1.6 gives
// every request transaction 0, and a late answer could not be told from the right one. Whatever
// goes wrong closes the connection: a reply that comes later must find nobody listening. libmodbus
// waits with select(), so a descriptor of 1024 or more is given back at once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/monitors/modbus/reply.hpp"

struct _modbus; // libmodbus's context

namespace magwatch::adapters::modbus
{

class Link;

// Deadlines of all links on one timer. Most requests are answered long before theirs, so arming one
// costs no timer operation unless it is earlier than the next wake-up.
class Deadlines
{
public:
    using Time = std::chrono::steady_clock::time_point;
    explicit Deadlines(boost::asio::io_context& io);
    void add(Link* link) { links_.push_back(link); }
    void remove(Link* link);
    void arm(Link& link, Time at);
    boost::asio::awaitable<void> run(); // until cancelled

private:
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      boost::asio::io_context::executor_type>
        timer_;
    Time wake_ = Time::max();
    std::vector<Link*> links_;
};

enum class LinkResult : std::uint8_t { ok, exception, timeout, bad_reply, closed, connect_failed };
inline constexpr std::size_t link_result_count = 6;
[[nodiscard]] std::string_view name(LinkResult result);

struct LinkReply {
    LinkResult result = LinkResult::closed;
    ExceptionCode exception{};
    std::span<const std::uint8_t> data; // valid until the next exchange
    std::string_view reason;            // for people, of everything but ok
};

class Link
{
public:
    using Time = Deadlines::Time;

    Link(boost::asio::io_context& io, boost::asio::ip::tcp::endpoint peer, Deadlines& deadlines);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] bool is_open() const { return open_; }
    // Whether an answer came over this connection before: only then may a closed one be an idle
    // time-out of the device, worth a new connection at once.
    [[nodiscard]] bool used() const { return used_; }

    boost::asio::awaitable<LinkReply> connect(Time deadline);
    // Sends the request under a transaction number of its own and waits for the answer. Any other
    // result than ok and exception has closed the connection. Throws operation_aborted when
    // cancelled.
    boost::asio::awaitable<LinkReply> exchange(Request request, Time deadline);
    void close();

private:
    friend class Deadlines;
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;
    struct FreeContext {
        void operator()(_modbus* context) const;
    };

    void expire(); // the deadline passed
    LinkReply fail(LinkResult result, std::string_view reason);
    LinkReply adopt();                       // of a socket that just connected
    LinkReply take(const ReplyCheck& check); // of a whole answer
    void wake_at(std::size_t bytes);
    [[nodiscard]] bool peer_gone() const;

    boost::asio::ip::tcp::endpoint peer_;
    Deadlines& deadlines_;
    Socket socket_;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      boost::asio::io_context::executor_type>
        pause_;
    std::unique_ptr<_modbus, FreeContext> context_;
    Time deadline_ = Time::max(); // max: none
    bool expired_ = false;
    bool open_ = false;
    bool used_ = false;
    std::uint16_t transaction_ = 0;
    std::size_t wake_bytes_ = 0; // SO_RCVLOWAT of the socket
    std::array<std::uint8_t, longest_reply + 8> peeked_{};
    std::array<std::uint8_t, longest_reply + 8> frame_{};
};

} // namespace magwatch::adapters::modbus
