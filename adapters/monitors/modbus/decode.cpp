#include "adapters/monitors/modbus/decode.hpp"

#include <bit>
#include <cmath>

#include "rules/base/assert.hpp"

namespace magwatch::adapters::modbus
{
namespace
{

std::uint16_t swapped(std::uint16_t word)
{
    return static_cast<std::uint16_t>(word << 8 | word >> 8);
}

std::uint64_t assemble(std::span<const std::uint16_t> words, WordOrder order)
{
    const bool swap_words = order == WordOrder::cdab || order == WordOrder::dcba;
    const bool swap_bytes = order == WordOrder::badc || order == WordOrder::dcba;
    std::uint64_t raw = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::uint16_t word = words[swap_words ? words.size() - 1 - i : i];
        raw = raw << 16 | (swap_bytes ? swapped(word) : word);
    }
    return raw;
}

double number_of(const Register& r, std::uint64_t raw)
{
    switch (r.type) {
    case RawType::bit:
    case RawType::u16:
    case RawType::u32:
    case RawType::u64:
        return static_cast<double>(raw);
    case RawType::s16:
        return static_cast<std::int16_t>(static_cast<std::uint16_t>(raw));
    case RawType::s32:
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(raw));
    case RawType::s64:
        return static_cast<double>(static_cast<std::int64_t>(raw));
    case RawType::f32:
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(raw)));
    case RawType::f64:
        return std::bit_cast<double>(raw);
    }
    std::abort();
}

// The block of a group that holds a word of the image.
BlockState state_at(const Group& group, const Image& image, std::uint16_t word)
{
    for (std::size_t i = group.blocks.size(); i-- > 0;) {
        if (word >= group.blocks[i].first_word) return image.blocks[i];
    }
    return BlockState::unread;
}

std::optional<Refusal> judge(const Register& r, double number, double& value)
{
    for (const double sentinel : r.sentinels)
        if (number == sentinel) return Refusal::sentinel;
    if (!std::isfinite(number)) return Refusal::not_a_number;
    double meant = r.divisor != 0 ? number / r.divisor + r.offset : number * r.scale + r.offset;
    if (!r.values.empty()) {
        bool found = false;
        for (const Enumerated& e : r.values) {
            if (static_cast<double>(e.raw) != number) continue;
            meant = e.value;
            found = true;
        }
        if (!found) return Refusal::implausible; // a code that this device cannot send
    }
    const auto checked = Quantity::checked(r.signal, meant, r.unit);
    if (const auto* refusal = std::get_if<Refusal>(&checked)) return *refusal;
    value = std::get<Quantity>(checked).value();
    if (value < r.min || value > r.max) return Refusal::implausible;
    return std::nullopt;
}

// Whether the status word lets the value be used.
bool usable(const Register& r, const Group& group, const Item& item, const Image& image)
{
    if (!r.quality) return true;
    if (state_at(group, image, item.quality_word) != BlockState::read) return false;
    return (image.words[item.quality_word] & r.quality->mask) == r.quality->good;
}

Validity good_validity(const RegisterMap& map)
{
    return map.commissioned ? Validity::valid : Validity::questionable;
}

// Whether a charted value is so bad that it ends no alarm, whenever it was charted (design values:
// reflex lost, responds to pain or not at all, coma, breathing critical).
bool rings(Signal signal, double value)
{
    switch (signal) {
    case Signal::reflex_knee:
    case Signal::reflex_arm:
        return value == 0;
    case Signal::avpu:
        return value >= 2;
    case Signal::gcs:
        return value <= 8;
    case Signal::rr_counted:
        return value < 8;
    default:
        return false;
    }
}

