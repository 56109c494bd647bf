#include "adapters/monitors/modbus/register_map.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "rules/observation/usual_name.hpp"
#include "runtime/toml_reader.hpp"

namespace magwatch::adapters::modbus
{
namespace
{

using namespace std::chrono_literals;

// Codes of IEEE 11073-10101 that name exactly one of our signals (NIST January 2025 tables).
struct Code {
    std::string_view number, refid;
    Signal signal;
};
constexpr Code codes[] = {
    {"147842", "MDC_ECG_HEART_RATE", Signal::hr},
    {"149514", "MDC_PULS_RATE", Signal::pulse},
    {"149530", "MDC_PULS_OXIM_PULS_RATE", Signal::pulse},
    {"149546", "MDC_PULS_RATE_NON_INV", Signal::pulse},
    {"150456", "MDC_PULS_OXIM_SAT_O2", Signal::spo2},
    {"151562", "MDC_RESP_RATE", Signal::rr},
    {"151578", "MDC_TTHOR_RESP_RATE", Signal::rr},
    {"151594", "MDC_CO2_RESP_RATE", Signal::rr},
    {"150021", "MDC_PRESS_BLD_NONINV_SYS", Signal::sbp},
    {"150022", "MDC_PRESS_BLD_NONINV_DIA", Signal::dbp},
    {"150023", "MDC_PRESS_BLD_NONINV_MEAN", Signal::map},
    {"150033", "MDC_PRESS_BLD_ART_SYS", Signal::art_sys},
    {"150034", "MDC_PRESS_BLD_ART_DIA", Signal::art_dia},
    {"150035", "MDC_PRESS_BLD_ART_MEAN", Signal::art_mean},
    {"150344", "MDC_TEMP", Signal::temp},
    {"150364", "MDC_TEMP_BODY", Signal::temp},
    {"150368", "MDC_TEMP_CORE", Signal::temp},
    {"151708", "MDC_CONC_AWAY_CO2_ET", Signal::etco2},
    {"157784", "MDC_FLOW_FLUID_PUMP", Signal::pump_flow},
    {"158014", "MDC_FLOW_FLUID_PUMP_CURRENT", Signal::pump_flow},
    {"153740", "MDC_SCORE_AVPU", Signal::avpu},
    {"153728", "MDC_SCORE_GLAS_COMA", Signal::gcs},
};

constexpr std::array<std::string_view, 9> type_names = {"bit", "u16", "s16", "u32", "s32",
                                                        "f32", "u64", "s64", "f64"};
constexpr std::array<std::string_view, 4> order_names = {"ABCD", "CDAB", "BADC", "DCBA"};

std::string number_text(double value)
{
    std::ostringstream out;
    out << value;
    return out.str();
}

template <class Names>
std::optional<std::size_t> index_of(const Names& names, std::string_view text)
{
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

// A register as manuals count it: 40001 is the first holding register, 30001 the first input
// register, 10001 the first discrete input, 1 the first coil; or with six digits 400001 and so on.
std::optional<Place> place_from_reference(std::int64_t reference)
{
    const std::int64_t base = reference >= 100'000 ? 100'000 : 10'000;
    const std::int64_t address = reference % base - 1;
    if (address < 0 || address > 65535) return std::nullopt;
    Place place;
    place.address = static_cast<std::uint16_t>(address);
    switch (reference / base) {
    case 0:
        place.table = Table::coils;
        return place;
    case 1:
        place.table = Table::discrete_inputs;
        return place;
    case 3:
        place.table = Table::input_registers;
        return place;
    case 4:
        place.table = Table::holding_registers;
        return place;
    default:
        return std::nullopt;
    }
}

// function and address, or reference. `other` gives the table where neither does.
std::optional<Place> read_place(const TomlTable& in, std::optional<Table> other,
                                std::uint16_t count)
{
    const auto function = in.integer("function", 1, 4);
    const auto address = in.integer("address", 0, 65535);
    const auto reference = in.integer("reference", 1, 465'536);
    Place place;
    if (in.has("address") == in.has("reference")) {
        in.fail("address", "give either 'address' (0-based) or 'reference' (such as 40001)");
        return std::nullopt;
    }
    if (in.has("reference")) {
        if (!reference) return std::nullopt;
        const auto found = place_from_reference(*reference);
        if (!found) {
            in.fail("reference",
                    "no register has the reference " + std::to_string(*reference) +
                        " (40001 is the first holding register, 30001 the first input register)");
            return std::nullopt;
        }
        place = *found;
        if (function && *function != static_cast<std::int64_t>(place.table)) {
            in.fail("function", "function " + std::to_string(*function) +
                                    " does not read reference " + std::to_string(*reference));
            return std::nullopt;
        }
    } else {
        if (!address) return std::nullopt;
        if (!function && !(other && !in.has("function"))) {
            if (!in.has("function"))
                in.fail("function", "'function' is missing (3 holding, 4 input registers)");
            return std::nullopt;
        }
        place.address = static_cast<std::uint16_t>(*address);
        place.table = function ? static_cast<Table>(*function) : *other;
    }
    place.count = count;
    if (place.address + std::uint32_t{count} > 65536) {
        in.fail(in.has("address") ? "address" : "reference",
                "the value would end behind the last address, 65535");
        return std::nullopt;
    }
    return place;
}

std::optional<Signal> read_signal(const TomlTable& in)
{
    const auto signal_name = in.text("signal");
    const auto code = in.text("code");
    if (in.has("signal") == in.has("code")) {
        in.fail(
            "signal",
            "give either 'signal' (such as \"spo2\") or 'code' (such as \"MDC_PULS_OXIM_SAT_O2\")");
        return std::nullopt;
    }
    std::optional<Signal> signal;
    if (signal_name) {
        signal = signal_from(signal_name->value);
        if (!signal) {
            std::vector<std::string_view> names;
            for (std::size_t i = 0; i < signal_count; ++i)
                names.push_back(magwatch::name(static_cast<Signal>(i)));
            in.fail("signal", "unknown signal '" + signal_name->value + "'" +
                                  meant_signal(signal_name->value, names));
        }
    } else if (code) {
        std::vector<std::string_view> names;
        for (const Code& known : codes) {
            names.push_back(known.refid);
            if (known.refid == code->value || known.number == code->value) signal = known.signal;
        }
        if (!signal)
            in.fail("code",
                    "unknown code '" + code->value + "'" + did_you_mean(code->value, names));
    }
    if (!signal) return std::nullopt;
    const SignalKind kind = info(*signal).kind;
    if (kind == SignalKind::derived || kind == SignalKind::fact || kind == SignalKind::laboratory) {
        in.fail(in.has("signal") ? "signal" : "code",
                "'" + std::string{magwatch::name(*signal)} +
                    "' does not come from a register (it is derived, a fact of the patient or a "
                    "laboratory value)");
        return std::nullopt;
    }
    return signal;
}

bool read_type(const TomlTable& in, Register& out, bool bits)
{
    static const std::vector<std::string_view> types{type_names.begin(), type_names.end()};
    static const std::vector<std::string_view> orders{order_names.begin(), order_names.end()};
    const auto type = bits ? in.choice("type", types) : in.need_choice("type", types);
    const auto order = in.choice("order", orders);
    const auto bit = in.integer("bit", 0, 15);
    if (!type && (!bits || in.has("type"))) return false;
    out.type = type ? static_cast<RawType>(*type) : RawType::bit;
    if (bits && out.type != RawType::bit) {
        in.fail("type", "functions 1 and 2 read single bits: the type is bit");
        return false;
    }
    const bool of_register = out.type == RawType::bit && !bits;
    if (of_register != in.has("bit")) {
        in.fail("bit",
                of_register
                    ? "'bit' is missing: which one of the register, 0 is the least significant"
                    : "'bit' belongs to a bit of a register alone");
        return false;
    }
    out.bit = static_cast<std::uint8_t>(bit.value_or(0));
    if (order) out.order = static_cast<WordOrder>(*order);
    if (words_of(out.type) > 1 && !in.has("order")) {
        in.fail("order",
                "'order' is missing: nothing on the wire tells it (ABCD, CDAB, BADC or DCBA)");
        return false;
    }
    return true;
}

void read_scale(const TomlTable& in, Register& out)
{
    out.scale = in.number("scale").value_or(1);
    out.offset = in.number("offset").value_or(0);
    out.inverted = in.boolean("inverted").value_or(false);
    if (out.scale == 0) in.fail("scale", "a scale of 0 would make every value the same");
    if (out.inverted && out.type != RawType::bit)
        in.fail("inverted", "'inverted' belongs to a bit alone");
    const double inverse = 1 / out.scale;
    const double whole = std::round(inverse);
    if (std::abs(whole) > 1.5 && std::abs(whole) < 1e9 &&
        std::abs(inverse - whole) < 1e-9 * std::abs(whole))
        out.divisor = whole;
}

void read_unit(const TomlTable& in, Register& out)
{
    const SignalInfo& about = info(out.signal);
    if (about.unit != Unit::none && !in.has("unit")) {
        in.fail("unit", "'unit' is missing (" + std::string{about.name} + " is kept in " +
                            std::string{magwatch::name(about.unit)} + ")");
        return;
    }
    const auto unit = in.text("unit");
    if (!unit) return;
    const auto found = unit_from(unit->value);
    if (!found || !convert(out.signal, 1, *found, about.unit))
        in.fail("unit", "'" + unit->value + "' is no unit of " + std::string{about.name} +
                            ", which is kept in " + std::string{magwatch::name(about.unit)});
    else
        out.unit = *found;
}

// min and max, in the unit of the register.
void read_range(const TomlTable& in, Register& out)
{
    const SignalInfo& about = info(out.signal);
    const auto low = in.number("min");
    const auto high = in.number("max");
    out.min = low ? convert(out.signal, *low, out.unit, about.unit).value_or(about.min) : about.min;
    out.max =
        high ? convert(out.signal, *high, out.unit, about.unit).value_or(about.max) : about.max;
    constexpr double slack = 1e-9; // of a conversion
    for (const auto* key : {"min", "max"}) {
        const double limit = *key == 'm' && key[1] == 'i' ? out.min : out.max;
        if (limit < about.min - slack || limit > about.max + slack)
            in.fail(key, "outside of what a patient can have (" + std::string{about.name} + ": " +
                             number_text(about.min) + " to " + number_text(about.max) + " " +
                             std::string{magwatch::name(about.unit)} + ")");
    }
    if (!(out.min < out.max)) in.fail("min", "'min' must be below 'max'");
}

// Whether a raw number can stand in a register of this type, signed or unsigned.
bool fits(RawType type, double raw)
{
    switch (type) {
    case RawType::bit:
        return raw == 0 || raw == 1;
    case RawType::u16:
    case RawType::s16:
        return raw == std::floor(raw) && raw >= -32768 && raw <= 65535;
    case RawType::u32:
    case RawType::s32:
        return raw == std::floor(raw) && raw >= -2147483648.0 && raw <= 4294967295.0;
    default:
        return true;
    }
}

// A sentinel as the type reads it: 0x8000 of an s16 is -32768, and -1 of a u16 is 65535.
double as_read(RawType type, double raw)
{
    switch (type) {
    case RawType::s16:
        return raw > 32767 ? raw - 65536 : raw;
    case RawType::u16:
        return raw < 0 ? raw + 65536 : raw;
    case RawType::s32:
        return raw > 2147483647.0 ? raw - 4294967296.0 : raw;
    case RawType::u32:
        return raw < 0 ? raw + 4294967296.0 : raw;
    default:
        return raw;
    }
}

void read_sentinels(const TomlTable& in, Register& out)
{
    const auto list = in.integers("sentinels", std::numeric_limits<std::int64_t>::min(),
                                  std::numeric_limits<std::int64_t>::max());
    if (!list) return;
    for (const std::int64_t raw : *list) {
        if (fits(out.type, static_cast<double>(raw))) {
            out.sentinels.push_back(as_read(out.type, static_cast<double>(raw)));
            continue;
        }
        in.fail("sentinels",
                "a " + std::string{name(out.type)} + " cannot be " + std::to_string(raw));
    }
}

// values = { "65" = 0, "86" = 1 }: raw number = value.
void read_values(const TomlTable& in, Register& out)
{
    const auto list = in.table("values");
    if (!list) return;
    for (const TomlText& key : list->keys()) {
        std::int64_t raw = 0;
        const char* last = key.value.data() + key.value.size();
        const auto [end, error] = std::from_chars(key.value.data(), last, raw);
        const auto value = list->number(key.value);
        if (error != std::errc{} || end != last || !fits(out.type, static_cast<double>(raw)))
            list->fail(key.value, "'values' is { \"raw number\" = value, ... }, and a " +
                                      std::string{name(out.type)} + " cannot be '" + key.value +
                                      "'");
        else if (value)
            out.values.push_back(
                {static_cast<std::int64_t>(as_read(out.type, static_cast<double>(raw))), *value});
    }
    if (list->keys().empty())
        in.fail("values", "'values' is empty: every reading would be refused");
}

void read_quality(const TomlTable& in, Register& out)
{
    const auto q = in.table("quality");
    if (!q) return;
    const auto place = read_place(*q, out.place.table, 1);
    const auto mask = q->integer("mask", 1, 65535);
    const auto good = q->integer("good", 0, 65535);
    if (!place) return;
    const bool bits = is_bits(place->table);
    if (bits && q->has("mask")) q->fail("mask", "a single bit needs no mask");
    if (!bits && !q->has("mask"))
        q->fail("mask", "'mask' is missing: the bits of the register that say \"do not use\"");
    const std::int64_t hidden = ~mask.value_or(1);
    if ((good.value_or(0) & hidden) != 0) q->fail("good", "'good' has bits that 'mask' hides");
    out.quality = Quality{*place, static_cast<std::uint16_t>(mask.value_or(1)),
                          static_cast<std::uint16_t>(good.value_or(0))};
}

// A register that tells when or that a field was charted.
std::optional<Place> read_beside(const TomlTable& in, std::string_view key, const Register& out,
                                 std::uint16_t count)
{
    const auto beside = in.table(key);
    if (!beside) return std::nullopt;
    if (out.origin != Origin::charted)
        in.fail(key, "'" + std::string{key} + "' belongs to charted fields such as reflex_knee");
    const auto place = read_place(*beside, out.place.table, count);
    if (place && is_bits(place->table))
        in.fail(key, "'" + std::string{key} + "' must be a register");
    return place;
}

void check_signal(const TomlTable& in, const Register& out, const RegisterMap& map)
{
    const std::string_view key = in.has("signal") ? "signal" : "code";
    if (out.signal == Signal::urine && !out.sequence && !out.time)
        in.fail(key,
                "urine needs a 'sequence' or 'time' register: two equal volumes are two entries");
    if (out.type == RawType::bit && out.values.empty() &&
        (info(out.signal).min > 0 || info(out.signal).max < 1))
        in.fail("type", "a single bit cannot be a " + std::string{info(out.signal).title});
    for (const Register& before : map.registers) {
        if (before.signal != out.signal) continue;
        in.fail(key, "'" + std::string{magwatch::name(out.signal)} +
                         "' stands twice, first in line " + std::to_string(before.line));
        return;
    }
}

// Whether function or reference names a table of single bits.
bool of_bits(const TomlTable& in)
{
    const auto function = in.integer("function", 1, 4);
    if (function) return *function <= 2;
    const auto reference = in.has("function") ? std::nullopt : in.integer("reference", 1, 465'536);
    const auto place = reference ? place_from_reference(*reference) : std::nullopt;
    return place && is_bits(place->table);
}

void read_register(const TomlTable& in, RegisterMap& map)
{
    Register out;
    out.line = in.position().line;
    const auto signal = read_signal(in);
    const bool typed = read_type(in, out, of_bits(in));
    const auto place = read_place(in, std::nullopt, typed ? words_of(out.type) : std::uint16_t{1});
    if (place) out.place = *place;
    read_scale(in, out);
    read_sentinels(in, out);
    read_values(in, out);
    (void)in.text("note");
    out.interval = in.duration("interval", 50ms, 1h).value_or(map.interval);
    if (!signal) {
        // What these mean depends on the signal; their names are known all the same.
        (void)in.text("unit");
        (void)in.number("min");
        (void)in.number("max");
        for (const auto* key : {"quality", "sequence", "time"})
            if (const auto table = in.table(key)) {
                for (const TomlText& inner : table->keys()) (void)table->has(inner.value);
            }
        return;
    }
    out.signal = *signal;
    out.origin = info(*signal).kind == SignalKind::charted ? Origin::charted : Origin::device;
    read_unit(in, out);
    read_range(in, out);
    read_quality(in, out);
    out.sequence = read_beside(in, "sequence", out, 1);
    out.time = read_beside(in, "time", out, 2);
    check_signal(in, out, map);
    map.registers.push_back(std::move(out));
}

void read_head(const TomlTable& in, RegisterMap& map)
{
    if (const auto name = in.need_text("name")) map.name = name->value;
    if (const auto model = in.need_text("model")) map.model = model->value;
    (void)in.text("source");
    map.commissioned = in.boolean("commissioned").value_or(true);
    map.simulation = in.boolean("simulation").value_or(false);
    map.interval = in.duration("interval", 50ms, 1h).value_or(1s);
    map.timeout = in.duration("timeout", 50ms, 10s).value_or(1s);
    map.max_gap = static_cast<std::uint16_t>(in.integer("max_gap", 0, 124).value_or(8));
    map.max_count = static_cast<std::uint16_t>(in.integer("max_registers", 4, 125).value_or(125));
}

} // namespace

std::string_view name(Table table)
{
    switch (table) {
    case Table::coils:
        return "coil";
    case Table::discrete_inputs:
        return "discrete input";
    case Table::holding_registers:
        return "holding register";
    case Table::input_registers:
        return "input register";
    }
    std::abort();
}

std::string_view name(RawType type)
{
    return type_names[static_cast<std::size_t>(type)];
}
std::string_view name(WordOrder order)
{
    return order_names[static_cast<std::size_t>(order)];
}

std::uint16_t words_of(RawType type)
{
    switch (type) {
    case RawType::bit:
    case RawType::u16:
    case RawType::s16:
        return 1;
    case RawType::u32:
    case RawType::s32:
    case RawType::f32:
        return 2;
    case RawType::u64:
    case RawType::s64:
    case RawType::f64:
        return 4;
    }
    std::abort();
}

Duration period(const RegisterMap& map)
{
    Duration fastest = map.interval;
    for (const Register& r : map.registers) fastest = std::min(fastest, r.interval);
    return fastest;
}

bool has_liveness(const RegisterMap& map)
{
    return std::any_of(map.registers.begin(), map.registers.end(),
                       [](const Register& r) { return r.signal == Signal::liveness; });
}

LoadedMap parse_register_map(std::string_view text, std::string_view file_name)
{
    TomlFile file{std::string{file_name}, std::string{text}};
    LoadedMap out;
    if (!file.failed()) {
        RegisterMap map;
        const TomlTable root = file.root();
        read_head(root, map);
        const auto registers = root.tables("register");
        for (const TomlTable& table : registers) read_register(table, map);
        if (registers.empty()) file.fail({}, "no [[register]]: there is nothing to read");
        out.map = std::move(map);
    }
    out.errors = file.finish();
    // A value that is looked at twice is one mistake.
    out.errors.erase(std::unique(out.errors.begin(), out.errors.end()), out.errors.end());
    if (!out.errors.empty()) out.map.reset();
    return out;
}

LoadedMap load_register_map(const std::string& path)
{
    const auto text = read_text_file(path);
    if (const auto* why = std::get_if<Diagnostic>(&text)) return {std::nullopt, {*why}};
    return parse_register_map(std::get<std::string>(text), path);
}

} // namespace magwatch::adapters::modbus
