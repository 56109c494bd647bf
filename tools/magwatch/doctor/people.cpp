// Whether a page would reach somebody: channels, certificates, rosters, test pages, and who rings when this PC is gone.
#include <algorithm>

#include <fmt/format.h>

#include "daemon/http/times.hpp"
#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

void everybody_has_a_channel(const Config& config, Findings& findings)
{
    std::size_t reached = 0;
    for (const Person& person : config.ward.people) {
        reached += person.channels.empty() ? 0 : 1;
        if (person.channels.empty())
            findings.warning("reachable", person.name + " has no channel: no page reaches them",
                             "give them 'channels', or take them off the rungs");
    }
    if (config.ward.people.empty() && !config.ward.beds.empty())
        findings.wrong("reachable", "nobody is configured", "a [[person]] with 'channels'");
    else if (reached > 0)
        findings.ok("reachable", fmt::format("{} people with a channel", reached));
}

// The daemon asks every channel every minute; what does not answer twice is a fault of it.
void channels(const Examination& e, Findings& findings)
{
    bool any = false;
    for (const Json& fault : field(e.daemon.status, "faults")) {
        if (field(fault, "fault") != "channel") continue;
        any = true;
        findings.wrong("channels", cell(field(fault, "detail")),
                       "reach these people another way until it works; the gateway's address, login and network");
    }
    if (e.daemon.alarms.contains("alarms"))
        for (const Json& alarm : field(e.daemon.alarms, "alarms")) {
            if (any || field(alarm, "rule") != "technical.channel") continue;
            any = true;
            findings.wrong("channels", cell(field(alarm, "message")),
                           "magwatch pages list shows which pages failed and why");
        }
    if (!any) findings.ok("channels", "magwatchd tells of none that does not answer");
    for (const auto& [host, end] :
         samples_by(e.daemon.metrics, "magwatch_certificate_expiry_timestamp_seconds", "host"))
        judge_certificate(host, WallTime{static_cast<std::int64_t>(end) * 1000}, e.machine.now, findings);
}

void rosters(const Examination& e, Findings& findings)
{
    if (e.config()->rosters.empty()) return findings.ok("roster", "none: the rungs name people and roles");
    if (!e.daemon.oncall.contains("duties")) return;
    for (const Json& duty : field(e.daemon.oncall, "duties")) {
        const std::string name = cell(field(duty, "roster"));
        const auto config = std::find_if(e.config()->rosters.begin(), e.config()->rosters.end(),
                                         [&](const RosterConfig& one) { return one.name == name; });
        const bool meant = config != e.config()->rosters.end() && config->gaps_to_last_resort;
        std::string people;
        for (const Json& person : field(duty, "people")) people += (people.empty() ? "" : ", ") + cell(person);
        if (people.empty())
            findings.wrong("roster", name + ": nobody has the duty now",
                           "magwatch oncall set " + name + " PERSON --for 12h");
        else if (field(duty, "source") == "last_resort" && !meant)
            findings.warning("roster",
                             name + ": nobody is on a shift now; the last resort, " + people + ", has the duty",
                             "magwatch oncall set " + name + " PERSON --for 12h; then mend [[roster]]");
        else
            findings.ok("roster", name + ": " + people);
    }
}

// The newest test page to a person, of those that the daemon still knows; null if there is none.
Json last_test(const Json& pages, const std::string& person)
{
    Json newest;
    for (const Json& page : pages)
        if (field(page, "reason") == "test" && field(page, "person") == person) newest = page;
    return newest;
}

void test_pages(const Examination& e, Findings& findings)
{
    if (!e.daemon.pages.contains("pages")) return;
    constexpr Duration too_old{30LL * 86'400'000}; // a month: numbers, telephones and people change
    for (const Person& person : e.config()->ward.people) {
        if (person.channels.empty()) continue;
        const std::string advice = "magwatch page test --to " + person.name + " --person YOU";
        const Json page = last_test(field(e.daemon.pages, "pages"), person.name);
        if (page.is_null()) {
            findings.warning("test page", person.name + ": none among the newest pages", advice);
            continue;
        }
        const auto at = http::parse_time(cell(field(page, "at")));
        const Duration age = at ? e.machine.now - *at : Duration{0};
        const std::string found = fmt::format("{}: {} {} ago by {}", person.name, cell(field(page, "state")),
                                              length_text(age), cell(field(page, "channel")));
        if (field(page, "outcome") == "failed")
            findings.wrong("test page", found + ": " + cell(field(page, "detail")), advice);
        else if (field(page, "outcome").is_null() || field(page, "outcome") == "unknown" || age > too_old)
            findings.warning("test page", found, advice);
        else findings.ok("test page", found);
    }
}

// If this PC is gone, nobody on it can ring.
void outside(const Examination& e, Findings& findings)
{
    if (e.config()->heartbeats.empty())
        return findings.warning("outside watch", "nobody elsewhere notices when this PC is gone",
                                "magwatch-deadman on another PC and a [[heartbeat]]: docs/OPERATIONS.md");
    if (!e.daemon.answers) return;
    const double failing = sample(e.daemon.metrics, "magwatch_heartbeat_receivers_failing").value_or(0);
    const double taken = sample(e.daemon.metrics, "magwatch_heartbeats_taken_total").value_or(0);
    if (failing > 0)
        return findings.wrong("outside watch",
                              fmt::format("{:.0f} of {} receivers took none of the last three heartbeats", failing,
                                          e.config()->heartbeats.size()),
                              "is that PC up, its address right, its clock within 5 min, its secret the same?");
    if (taken < 1)
        return findings.warning("outside watch", "no receiver has taken a heartbeat yet", "ask again in a minute");
    findings.ok("outside watch", fmt::format("{} receivers hear it, {:.0f} heartbeats taken",
                                             e.config()->heartbeats.size(), taken));
}

} // namespace

void examine_people(const Examination& e, Findings& findings)
{
    if (e.config() == nullptr)
        return findings.unknown("reachable", "the configuration cannot be read", "mend the file first");
    if (e.config()->ward.beds.empty() && e.config()->ward.people.empty()) return;
    everybody_has_a_channel(*e.config(), findings);
    if (e.daemon.answers) {
        channels(e, findings);
        rosters(e, findings);
        test_pages(e, findings);
    } else {
        findings.unknown("channels", "magwatchd asks them, and does not answer", "ask again when it runs");
    }
    outside(e, findings);
}

} // namespace magwatch::cli::doctor
