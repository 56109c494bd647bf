// A register map: what a Modbus device keeps at which address, and which of our signals that is.
//
// Nothing on the wire tells types, word orders, units or "no reading": a map does, written as TOML
// from the manufacturer's manual and commissioned against the device's own screen
// (docs/devices/modbus.md). Pure; every mistake is found at once, as file:line:col. Values become
// observations through Quantity::checked alone. Addresses are 0-based, as in the protocol;
// durations in milliseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/base/instant.hpp"
#include "rules/observation/observation.hpp"

namespace magwatch::adapters::modbus
{

// The four tables of a device, each with the function code that reads it. There is no code that
// writes.
enum class Table : std::uint8_t {
    coils = 1,
    discrete_inputs = 2,
    holding_registers = 3,
    input_registers = 4
};
[[nodiscard]] constexpr bool is_bits(Table table)
{
    return static_cast<std::uint8_t>(table) <= 2;
}
[[nodiscard]] std::string_view name(Table table);

enum class RawType : std::uint8_t { bit, u16, s16, u32, s32, f32, u64, s64, f64 };
[[nodiscard]] std::string_view name(RawType type);
[[nodiscard]] std::uint16_t words_of(RawType type); // registers that one value takes (a bit: 1)

// How the bytes of a number lie in its registers: big-endian, words swapped, bytes swapped, both.
enum class WordOrder : std::uint8_t { abcd, cdab, badc, dcba };
[[nodiscard]] std::string_view name(WordOrder order);

// Where something stands: `count` registers, or for tables of bits `count` bits.
struct Place {
    Table table = Table::input_registers;
    std::uint16_t address = 0;
    std::uint16_t count = 1;
    friend constexpr auto operator<=>(const Place&, const Place&) = default;
};

// A status word that says whether a value may be used: it may where (word & mask) == good.
struct Quality {
    Place place;
    std::uint16_t mask = 0;
    std::uint16_t good = 0;
};

// A raw number that means something else: a grade, a level of consciousness.
struct Enumerated {
    std::int64_t raw = 0;
    double value = 0; // in the register's unit
};

struct Register {
    Signal signal{};
    Unit unit = Unit::none;
    Place place;
    RawType type = RawType::u16;
    WordOrder order = WordOrder::abcd;
    std::uint8_t bit = 0;  // of a register, for RawType::bit; 0 = least significant
    bool inverted = false; // a bit that is 0 when the condition holds
    double scale = 1;      // value = raw * scale + offset, in `unit`
    double divisor = 0; // 1 / scale where that is a whole number, else 0: 985 / 10 is exactly 98.5
    double offset = 0;
    std::vector<double> sentinels;  // raw numbers (as the type reads them) that mean "no reading"
    std::vector<Enumerated> values; // if any, every other raw number is refused
    std::optional<Quality> quality;
    double min = 0, max = 0; // plausible range in the signal's unit, inside the signal's own
    Duration interval{};
    Origin origin = Origin::device;
    std::optional<Place> sequence; // charted: changes when somebody charted again
    std::optional<Place> time;     // charted: when, UTC seconds since 1970 as u32 ABCD
    std::uint32_t line = 0;        // in the map, for messages
};

struct RegisterMap {
    std::string name;
    std::string model;
    // false: a draft. Values are pushed as questionable, used by no rule in any mode. Otherwise the ward decides by
    // the commissioning record; the file proves nothing.
    bool commissioned = true;
    bool simulation = false; // of a device that is played: mode "ward" refuses it
    Duration interval{1000};   // of registers that give none
    Duration timeout{1000};    // of one reply
    std::uint16_t max_gap = 8; // unwanted registers worth reading to save a request (design value)
    std::uint16_t max_count = 125; // registers in one read; some devices take fewer
    std::vector<Register> registers;
};

// The fastest interval of the map: how often the device is heard.
[[nodiscard]] Duration period(const RegisterMap& map);
// Whether it has a register that proves the device is running.
[[nodiscard]] bool has_liveness(const RegisterMap& map);

struct LoadedMap {
    std::optional<RegisterMap> map; // nullopt if there is any error
    std::vector<Diagnostic> errors;
};
[[nodiscard]] LoadedMap parse_register_map(std::string_view text, std::string_view file_name);

// Reads the file (at most 1 MiB). The only function here that touches the file system.
[[nodiscard]] LoadedMap load_register_map(const std::string& path);

} // namespace magwatch::adapters::modbus
