// Whether somebody watches: what the daemon says of itself.
#include <set>

#include <fmt/format.h>

#include "daemon/app/last_good.hpp"
#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

std::string words(const Json& value)
{
    return cell(value);
}

void daemon_answers(const Examination& e, Findings& findings)
{
    const DaemonWords& daemon = e.daemon;
    if (!daemon.asked) return findings.unknown("daemon", "not asked: --offline", "run it without --offline");
    if (daemon.answers)
        return findings.ok("daemon", "magwatchd " + words(field(daemon.status, "version")) + " answers");
    if (daemon.refused)
        return findings.unknown("daemon", daemon.socket + " may not be used by this user",
                                "run it as root, or as a member of the group magwatch");
    findings.unreachable("daemon", "NOBODY WATCHES: " + daemon.why_not,
                         "look at the beds yourself; then: systemctl status magwatchd, journalctl -u magwatchd -n 50, "
                         "systemctl start magwatchd");
}

void daemon_works(const Json& status, Findings& findings)
{
    if (field(status, "alive") != true)
        return findings.wrong("loop", "the main loop stands still: nothing is judged and nobody is paged",
                              "look at the beds yourself; systemctl restart magwatchd");
    if (field(status, "ready") != true)
        return findings.wrong("loop", "not ready: " + words(field(status, "not_ready_because")),
                              "wait a minute and ask again; then: journalctl -u magwatchd -n 50");
    findings.ok("loop", "alive and ready");
}

// The faults that the daemon itself sees now; those of channels belong to the people.
void daemon_faults(const Json& status, Findings& findings)
{
    bool any = false;
    for (const Json& fault : field(status, "faults")) {
        if (field(fault, "fault") == "channel") continue;
        any = true;
        const std::string found = words(field(fault, "fault")) + ": " + words(field(fault, "detail"));
        // With these the ward is watched and paged as ever, for now.
        static const std::set<std::string> bearable{"clock_unsynchronised", "clock_jumped", "disk_low", "journal_slow"};
        const std::string advice = "magwatch alarms list; journalctl -u magwatchd -n 50";
        if (bearable.contains(words(field(fault, "fault")))) findings.warning("fault", found, advice);
        else findings.wrong("fault", found, advice);
    }
    if (!any) findings.ok("fault", "magwatchd tells of none");
}

void technical_alarms(const DaemonWords& daemon, Findings& findings)
{
    if (!daemon.alarms.contains("alarms")) return;
    // A high one: nobody can tell how a patient is, or nobody can be told.
    std::string grave, others;
    for (const Json& alarm : field(daemon.alarms, "alarms")) {
        if (field(alarm, "kind") != "technical") continue;
        const bool high = field(alarm, "priority") == "high" || field(alarm, "rule") == "technical.no_owner";
        std::string& all = high ? grave : others;
        all += (all.empty() ? "" : "; ") + words(field(alarm, "message"));
    }
    const std::string advice = "magwatch alarms list tells since when; docs/runbooks tell what to do";
    if (!grave.empty()) findings.wrong("technical alarms", grave, advice);
    if (!others.empty()) findings.warning("technical alarms", others, advice);
    if (grave.empty() && others.empty()) findings.ok("technical alarms", "none is open");
}

void watching(const Json& status, Findings& findings)
{
    const auto beds = number(field(status, "beds")), watched = number(field(status, "beds_watched"));
    if (beds == 0)
        return findings.warning("watched", "no bed is configured: magwatch watches NOBODY",
                                "magwatch config init writes a configuration by questions");
    if (watched == 0)
        return findings.ok("watched", fmt::format("none of {} beds now: `magwatch watch start` begins a watch", beds));
    findings.ok("watched", fmt::format("{} of {} beds", watched, beds));
}

void in_force(const Examination& e, Findings& findings)
{
    const Json& status = e.daemon.status;
    if (field(status, "fallback") == true)
        return findings.wrong("in force", "not the file: " + words(field(status, "fallback_reason")),
                              "magwatch config check names the mistakes; mend them, then: systemctl reload magwatchd");
    if (e.config() == nullptr)
        return findings.unknown("in force", "the file cannot be used, so it is not what runs",
                                "mend the file, then: systemctl reload magwatchd");
    if (field(status, "config_last_reload_successful") == false)
        return findings.wrong(
            "in force", "the last reload was refused; the configuration before it runs",
            "journalctl -u magwatchd -n 20 says why; mend the file, then: systemctl reload magwatchd");
    if (!status.contains("config_hash"))
        return findings.unknown("in force", "this magwatchd does not say which configuration runs",
                                "it is of another version: systemctl restart magwatchd");
    const std::string hash = configuration_hash(*e.config());
    const std::string since = local_time(field(status, "config_loaded"));
    if (field(status, "config_hash") != hash)
        return findings.wrong("in force",
                              "what runs since " + since + " is not what " + e.options.config +
                                  " and the files that it names say now",
                              "systemctl reload magwatchd, or put the files back");
    findings.ok("in force", fmt::format("the file's ({}), since {}", hash.substr(0, 8), since));
}

} // namespace

void examine_ward(const Examination& e, Findings& findings)
{
    daemon_answers(e, findings);
    if (!e.daemon.answers) return;
    const Json& status = e.daemon.status;
    if (!status.contains("alive"))
        return findings.wrong("loop", "what answers at " + e.daemon.socket + " is not magwatchd",
                              "ls -l " + e.daemon.socket + "; systemctl restart magwatchd");
    daemon_works(status, findings);
    daemon_faults(status, findings);
    technical_alarms(e.daemon, findings);
    watching(status, findings);
    in_force(e, findings);
}

} // namespace magwatch::cli::doctor
