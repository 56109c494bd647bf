// Reads everything of a register map once, for `magwatch modbus probe`: what stands in each
// register, what that means, or why it means nothing. Changes nothing: neither the device nor
// magwatch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "adapters/monitors/modbus/register_map.hpp"
#include "adapters/monitors/modbus/rtu.hpp"

namespace magwatch::adapters::modbus
{

struct ProbedRegister {
    Register entry;
    bool read = false;
    std::uint64_t raw = 0;
    double number = 0;           // of the type
    std::optional<double> value; // in the signal's unit
    bool empty = false;          // a charted field in which nobody charted anything
    std::string reason;          // why there is no value; "" if there is one
    std::string hint;            // what might be wrong with the map
};

struct ProbeReport {
    std::string map, model, address;
    bool commissioned = false;
    std::uint8_t unit = 1;
    bool answered = false; // the device gave any answer at all
    std::string reason;    // why it did not
    std::vector<ProbedRegister> registers;
    [[nodiscard]] bool all_good() const;
};

// Waits for the device: at most the map's time-out for the connection and for each request.
[[nodiscard]] ProbeReport probe(const RegisterMap& map,
                                const boost::asio::ip::tcp::endpoint& address, std::uint8_t unit);
// The same over a serial line. Nobody else may ask there meanwhile, a running daemon included.
[[nodiscard]] ProbeReport probe(const RegisterMap& map, const SerialSettings& line,
                                std::uint8_t unit);

[[nodiscard]] std::string table_text(const ProbeReport& report);
// One object: {"map", "model", "address", "unit", "commissioned", "answered", "reason",
// "registers": [...]}.
[[nodiscard]] std::string json_text(const ProbeReport& report);

} // namespace magwatch::adapters::modbus
