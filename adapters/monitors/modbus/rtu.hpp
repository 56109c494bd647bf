// One Modbus RTU request, and whether what was heard on the serial line is the answer to it.
//
// Pure. Modbus over Serial Line 1.02: unit, function, data and a checksum (CRC-16, low byte first);
// one master asks, one unit answers. Nothing in an answer says which request it belongs to, so more
// is asked of it than of one over TCP: unit, function, byte count and checksum agree, and nothing
// else is heard with it. Some lines give back what is sent on them: our own request, byte for byte,
// may stand before the answer once. A late answer of another unit may too, if that unit owes one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/monitors/modbus/reply.hpp"

namespace magwatch::adapters::modbus
{

enum class Parity : char { none = 'N', even = 'E', odd = 'O' };

struct SerialSettings {
    std::string path; // "/dev/serial/by-id/...": the device
    std::uint32_t baud = 19200;
    Parity parity = Parity::even;
    std::uint8_t stop_bits = 1;
    friend bool operator==(const SerialSettings&, const SerialSettings&) = default;
};

inline constexpr std::size_t rtu_request_size = 8;
inline constexpr std::size_t rtu_shortest_reply = 5; // an exception
inline constexpr std::size_t rtu_longest_reply = 256;

[[nodiscard]] std::uint16_t crc16(std::span<const std::uint8_t> bytes);
// Whether the last two bytes are the checksum of those before.
[[nodiscard]] bool crc_agrees(std::span<const std::uint8_t> frame);

[[nodiscard]] std::array<std::uint8_t, rtu_request_size> rtu_request(const Request& request);
// How long so many bytes take on the line: start bit, 8 data bits, parity, stop bits.
[[nodiscard]] std::chrono::microseconds on_the_line(const SerialSettings& settings,
                                                    std::size_t bytes);

// Requests that were never answered, of each unit: their answers may still come, and one that is
// taken for the answer to the next request would put every later value under a wrong name.
class Debts
{
public:
    void add(const Request& request, bool settling);
    void settle(std::uint8_t unit);
    [[nodiscard]] bool any(std::uint8_t unit) const;
    // Whether a frame of so many data bytes may be such an answer; 0: an exception.
    [[nodiscard]] bool explain(std::uint8_t unit, std::uint8_t function,
                               std::size_t data_bytes) const;
    // A request whose answer is like no answer that is owed, and unlike that to `next`: its right
    // answer proves that nothing older is on its way. Nothing if there is none.
    [[nodiscard]] std::optional<Request> settling(const Request& next) const;

private:
    struct Debt {
        std::uint8_t unit = 0, function = 0;
        std::size_t data_bytes = 0;
        bool settling = false;
        friend bool operator==(const Debt&, const Debt&) = default;
    };
    std::vector<Debt> debts_;
};

struct RtuCheck {
    ReplyKind kind = ReplyKind::incomplete;
    std::size_t passed_over = 0; // bytes before the answer that are accounted for
    ExceptionCode exception{};
    std::span<const std::uint8_t> data; // kind == data: exactly request.data_bytes()
    std::string_view reason;            // kind == bad: what is wrong, for people
};

// `bytes`: everything heard since the request was sent. Never reads past it.
[[nodiscard]] RtuCheck check_rtu(const Request& request, std::span<const std::uint8_t> bytes,
                                 const Debts& debts);

// Whether somebody else asks on this line: the bytes hold a whole request to read or write, or, if
// `answers` count too, an answer that is none of ours coming late. Noise has no right checksum.
enum class Answers : bool { ignored, counted };
[[nodiscard]] bool holds_stranger(std::span<const std::uint8_t> bytes, const Debts& debts,
                                  Answers answers);

} // namespace magwatch::adapters::modbus
