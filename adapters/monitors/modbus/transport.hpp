// What a request goes over: a TCP connection (link.hpp) or a serial line (serial_link.hpp).
//
// Used on the thread of the io_context, one request at a time. What comes back as `ok` is the
// answer to this very request; whatever else arrives is refused, with a reason.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "adapters/monitors/modbus/reply.hpp"

namespace magwatch::adapters::modbus
{

enum class LinkResult : std::uint8_t { ok, exception, timeout, bad_reply, closed, connect_failed };
inline constexpr std::size_t link_result_count = 6;
[[nodiscard]] std::string_view name(LinkResult result);

struct LinkReply {
    LinkResult result = LinkResult::closed;
    ExceptionCode exception{};
    std::span<const std::uint8_t> data; // valid until the next exchange
    std::string_view reason;            // for people, of everything but ok
};

class Transport
{
public:
    using Time = std::chrono::steady_clock::time_point;
    virtual ~Transport() = default;

    [[nodiscard]] virtual bool is_open() const = 0;
    // Whether an answer came since it was opened: only then may a closed one be an idle time-out of
    // the device, worth opening again at once.
    [[nodiscard]] virtual bool used() const = 0;
    virtual boost::asio::awaitable<LinkReply> connect(Time deadline) = 0;
    virtual boost::asio::awaitable<LinkReply> exchange(Request request, Time deadline) = 0;
    virtual void close() = 0;
};

} // namespace magwatch::adapters::modbus