// Whether a charted field must be told now; remembers it. `observed` is set if the device tells
// when.
bool charted_now(const Register& r, const Group& group, const Item& item, const Image& image,
                 const Reading& reading, ChartedMemory& charted, WallTime& observed)
{
    std::uint64_t sequence = 0;
    for (const std::uint16_t word : {item.sequence_word, item.time_word})
        if (word != no_word && state_at(group, image, word) != BlockState::read) return false;
    if (item.sequence_word != no_word) sequence = image.words[item.sequence_word];
    if (item.time_word != no_word) {
        const std::uint64_t seconds = assemble({&image.words[item.time_word], 2}, WordOrder::abcd);
        sequence = sequence << 32 | seconds;
        observed = WallTime{static_cast<std::int64_t>(seconds) * 1000};
    }
    ChartedMemory::Entry& before = charted.of(item.index);
    const bool first = !before.known;
    const bool changed = first || before.raw != reading.raw || before.sequence != sequence;
    before = {reading.raw, sequence, true};
    if (!changed) return false;
    if (!first || observed.ms != 0) return true;
    return reading.refusal ? r.signal != Signal::urine : rings(r.signal, reading.value);
}

} // namespace

void Image::reset(const Group& group)
{
    words.assign(group.words, 0);
    blocks.assign(group.blocks.size(), BlockState::unread);
}

void store(Image& image, const Block& block, std::size_t block_index,
           std::span<const std::uint8_t> data)
{
    std::uint16_t* word = &image.words[block.first_word];
    if (is_bits(block.place.table)) {
        MAGWATCH_ASSERT(data.size() == (block.place.count + std::size_t{7}) / 8);
        for (std::size_t i = 0; i < block.place.count; ++i)
            word[i] = static_cast<std::uint16_t>(data[i / 8] >> (i % 8) & 1);
    } else {
        MAGWATCH_ASSERT(data.size() == std::size_t{block.place.count} * 2);
        for (std::size_t i = 0; i < block.place.count; ++i)
            word[i] = static_cast<std::uint16_t>(data[2 * i] << 8 | data[2 * i + 1]);
    }
    image.blocks[block_index] = BlockState::read;
}

Reading read_item(const RegisterMap& map, const Group& group, const Item& item, const Image& image)
{
    const Register& r = map.registers[item.index];
    Reading out;
    const BlockState state = state_at(group, image, item.word);
    if (state == BlockState::refused) out.refusal = Refusal::no_value;
    if (state != BlockState::read) return out;
    out.read = true;
    const std::span<const std::uint16_t> words{&image.words[item.word], r.place.count};
    if (r.type == RawType::bit) {
        const unsigned bit = is_bits(r.place.table) ? 0 : r.bit;
        out.raw = words[0] >> bit & 1U;
        out.number = (out.raw != 0) != r.inverted ? 1 : 0;
    } else {
        out.raw = assemble(words, r.order);
        out.number = number_of(r, out.raw);
    }
    // The device's own doubt comes first: a value that it forbids is not looked at.
    out.refusal =
        usable(r, group, item, image) ? judge(r, out.number, out.value) : Refusal::quality;
    return out;
}

void decode(const RegisterMap& map, const Group& group, const Image& image, BedId bed,
            SourceId source, ChartedMemory& charted, std::vector<Outcome>& out)
{
    for (const Item& item : group.items) {
        const Register& r = map.registers[item.index];
        const Reading reading = read_item(map, group, item, image);
        if (!reading.read && !reading.refusal) continue;
        WallTime observed{};
        if (r.origin == Origin::charted) {
            // An empty field is not a refusal: nobody charted anything.
            const bool told =
                reading.read && charted_now(r, group, item, image, reading, charted, observed);
            if (reading.read && (!told || reading.refusal == Refusal::sentinel)) continue;
        }
        if (reading.refusal) {
            out.emplace_back(RefusedValue{bed, source, true, r.signal, *reading.refusal});
            continue;
        }
        Observation seen;
        seen.bed = bed;
        seen.source = source;
        seen.signal = r.signal;
        seen.validity = good_validity(map);
        seen.origin = r.origin;
        seen.value = reading.value;
        seen.observed = observed;
        out.emplace_back(seen);
    }
}

} // namespace magwatch::adapters::modbus
