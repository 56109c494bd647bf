// Monitors, pumps and senders: heard, commissioned, and their serial lines open to the daemon.
#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

#include <fmt/format.h>
#include <grp.h>

#include "adapters/monitors/modbus/register_map.hpp"
#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

constexpr double heard_within_s = 30; // as a continuous value: docs/RULES.md

// Of a bed; of none: whether any is.
bool is_watched(const Examination& e, const Json& alias)
{
    if (!e.daemon.beds.contains("beds")) return false;
    for (const Json& bed : field(e.daemon.beds, "beds")) {
        const bool meant = alias.is_null() || field(bed, "alias") == alias;
        if (meant && field(bed, "watched") == true) return true;
    }
    return false;
}

// How old its last word may be: four periods of a slow one, as the daemon judges it.
double allowed_age(const Examination& e, const std::string& name)
{
    for (const SourceConfiguration& source : e.config()->ward.sources) {
        const double period = static_cast<double>(source.period.count()) / 1000;
        if (source.name == name && period > 5) return period * 4;
    }
    return heard_within_s;
}

// A laboratory, and what people chart, has something to say now and then, and nothing before.
bool speaks_seldom(const Examination& e, const std::string& name)
{
    if (!e.config()->hl7) return false;
    for (const Hl7SourceConfig& sender : e.config()->hl7->sources)
        if (sender.name == name) return sender.charting || sender.period <= Duration{};
    return false;
}

void heard(const Examination& e, Findings& findings)
{
    if (!e.daemon.sources.contains("sources")) return;
    for (const Json& source : field(e.daemon.sources, "sources")) {
        const std::string name = cell(field(source, "name"));
        if (name == "staff" || field(source, "kind") == "staff") continue;
        const std::string age = field(source, "age_seconds").is_null()
                                    ? "never heard"
                                    : "heard " + cell(field(source, "age_seconds")) + " s ago";
        std::string trouble;
        // The daemon tells it of watched beds alone, and of what was heard there or should be.
        const Json& seconds = field(source, "age_seconds");
        if (field(source, "connected") != true && seconds.is_null() && speaks_seldom(e, name)) {
            findings.warning("heard", name + " has sent nothing since magwatchd started",
                             "a laboratory speaks when it has a result; if values should come all the time: its power, "
                             "network and address, and give its period in magwatch.toml");
            continue;
        }
        if (field(source, "connected") != true) trouble = name + " is not connected, " + age;
        else if (seconds.is_number() && seconds.get<double>() > allowed_age(e, name))
            trouble = name + " is silent, " + age;
        else if (field(source, "frozen") == true) trouble = name + ": its values stand still";
        if (trouble.empty()) {
            findings.ok("heard", name + ": " + age);
            continue;
        }
        const std::string advice = "power, cable and address; for Modbus: magwatch modbus probe MAP HOST:PORT";
        const Json& bed = field(source, "bed"); // of none: it speaks of any
        if (is_watched(e, bed))
            findings.wrong("heard", trouble + "; " + (bed.is_null() ? "a bed" : cell(bed)) + " is WATCHED", advice);
        else
            findings.warning("heard", trouble, advice);
    }
}

// The word of the record that the daemon keeps; "" where it says nothing.
std::string record_of(const Examination& e, const std::string& device)
{
    if (!e.daemon.sources.contains("sources")) return {};
    for (const Json& source : field(e.daemon.sources, "sources"))
        if (field(source, "name") == device && source.contains("commissioning"))
            return cell(field(source, "commissioning"));
    return {};
}

// What the record says of one device or sender, whose values `what` belongs to; a draft has none.
struct Commissioned {
    std::string name, what, draft;
};

