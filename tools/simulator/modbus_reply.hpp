// The answer of a simulated device to one Modbus TCP request.
//
// Pure: bytes in, bytes out. Functions 3 and 4 (Modbus Application Protocol V1.1b3, 6.3 and 6.4); every
// other function, a write most of all, is refused with exception 1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace magwatch::simulator {

// What one device offers. Addresses outside of both are refused with exception 2.
struct RegisterTables {
    std::span<const std::uint16_t> input;   // function 4, from address 0
    std::span<const std::uint16_t> holding; // function 3, from `holding_base`
    std::uint16_t holding_base = 0;
    std::uint8_t unit = 1;
};

enum class FrameState : std::uint8_t { incomplete, complete, damaged };

// Whether a whole request stands at the front of `bytes`, and how long it is. Damaged: not Modbus; the
// connection is to be closed, as a device would.
[[nodiscard]] FrameState request_state(std::string_view bytes, std::size_t& length);

// The reply to one whole request: a value, or an exception (1 function, 2 address, 3 count, 11 unit).
[[nodiscard]] std::string reply_to(std::string_view request, const RegisterTables& tables);

} // namespace magwatch::simulator
