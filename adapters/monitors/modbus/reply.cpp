#include "adapters/monitors/modbus/reply.hpp"

namespace magwatch::adapters::modbus
{
namespace
{

std::uint16_t word(std::span<const std::uint8_t> bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

ReplyCheck bad(std::string_view reason)
{
    ReplyCheck out;
    out.kind = ReplyKind::bad;
    out.reason = reason;
    return out;
}

ReplyCheck check_body(const Request& request, std::span<const std::uint8_t> frame)
{
    ReplyCheck out;
    out.size = frame.size();
    const std::uint8_t function = static_cast<std::uint8_t>(request.place.table);
    if (frame[7] == (function | 0x80)) {
        if (frame.size() != shortest_reply) return bad("exception of a wrong length");
        if (frame[8] == 0) return bad("exception without a code");
        out.kind = ReplyKind::exception;
        out.exception = static_cast<ExceptionCode>(frame[8]);
        return out;
    }
    if (frame[7] != function) return bad("answer of another function");
    if (frame[8] != request.data_bytes()) return bad("wrong byte count");
    if (frame.size() != shortest_reply + request.data_bytes())
        return bad("length and byte count disagree");
    out.kind = ReplyKind::data;
    out.data = frame.subspan(shortest_reply);
    return out;
}

} // namespace

std::array<std::uint8_t, request_size> Request::bytes() const
{
    const auto high = [](std::uint16_t v) { return static_cast<std::uint8_t>(v >> 8); };
    const auto low = [](std::uint16_t v) { return static_cast<std::uint8_t>(v & 0xFF); };
    return {high(transaction),
            low(transaction),
            0,
            0,
            0,
            6,
            unit,
            static_cast<std::uint8_t>(place.table),
            high(place.address),
            low(place.address),
            high(place.count),
            low(place.count)};
}

std::size_t Request::data_bytes() const
{
    const std::size_t count = place.count;
    return is_bits(place.table) ? (count + 7) / 8 : count * 2;
}

ReplyCheck check_reply(const Request& request, std::span<const std::uint8_t> bytes)
{
    // What is there already decides: a foreign reply is not waited for.
    if (bytes.size() >= 2 && word(bytes, 0) != request.transaction)
        return bad("answer to another request");
    if (bytes.size() >= 4 && word(bytes, 2) != 0) return bad("not the Modbus protocol");
    if (bytes.size() < 6) return {};
    const std::size_t size = 6 + std::size_t{word(bytes, 4)};
    if (size < shortest_reply || size > longest_reply) return bad("impossible length");
    if (bytes.size() >= 7 && bytes[6] != request.unit) return bad("answer of another unit");
    if (bytes.size() > size) return bad("more bytes than one answer");
    if (bytes.size() < size) {
        ReplyCheck out;
        out.size = size;
        return out;
    }
    return check_body(request, bytes);
}

} // namespace magwatch::adapters::modbus
