#include "rules/commissioning/causes.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "rules/observation/quantity.hpp"

namespace magwatch {
namespace {

// Of a screen that shows a value.
bool fits(const Disagreement& what, double value)
{
    return std::abs(*what.shown.value - value) <= tolerance(what.signal, what.shown, what.register_step);
}

void scales(const Disagreement& what, std::vector<std::string>& out)
{
    for (const int factor : {10, 100, 1000}) {
        const std::string times = std::to_string(factor);
        // The screen's last digit hides what a larger number says: judged where the smaller of the two stands.
        if (fits(what, *what.read * factor))
            out.push_back("scale: magwatch reads a " + times + "th of it; multiply 'scale' by " + times);
        if (fits(what, *what.read / factor))
            out.push_back("scale: magwatch reads " + times + " times of it; divide 'scale' by " + times);
    }
}

void units(const Disagreement& what, std::vector<std::string>& out)
{
    const Unit canonical = info(what.signal).unit;
    for (const Unit other : {Unit::kilo_pascal, Unit::mm_hg, Unit::celsius, Unit::fahrenheit, Unit::gram_per_hour,
                             Unit::mg_per_min, Unit::mmol_per_l, Unit::mg_per_dl, Unit::meq_per_l, Unit::umol_per_l}) {
        if (other == canonical) continue;
        const auto as_other = convert(what.signal, *what.read, other, canonical);
        const auto from_other = convert(what.signal, *what.read, canonical, other);
        if (as_other && fits(what, *as_other))
            out.push_back("unit: the device tells it in " + std::string{name(other)} + "; the map takes it for " +
                          std::string{name(canonical)});
        if (from_other && fits(what, *from_other))
            out.push_back("unit: the screen is in " + std::string{name(other)} + "; type the unit with the number, or "
                          "the map's 'unit' is wrong");
    }
}

std::uint64_t permuted(std::uint64_t raw, unsigned words, bool swap_words, bool swap_bytes)
{
    std::uint64_t out = 0;
    for (unsigned w = 0; w < words; ++w) {
        auto word = static_cast<std::uint16_t>(raw >> (16 * w));
        if (swap_bytes) word = static_cast<std::uint16_t>((word >> 8) | (word << 8));
        out |= static_cast<std::uint64_t>(word) << (16 * (swap_words ? words - 1 - w : w));
    }
    return out;
}

// The number of so many registers, in a type of the map.
double decoded(std::uint64_t raw, const std::string& type, unsigned words)
{
    const bool is_float = type.starts_with('f');
    if (is_float && words == 2) return std::bit_cast<float>(static_cast<std::uint32_t>(raw));
    if (is_float) return std::bit_cast<double>(raw);
    const unsigned above = 64 - 16 * words;
    if (type.starts_with('s')) return static_cast<double>(static_cast<std::int64_t>(raw << above) >> above);
    return static_cast<double>(raw);
}

// What the number would be were its bytes in another order.
void orders(const Disagreement& what, const RawForm& form, std::vector<std::string>& out)
{
    const auto canonical = info(what.signal).unit;
    const auto raw_value = convert(what.signal, *what.read, canonical, form.unit);
    if (!raw_value || form.scale == 0) return;
    const double raw = (*raw_value - form.offset) / form.scale;
    const unsigned words = form.type.ends_with("16") ? 1U : form.type.ends_with("32") ? 2U : 4U;
    const bool is_float = form.type.starts_with('f');
    const auto bits = is_float && words == 2 ? std::bit_cast<std::uint32_t>(static_cast<float>(raw))
                      : is_float             ? std::bit_cast<std::uint64_t>(raw)
                                             : static_cast<std::uint64_t>(std::llround(std::abs(raw) < 9e15 ? raw : 0));
    for (const auto& [swap_words, swap_bytes] : {std::pair{true, false}, {false, true}, {true, true}}) {
        if (words == 1 && swap_words) continue;
        const std::uint64_t other = permuted(bits, words, swap_words, swap_bytes);
        const double value = decoded(other, form.type, words) * form.scale + form.offset;
        const auto converted = convert(what.signal, value, form.unit, canonical);
        if (!fits(what, *converted)) continue;
        out.push_back(words == 1 ? std::string{"byte order: the two bytes of the register are swapped"}
                                 : std::string{swap_words ? "word" : "byte"} + " order: 'order' is " + form.order +
                                       "; it fits with the " + (swap_words ? "words" : "bytes") +
                                       (swap_words && swap_bytes ? " and bytes" : "") + " swapped");
    }
}

void signs(const Disagreement& what, const RawForm* form, std::vector<std::string>& out)
{
    if (*what.read != 0 && fits(what, -*what.read)) out.emplace_back("sign: the value has the opposite sign");
    if (form == nullptr) return;
    const Unit canonical = info(what.signal).unit;
    const auto raw = convert(what.signal, *what.read, canonical, form->unit);
    if (!raw) return;
    for (const double turn : {-65536.0, 65536.0}) {
        const auto other = convert(what.signal, *raw + turn * form->scale, form->unit, canonical);
        if (fits(what, *other)) out.emplace_back("sign: 'type' is signed and should not be, or the reverse");
    }
}

} // namespace

std::vector<std::string> likely_causes(const Disagreement& what, std::span<const OtherReading> others)
{
    std::vector<std::string> out;
    if (!what.shown.value) {
        out.emplace_back("\"no reading\": the number by which the device says so is missing from 'sentinels', or its "
                         "status bits from 'quality'");
        out.emplace_back("the device holds its last value for some seconds: wait, and look again");
        return out;
    }
    for (const OtherReading& other : others) {
        if (!fits(what, other.value)) continue;
        if (other.device == what.device && other.bed == what.bed && other.signal != what.signal)
            out.push_back("address: this is what magwatch reads as " + std::string{name(other.signal)} +
                          "; an address is off by one, or two registers are exchanged");
        if (other.signal == what.signal && (other.device != what.device || other.bed != what.bed))
            out.push_back("wrong bed: " + other.device + " reads this value for " + other.bed +
                          "; compare the address, the unit number and the bed with the label of this device");
    }
    if (!what.read) {
        if (what.refused == "implausible")
            out.emplace_back("magwatch refuses what it reads as implausible: word order, type (integer or floating "
                             "point), scale or address; `magwatch modbus probe` shows it in every order");
        else if (what.refused == "questionable")
            out.emplace_back("the map says 'commissioned = false': it is a draft. Take the line out, and reload");
        else if (what.refused == "silent")
            out.emplace_back("nothing was heard of it: cable, address, unit number, or the code is not sent");
        else
            out.push_back("magwatch refuses it: " + (what.refused.empty() ? "no value" : what.refused));
        return out;
    }
    const RawForm* form = what.form ? &*what.form : nullptr;
    scales(what, out);
    units(what, out);
    signs(what, form, out);
    if (form != nullptr) orders(what, *form, out);
    if (out.empty()) {
        out.emplace_back("address: off by one (manuals count from 1, the protocol from 0), or another register");
        out.emplace_back("the value moved between the two looks: hold it still, and look again");
        out.emplace_back("wrong bed: this screen is not the device that magwatch reads here");
    }
    return out;
}

} // namespace magwatch
