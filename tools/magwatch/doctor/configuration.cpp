// The configuration's file and what it names. Its contents are judged by the daemon's own reader.
#include <filesystem>

#include <fmt/format.h>

#include "rules/language/protocol_file.hpp"
#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

void file_is_good(const Examination& e, Findings& findings)
{
    const FileState file = look_at(e.options.config);
    if (file.hidden()) return findings.unknown("file", e.options.config + " may not be read by this user", as_root);
    const auto& errors = e.loaded.errors;
    if (errors.empty()) {
        const Config& config = *e.config();
        std::string found = fmt::format("{}: {} beds, {} sources", e.options.config, config.ward.beds.size(),
                                        config.ward.sources.size());
        for (const std::string& note : e.loaded.notes) found += "; " + note;
        if (config.ward.beds.empty())
            return findings.warning("file", e.options.config + ": no bed is configured: magwatch watches NOBODY",
                                    "magwatch config init writes one by questions");
        return findings.ok("file", found);
    }
    // All of them stand in `config check`; here the first few tell what kind of trouble it is.
    constexpr std::size_t shown = 5;
    for (std::size_t i = 0; i < errors.size() && i < shown; ++i)
        findings.wrong("file", errors[i].text(), "magwatch config check " + e.options.config);
    if (errors.size() > shown)
        findings.wrong("file", fmt::format("{} more mistakes", errors.size() - shown),
                       "magwatch config check " + e.options.config);
}

// Who may write these decides who is paged and which dose a midwife reads.
void nobody_else_writes(const Examination& e, Findings& findings)
{
    std::vector<std::string> files{e.options.config};
    if (const Config* config = e.config()) {
        for (const std::string& path : {config->pack_path, config->protocol_path})
            if (!path.empty()) files.push_back(path);
        for (const auto& device : config->modbus) files.push_back(device.map.path);
    }
    std::size_t good = 0;
    for (const std::string& path : files) {
        const FileState file = look_at(path);
        const std::string folder = std::filesystem::path{path}.parent_path().string();
        const FileState parent = look_at(folder.empty() ? "." : folder);
        if (!file.there) continue; // that is told
        constexpr unsigned sticky = 01000, others_write = 022;
        if ((file.mode() & others_write) != 0)
            findings.wrong("who may write", path + " may be changed by others (mode " + file.mode_text() + ")",
                           "chmod go-w " + path);
        else if (parent.there && (parent.mode() & others_write) != 0 && (parent.mode() & sticky) == 0)
            findings.wrong("who may write", folder + " may be changed by others (mode " + parent.mode_text() + ")",
                           "chmod go-w " + folder);
        else
            ++good;
    }
    if (good == files.size()) findings.ok("who may write", fmt::format("{} files, by their owner alone", good));
}

void mode(const Config& config, Findings& findings)
{
    if (config.ward.mode == Mode::ward) return findings.ok("mode", "ward");
    findings.warning("mode",
                     config.ward.mode == Mode::demo ? "demo: SIMULATION, not for patients"
                                                    : "replay: SIMULATION, not for patients",
                     "for patients: mode = \"ward\" in [ward]");
}

// In mode "ward" the reader has refused a missing, example or unapproved one before we get here.
void approved(const Config& config, Findings& findings)
{
    if (config.ward.beds.empty()) return;
    findings.ok("rule pack", config.pack_path);
    if (config.protocol_path.empty())
        return findings.warning("protocol", "none: there is no calcium gluconate checklist, \"follow local protocol\"",
                                "[protocol] file = ...: docs/PROTOCOL.md");
    const ReadProtocol read = read_protocol(config.ward.protocol_text, config.protocol_path);
    if (!read.protocol) return;
    const std::string why = why_not_on_a_ward(*read.protocol);
    if (!why.empty())
        return findings.warning("protocol", config.protocol_path + ": " + why,
                                "good for a demonstration; a ward needs its own, approved: docs/PROTOCOL.md");
    findings.ok("protocol", config.protocol_path + ", approved");
}

bool is_every_address(const std::string& host)
{
    return host == "0.0.0.0" || host == "::";
}

// Plain MLLP cannot be helped: HL7 gateways speak nothing else. Who may speak it is in the configuration.
void plain_listener(const char* what, const Endpoint& listen, std::size_t peers, Findings& findings)
{
    if (is_loopback(listen.host)) return findings.ok("listeners", fmt::format("{} {}", what, listen.text()));
    const std::string found =
        fmt::format("{} {}, without encryption, for {} listed addresses", what, listen.text(), peers);
    if (is_every_address(listen.host))
        return findings.warning("listeners", found + "; on every network of this PC",
                                "give the address of the device network in 'listen', and close the port elsewhere");
    findings.ok("listeners", found);
}

void listeners(const Config& config, Findings& findings)
{
    findings.ok("listeners",
                fmt::format("web and API {}{}", config.http.listen.text(), config.http.tls() ? " with TLS" : ""));
    if (config.hl7) plain_listener("HL7", config.hl7->listen, config.hl7->allow_from.size(), findings);
    if (config.pager.pcd05)
        plain_listener("PCD-05", config.pager.pcd05->listen, config.pager.pcd05->allow_from.size(), findings);
    if (!config.callbacks) return;
    const CallbacksConfig& callbacks = *config.callbacks;
    if (!is_loopback(callbacks.listen.host) && callbacks.certificate.empty())
        findings.wrong("listeners", "callbacks on " + callbacks.listen.text() + " without TLS",
                       "'certificate' and 'key' in [callbacks]");
    else
        findings.ok("listeners", fmt::format("callbacks {}{}", callbacks.listen.text(),
                                             callbacks.certificate.empty() ? "" : " with TLS"));
}

} // namespace

void examine_configuration(const Examination& e, Findings& findings)
{
    file_is_good(e, findings);
    nobody_else_writes(e, findings);
    const Config* config = e.config();
    if (config == nullptr) return;
    mode(*config, findings);
    approved(*config, findings);
    listeners(*config, findings);
}

} // namespace magwatch::cli::doctor
