// The registers of a device that plays a tape, as a register map lays them out: the way back of
// modbus/decode.
//
// Pure. What is not known shows as the map says "no reading": its sentinel, its quality bit, NaN in
// a float, or a raw number outside the map's plausible range. A map that has none of these for a
// number is refused, for a zero would be a lie; a single bit without a quality bit shows as not
// set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/monitors/modbus/register_map.hpp"
#include "tools/simulator/modbus_reply.hpp"

namespace magwatch
{

class ServedRegisters
{
public:
    ServedRegisters(const adapters::modbus::RegisterMap& map, std::uint8_t unit);
    // Why the map cannot be served; empty if it can.
    [[nodiscard]] const std::vector<std::string>& mistakes() const { return mistakes_; }
    [[nodiscard]] bool has(Signal signal) const;

    // In the signal's own unit; nothing: no reading.
    void show(Signal signal, std::optional<double> value);
    // One second went by: what proves that the device runs moves.
    void second();
    [[nodiscard]] simulator::RegisterTables tables() const { return {input_, holding_, 0, unit_}; }

private:
    [[nodiscard]] std::optional<std::uint64_t>
    no_reading(const adapters::modbus::Register& r) const;
    void put(const adapters::modbus::Register& r, std::uint64_t raw);
    void mark(const adapters::modbus::Register& r, bool usable);
    std::vector<std::uint16_t>& words(adapters::modbus::Table table);
    void reserve(const adapters::modbus::Place& place, std::uint32_t line);

    adapters::modbus::RegisterMap map_;
    std::uint8_t unit_;
    std::vector<std::uint16_t> input_, holding_;
    std::vector<std::string> mistakes_;
    std::uint16_t seconds_ = 0;
};

} // namespace magwatch
