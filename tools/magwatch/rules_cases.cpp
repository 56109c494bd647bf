// magwatch rules cases: incidents through the whole ward, and whether each alarm came by its
// second.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "tools/cases/incident_run.hpp"
#include "tools/magwatch/diagnostics.hpp"
#include "tools/magwatch/rules.hpp"

namespace magwatch::cli
{
namespace
{

struct Request {
    std::vector<std::string> paths, packs;
    std::string junit;
    bool timeline = false;
};

struct Tally {
    std::size_t count = 0, failures = 0;
    std::string junit;
};

std::string seconds(const std::optional<Duration>& d)
{
    if (!d) return "-";
    const auto tenths = d->count() / 100;
    std::string text = std::to_string(tenths / 10);
    if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
    return text;
}

Json number(const std::optional<Duration>& d)
{
    return d ? Json(static_cast<double>(d->count()) / 1000) : Json{};
}

// What came and when, for whoever writes a case or wants to see one happen.
void print_timeline(const Shell& shell, const Incident& incident, const Pack& pack, Way way)
{
    const IncidentRun run = run_incident(incident, way, pack);
    Table table{{"SECOND", "PAGED", "PRIORITY", "ALARM", "MESSAGE"}};
    for (const RaisedAlarm& alarm : run.alarms) {
        const auto paged = page_for(run, alarm);
        const std::string priority{name(alarm.priority)};
        if (shell.json)
            shell.print({{"pack", pack.name},
                         {"case", incident.name},
                         {"way", name(way)},
                         {"alarm", alarm.rule},
                         {"at_s", number(alarm.at)},
                         {"page_at_s", number(paged)},
                         {"priority", priority},
                         {"message", alarm.message}});
        else
            table.row({seconds(alarm.at), seconds(paged), priority, alarm.rule, alarm.message});
    }
    if (shell.json) return;
    std::printf("%s, %s, under %s\n", incident.name.c_str(), std::string{name(way)}.c_str(),
                pack.name.c_str());
    table.print();
    std::printf("\n");
}

void report(const Shell& shell, const Incident& incident, const Pack& pack, const CaseFinding& one,
            Table& table, Tally& tally)
{
    ++tally.count;
    tally.failures += one.passed() ? 0 : 1;
    const std::string way{name(one.way)};
    tally.junit += "    <testcase classname=\"" + xml(pack.name + "." + incident.name) +
                   "\" name=\"" +
                   xml(way + ": " + one.alarm + " (line " + std::to_string(one.line) + ")") + "\"";
    tally.junit +=
        one.passed() ? "/>\n" : "><failure message=\"" + xml(one.problem) + "\"/></testcase>\n";
    if (shell.json) {
        shell.print({{"pack", pack.name},
                     {"case", incident.name},
                     {"file", incident.file},
                     {"line", one.line},
                     {"way", way},
                     {"alarm", one.alarm},
                     {"by_s", number(one.by)},
                     {"at_s", number(one.at)},
                     {"page_by_s", number(one.page_by)},
                     {"page_at_s", number(one.page_at)},
                     {"passed", one.passed()},
                     {"problem", one.problem}});
        return;
    }
    table.row({incident.name, way, one.alarm, seconds(one.by), seconds(one.at),
               seconds(one.page_by), seconds(one.page_at),
               one.passed() ? "yes" : "NO: " + one.problem});
}

std::vector<Incident> read_incidents(const Shell& shell, const std::vector<std::string>& files,
                                     bool& all_good)
{
    std::vector<Incident> out;
    for (const auto& file : files) {
        std::string text, error;
        std::vector<Diagnostic> errors;
        if (!read_file(file, text, error)) errors.push_back({file, 0, 0, "cannot be read", {}});
        auto incident = errors.empty() ? read_incident(text, file, errors) : std::nullopt;
        print_errors(errors);
        all_good = all_good && incident.has_value();
        if (incident) out.push_back(std::move(*incident));
    }
    if (files.empty()) shell.complain("no cases there");
    all_good = all_good && !files.empty();
    return out;
}

// Every incident under one pack, three ways; `judged` counts what was judged of each.
Tally try_pack(const Shell& shell, const Pack& pack, const std::vector<Incident>& incidents,
               bool timeline, std::vector<std::size_t>& judged)
{
    Tally tally;
    Table table{{"CASE", "RUN", "ALARM", "BY", "AT", "PAGE BY", "PAGE AT", "AS IT MUST BE"}};
    for (std::size_t i = 0; i < incidents.size(); ++i) {
        for (const Way way : all_ways) {
            if (timeline) print_timeline(shell, incidents[i], pack, way);
            const auto findings = try_incident(incidents[i], way, pack);
            judged[i] += findings.size();
            for (const CaseFinding& one : findings)
                report(shell, incidents[i], pack, one, table, tally);
        }
    }
    if (!shell.json) {
        std::printf("Under %s\n", pack.name.c_str());
        table.print();
        std::printf("\n");
    }
    return tally;
}

int try_incidents(Shell& shell, const Request& request)
{
    bool all_good = true;
    const auto incidents = read_incidents(shell, files_at(request.paths), all_good);
    std::vector<std::size_t> judged(incidents.size());
    std::string suites;
    std::size_t count = 0, failures = 0;
    for (const auto& path : packs_at(request.packs)) {
        const auto pack = open_pack(shell, path);
        all_good = all_good && pack;
        if (!pack) continue;
        const bool named =
            std::find(request.packs.begin(), request.packs.end(), path) != request.packs.end();
        if (pack->example && !named) continue; // no ward runs it
        const Tally tally = try_pack(shell, *pack, incidents, request.timeline, judged);
        suites += "  <testsuite name=\"cases under " + xml(pack->name) + "\" tests=\"" +
                  std::to_string(tally.count) + "\" failures=\"" + std::to_string(tally.failures) +
                  "\">\n" + tally.junit + "  </testsuite>\n";
        count += tally.count;
        failures += tally.failures;
    }
    for (std::size_t i = 0; i < incidents.size(); ++i) {
        if (judged[i] != 0) continue;
        shell.complain(incidents[i].file +
                       ": nothing of it is judged under these packs; it is written for '" +
                       incidents[i].pack + "'");
        all_good = false;
    }
    all_good = all_good && failures == 0;
    if (!request.junit.empty()) all_good = write_junit(shell, request.junit, suites) && all_good;
    if (shell.json)
        shell.print({{"summary", true},
                     {"cases", incidents.size()},
                     {"judged", count},
                     {"failed", failures},
                     {"ok", all_good}});
    else
        std::printf("%zu cases, %zu judgements, %zu failed\n", incidents.size(), count, failures);
    return all_good ? ok : failed;
}

} // namespace

void add_rules_cases(CLI::App& rules, Shell& shell)
{
    const auto request = std::make_shared<Request>();
    CLI::App* command = leaf(rules, shell, "cases",
                             "incidents through the whole ward: which alarm came at which second",
                             Talks::no, [=, &shell] { return try_incidents(shell, *request); });
    command->add_option("path", request->paths, "cases, or folders of them")->required();
    command
        ->add_option("--pack", request->packs,
                     "a pack, a folder of sites' packs, or minimal; may be given several times")
        ->required()
        ->expected(1)
        ->take_all();
    command->add_option("--junit", request->junit, "also write a JUnit report to this file");
    command->add_flag("--timeline", request->timeline,
                      "also every alarm of every run, with its second");
    command->footer("Each case runs three ways: whole; without_dose: neither pump nor "
                    "charted doses;\n"
                    "without_vitals: neither monitor nor what is seen, counted or asked at the "
                    "bed. Seconds count from\n"
                    "the start of the watch. Under the pack that a case names all of it is judged, "
                    "under any other what\n"
                    "it marks as expected everywhere.");
}

} // namespace magwatch::cli
