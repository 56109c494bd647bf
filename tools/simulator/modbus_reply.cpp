#include "tools/simulator/modbus_reply.hpp"

namespace magwatch::simulator {
namespace {

constexpr std::size_t header = 7; // transaction, protocol, length, unit
constexpr unsigned most_registers = 125;

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }
unsigned word_at(std::string_view bytes, std::size_t at) { return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1); }

void put_word(std::string& out, unsigned value)
{
    out += static_cast<char>(value >> 8 & 0xFF);
    out += static_cast<char>(value & 0xFF);
}

std::string framed(std::string_view request, std::string_view pdu)
{
    std::string out{request.substr(0, 4)};
    put_word(out, static_cast<unsigned>(pdu.size() + 1));
    out += request[6];
    out += pdu;
    return out;
}

std::string refused(std::string_view request, unsigned code)
{
    const char pdu[] = {static_cast<char>(byte_at(request, 7) | 0x80), static_cast<char>(code)};
    return framed(request, {pdu, 2});
}

} // namespace

FrameState request_state(std::string_view bytes, std::size_t& length)
{
    if (bytes.size() >= 4 && word_at(bytes, 2) != 0) return FrameState::damaged;
    if (bytes.size() < 6) return FrameState::incomplete;
    const unsigned rest = word_at(bytes, 4);
    if (rest < 2 || rest > 254) return FrameState::damaged;
    length = 6 + rest;
    return bytes.size() < length ? FrameState::incomplete : FrameState::complete;
}

std::string reply_to(std::string_view request, const RegisterTables& tables)
{
    if (byte_at(request, 6) != tables.unit) return refused(request, 11);
    const unsigned function = byte_at(request, 7);
    if (function != 3 && function != 4) return refused(request, 1);
    if (request.size() != header + 5) return refused(request, 3);
    const unsigned address = word_at(request, 8), count = word_at(request, 10);
    if (count == 0 || count > most_registers) return refused(request, 3);
    const std::span<const std::uint16_t> table = function == 4 ? tables.input : tables.holding;
    const unsigned base = function == 4 ? 0 : tables.holding_base;
    if (address < base || address - base + count > table.size()) return refused(request, 2);
    std::string pdu;
    pdu.reserve(2 + 2 * std::size_t{count});
    pdu += static_cast<char>(function);
    pdu += static_cast<char>(2 * count);
    for (unsigned i = 0; i < count; ++i) put_word(pdu, table[address - base + i]);
    return framed(request, pdu);
}

} // namespace magwatch::simulator
