// What `magwatch doctor` looks at, gathered once, and the groups of checks that judge it.
//
// A check adds what it finds and changes nothing: no file is written, the journal is never opened to write. What a
// check needs and does not have (another user's file, systemd, the daemon) makes it say that it could not tell.
// Blocking; one thread.
#pragma once

#include <optional>
#include <string>

#include "daemon/config/config_reader.hpp"
#include "tools/magwatch/doctor/finding.hpp"
#include "tools/magwatch/doctor/machine.hpp"
#include "tools/magwatch/shell.hpp"

namespace magwatch::cli::doctor
{

struct Options {
    std::string config = "/etc/magwatch/magwatch.toml";
    std::string unit_config = "/etc/magwatch/magwatch.toml"; // the service's; the unit says nothing of another one
    std::string state_directory; // "" = as the configuration says
    std::string socket;          // "" = as the configuration says
    bool offline = false;        // does not ask the daemon
    bool strict = false;
};

// What the daemon said of itself; every part may be missing.
struct DaemonWords {
    bool asked = false, answers = false;
    std::string why_not; // in words
    bool refused = false; // this user may not ask
    std::string socket;
    Json status, beds, sources, alarms, pages, oncall; // null where nothing was said
    std::string metrics;
};

struct Examination {
    Options options;
    Machine machine;
    LoadedConfig loaded;      // the file's configuration, with every mistake
    std::string state;        // directory of the journal
    Properties unit;          // of magwatchd.service; empty where systemd cannot be asked
    std::vector<std::string> credentials; // "NAME:PATH" of the unit's LoadCredential lines; a set one has no path
    DaemonWords daemon;
    std::optional<uid_t> user; // whom magwatchd runs as; nothing if nobody can say

    [[nodiscard]] const Config* config() const { return loaded.config ? &*loaded.config : nullptr; }
    [[nodiscard]] bool knows_unit() const { return !unit.empty(); }
};

// It is what the service runs, so that systemd can be asked about it.
[[nodiscard]] bool is_the_services(const Options& options);
[[nodiscard]] Examination gather(const Options& options, Machine machine);
// Each of them, in order.
[[nodiscard]] Findings examine(const Examination& examination);

void examine_package(const Examination& examination, Findings& findings);
void examine_service(const Examination& examination, Findings& findings);
void examine_configuration(const Examination& examination, Findings& findings);
void examine_ward(const Examination& examination, Findings& findings);
void examine_secrets(const Examination& examination, Findings& findings);
void examine_state(const Examination& examination, Findings& findings);
void examine_backups(const Examination& examination, Findings& findings);
void examine_machine(const Examination& examination, Findings& findings);
void examine_people(const Examination& examination, Findings& findings);
void examine_devices(const Examination& examination, Findings& findings);

// What another version of the daemon does not say is null, and never a crash.
[[nodiscard]] const Json& field(const Json& object, const char* key);
[[nodiscard]] long number(const Json& value); // 0 if it is none

// How long a certificate is still good: wrong within a week of its end, a warning within 30 days (reliability P1).
void judge_certificate(const std::string& whose, WallTime end, WallTime now, Findings& findings);

// The value of a sample of the metrics without labels, such as "magwatch_heartbeats_taken_total".
[[nodiscard]] std::optional<double> sample(const std::string& metrics, const std::string& name);
// The value of its label `label` -> the sample's value.
[[nodiscard]] std::map<std::string, double> samples_by(const std::string& metrics, const std::string& name,
                                                       const std::string& label);

} // namespace magwatch::cli::doctor
