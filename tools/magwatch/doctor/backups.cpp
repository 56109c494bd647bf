// Whether the record of patients would outlive this disk: backups, their age, and what makes them each night.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

namespace fs = std::filesystem;

constexpr const char* folder_name = "/var/backups/magwatch";
// One missed night is a PC that was off; a week of them is a backup that does not work.
constexpr Duration late{48LL * 3'600'000}, too_late{7LL * 86'400'000};

struct Newest {
    std::string path;
    FileState file;
    std::size_t count = 0;
};

Newest newest_of(const std::string& folder)
{
    Newest newest;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{folder, error}) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("magwatch-") || !name.ends_with(".backup")) continue;
        const FileState file = look_at(entry.path().string());
        ++newest.count;
        if (newest.file.there && file.info.st_mtime <= newest.file.info.st_mtime) continue;
        newest.path = entry.path().string();
        newest.file = file;
    }
    return newest;
}

void age(const Examination& e, const Newest& newest, Findings& findings)
{
    const Duration age = e.machine.now - WallTime{static_cast<std::int64_t>(newest.file.info.st_mtime) * 1000};
    const FileState state = look_at(e.state);
    const bool same_disk = state.there && state.info.st_dev == newest.file.info.st_dev;
    const std::string found =
        fmt::format("{}, {} old, one of {}{}", newest.path, length_text(std::max(age, Duration{0})), newest.count,
                    same_disk ? ", on the journal's own disk: copy them elsewhere too" : "");
    const std::string advice =
        "magwatch backup, by hand; journalctl -u magwatch-backup says why the night's is not there";
    if (age > too_late) return findings.wrong("backup", found, advice);
    if (age > late) return findings.warning("backup", found, advice);
    findings.ok("backup", found);
}

void files(const Examination& e, Findings& findings)
{
    const std::string folder = e.machine.path(folder_name);
    const FileState there = look_at(folder);
    std::error_code error;
    const fs::directory_iterator opened{folder, error};
    if (there.hidden() || (there.there && error))
        return findings.unknown("backup", folder + " may not be seen by this user", as_root);
    const Newest newest = newest_of(folder);
    if (newest.count == 0)
        return findings.warning("backup", "none in " + folder,
                                "magwatch backup; systemctl enable --now magwatch-backup.timer");
    constexpr unsigned others = 077;
    if ((newest.file.mode() & others) != 0 && (there.mode() & others) != 0)
        findings.wrong("backup",
                       newest.path + " may be read by others (mode " + newest.file.mode_text() +
                           "): it holds patients' values",
                       "chmod 700 " + folder + "; chmod 600 " + folder + "/*");
    age(e, newest, findings);
}

Properties unit_of(const Examination& e, const char* name)
{
    const CommandResult shown = e.machine.run(
        {"systemctl", "show", "--no-pager", "--property=LoadState,ActiveState,Result", name});
    return shown.ran ? parse_properties(shown.output) : Properties{};
}

void nightly(const Examination& e, Findings& findings)
{
    const Properties timer = unit_of(e, "magwatch-backup.timer");
    const auto of = [](const Properties& properties, const char* name) {
        const auto found = properties.find(name);
        return found == properties.end() ? std::string{} : found->second;
    };
    if (of(timer, "LoadState") != "loaded" || of(timer, "ActiveState") != "active")
        return findings.warning("nightly backup", "magwatch-backup.timer does not run",
                                "systemctl enable --now magwatch-backup.timer");
    const std::string result = of(unit_of(e, "magwatch-backup.service"), "Result");
    if (result != "success")
        return findings.wrong("nightly backup", "the last one failed (" + result + ")",
                              "journalctl -u magwatch-backup -n 20; systemctl start magwatch-backup");
    findings.ok("nightly backup", "magwatch-backup.timer runs");
}

} // namespace

void examine_backups(const Examination& e, Findings& findings)
{
    if (!is_the_services(e.options)) return; // they are of the service's ward
    files(e, findings);
    if (e.knows_unit()) nightly(e, findings);
}

} // namespace magwatch::cli::doctor
