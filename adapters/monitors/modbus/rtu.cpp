#include "adapters/monitors/modbus/rtu.hpp"

#include <algorithm>

namespace magwatch::adapters::modbus
{
namespace
{

constexpr std::uint8_t exception_bit = 0x80;

RtuCheck bad(std::string_view reason)
{
    RtuCheck out;
    out.kind = ReplyKind::bad;
    out.reason = reason;
    return out;
}

bool reads(std::uint8_t function)
{
    return function >= 1 && function <= 4;
}

// How long the answer that starts here is; 0: not known yet, longest + 1: no answer to a read.
std::size_t reply_size(std::span<const std::uint8_t> bytes)
{
    if (bytes.size() < 2) return 0;
    const std::uint8_t function = bytes[1];
    if ((function & exception_bit) != 0)
        return reads(function & 0x7F) ? rtu_shortest_reply : rtu_longest_reply + 1;
    if (!reads(function)) return rtu_longest_reply + 1;
    if (bytes.size() < 3) return 0;
    return std::min<std::size_t>(rtu_shortest_reply + bytes[2], rtu_longest_reply + 1);
}

bool explained(const Debts& debts, std::span<const std::uint8_t> frame)
{
    const bool exception = (frame[1] & exception_bit) != 0;
    return debts.explain(frame[0], frame[1] & 0x7F, exception ? 0 : frame[2]);
}

RtuCheck check_own(const Request& request, std::span<const std::uint8_t> bytes)
{
    const auto function = static_cast<std::uint8_t>(request.place.table);
    if (bytes.size() < 2) return {};
    const bool exception = bytes[1] == (function | exception_bit);
    if (!exception && bytes[1] != function) return bad("answer of another function");
    if (!exception && bytes.size() >= 3 && bytes[2] != request.data_bytes())
        return bad("wrong byte count");
    const std::size_t size = rtu_shortest_reply + (exception ? 0 : request.data_bytes());
    if (bytes.size() < size) return {};
    const auto frame = bytes.first(size);
    if (!crc_agrees(frame)) return bad("wrong checksum: noise on the line");
    if (bytes.size() > size) return bad("more bytes than one answer");
    RtuCheck out;
    out.kind = exception ? ReplyKind::exception : ReplyKind::data;
    if (exception && frame[2] == 0) return bad("exception without a code");
    if (exception) out.exception = static_cast<ExceptionCode>(frame[2]);
    if (!exception) out.data = frame.subspan(3, request.data_bytes());
    return out;
}

} // namespace

std::uint16_t crc16(std::span<const std::uint8_t> bytes)
{
    std::uint16_t crc = 0xFFFF;
    for (const std::uint8_t byte : bytes) {
        crc = static_cast<std::uint16_t>(crc ^ byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = static_cast<std::uint16_t>((crc & 1U) != 0 ? (crc >> 1) ^ 0xA001 : crc >> 1);
    }
    return crc;
}

bool crc_agrees(std::span<const std::uint8_t> frame)
{
    if (frame.size() < 4) return false;
    const std::uint16_t crc = crc16(frame.first(frame.size() - 2));
    return frame[frame.size() - 2] == (crc & 0xFF) && frame[frame.size() - 1] == crc >> 8;
}

std::array<std::uint8_t, rtu_request_size> rtu_request(const Request& request)
{
    const auto tcp = request.bytes();
    std::array<std::uint8_t, rtu_request_size> out{};
    std::copy(tcp.begin() + header_size - 1, tcp.end(), out.begin()); // unit to count are the same
    const std::uint16_t crc = crc16(std::span{out}.first<rtu_request_size - 2>());
    out[rtu_request_size - 2] = static_cast<std::uint8_t>(crc & 0xFF);
    out[rtu_request_size - 1] = static_cast<std::uint8_t>(crc >> 8);
    return out;
}

std::chrono::microseconds on_the_line(const SerialSettings& settings, std::size_t bytes)
{
    const std::size_t bits = 9U + (settings.parity == Parity::none ? 0U : 1U) + settings.stop_bits;
    return std::chrono::microseconds{bytes * bits * 1'000'000U / settings.baud + 1U};
}

void Debts::add(const Request& request, bool settling)
{
    const Debt debt{request.unit, static_cast<std::uint8_t>(request.place.table),
                    request.data_bytes(), settling};
    if (std::find(debts_.begin(), debts_.end(), debt) == debts_.end()) debts_.push_back(debt);
}

void Debts::settle(std::uint8_t unit)
{
    std::erase_if(debts_, [unit](const Debt& debt) { return debt.unit == unit; });
}

bool Debts::any(std::uint8_t unit) const
{
    return std::any_of(debts_.begin(), debts_.end(),
                       [unit](const Debt& debt) { return debt.unit == unit; });
}

bool Debts::explain(std::uint8_t unit, std::uint8_t function, std::size_t data_bytes) const
{
    return std::any_of(debts_.begin(), debts_.end(), [&](const Debt& debt) {
        return debt.unit == unit && debt.function == function &&
               (data_bytes == 0 || debt.data_bytes == data_bytes);
    });
}

std::optional<Request> Debts::settling(const Request& next) const
{
    // Fewer than wanted first: what can be read can nearly always be read in part.
    const std::uint32_t limit = is_bits(next.place.table) ? 2000 : 125;
    for (std::uint32_t count = 1; count <= limit; ++count) {
        if (next.place.address + count > 65536) break;
        Request out = next;
        out.place.count = static_cast<std::uint16_t>(count);
        const bool owed = std::any_of(debts_.begin(), debts_.end(), [&](const Debt& debt) {
            return debt.unit == out.unit && !debt.settling &&
                   debt.function == static_cast<std::uint8_t>(out.place.table) &&
                   debt.data_bytes == out.data_bytes();
        });
        if (!owed && out.data_bytes() != next.data_bytes()) return out;
    }
    return std::nullopt;
}

RtuCheck check_rtu(const Request& request, std::span<const std::uint8_t> bytes, const Debts& debts)
{
    std::size_t at = 0;
    const auto echo = rtu_request(request);
    if (!bytes.empty() && bytes.size() < echo.size() &&
        std::equal(bytes.begin(), bytes.end(), echo.begin()))
        return {}; // an echo or an answer: more bytes will tell
    if (bytes.size() >= echo.size() && std::equal(echo.begin(), echo.end(), bytes.begin()))
        at = echo.size();
    while (at < bytes.size() && bytes[at] != request.unit) {
        const auto rest = bytes.subspan(at);
        const std::size_t size = reply_size(rest);
        if (size > rtu_longest_reply) return bad("answer of another unit");
        if (size == 0 || rest.size() < size) break;
        if (!crc_agrees(rest.first(size))) return bad("wrong checksum: noise on the line");
        if (!explained(debts, rest.first(size))) return bad("answer of another unit");
        at += size;
    }
    RtuCheck out;
    if (at < bytes.size() && bytes[at] == request.unit) out = check_own(request, bytes.subspan(at));
    out.passed_over = at;
    return out;
}

bool holds_stranger(std::span<const std::uint8_t> bytes, const Debts& debts, Answers answers)
{
    for (std::size_t at = 0; at + rtu_shortest_reply <= bytes.size(); ++at) {
        const auto rest = bytes.subspan(at);
        const bool asks = rest.size() >= rtu_request_size && rest[1] >= 1 && rest[1] <= 6 &&
                          crc_agrees(rest.first(rtu_request_size));
        if (asks) return true;
        const std::size_t size = reply_size(rest);
        if (size == 0 || size > rest.size() || size > rtu_longest_reply ||
            !crc_agrees(rest.first(size)))
            continue;
        if (answers == Answers::counted && !explained(debts, rest.first(size))) return true;
        at += size - 1;
    }
    return false;
}

} // namespace magwatch::adapters::modbus
