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
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/monitors/modbus/library.hpp"
#include "adapters/monitors/modbus/reply.hpp"
#include "adapters/monitors/modbus/transport.hpp"

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

class Link final : public Transport
{
public:
    Link(boost::asio::io_context& io, boost::asio::ip::tcp::endpoint peer, Deadlines& deadlines);
    ~Link() override;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] bool is_open() const override { return open_; }
    [[nodiscard]] bool used() const override { return used_; }

    boost::asio::awaitable<LinkReply> connect(Time deadline) override;
    // Sends the request under a transaction number of its own and waits for the answer. Any other
    // result than ok and exception has closed the connection. Throws operation_aborted when
    // cancelled.
    boost::asio::awaitable<LinkReply> exchange(Request request, Time deadline) override;
    void close() override;

private:
    friend class Deadlines;
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;
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
    Library library_ = Library::over_tcp();
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
