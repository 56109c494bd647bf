#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/facts.hpp"
#include "tools/magwatch/plan.hpp"

namespace magwatch::cli
{
namespace
{

using AtBed = std::map<std::string, std::string>; // name -> "yes", "no", or "" for no answer

void add_at_bed(CLI::App& command, AtBed& at_bed)
{
    const auto yes_no = [&](const char* option, const char* name, const char* help) {
        command.add_option(option, at_bed[name], help)->check(CLI::IsMember{{"yes", "no"}});
    };
    yes_no("--calcium", "calcium_at_bed", "is calcium gluconate at the bed: yes or no");
    yes_no("--hammer", "hammer_at_bed", "is a reflex hammer at the bed: yes or no");
    yes_no("--oxygen", "oxygen_at_bed", "is oxygen at the bed: yes or no");
}

void fill(Json& body, const AtBed& at_bed)
{
    for (const auto& [name, value] : at_bed)
        if (!value.empty()) body[name] = value == "yes";
}

struct Start {
    std::string bed, person;
    FactOptions facts;
    ScreeningOptions screening;
    SessionOptions session;
    AtBed at_bed;
};

// The watch first, then what was asked and planned: neither may hold up the watch.
int start_watch(Shell& shell, const Start& a, const Json& body)
{
    Json plan;
    if (a.session.given() && !a.session.fill(shell, plan)) return usage;
    const Client client{shell};
    int code = client.post("/api/v1/watch/start", body);
    const auto enter = [&](const char* kind, Json entry) {
        entry["key"] = fresh_key();
        entry["bed"] = a.bed;
        entry["person"] = a.person;
        entry["kind"] = kind;
        code = client.post_entry("/api/v1/entries", entry);
    };
    if (code == ok && a.screening.given()) {
        Json screening;
        a.screening.fill(screening);
        enter("screening", screening);
    }
    if (code == ok && a.session.given()) enter("session", plan);
    return code;
}

void add_start(CLI::App& watch, Shell& shell)
{
    const auto a = std::make_shared<Start>();
    CLI::App* command =
        leaf(watch, shell, "start", "begin to watch a bed", Talks::yes, [&shell, a] {
            Json body{{"bed", a->bed}, {"person", a->person}};
            const Json facts = a->facts.json();
            if (!facts.empty()) body["facts"] = facts;
            fill(body, a->at_bed);
            return start_watch(shell, *a, body);
        });
    command->add_option("bed", a->bed, "alias of the bed, such as bed-3")->required();
    add_person(*command, a->person);
    a->facts.add(*command);
    a->screening.add(*command);
    a->session.add(*command, false);
    add_at_bed(*command, a->at_bed);
    command->footer(
        "\"No\", or no answer within 10 minutes, about calcium, hammer or oxygen is an "
        "alarm of its own; so is magnesium without screening.\n" +
        ScreeningOptions::questions());
}

struct Move {
    std::string from, to, person;
};
struct Confirm {
    std::string bed, person;
    AtBed at_bed;
};
struct End {
    std::string bed, person, reason, second;
};

} // namespace

void add_watch(CLI::App& app, Shell& shell)
{
    CLI::App& watch = *group(app, "watch", "begin, move, confirm or end the watch of a bed");
    add_start(watch, shell);

    const auto move = std::make_shared<Move>();
    CLI::App* transfer = leaf(
        watch, shell, "transfer", "move a patient's watch to another bed", Talks::yes, [=, &shell] {
            return Client{shell}.post(
                "/api/v1/watch/transfer",
                {{"from", move->from}, {"to", move->to}, {"person", move->person}});
        });
    transfer->add_option("from", move->from, "alias of the bed she leaves")->required();
    transfer->add_option("to", move->to, "alias of the bed she goes to")->required();
    add_person(*transfer, move->person);
    transfer->footer(
        "Confirm afterwards, once bed, devices and patient were looked at: magwatch watch confirm");

    const auto confirm = std::make_shared<Confirm>();
    CLI::App* confirming =
        leaf(watch, shell, "confirm", "bed, devices and patient belong together", Talks::yes,
             [=, &shell] {
                 Json body{{"bed", confirm->bed}, {"person", confirm->person}};
                 fill(body, confirm->at_bed);
                 return Client{shell}.post("/api/v1/watch/confirm", body);
             });
    confirming->add_option("bed", confirm->bed, "alias of the bed")->required();
    add_person(*confirming, confirm->person);
    add_at_bed(*confirming, confirm->at_bed);
    confirming->footer("What is not said about calcium, hammer or oxygen keeps the answer of before.");

    const auto end = std::make_shared<End>();
    CLI::App* ending = leaf(watch, shell, "end", "end the watch of a bed", Talks::yes, [=, &shell] {
        Json body{{"bed", end->bed}, {"person", end->person}, {"reason", end->reason}};
        if (!end->second.empty()) body["second_person"] = end->second;
        return Client{shell}.post("/api/v1/watch/end", body);
    });
    ending->add_option("bed", end->bed, "alias of the bed")->required();
    add_person(*ending, end->person);
    ending->add_option("--reason", end->reason, "why")->required();
    ending->add_option("--second-person", end->second, "needed within 24 h of the last magnesium");
    ending->footer("Refused while a high alarm is open.");
}

} // namespace magwatch::cli
