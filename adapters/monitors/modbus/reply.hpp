// One Modbus TCP request, and whether what arrived is the answer to it.
//
// Pure. Modbus Application Protocol 1.1b3 and Messaging on TCP/IP 1.0b; only the four functions
// that read exist here. A reply counts only if transaction, protocol, length, unit, function and
// byte count all agree with the request: anything else may be the late answer to another question,
// and the link must be closed.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "adapters/monitors/modbus/register_map.hpp"

namespace magwatch::adapters::modbus
{

inline constexpr std::size_t header_size = 7;    // MBAP: transaction, protocol, length, unit
inline constexpr std::size_t request_size = 12;  // every request that reads
inline constexpr std::size_t shortest_reply = 9; // an exception
inline constexpr std::size_t longest_reply = 260;

struct Request {
    std::uint16_t transaction = 0;
    std::uint8_t unit = 1;
    Place place; // 1 to 125 registers, 1 to 2000 bits

    [[nodiscard]] std::array<std::uint8_t, request_size> bytes() const;
    [[nodiscard]] std::size_t data_bytes() const; // of the answer
};

// Exception codes that change what happens next; the wire may carry any other.
enum class ExceptionCode : std::uint8_t {
    none = 0,
    illegal_function = 1,
    illegal_address = 2,
    illegal_value = 3,
    failure = 4,
    acknowledge = 5,
    busy = 6,
    gateway_path = 10,  // the gateway cannot reach the unit:
    gateway_target = 11 // the unit is silent, not the gateway
};

enum class ReplyKind : std::uint8_t { incomplete, data, exception, bad };

struct ReplyCheck {
    ReplyKind kind = ReplyKind::incomplete;
    std::size_t size = shortest_reply;  // of the whole frame, as far as it is known
    ExceptionCode exception{};          // kind == exception
    std::span<const std::uint8_t> data; // kind == data: exactly request.data_bytes()
    std::string_view reason;            // kind == bad: what is wrong, for people
};

// `bytes`: everything that is there to be read on the link. Never reads past it.
[[nodiscard]] ReplyCheck check_reply(const Request& request, std::span<const std::uint8_t> bytes);

} // namespace magwatch::adapters::modbus
