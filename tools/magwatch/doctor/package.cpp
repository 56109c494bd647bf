// Whether what is installed fits together: programs, running daemon, shipped files, and the site's copies of packs.
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "daemon/config/pack_library.hpp"
#include "runtime/build_info.hpp"
#include "tools/magwatch/doctor/examination.hpp"
#include "tools/magwatch/installation.hpp"

namespace magwatch::cli::doctor
{
namespace
{

namespace fs = std::filesystem;

std::string trimmed(std::string text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

void daemon_program(const Examination& e, Findings& findings)
{
    const fs::path root = installed_root();
    fs::path program = root / "sbin/magwatchd";
    if (!look_at(program.string()).there) program = root / "bin/magwatchd"; // of a build tree
    if (!look_at(program.string()).there)
        return findings.wrong("programs", (root / "sbin/magwatchd").string() + " is not there",
                              "apt install --reinstall magwatch");
    const CommandResult told = e.machine.run({program.string(), "--version"});
    const std::string ours = version_text("magwatchd");
    if (!told.ran || told.status != 0)
        return findings.wrong("programs", program.string() + " does not run", "apt install --reinstall magwatch");
    if (trimmed(told.output) != ours)
        return findings.wrong("programs",
                              program.string() + " is \"" + trimmed(told.output) + "\", this program \"" + ours + "\"",
                              "apt install --reinstall magwatch");
    findings.ok("programs", "magwatch and magwatchd are " + std::string{build_info().version});
}

// An update leaves the old one running until it is restarted.
void running_daemon(const Examination& e, Findings& findings)
{
    if (!e.daemon.answers || !e.daemon.status.contains("version")) return;
    const std::string runs = cell(field(e.daemon.status, "version"));
    if (runs == build_info().version) return findings.ok("running version", runs);
    findings.wrong("running version",
                   "magwatchd " + runs + " runs, " + std::string{build_info().version} + " is installed",
                   "systemctl restart magwatchd");
}

// What dpkg says of each shipped file; the site's configuration may differ.
void shipped_files(const Examination& e, Findings& findings)
{
    if (installed_root() != "/usr" && e.machine.root.empty())
        return findings.unknown("files",
                                "this magwatch was not installed from its package (" + installed_root().string() + ")",
                                "apt install ./magwatch_*.deb");
    const CommandResult verified = e.machine.run({"dpkg", "--verify", "magwatch"});
    const CommandResult known = e.machine.run({"dpkg-query", "-W", "-f=${db:Status-Abbrev}${Version}", "magwatch"});
    if (!known.ran || !known.output.starts_with("ii"))
        return findings.unknown("files", "dpkg does not know the package magwatch as installed", "dpkg -s magwatch");
    std::size_t wrong = 0;
    std::istringstream lines{verified.output};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t path = line.find('/');
        if (path == std::string::npos || line.find(" c /") != std::string::npos) continue;
        const bool text =
            line.find("/usr/share/man/") != std::string::npos || line.find("/usr/share/doc/") != std::string::npos;
        const std::string found =
            line.substr(path) + (line.starts_with("missing") ? " is missing" : " is not what was shipped");
        if (text) findings.warning("files", found, "apt install --reinstall magwatch");
        else findings.wrong("files", found, "apt install --reinstall magwatch");
        ++wrong;
    }
    if (wrong == 0) findings.ok("files", "package " + trimmed(known.output.substr(3)) + ", every file as shipped");
}

// Packs inherit from copies in the site's folder: after an update those are of the old version.
void site_copies(const Examination& e, Findings& findings)
{
    const fs::path shipped = e.machine.path(installed_packs().string());
    std::string text, error;
    if (!read_file((shipped / "minimal.toml").string(), text, error)) return; // not installed: nothing to compare with
    if (text != minimal_pack())
        findings.wrong("packs", (shipped / "minimal.toml").string() + " is not the one that is built in",
                       "apt install --reinstall magwatch");
    const Config* config = e.config();
    if (config == nullptr || config->pack_path.empty()) return;
    const fs::path folder = fs::path{config->pack_path}.parent_path();
    std::error_code none;
    if (fs::equivalent(folder, shipped, none)) return findings.ok("packs", "the shipped ones are used");
    std::string old;
    for (const auto& entry : fs::directory_iterator{shipped, none}) {
        const std::string name = entry.path().filename().string();
        std::string ours, theirs;
        if (!look_at((folder / name).string()).there || !read_file(entry.path().string(), ours, error) ||
            !read_file((folder / name).string(), theirs, error) || ours == theirs)
            continue;
        old += (old.empty() ? "" : ", ") + name;
    }
    if (old.empty()) return findings.ok("packs", "copies in " + folder.string() + " are as shipped");
    findings.warning("packs", "in " + folder.string() + " differ from those of this version: " + old,
                     "diff -r " + shipped.string() + " " + folder.string() +
                         "; have the clinical safety lead decide; magwatch rules diff shows what changes");
}

} // namespace

void examine_package(const Examination& e, Findings& findings)
{
    daemon_program(e, findings);
    running_daemon(e, findings);
    shipped_files(e, findings);
    site_copies(e, findings);
}

} // namespace magwatch::cli::doctor
