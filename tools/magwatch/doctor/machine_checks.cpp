// What the machine does to a program that watches: clocks, sleep, dumps of its memory.
#include <array>
#include <ctime>
#include <filesystem>

#include <fmt/format.h>

#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

namespace fs = std::filesystem;

void clock(const Examination& e, Findings& findings)
{
    switch (e.machine.synchronisation()) {
    case Synchronisation::synchronised:
        return findings.ok("clock", "kept right by something (NTP)");
    case Synchronisation::unsynchronised:
        return findings.warning(
            "clock", "nothing keeps it right: times of pages, levels and shifts drift",
            "timedatectl set-ntp true; timedatectl timesync-status; or chrony with the hospital's server");
    case Synchronisation::unknown:
        return findings.unknown("clock", "the kernel may not be asked", "timedatectl");
    }
}

// Rosters, quiet hours and the times of pages go by the ward's own clocks.
void zone(const Examination& e, Findings& findings)
{
    std::error_code error;
    const fs::path link = fs::read_symlink(e.machine.path("/etc/localtime"), error);
    const std::string text = link.string();
    const std::size_t at = text.find("zoneinfo/");
    const std::string name = at == std::string::npos ? "" : text.substr(at + 9);
    const bool utc = name.empty() || name.ends_with("UTC") || name.ends_with("GMT") || name.ends_with("UCT");
    if (!utc) return findings.ok("time zone", name);
    findings.warning("time zone", (name.empty() ? "none is set: UTC" : name) + "; shifts and pages go by it",
                     "timedatectl set-timezone Europe/London, or where the ward is");
}

void sleep(const Examination& e, Findings& findings)
{
    if (!e.knows_unit()) return;
    std::string open;
    for (const char* target : {"sleep.target", "suspend.target", "hibernate.target", "hybrid-sleep.target"}) {
        const CommandResult shown = e.machine.run({"systemctl", "show", "--no-pager", "--property=LoadState", target});
        if (!shown.ran) return findings.unknown("sleep", "systemd does not answer", "systemctl status sleep.target");
        if (parse_properties(shown.output)["LoadState"] != "masked")
            open += (open.empty() ? "" : " ") + std::string{target};
    }
    if (open.empty()) return findings.ok("sleep", "this PC cannot be sent to sleep");
    findings.warning("sleep", "this PC may go to sleep, and then nobody watches", "systemctl mask " + open);
}

void dumps(const Examination& e, Findings& findings)
{
    const std::string folder = e.machine.path("/var/lib/systemd/coredump");
    std::error_code error;
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator{folder, error})
        if (entry.path().filename().string().starts_with("core.magwatch")) ++count;
    if (error && error != std::errc::no_such_file_or_directory)
        return findings.unknown("core dumps", folder + " may not be read by this user", as_root);
    if (count == 0) return findings.ok("core dumps", "none of magwatch");
    findings.warning("core dumps",
                     fmt::format("{} in {}: magwatchd crashed, and they hold patients' values", count, folder),
                     "coredumpctl info magwatchd for the report to us; then delete them");
}

} // namespace

void examine_machine(const Examination& e, Findings& findings)
{
    clock(e, findings);
    zone(e, findings);
    sleep(e, findings);
    dumps(e, findings);
}

} // namespace magwatch::cli::doctor
