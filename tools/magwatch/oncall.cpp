#include <cstdio>
#include <ctime>
#include <memory>

#include <CLI/CLI.hpp>

#include "daemon/config/duty_times.hpp"
#include "daemon/http/times.hpp"
#include "runtime/clock.hpp"
#include "runtime/toml_reader.hpp"
#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

constexpr const char* time_help =
    "\"14:30\" (the next one), \"2026-12-24 08:00\", or with its zone: 2026-12-24T08:00:00Z";

struct Change {
    std::string roster, to, length, from, until, reason, person;
};

// A time to come by this ward's clocks; "" if it is none.
std::string coming_time(const std::string& text)
{
    if (const auto time = http::parse_time(text)) return http::format_time(*time);
    LocalTime local;
    int used = 0;
    const int size = static_cast<int>(text.size());
    const WallTime now = read_clocks().wall;
    const std::time_t seconds = now.ms / 1000;
    std::tm today{};
    if (localtime_r(&seconds, &today) == nullptr) return {};
    const bool bare = std::sscanf(text.c_str(), "%2d:%2d%n", &local.hour, &local.minute, &used) == 2 && used == size;
    if (bare) {
        local.year = today.tm_year + 1900;
        local.month = today.tm_mon + 1;
        local.day = today.tm_mday;
    } else if (std::sscanf(text.c_str(), "%4d-%2d-%2d%*1[ T]%2d:%2d%n", &local.year, &local.month, &local.day,
                           &local.hour, &local.minute, &used) != 5 ||
               used != size) {
        return {};
    }
    const std::chrono::year_month_day date{std::chrono::year{local.year},
                                           std::chrono::month{static_cast<unsigned>(local.month)},
                                           std::chrono::day{static_cast<unsigned>(local.day)}};
    if (!date.ok() || local.hour < 0 || local.hour > 23 || local.minute < 0 || local.minute > 59) return {};
    WallTime at = instant_of(local);
    if (bare && at <= now) {
        const std::chrono::year_month_day next{std::chrono::sys_days{date} + std::chrono::days{1}};
        local.year = static_cast<int>(next.year());
        local.month = static_cast<int>(static_cast<unsigned>(next.month()));
        local.day = static_cast<int>(static_cast<unsigned>(next.day()));
        at = instant_of(local);
    }
    return http::format_time(at);
}

// "Sat 28 Nov 08:00" by this ward's clocks.
std::string day_and_time(const Json& value)
{
    const auto at = value.is_string() ? http::parse_time(value.get<std::string>()) : std::nullopt;
    if (!at) return "-";
    const std::time_t seconds = at->ms / 1000;
    std::tm local{};
    char text[32];
    if (localtime_r(&seconds, &local) == nullptr || std::strftime(text, sizeof text, "%a %e %b %H:%M", &local) == 0)
        return "-";
    return text;
}

bool read_coming(const Shell& shell, const char* option, const std::string& text, std::string& time)
{
    time = coming_time(text);
    if (time.empty()) shell.complain(std::string{option} + ": '" + text + "' is no time: " + time_help);
    return !time.empty();
}

void print_oncall(const Json& oncall)
{
    Table duties{{"ROSTER", "ON_CALL", "UNTIL", "SOURCE", "LAST_RESORT"}};
    for (const Json& duty : oncall["duties"]) {
        std::string people;
        for (const Json& person : duty["people"]) people += (people.empty() ? "" : ", ") + cell(person);
        duties.row({cell(duty["roster"]), people, day_and_time(duty["until"]), cell(duty["source"]),
                    cell(duty["last_resort"])});
    }
    duties.print();
    if (oncall["changes"].empty()) return;
    std::printf("\n");
    Table changes{{"CHANGED", "TO", "FROM", "UNTIL", "BY", "REASON"}};
    for (const Json& change : oncall["changes"])
        changes.row({cell(change["roster"]), cell(change["to"]), day_and_time(change["from"]),
                     day_and_time(change["until"]), cell(change["by"]), cell(change["reason"])});
    changes.print();
}

int show(const Shell& shell, const std::string& at)
{
    std::string path = "/api/v1/oncall", time;
    if (!at.empty()) {
        if (!read_coming(shell, "--at", at, time)) return usage;
        path += "/" + escaped(time);
    }
    int code = ok;
    const auto answer = Client{shell}.get(path, code);
    if (!answer) return code;
    if (shell.json)
        shell.print(*answer);
    else
        print_oncall(*answer);
    return ok;
}

int set(const Shell& shell, const Change& change)
{
    Json body{{"person", change.person}, {"roster", change.roster}, {"to", change.to}, {"reason", change.reason}};
    std::string time;
    if (!change.from.empty()) {
        if (!read_coming(shell, "--from", change.from, time)) return usage;
        body["from"] = time;
    }
    if (change.until.empty() == change.length.empty()) {
        shell.complain("say how long: --for 4h or --until TIME, one of the two");
        return usage;
    }
    if (!change.until.empty()) {
        if (!read_coming(shell, "--until", change.until, time)) return usage;
        body["until"] = time;
    } else {
        const auto length = parse_duration(change.length);
        if (!length) {
            shell.complain("--for: '" + change.length + "' is no time such as 90min or 4h");
            return usage;
        }
        body["seconds"] = static_cast<double>(length->count()) / 1000;
    }
    return Client{shell}.post("/api/v1/oncall", body);
}

void add_by(CLI::App& command, std::string& person)
{
    command.add_option("--by,--person", person, "who says so: a role or a badge, such as charge-1")
        ->required()
        ->envname("MAGWATCH_PERSON");
}

} // namespace

void add_oncall(CLI::App& app, Shell& shell)
{
    CLI::App& oncall = *group(app, "oncall", "who is on call");
    const auto at = std::make_shared<std::string>();
    CLI::App* showing = leaf(oncall, shell, "show", "who has which duty, until when, and why", Talks::yes,
                             [at, &shell] { return show(shell, *at); });
    showing->add_option("--at", *at, std::string{"at another time: "} + time_help);
    showing->footer(
        "SOURCE: shift (of the configuration), change (made by staff) or last_resort (nobody else has it).");

    const auto change = std::make_shared<Change>();
    CLI::App* setting = leaf(oncall, shell, "set", "somebody else has a duty for a while", Talks::yes,
                             [change, &shell] { return set(shell, *change); });
    setting->add_option("roster", change->roster, "name of the roster: magwatch oncall show lists them")->required();
    setting->add_option("to", change->to, "who has the duty, a name of the configuration")->required();
    setting->add_option("--for", change->length, "how long, such as 4h; at most 14 days");
    setting->add_option("--until", change->until, time_help);
    setting->add_option("--from", change->from, "when it begins, if not now");
    setting->add_option("--reason", change->reason, "why")->required();
    add_by(*setting, change->person);
    setting->footer("It holds from the next page on, ends by itself, and is recorded under the name of who says so.");

    const auto back = std::make_shared<Change>();
    CLI::App* taking = leaf(oncall, shell, "take-back", "the roster as it was written, from now on", Talks::yes,
                            [back, &shell] {
                                return Client{shell}.post("/api/v1/oncall/take-back",
                                                          {{"person", back->person}, {"roster", back->roster}});
                            });
    taking->add_option("roster", back->roster, "name of the roster")->required();
    add_by(*taking, back->person);
}

} // namespace magwatch::cli
