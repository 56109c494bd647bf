#include "daemon/ward_loop/record.hpp"

#include <array>
#include <bit>
#include <cmath>

namespace magwatch {
namespace {

// An observation of a run is this byte, what its bits announce, the signal, and the value.
enum Tag : std::uint8_t {
    value_form = 0x07, // how the value is written
    elsewhere = 0x08,  // bed and source are not those of the observation before
    qualified = 0x10,  // a byte of validity, origin and correction; without it valid, of a device, not corrected
    timed = 0x20,      // an event time, as its distance from the record's wall time
    later = 0x40,      // another moment than the observation before, as its distance from that
    unused = 0x80,
};

// The value times one of these is a whole number; any other value is written as its eight bytes.
constexpr std::array<double, 4> scales{1, 10, 100, 1000};
constexpr std::uint8_t form_double = scales.size();
constexpr double scaled_max = 1e9;

struct Scaled {
    std::uint8_t form = form_double;
    std::int64_t whole = 0;
};

// Only where reading gives back the very same bits.
Scaled scaled(double value)
{
    for (std::size_t form = 0; form < scales.size(); ++form) {
        const double whole = std::round(value * scales[form]);
        if (!(std::fabs(whole) <= scaled_max)) break;
        if (std::bit_cast<std::uint64_t>(whole / scales[form]) != std::bit_cast<std::uint64_t>(value)) continue;
        const auto integer = static_cast<std::int64_t>(whole);
        if (integer == 0 && std::signbit(value)) break; // -0 is no whole number
        return {static_cast<std::uint8_t>(form), integer};
    }
    return {};
}

// validity 2 bits, origin 2 bits, corrected 1 bit
std::uint8_t qualities(const Observation& o)
{
    return static_cast<std::uint8_t>(static_cast<unsigned>(o.validity) | static_cast<unsigned>(o.origin) << 2U |
                                     static_cast<unsigned>(o.corrected) << 4U);
}

bool set_qualities(Observation& o, std::uint8_t bits)
{
    o.validity = static_cast<Validity>(bits & 3U);
    o.origin = static_cast<Origin>(bits >> 2U & 3U);
    o.corrected = (bits & 0x10U) != 0;
    return o.origin <= Origin::laboratory && bits <= 0x1F;
}

void read_observation(Reader& in, Moment& at, Observation& o)
{
    std::uint8_t tag = 0;
    in(tag);
    if ((tag & unused) != 0 || (tag & value_form) > form_double) return in.fail();
    if ((tag & later) != 0) {
        Duration steady{}, wall{};
        in(steady, wall);
        if (__builtin_add_overflow(at.steady.ms, steady.count(), &at.steady.ms) ||
            __builtin_add_overflow(at.wall.ms, wall.count(), &at.wall.ms)) {
            return in.fail();
        }
    }
    if ((tag & elsewhere) != 0) in(o.bed, o.source);
    std::uint8_t bits = 0;
    if ((tag & qualified) != 0) in(bits);
    if (!set_qualities(o, bits)) return in.fail();
    o.observed = {};
    if ((tag & timed) != 0) {
        Duration before{};
        in(before);
        if (__builtin_sub_overflow(at.wall.ms, before.count(), &o.observed.ms)) return in.fail();
    }
    in(o.signal);
    if (static_cast<std::size_t>(o.signal) >= signal_count) return in.fail();
    if ((tag & value_form) == form_double) {
        in(o.value);
    } else {
        std::int64_t whole = 0;
        in(whole);
        o.value = static_cast<double>(whole) / scales[tag & value_form];
    }
}

} // namespace

void RecordWriter::add(const Moment& at, const Input& input)
{
    if (const auto* observation = std::get_if<Observation>(&input)) return go_on(at, *observation);
    records_.push_back(encode_record(at, input));
    run_ = 0;
}

void RecordWriter::add(const Effect& effect)
{
    records_.push_back(encode_record(effect));
    run_ = 0;
}

void RecordWriter::go_on(const Moment& at, const Observation& o)
{
    if (run_ == 0 || run_ == run_longest) {
        records_.emplace_back().reserve(usual_record_bytes);
        Writer{records_.back()}(run_version, at);
        run_ = 0;
        at_ = at;
        bed_ = no_bed;
        source_ = no_source;
    }
    Writer out{records_.back()};
    const Scaled value = scaled(o.value);
    const std::uint8_t bits = qualities(o);
    const Duration steady = at.steady - at_.steady, wall = at.wall - at_.wall;
    std::uint8_t tag = value.form;
    if (steady.count() != 0 || wall.count() != 0) tag |= later;
    if (o.bed != bed_ || o.source != source_) tag |= elsewhere;
    if (bits != 0) tag |= qualified;
    if (o.observed.ms != 0) tag |= timed;
    out(tag);
    if ((tag & later) != 0) out(steady, wall);
    if ((tag & elsewhere) != 0) out(o.bed, o.source);
    if ((tag & qualified) != 0) out(bits);
    if ((tag & timed) != 0) out(at.wall - o.observed);
    out(o.signal);
    value.form == form_double ? out(o.value) : out(value.whole);
    ++run_;
    at_ = at;
    bed_ = o.bed;
    source_ = o.source;
}

std::vector<Bytes> RecordWriter::take()
{
    run_ = 0;
    return std::exchange(records_, {});
}

bool RecordReader::read_run(std::string_view bytes)
{
    Reader in{bytes};
    Moment at;
    in(at);
    Observation o;
    run_.clear();
    while (in.left() > 0) {
        if (run_.size() == run_longest) return false;
        read_observation(in, at, o);
        run_.emplace_back(at, o);
    }
    return in.ok() && !run_.empty();
}

} // namespace magwatch
