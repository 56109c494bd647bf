#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

// One signal of a bed as a table shows it: a stale value is never shown as a new one.
std::string shown(const Json& bed, const char* signal)
{
    for (const Json& s : bed["signals"]) {
        if (s["signal"] != signal) continue;
        if (!s["value"].is_null()) return cell(s["value"]);
        if (s["last"].is_null()) return "?";
        return "? (was " + cell(s["last"]["value"]) + " at " + local_time(s["last"]["at"]) + ")";
    }
    for (const Json& s : bed["unverified"])
        if (s["signal"] == signal && !s["value"].is_null()) return "unverified " + cell(s["value"]);
    return "-";
}

std::string overdue(const Json& bed)
{
    std::string out;
    for (const Json& check : bed["checks"])
        if (check["overdue"] == true) out += (out.empty() ? "" : ", ") + cell(check["title"]);
    return out.empty() ? "-" : out;
}

std::string infusion(const Json& bed)
{
    const Json& rate = bed["infusion"]["rate"];
    const Json& lost = bed["infusion"]["rate_unknown_since"];
    if (!lost.is_null()) return "rate unknown since " + local_time(lost);
    if (rate.is_null()) return bed["infusion"]["running"] == true ? "running, rate unknown" : "-";
    return cell(rate["value"]) + " " + cell(rate["unit"]);
}

// The early-warning scores: "MEOWS 1 red 2 yellow, NEWS2 5+". Their totals are what they are at least.
std::string scores(const Json& bed)
{
    std::string out;
    const Json& meows = bed["scores"]["meows"];
    const Json& news = bed["scores"]["news2"];
    if (!meows.is_null())
        out = "MEOWS " + cell(meows["red"]) + " red " + cell(meows["yellow"]) + " yellow";
    if (!news.is_null())
        out += (out.empty() ? "" : ", ") + std::string{"NEWS2 "} + cell(news["total_at_least"]) + "+";
    return out.empty() ? "-" : out;
}

void print_beds(const Json& beds)
{
    Table table{{"BED", "PLACE", "WATCHED", "RR", "SPO2", "HR", "REFLEX", "MG", "INFUSION",
                 "OVERDUE", "SCORES", "ALARMS"}};
    for (const Json& bed : beds)
        table.row({cell(bed["alias"]), cell(bed["place"]),
                   bed["watched"] == true ? "by " + cell(bed["watched_by"]) : "no",
                   shown(bed, "rr"), shown(bed, "spo2"), shown(bed, "hr"), shown(bed, "reflex"),
                   shown(bed, "mg"), infusion(bed), overdue(bed), scores(bed),
                   std::to_string(bed["alarms"].size())});
    table.print();
}

int show_status(Shell& shell)
{
    int code = ok;
    const auto status = Client{shell}.get("/api/v1/status", code);
    if (!status) return code;
    if (shell.json) {
        shell.print(*status);
        return ok;
    }
    const Json& s = *status;
    const auto line = [](const char* name, const std::string& value) {
        std::printf("%-14s%s\n", name, value.c_str());
    };
    line("ward", cell(s["name"]) + ", mode " + cell(s["mode"]));
    line("daemon",
         "magwatchd " + cell(s["version"]) + ", " + (s["alive"] == true ? "alive" : "NOT ALIVE") +
             ", " + (s["ready"] == true ? "ready" : "not ready: " + cell(s["not_ready_because"])));
    line("rules", cell(s["pack"]) +
                      (s["fallback"] == true ? ", LAST GOOD: " + cell(s["fallback_reason"]) : ""));
    line("beds", cell(s["beds"]) + ", watched " + cell(s["beds_watched"]));
    const auto counts = [&](const char* kind) {
        const Json& a = s["alarms"][kind];
        return cell(a["high"]) + " high, " + cell(a["medium"]) + " medium, " + cell(a["low"]) +
               " low";
    };
    line("alarms", counts("physiological"));
    line("technical", counts("technical"));
    line("open calls", cell(s["calls_open"]));
    line("sources", cell(s["sources_connected"]) + " of " + cell(s["sources"]) + " connected");
    line("values", cell(s["observations"]) + " taken, " + cell(s["refused"]) + " refused");
    line("pages sent", cell(s["pages_sent"]));
    for (const Json& bed : s["relies_on_charted_checks"]) line("unverified", cell(bed["text"]));
    for (const Json& fault : s["faults"])
        line("fault", cell(fault["fault"]) + ": " + cell(fault["detail"]));
    return ok;
}

int show_beds(Shell& shell, const std::string& alias)
{
    int code = ok;
    const auto answer =
        Client{shell}.get("/api/v1/beds" + (alias.empty() ? "" : "/" + escaped(alias)), code);
    if (!answer) return code;
    if (shell.json)
        shell.print(*answer);
    else
        print_beds(alias.empty() ? (*answer)["beds"] : Json::array({(*answer)["bed"]}));
    return ok;
}

int show_sources(Shell& shell)
{
    int code = ok;
    const auto answer = Client{shell}.get("/api/v1/sources", code);
    if (!answer) return code;
    if (shell.json) {
        shell.print(*answer);
        return ok;
    }
    Table table{{"SOURCE", "BED", "KIND", "CONNECTED", "AGE_S", "FROZEN", "VALUES", "REFUSED", "COMMISSIONING"}};
    for (const Json& s : (*answer)["sources"])
        table.row({cell(s["name"]), cell(s["bed"]), cell(s["kind"]), cell(s["connected"]),
                   cell(s["age_seconds"]), cell(s["frozen"]), cell(s["observations"]),
                   cell(s["refused"]), cell(s["commissioning"])});
    table.print();
    return ok;
}

} // namespace

void add_status(CLI::App& app, Shell& shell)
{
    leaf(app, shell, "status", "how magwatchd and its ward are", Talks::yes,
         [&shell] { return show_status(shell); });
    const auto alias = std::make_shared<std::string>();
    leaf(app, shell, "beds", "what is known of each bed, or of one", Talks::yes, [&shell, alias] {
        return show_beds(shell, *alias);
    })->add_option("bed", *alias, "alias of one bed, such as bed-3");
    leaf(app, shell, "sources", "the monitors, pumps and senders, and when each was last heard",
         Talks::yes, [&shell] { return show_sources(shell); });
}

} // namespace magwatch::cli
