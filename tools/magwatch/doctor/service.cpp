// The systemd unit: installed, enabled, running, watched itself, and shut in.
#include <cstdlib>

#include <fmt/format.h>

#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

std::string property(const Examination& e, const char* name)
{
    const auto found = e.unit.find(name);
    return found == e.unit.end() ? "" : found->second;
}

void enabled(const Examination& e, Findings& findings)
{
    const std::string state = property(e, "UnitFileState");
    if (state == "enabled" || state == "enabled-runtime")
        findings.ok("enabled", "it starts with the machine");
    else
        findings.wrong("enabled", "it does not start with the machine (" + (state.empty() ? "no state" : state) + ")",
                       state == "masked" ? "systemctl unmask magwatchd; systemctl enable --now magwatchd"
                                         : "systemctl enable --now magwatchd");
    if (property(e, "NeedDaemonReload") == "yes")
        findings.wrong("unit", "its files have changed since systemd read them",
                       "systemctl daemon-reload; systemctl restart magwatchd");
}

void running(const Examination& e, Findings& findings)
{
    const std::string active = property(e, "ActiveState");
    const std::string status = property(e, "ExecMainStatus");
    if (active == "failed" && status == "78")
        return findings.wrong("running",
                              "it ended with 78: no configuration to run with, or a journal of a newer magwatch; "
                              "it does not try again",
                              "journalctl -u magwatchd -n 20 says which; mend it, then: systemctl start magwatchd");
    if (active != "active" && active != "reloading")
        return findings.wrong("running",
                              fmt::format("{} ({}{})", active, property(e, "Result"),
                                          status.empty() || status == "0" ? "" : ", status " + status),
                              "journalctl -u magwatchd -n 50; systemctl start magwatchd");
    findings.ok("running", "process " + property(e, "MainPID"));
    const long restarts = std::strtol(property(e, "NRestarts").c_str(), nullptr, 10);
    if (restarts > 0)
        findings.warning("restarts", fmt::format("systemd has restarted it {} times", restarts),
                         "journalctl -u magwatchd | grep -e 'Main process exited' -e Watchdog");
    else
        findings.ok("restarts", "none by itself");
}

void watchdog(const Examination& e, Findings& findings)
{
    const std::string interval = property(e, "WatchdogUSec");
    if (interval.empty() || interval == "0" || interval == "infinity")
        return findings.wrong("watchdog", "off: a daemon that hangs would hang on",
                              "take WatchdogSec= out of the drop-ins (systemctl cat magwatchd), then: systemctl "
                              "daemon-reload; systemctl restart magwatchd");
    const std::string largest = interval.substr(0, interval.find(' ')); // as in "3s 500ms"
    if (largest.ends_with("ms") || largest.ends_with("us") || largest == "1s" || largest == "2s" || largest == "3s")
        return findings.warning("watchdog", interval + ": on a busy machine it ends a daemon that is well",
                                "set WatchdogSec= to 4 s or more in the drop-in that shortens it (systemctl cat "
                                "magwatchd), then: systemctl daemon-reload; systemctl restart magwatchd");
    findings.ok("watchdog", "a daemon that hangs is ended and started again after " + interval);
}

bool uses_serial_lines(const Examination& e)
{
    if (e.config() == nullptr) return false;
    for (const auto& device : e.config()->modbus)
        if (!device.serial.path.empty()) return true;
    return false;
}

void sandbox(const Examination& e, Findings& findings)
{
    std::string open;
    for (const auto& [name, wanted] : {std::pair{"NoNewPrivileges", "yes"}, {"ProtectSystem", "strict"},
                                       {"MemoryDenyWriteExecute", "yes"}, {"CapabilityBoundingSet", ""},
                                       {"LimitCORE", "0"}}) {
        const std::string value = property(e, name);
        if (value != wanted) open += fmt::format("{}{}={}", open.empty() ? "" : ", ", name, value);
    }
    const std::string user = property(e, "User");
    if (user.empty() || user == "root") open += (open.empty() ? "" : ", ") + std::string{"it runs as root"};
    if (!open.empty())
        findings.wrong("sandbox", "opened: " + open,
                       "systemctl cat magwatchd shows which drop-in does it; systemd-analyze security magwatchd");
    else
        findings.ok("sandbox", "shut, as " + user);
    const bool devices_shut = property(e, "PrivateDevices") == "yes";
    if (uses_serial_lines(e) && devices_shut)
        findings.wrong("serial drop-in", "serial devices are configured, and the service may open none",
                       "install -D -m 644 /usr/share/magwatch/systemd/serial.conf "
                       "/etc/systemd/system/magwatchd.service.d/serial.conf; systemctl daemon-reload; "
                       "systemctl restart magwatchd");
    else if (!uses_serial_lines(e) && !devices_shut && e.config() != nullptr)
        findings.warning("serial drop-in", "the service may open serial lines, and none is configured",
                         "rm /etc/systemd/system/magwatchd.service.d/serial.conf; systemctl daemon-reload; "
                         "systemctl restart magwatchd");
}

} // namespace

void examine_service(const Examination& e, Findings& findings)
{
    if (!is_the_services(e.options))
        return findings.unknown("unit", "the service runs " + e.options.unit_config + ", and not this configuration",
                                "magwatch doctor, without --config");
    if (!e.knows_unit())
        return findings.unknown(
            "unit", e.machine.has_systemd() ? "systemd does not answer" : "systemd does not run this machine",
            "run it on the ward PC itself");
    if (property(e, "LoadState") != "loaded")
        return findings.wrong("unit", "magwatchd.service is " + property(e, "LoadState"),
                              property(e, "LoadState") == "masked"
                                  ? "systemctl unmask magwatchd; systemctl enable --now magwatchd"
                                  : "apt install --reinstall magwatch");
    findings.ok("unit", property(e, "FragmentPath"));
    enabled(e, findings);
    running(e, findings);
    watchdog(e, findings);
    sandbox(e, findings);
    if (!user_of(property(e, "User")))
        findings.wrong("user", "there is no user '" + property(e, "User") + "'", "systemd-sysusers");
}

} // namespace magwatch::cli::doctor
