// The sections of devices: [[modbus]] and [hl7].
#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "daemon/config/reading.hpp"

namespace magwatch::config_reading {

using namespace std::chrono_literals;

void ConfigReader::modbus()
{
    for (const TomlTable& table : root_.tables("modbus")) modbus_device(table);
}

void ConfigReader::modbus_device(const TomlTable& table)
{
    ModbusDeviceConfig device;
    const auto name = new_name(table, "name", sources_, "source name");
    const bool placed = modbus_place(table, device);
    const auto kind = table.choice("kind", {"monitor", "pump"});
    device.kind = kind == 1U ? SourceKind::pump : SourceKind::monitor;
    const auto bed = known_bed(table, "bed");
    auto map = referenced(table, "map");
    if (map && checks_.register_map && maps_checked_.insert(map->path).second) {
        const auto mistakes = checks_.register_map(*map, config_.ward.mode);
        elsewhere_.insert(elsewhere_.end(), mistakes.begin(), mistakes.end());
    }
    if (!name || !placed || !bed || !map) return;
    one_unit_once(table, device, *name);
    device.name = *name;
    device.bed = *bed;
    device.map = std::move(*map);
    config_.ward.sources.push_back({device.name, device.kind, device.bed, Duration{0}, false});
    config_.modbus.push_back(std::move(device));
}

bool ConfigReader::modbus_place(const TomlTable& table, ModbusDeviceConfig& device)
{
    if (table.has("serial")) return serial_line(table, device);
    for (const char* key : {"baud", "parity", "stop_bits", "reply_timeout"})
        if (table.has(key))
            table.fail(key, fmt::format("'{}' belongs to a serial line: name it as 'serial'", key));
    device.unit = static_cast<std::uint8_t>(table.integer("unit", 0, 255).value_or(1));
    if (!table.has("host")) {
        table.fail("missing 'host' (Modbus TCP) or 'serial' (Modbus RTU)");
        return false;
    }
    const auto address = destination(table);
    if (address) device.address = *address;
    if (device.address.port == 0) device.address.port = 502;
    return address.has_value();
}

bool ConfigReader::serial_line(const TomlTable& table, ModbusDeviceConfig& device)
{
    for (const char* key : {"host", "port"})
        if (table.has(key))
            table.fail(key, fmt::format("'{}' and 'serial' exclude each other: a device is reached "
                                        "over TCP or over a serial line",
                                        key));
    const auto path = table.need_text("serial");
    // Nothing on the wire tells these two, and a wrong one looks like a dead line.
    const auto baud = table.need_integer("baud", 1200, 115200);
    const auto parity = table.need_choice("parity", {"none", "even", "odd"});
    const auto stop_bits = table.integer("stop_bits", 1, 2).value_or(1);
    const auto unit = table.need_integer("unit", 1, 247);
    device.serial.reply_timeout =
        table.duration("reply_timeout", 50ms, 10s).value_or(Duration{0});
    if (!path || !baud || !parity || !unit) return false;
    constexpr std::array<std::int64_t, 8> rates{1200,  2400,  4800,  9600,
                                                19200, 38400, 57600, 115200};
    if (std::find(rates.begin(), rates.end(), *baud) == rates.end())
        table.fail("baud", "'baud' must be 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200");
    if (path->value.front() != '/')
        table.fail("serial", "'serial' must be the whole path of a device, such as "
                             "\"/dev/serial/by-id/usb-FTDI_1234-if00-port0\"");
    device.serial.path = std::filesystem::path{path->value}.lexically_normal().string();
    device.serial.baud = static_cast<std::uint32_t>(*baud);
    device.serial.parity = "NEO"[*parity];
    device.serial.stop_bits = static_cast<std::uint8_t>(stop_bits);
    device.unit = static_cast<std::uint8_t>(*unit);
    return true;
}

void ConfigReader::one_unit_once(const TomlTable& table, const ModbusDeviceConfig& device,
                                 const std::string& name)
{
    constexpr std::size_t most_lines = 16; // each has a thread (design value)
    const char* key = device.serial.path.empty() ? "host" : "serial";
    std::set<std::string> lines{device.serial.path, ""};
    for (const ModbusDeviceConfig& other : config_.modbus) {
        lines.insert(other.serial.path);
        if (other.serial.path != device.serial.path || other.address != device.address) continue;
        if (other.unit == device.unit)
            table.fail(key, fmt::format("'{}' and '{}' are the same unit of the same {}", other.name,
                                        name, device.serial.path.empty() ? "device" : "line"));
        if (!device.serial.same_line(other.serial))
            table.fail(key, fmt::format("'{}' and '{}' are on one line: 'baud', 'parity' and "
                                        "'stop_bits' must be the same",
                                        other.name, name));
    }
    if (lines.size() > most_lines + 1)
        table.fail(key, fmt::format("at most {} serial lines", most_lines));
}

void ConfigReader::hl7()
{
    const auto table = root_.table("hl7");
    if (!table) return;
    Hl7Config hl7;
    if (!table->has("listen")) table->fail("missing 'listen', such as \"127.0.0.1:2575\"");
    const auto listen = listen_address(*table, "listen");
    if (listen) hl7.listen = *listen;
    hl7.allow_from = peer_addresses(*table, "allow_from");
    if (listen && !is_loopback(listen->host) && hl7.allow_from.empty())
        table->fail(
            "listen",
            "MLLP has neither encryption nor identity: list the senders in 'allow_from', or listen "
            "on 127.0.0.1");
    for (const TomlTable& source : table->tables("source")) hl7_source(source, hl7);
    if (hl7.sources.empty() && !table->has("source"))
        table->fail("[hl7] needs at least one [[hl7.source]]");
    config_.hl7 = std::move(hl7);
}

void ConfigReader::hl7_source(const TomlTable& table, Hl7Config& hl7)
{
    Hl7SourceConfig source;
    const auto name = new_name(table, "name", sources_, "source name");
    if (const auto text = table.text("application")) source.application = text->value;
    if (const auto text = table.text("facility")) source.facility = text->value;
    if (const auto zone = table.text("zone")) {
        source.zone = zone->value;
        if (checks_.zone && !checks_.zone(zone->value))
            table.fail(
                "zone",
                fmt::format(
                    "'zone': \"{}\" is neither an offset such as \"+01:00\" nor a POSIX rule such "
                    "as \"GMT0BST,M3.5.0/1,M10.5.0\"",
                    zone->value));
    }
    if (const auto pattern = table.text("bed_pattern")) {
        source.bed_pattern = pattern->value;
        const auto wrong = checks_.bed_pattern ? checks_.bed_pattern(pattern->value) : std::nullopt;
        if (wrong) table.fail("bed_pattern", fmt::format("'bed_pattern': {}", *wrong));
    }
    source.period = table.duration("period", 1s, 1h).value_or(Duration{0});
    source.accept_test_data = table.boolean("accept_test_data").value_or(false);
    if (source.accept_test_data && config_.ward.mode == Mode::ward)
        table.fail("accept_test_data",
                   "test data must never page on a ward: only in mode \"demo\" or \"replay\"");
    source.pumps_give_magnesium = table.boolean("pumps_give_magnesium").value_or(false);
    source.charting = table.boolean("charting").value_or(false);
    source.usable_with_status_x = table.boolean("usable_with_status_x").value_or(false);
    hl7_source_beds(table, source);
    hl7_source_codes(table, source);
    if (!name) return;
    for (const Hl7SourceConfig& other : hl7.sources)
        if (other.application == source.application && other.facility == source.facility)
            table.fail(fmt::format(
                "'{}' and '{}' match the same messages: set 'application' (MSH-3) or 'facility' "
                "(MSH-4)",
                other.name, *name));
    source.name = *name;
    config_.ward.sources.push_back({source.name, SourceKind::messages, "", source.period, false});
    hl7.sources.push_back(std::move(source));
}

void ConfigReader::hl7_source_beds(const TomlTable& table, Hl7SourceConfig& source)
{
    const auto beds = table.table("beds");
    if (!beds) return;
    for (const TomlText& key : beds->keys()) {
        const auto alias = known_bed(*beds, key.value);
        if (alias) source.beds.emplace(key.value, *alias);
    }
}

void ConfigReader::hl7_source_codes(const TomlTable& table, Hl7SourceConfig& source)
{
    for (const TomlTable& code : table.tables("code")) {
        CodeOverride override_of;
        const auto text = code.need_text("code");
        const auto signal_name = code.need_text("signal");
        const auto unit = code.text("unit");
        if (unit) {
            override_of.unit = unit_from(unit->value);
            if (!override_of.unit) code.fail("unit", fmt::format("unknown unit '{}'", unit->value));
        }
        if (!text || !signal_name) continue;
        const auto signal = signal_from(signal_name->value);
        if (!signal) {
            std::vector<std::string_view> names;
            for (std::size_t i = 0; i < signal_count; ++i)
                names.push_back(magwatch::name(static_cast<Signal>(i)));
            code.fail("signal", fmt::format("unknown signal '{}'{}", signal_name->value,
                                            did_you_mean(signal_name->value, names)));
            continue;
        }
        override_of.code = text->value;
        override_of.signal = *signal;
        source.codes.push_back(std::move(override_of));
    }
}

} // namespace magwatch::config_reading
