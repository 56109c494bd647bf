#include "daemon/app/fingerprints.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "adapters/pagers/signing.hpp"
#include "rules/observation/quantity.hpp"
#include "runtime/ascii.hpp"

namespace magwatch {
namespace {

double step_of(const adapters::modbus::Register& entry)
{
    using adapters::modbus::RawType;
    if (entry.type == RawType::f32 || entry.type == RawType::f64 || !entry.values.empty()) return 0;
    const Unit canonical = info(entry.signal).unit;
    const auto at = convert(entry.signal, entry.offset, entry.unit, canonical);
    const auto next = convert(entry.signal, entry.offset + entry.scale, entry.unit, canonical);
    return at && next ? std::abs(*next - *at) : 0;
}

} // namespace

std::string fingerprint_of(std::string_view text)
{
    return hex(adapters::sha256(text));
}

std::string profile_text(const Hl7SourceConfig& p)
{
    std::string out = fmt::format("HL7 profile 1\napplication {}\nfacility {}\nzone {}\nbed_pattern {}\n",
                                  p.application, p.facility, p.zone, p.bed_pattern);
    for (const auto& [found, alias] : p.beds) out += fmt::format("bed {} = {}\n", found, alias);
    for (const auto& code : p.codes)
        out += fmt::format("code {} = {} in {}\n", code.code, name(code.signal), code.unit ? name(*code.unit) : "any");
    out += fmt::format("accept_test_data {}\npumps_give_magnesium {}\ncharting {}\nusable_with_status_x {}\n",
                       p.accept_test_data, p.pumps_give_magnesium, p.charting, p.usable_with_status_x);
    return out;
}

std::string place_of(const ModbusDeviceConfig& device)
{
    const SerialLineConfig& line = device.serial;
    const std::string way = line.path.empty() ? "Modbus TCP " + device.address.text()
                                              : fmt::format("Modbus RTU {} {} baud 8{}{}", line.path, line.baud,
                                                            line.parity, int{line.stop_bits});
    return fmt::format("{}, unit {}, {} of {}", way, int{device.unit},
                       device.kind == SourceKind::pump ? "pump" : "monitor", device.bed);
}

std::vector<SourceSignal> signals_of(const adapters::modbus::RegisterMap& map)
{
    std::vector<SourceSignal> out;
    for (const auto& entry : map.registers) {
        const auto known =
            std::find_if(out.begin(), out.end(), [&](const auto& s) { return s.signal == entry.signal; });
        if (known == out.end()) out.push_back({entry.signal, step_of(entry)});
        else known->step = std::max(known->step, step_of(entry));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.signal < b.signal; });
    return out;
}

std::vector<RegisterForm> register_forms(const Config& config)
{
    std::vector<RegisterForm> out;
    for (const auto& device : config.modbus) {
        const auto loaded = adapters::modbus::parse_register_map(device.map.text, device.map.path);
        if (!loaded.map) continue;
        for (const auto& entry : loaded.map->registers) {
            RegisterForm form{device.name, entry.signal, "", {}};
            form.place = fmt::format("{} {}", adapters::modbus::name(entry.place.table), entry.place.address);
            form.form.type = std::string{adapters::modbus::name(entry.type)};
            form.form.order = std::string{adapters::modbus::name(entry.order)};
            form.form.scale = entry.scale;
            form.form.offset = entry.offset;
            form.form.unit = entry.unit;
            out.push_back(std::move(form));
        }
    }
    return out;
}

} // namespace magwatch
