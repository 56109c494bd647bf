#include "tools/replay/served_registers.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "rules/observation/quantity.hpp"

namespace magwatch
{
namespace
{

namespace modbus = adapters::modbus;
using modbus::RawType;
using modbus::Register;

bool is_float(RawType type)
{
    return type == RawType::f32 || type == RawType::f64;
}

unsigned bits_of(RawType type)
{
    switch (type) {
    case RawType::bit:
        return 1;
    case RawType::u16:
    case RawType::s16:
        return 16;
    case RawType::u32:
    case RawType::s32:
    case RawType::f32:
        return 32;
    case RawType::u64:
    case RawType::s64:
    case RawType::f64:
        return 64;
    }
    std::abort();
}

// The bits by which the type holds a number; nothing if it cannot.
std::optional<std::uint64_t> bits_for(RawType type, double number)
{
    if (type == RawType::f32) return std::bit_cast<std::uint32_t>(static_cast<float>(number));
    if (type == RawType::f64) return std::bit_cast<std::uint64_t>(number);
    if (!std::isfinite(number)) return std::nullopt;
    const double whole = std::nearbyint(number);
    const bool with_sign = type == RawType::s16 || type == RawType::s32 || type == RawType::s64;
    const unsigned bits = bits_of(type);
    const double top = std::ldexp(1.0, static_cast<int>(with_sign ? bits - 1 : bits));
    if (whole >= top || whole < (with_sign ? -top : 0)) return std::nullopt;
    if (!with_sign) return static_cast<std::uint64_t>(whole);
    const auto raw = static_cast<std::uint64_t>(static_cast<std::int64_t>(whole));
    return bits == 64 ? raw : raw & ((std::uint64_t{1} << bits) - 1);
}

double meaning(const Register& r, double number)
{
    return r.divisor != 0 ? number / r.divisor + r.offset : number * r.scale + r.offset;
}

double raw_number(const Register& r, double value)
{
    return r.divisor != 0 ? (value - r.offset) * r.divisor : (value - r.offset) / r.scale;
}

} // namespace

ServedRegisters::ServedRegisters(const modbus::RegisterMap& map, std::uint8_t unit)
    : map_{map}, unit_{unit}
{
    for (const Register& r : map_.registers) {
        reserve(r.place, r.line);
        if (r.quality) reserve(r.quality->place, r.line);
        if (r.sequence) reserve(*r.sequence, r.line);
        if (r.time) reserve(*r.time, r.line);
    }
    if (!mistakes_.empty()) return;
    for (const Register& r : map_.registers) {
        if (r.signal == Signal::liveness || r.type == RawType::bit || no_reading(r) || r.quality)
            continue;
        mistakes_.push_back("line " + std::to_string(r.line) +
                            ": the map has no way to say that '" + std::string{name(r.signal)} +
                            "' has no reading: give it 'sentinels'");
    }
    if (!mistakes_.empty()) return;
    for (const Register& r : map_.registers) {
        mark(r, true);
        if (r.signal != Signal::liveness) show(r.signal, std::nullopt);
    }
}

bool ServedRegisters::has(Signal signal) const
{
    return std::any_of(map_.registers.begin(), map_.registers.end(),
                       [&](const Register& r) { return r.signal == signal; });
}

void ServedRegisters::show(Signal signal, std::optional<double> value)
{
    for (const Register& r : map_.registers) {
        if (r.signal != signal) continue;
        std::optional<std::uint64_t> raw;
        if (value) {
            const auto meant = convert(signal, *value, info(signal).unit, r.unit);
            if (meant && r.values.empty()) {
                const double number = r.type == RawType::bit ? *meant : raw_number(r, *meant);
                raw = bits_for(r.type, number);
            }
            for (const auto& word : r.values) {
                if (meant && word.value == *meant)
                    raw = bits_for(r.type, static_cast<double>(word.raw));
            }
        }
        const auto none = no_reading(r);
        // A number that the device could only send as "no reading" is none.
        const bool told = raw && (!none || *raw != *none);
        if (!none && r.quality) mark(r, told);
        put(r, told ? *raw : none.value_or(0));
    }
}

void ServedRegisters::second()
{
    ++seconds_;
    for (const Register& r : map_.registers) {
        if (r.signal == Signal::liveness) put(r, r.type == RawType::bit ? seconds_ & 1U : seconds_);
    }
}

std::optional<std::uint64_t> ServedRegisters::no_reading(const Register& r) const
{
    if (r.type == RawType::bit) return std::nullopt;
    if (!r.sentinels.empty()) return bits_for(r.type, r.sentinels.front());
    if (is_float(r.type)) return bits_for(r.type, std::numeric_limits<double>::quiet_NaN());
    const bool with_sign =
        r.type == RawType::s16 || r.type == RawType::s32 || r.type == RawType::s64;
    const unsigned bits = bits_of(r.type) - (with_sign ? 1 : 0);
    const std::uint64_t most = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    if (!r.values.empty()) {
        const auto same = [&](const auto& word) {
            return static_cast<std::uint64_t>(word.raw) == most;
        };
        return std::none_of(r.values.begin(), r.values.end(), same) ? std::optional{most}
                                                                    : std::nullopt;
    }
    const auto shown =
        convert(r.signal, meaning(r, static_cast<double>(most)), r.unit, info(r.signal).unit);
    return shown && *shown > r.max ? std::optional{most} : std::nullopt;
}

void ServedRegisters::put(const Register& r, std::uint64_t raw)
{
    auto& table = words(r.place.table);
    if (r.type == RawType::bit) {
        const bool on = (raw != 0) != r.inverted;
        const auto bit = static_cast<std::uint16_t>(1U << r.bit);
        auto& word = table[r.place.address];
        word = static_cast<std::uint16_t>(on ? word | bit : word & ~bit);
        return;
    }
    const bool swap_words =
        r.order == modbus::WordOrder::cdab || r.order == modbus::WordOrder::dcba;
    const bool swap_bytes =
        r.order == modbus::WordOrder::badc || r.order == modbus::WordOrder::dcba;
    for (std::uint16_t i = 0; i < r.place.count; ++i) {
        const unsigned from_low = swap_words ? i : r.place.count - 1U - i;
        auto word = static_cast<std::uint16_t>(raw >> (16 * from_low));
        if (swap_bytes) word = static_cast<std::uint16_t>(word << 8 | word >> 8);
        table[static_cast<std::size_t>(r.place.address) + i] = word;
    }
}

void ServedRegisters::mark(const Register& r, bool usable)
{
    if (!r.quality) return;
    auto& word = words(r.quality->place.table)[r.quality->place.address];
    const unsigned good = r.quality->good & r.quality->mask;
    const unsigned bits = usable ? good : good ^ r.quality->mask;
    word = static_cast<std::uint16_t>((word & ~unsigned{r.quality->mask}) | bits);
}

std::vector<std::uint16_t>& ServedRegisters::words(modbus::Table table)
{
    return table == modbus::Table::input_registers ? input_ : holding_;
}

void ServedRegisters::reserve(const modbus::Place& place, std::uint32_t line)
{
    if (modbus::is_bits(place.table)) {
        mistakes_.push_back("line " + std::to_string(line) +
                            ": coils and discrete inputs (functions 1 and 2) cannot be served");
        return;
    }
    auto& table = words(place.table);
    table.resize(std::max(table.size(), std::size_t{place.address} + place.count));
}

} // namespace magwatch