void one_commissioned(const Examination& e, const Commissioned& one, Findings& findings)
{
    const std::string record = record_of(e, one.name);
    const std::string advice = "compare it with the device's own screen: magwatch commission " + one.name;
    const auto unverified = [&](const std::string& why) {
        findings.warning("commissioned",
                         fmt::format("{}: {}, so its values are \"unverified\" and {} on charted checks", one.name,
                                     why, one.what),
                         advice);
    };
    if (!one.draft.empty()) unverified(one.draft + " is a draft");
    else if (!e.daemon.answers)
        findings.unknown("commissioned", one.name + ": magwatchd keeps the record, and does not answer", advice);
    else if (record.empty() || record == "commissioned" || record == "not needed")
        findings.ok("commissioned", one.name);
    else
        unverified(record);
}

void commissioned(const Examination& e, Findings& findings)
{
    const Config& config = *e.config();
    for (const auto& device : config.modbus) {
        const auto parsed = adapters::modbus::parse_register_map(device.map.text, device.map.path);
        if (!parsed.map) continue; // that is told
        one_commissioned(e, {device.name, device.bed + " relies", parsed.map->commissioned ? "" : device.map.path},
                         findings);
    }
    if (!config.hl7) return;
    for (const auto& source : config.hl7->sources)
        one_commissioned(e, {source.name, "the beds that it tells of rely", ""}, findings);
}

// The groups that the service has besides its own.
bool service_has_group(const Examination& e, gid_t group)
{
    const ::group* found = getgrgid(group);
    const auto groups = e.unit.find("SupplementaryGroups");
    if (found == nullptr || groups == e.unit.end()) return false;
    const std::string all = " " + groups->second + " ";
    return all.find(fmt::format(" {} ", found->gr_name)) != std::string::npos ||
           all.find(fmt::format(" {} ", group)) != std::string::npos;
}

void serial_line(const Examination& e, const std::string& path, Findings& findings)
{
    const FileState file = look_at(e.machine.path(path));
    if (file.hidden()) return findings.unknown("serial line", path + " may not be seen by this user", as_root);
    if (!file.there)
        return findings.wrong("serial line", path + ": " + std::generic_category().message(file.error),
                              "is the adapter plugged in? ls -l /dev/serial/by-id");
    if (!S_ISCHR(file.info.st_mode))
        return findings.wrong("serial line", path + " is not a device", "ls -l /dev/serial/by-id");
    constexpr unsigned owner_uses = 0600, group_uses = 0060, all_use = 0006;
    const bool root_or_owner =
        e.user && (*e.user == 0 || (file.info.st_uid == *e.user && (file.mode() & owner_uses) == owner_uses));
    const bool by_group = (file.mode() & group_uses) == group_uses && service_has_group(e, file.info.st_gid);
    const bool usable = root_or_owner || by_group || (file.mode() & all_use) == all_use;
    if (!usable && !e.knows_unit())
        return findings.unknown("serial line", path + " is there; whether the service may open it cannot be told",
                                as_root);
    if (!usable)
        return findings.wrong("serial line",
                              path + " may not be opened by " + (e.user ? user_name(*e.user) : "magwatchd"),
                              "install -D -m 644 /usr/share/magwatch/systemd/serial.conf "
                              "/etc/systemd/system/magwatchd.service.d/serial.conf; systemctl daemon-reload; "
                              "systemctl restart magwatchd");
    if (path.starts_with("/dev/tty"))
        return findings.warning("serial line", path + " may be another adapter after the next start",
                                "name it by what does not change: ls -l /dev/serial/by-id");
    findings.ok("serial line", path);
}

} // namespace

void examine_devices(const Examination& e, Findings& findings)
{
    const Config* config = e.config();
    if (config == nullptr) return;
    if (config->ward.sources.empty()) findings.ok("heard", "no device is configured: beds rely on charted checks");
    heard(e, findings);
    commissioned(e, findings);
    std::set<std::string> lines;
    for (const auto& device : config->modbus)
        if (!device.serial.path.empty() && lines.insert(device.serial.path).second)
            serial_line(e, device.serial.path, findings);
}

} // namespace magwatch::cli::doctor
