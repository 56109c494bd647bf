#include "adapters/monitors/modbus/link.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace asio = boost::asio;

namespace magwatch::adapters::modbus
{
namespace
{

constexpr auto quiet = asio::as_tuple(asio::use_awaitable);
using Error = boost::system::error_code;

[[noreturn]] void throw_cancelled()
{
    throw boost::system::system_error(asio::error::operation_aborted);
}

} // namespace

Deadlines::Deadlines(asio::io_context& io) : timer_{io} {}

void Deadlines::remove(Link* link)
{
    links_.erase(std::remove(links_.begin(), links_.end(), link), links_.end());
}

void Deadlines::arm(Link& link, Time at)
{
    link.deadline_ = at;
    link.expired_ = false;
    if (at >= wake_) return;
    wake_ = at;
    timer_.expires_at(at); // wakes run(), which waits again
}

asio::awaitable<void> Deadlines::run()
{
    for (;;) {
        const Time now = std::chrono::steady_clock::now();
        wake_ = Time::max();
        for (Link* link : links_) {
            if (link->deadline_ <= now) link->expire();
            wake_ = std::min(wake_, link->deadline_);
        }
        timer_.expires_at(std::min(wake_, now + std::chrono::hours{1}));
        // Woken by the clock or by an earlier deadline; cancellation is thrown by the next wait.
        [[maybe_unused]] const auto [error] = co_await timer_.async_wait(quiet);
    }
}

std::string_view name(LinkResult result)
{
    switch (result) {
    case LinkResult::ok:
        return "ok";
    case LinkResult::exception:
        return "exception";
    case LinkResult::timeout:
        return "timeout";
    case LinkResult::bad_reply:
        return "bad_reply";
    case LinkResult::closed:
        return "closed";
    case LinkResult::connect_failed:
        return "connect_failed";
    }
    std::abort();
}

Link::Link(asio::io_context& io, asio::ip::tcp::endpoint peer, Deadlines& deadlines)
    : peer_{std::move(peer)}, deadlines_{deadlines}, socket_{io}, pause_{io}
{
    deadlines_.add(this);
}

Link::~Link()
{
    deadlines_.remove(this);
    close();
}

void Link::close()
{
    Error ignored;
    socket_.close(ignored);
    library_.use_socket(-1);
    deadline_ = Time::max();
    open_ = false;
    used_ = false;
}

void Link::expire()
{
    deadline_ = Time::max();
    expired_ = true;
    Error ignored;
    socket_.cancel(ignored);
    pause_.cancel();
}

LinkReply Link::fail(LinkResult result, std::string_view reason)
{
    close();
    LinkReply out;
    out.result = result;
    out.reason = reason;
    return out;
}

asio::awaitable<LinkReply> Link::connect(Time deadline)
{
    close();
    Error error;
    socket_.open(peer_.protocol(), error);
    if (error) co_return fail(LinkResult::connect_failed, "no descriptor is free");
    if (socket_.native_handle() >= FD_SETSIZE)
        co_return fail(LinkResult::connect_failed, "descriptor above 1023");
    deadlines_.arm(*this, deadline);
    const auto [failed] = co_await socket_.async_connect(peer_, quiet);
    deadline_ = Time::max();
    if (expired_) co_return fail(LinkResult::connect_failed, "no connection within the time-out");
    if (failed == asio::error::operation_aborted) throw_cancelled();
    if (failed) co_return fail(LinkResult::connect_failed, "connection refused or unreachable");
    co_return adopt();
}

LinkReply Link::adopt()
{
    Error error;
    socket_.set_option(asio::ip::tcp::no_delay{true}, error);
    // async_connect leaves the descriptor registered for writing as well, which would wake the loop
    // at every wait from now on; taken out and put back it waits for reading alone.
    const int descriptor = socket_.release(error);
    if (error) return fail(LinkResult::connect_failed, "cannot take over the socket");
    socket_.assign(peer_.protocol(), descriptor, error);
    if (error) {
        ::close(descriptor);
        return fail(LinkResult::connect_failed, "cannot register the socket");
    }
    library_.use_socket(descriptor);
    open_ = true;
    wake_bytes_ = 1;
    LinkReply out;
    out.result = LinkResult::ok;
    return out;
}

// A device that dribbles must not wake the loop for each byte: the kernel waits until this many are
// there.
void Link::wake_at(std::size_t bytes)
{
    if (wake_bytes_ == bytes) return;
    const int value = static_cast<int>(bytes);
    if (::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value) == 0)
        wake_bytes_ = bytes;
}

bool Link::peer_gone() const
{
    pollfd p{};
    p.fd = const_cast<Socket&>(socket_).native_handle();
    p.events = POLLRDHUP;
    return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

asio::awaitable<LinkReply> Link::exchange(Request request, Time deadline)
{
    request.transaction = ++transaction_;
    const auto bytes = request.bytes();
    const auto sent =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(bytes.size()))
        co_return fail(LinkResult::closed, "closed by the device");
    deadlines_.arm(*this, deadline);
    std::size_t seen = 0;
    for (;;) {
        const auto [error] = co_await socket_.async_wait(Socket::wait_read, quiet);
        if (error && !expired_) {
            if (error == asio::error::operation_aborted) throw_cancelled();
            co_return fail(LinkResult::closed, "connection lost");
        }
        const auto n = ::recv(socket_.native_handle(), peeked_.data(), peeked_.size(),
                              MSG_PEEK | MSG_DONTWAIT);
        if (n == 0) co_return fail(LinkResult::closed, "closed by the device");
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            co_return fail(LinkResult::closed, "connection lost");
        const std::size_t size = n < 0 ? 0 : static_cast<std::size_t>(n);
        const ReplyCheck check =
            check_reply(request, std::span<const std::uint8_t>{peeked_.data(), size});
        if (check.kind == ReplyKind::bad) co_return fail(LinkResult::bad_reply, check.reason);
        if (check.kind != ReplyKind::incomplete) co_return take(check);
        if (expired_) co_return fail(LinkResult::timeout, "no whole answer within the time-out");
        if (size > 0 && peer_gone())
            co_return fail(LinkResult::bad_reply, "closed in the middle of an answer");
        wake_at(check.size);
        if (size == seen && size > 0) {
            // The kernel woke us for nothing new: do not spin.
            pause_.expires_after(std::chrono::milliseconds{5});
            [[maybe_unused]] const auto [ignored] = co_await pause_.async_wait(quiet);
        }
        seen = size;
    }
}

LinkReply Link::take(const ReplyCheck& check)
{
    deadline_ = Time::max();
    wake_at(1); // libmodbus reads in three steps and selects before each
    const int received = library_.receive(frame_.data());
    // What libmodbus took must be what was checked, byte for byte.
    if (received < 0 || static_cast<std::size_t>(received) != check.size ||
        std::memcmp(frame_.data(), peeked_.data(), check.size) != 0)
        return fail(LinkResult::bad_reply, "frame changed while it was read");
    used_ = true;
    LinkReply out;
    out.result = LinkResult::ok;
    if (check.kind == ReplyKind::exception) {
        out.result = LinkResult::exception;
        out.exception = check.exception;
        out.reason = "the device answered with an exception";
        return out;
    }
    out.data = std::span<const std::uint8_t>{frame_.data() + shortest_reply, check.data.size()};
    return out;
}

} // namespace magwatch::adapters::modbus
