#include <algorithm>
#include <chrono>
#include <memory>

#include <poll.h>

#include <CLI/CLI.hpp>

#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

// Gets a list and prints it: as it is with --json, else one row for each item.
int show_list(Shell& shell, const std::string& what, std::vector<std::string> columns,
              const std::function<std::vector<std::string>(const Json&)>& row)
{
    int code = ok;
    const auto answer = Client{shell}.get("/api/v1/" + what, code);
    if (!answer) return code;
    if (shell.json) {
        shell.print(*answer);
        return ok;
    }
    Table table{std::move(columns)};
    for (const Json& item : (*answer)[what]) table.row(row(item));
    table.print();
    return ok;
}

std::string state_of(const Json& alarm)
{
    if (const Json& shelved = alarm["shelved"]; !shelved.is_null())
        return "shelved by " + cell(shelved["by"]) + " until " + local_time(shelved["until"]) + " (" +
               cell(shelved["reason"]) + ")";
    if (alarm["acknowledged"] == true)
        return "acknowledged by " + cell(alarm["acknowledged_by"]) + " until " +
               local_time(alarm["acknowledged_until"]);
    if (alarm["latched"] == true && alarm["condition"] != true) return "latched";
    return "active";
}

int list_alarms(Shell& shell)
{
    return show_list(
        shell, "alarms", {"ID", "PRIORITY", "KIND", "BED", "SINCE", "STATE", "MESSAGE"},
        [](const Json& a) {
            return std::vector<std::string>{
                cell(a["id"]),          cell(a["priority"]), cell(a["kind"]),   cell(a["bed"]),
                local_time(a["since"]), state_of(a),         cell(a["message"])};
        });
}

int list_calls(Shell& shell)
{
    return show_list(
        shell, "calls",
        {"NUMBER", "ID", "PRIORITY", "BED", "STATE", "PERSON", "SOUNDING", "NEXT_PAGE"},
        [](const Json& c) {
            return std::vector<std::string>{"#" + cell(c["number"]), cell(c["id"]),
                                            cell(c["priority"]),     cell(c["bed"]),
                                            cell(c["state"]),        cell(c["person"]),
                                            cell(c["sounding"]),     local_time(c["next_page"])};
        });
}

bool is_of_call(const Json& page, const std::string& call)
{
    const std::string number = call.starts_with('#') ? call.substr(1) : call;
    return call.empty() || cell(page["number"]) == number || cell(page["call"]) == call;
}

int list_pages(Shell& shell, const std::string& call)
{
    int code = ok;
    auto answer = Client{shell}.get("/api/v1/pages", code);
    if (!answer) return code;
    Json kept = Json::array();
    for (const Json& page : (*answer)["pages"])
        if (is_of_call(page, call)) kept.push_back(page);
    (*answer)["pages"] = std::move(kept);
    if (shell.json) {
        shell.print(*answer);
        return ok;
    }
    Table table{{"AT", "NUMBER", "TO", "CHANNEL", "REASON", "STATE", "DETAIL", "PRIORITY", "PLACE", "WORDS"}};
    for (const Json& p : (*answer)["pages"]) {
        std::string words;
        for (const Json& w : p["words"]) words += (words.empty() ? "" : ", ") + cell(w);
        table.row({local_time(p["at"]), "#" + cell(p["number"]), cell(p["person"]), cell(p["channel"]),
                   cell(p["reason"]), cell(p["state"]), cell(p["detail"]), cell(p["priority"]), cell(p["place"]),
                   words});
    }
    table.print();
    return ok;
}

struct Act {
    std::string id, person, answer;
    double seconds = 120;
};

// The pages of one test, by what people call it: "T1208".
std::vector<Json> pages_of(const Json& all, const std::string& number)
{
    std::vector<Json> found;
    for (const Json& page : all["pages"])
        if (page["reason"] == "test" && "T" + cell(page["number"]) == number) found.push_back(page);
    return found;
}

bool is_known(const Json& page) { return !page["outcome"].is_null(); }

// The channel took it, or says more: that it arrived, or that it was read.
bool is_taken(const Json& page)
{
    return is_known(page) && page["outcome"] != "failed" && page["outcome"] != "unknown";
}

void print_test(const Shell& shell, const std::string& number, const std::vector<Json>& pages)
{
    if (shell.json) {
        shell.print({{"test", number}, {"pages", pages}});
        return;
    }
    Table table{{"CHANNEL", "KIND", "OUTCOME", "DETAIL"}};
    for (const Json& page : pages)
        table.row({cell(page["channel"]), cell(page["channel_kind"]),
                   is_known(page) ? cell(page["outcome"]) : "no outcome yet", cell(page["detail"])});
    table.print();
}

// Sends a test and waits for what becomes of it on every channel.
int test_page(Shell& shell, const Act& act)
{
    const Client client{shell};
    int code = ok;
    const auto answer = client.change("/api/v1/pages/test", {{"person", act.person}, {"to", act.id}}, code);
    if (!answer) return code;
    const std::string text = cell((*answer)["text"]); // "test #T1208 goes to midwife-1"
    const std::size_t hash = text.find('#');
    const std::string number = text.substr(hash + 1, text.find(' ', hash) - hash - 1);
    if (!shell.json) std::printf("%s\n", text.c_str());
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>{act.seconds};
    std::vector<Json> pages;
    for (;;) {
        const auto all = client.get("/api/v1/pages", code);
        if (!all) return code;
        pages = pages_of(*all, number);
        const bool done = !pages.empty() && std::all_of(pages.begin(), pages.end(), is_known);
        if (done || std::chrono::steady_clock::now() >= end) break;
        (void)::poll(nullptr, 0, 200); // the next look; a command has nothing else to do
    }
    print_test(shell, number, pages);
    const bool good = !pages.empty() && std::all_of(pages.begin(), pages.end(), is_taken);
    return good ? ok : failed;
}

// A technical alarm that is known, kept from sounding for a while.
void add_shelving(CLI::App& alarms, Shell& shell)
{
    const auto act = std::make_shared<Act>();
    const auto note = std::make_shared<std::string>();
    CLI::App* shelve = leaf(alarms, shell, "shelve", "a technical alarm that is known: no sound or page for a while",
                            Talks::yes, [=, &shell] {
        Json body{{"person", act->person}, {"reason", act->answer}, {"minutes", act->seconds}};
        if (!note->empty()) body["note"] = *note;
        return Client{shell}.post("/api/v1/alarms/" + escaped(act->id) + "/shelve", body);
    });
    shelve->add_option("id", act->id, "id of the alarm, such as 3-7")->required();
    add_person(*shelve, act->person);
    shelve->add_option("--reason", act->answer, "device_away, known_fault, being_repaired, patient_moved or other")
        ->required()
        ->check(CLI::IsMember{{"device_away", "known_fault", "being_repaired", "patient_moved", "other"}});
    shelve->add_option("--minutes", act->seconds, "for how long, 5 to 240")->required();
    shelve->add_option("--note", *note, "why, in a few words; needed with the reason other");
    shelve->footer("It stays in the list and on the board, and comes back by itself. Refused of an alarm that is high "
                   "or about the patient,\nand of one that says that nobody can tell how she is while magnesium acts.");

    const auto back = std::make_shared<Act>();
    CLI::App* unshelve =
        leaf(alarms, shell, "unshelve", "a shelved alarm sounds and pages again", Talks::yes, [=, &shell] {
            return Client{shell}.post("/api/v1/alarms/" + escaped(back->id) + "/unshelve", {{"person", back->person}});
        });
    unshelve->add_option("id", back->id, "id of the alarm, such as 3-7")->required();
    add_person(*unshelve, back->person);
}

// What is done about a call besides answering it, and the name of nobody.
void add_by_hand(CLI::App& app, CLI::App& calls, Shell& shell)
{
    const auto act = std::make_shared<Act>();
    CLI::App* again = leaf(calls, shell, "again", "page the people of the present rung once more, now", Talks::yes,
                           [=, &shell] {
                               return Client{shell}.post("/api/v1/calls/" + escaped(act->id) + "/again",
                                                         {{"person", act->person}});
                           });
    again->add_option("id", act->id, "number or id of the call, such as 1207 or 3-8")->required();
    add_person(*again, act->person);
    again->footer("The next rung comes no later by it. Not within 10 s of the last time.");

    const auto call = std::make_shared<Act>();
    const auto to = std::make_shared<std::string>();
    CLI::App* phoned = leaf(calls, shell, "phoned", "somebody was rung up by telephone", Talks::yes, [=, &shell] {
        Json body{{"person", call->person}, {"to", *to}};
        if (!call->answer.empty()) body["coming"] = call->answer == "coming";
        return Client{shell}.post("/api/v1/calls/" + escaped(call->id) + "/phoned", body);
    });
    phoned->add_option("id", call->id, "number or id of the call, such as 1207 or 3-8")->required();
    phoned->add_option("--to", *to, "who was rung up")->required();
    phoned->add_option("--said", call->answer, "coming or cannot, if they said so")
        ->check(CLI::IsMember{{"coming", "cannot"}});
    add_person(*phoned, call->person);

    const auto somebody = std::make_shared<Act>();
    CLI::App* here = leaf(app, shell, "here", "somebody is at a bed, without a name: shown, and nothing else",
                          Talks::yes, [=, &shell] {
                              Json body{{"bed", somebody->id}};
                              if (!somebody->answer.empty()) body["station"] = somebody->answer;
                              return Client{shell}.post("/api/v1/here", body);
                          });
    here->add_option("bed", somebody->id, "alias of the bed")->required();
    here->add_option("--station", somebody->answer, "where it is said, such as \"desk\"");
    here->footer("It answers no call and ends no paging: 'magwatch calls answer ID here' does, with a name.");
}

} // namespace

void add_alarms(CLI::App& app, Shell& shell)
{
    CLI::App& alarms = *group(app, "alarms", "open alarms");
    leaf(alarms, shell, "list", "every open alarm", Talks::yes,
         [&shell] { return list_alarms(shell); });
    const auto ack = std::make_shared<Act>();
    CLI::App* acknowledge =
        leaf(alarms, shell, "ack", "\"I am dealing with this\": expires, clears nothing",
             Talks::yes, [=, &shell] {
                 return Client{shell}.post("/api/v1/alarms/" + escaped(ack->id) + "/acknowledge",
                                           {{"person", ack->person}});
             });
    acknowledge->add_option("id", ack->id, "id of the alarm, such as 3-7")->required();
    add_person(*acknowledge, ack->person);
    add_shelving(alarms, shell);

    CLI::App& calls = *group(app, "calls", "open calls for a person to a bed");
    leaf(calls, shell, "list", "every open call", Talks::yes,
         [&shell] { return list_calls(shell); });
    const auto call = std::make_shared<Act>();
    CLI::App* answer = leaf(calls, shell, "answer", "answer a call", Talks::yes, [=, &shell] {
        return Client{shell}.post("/api/v1/calls/" + escaped(call->id) + "/answer",
                                  {{"person", call->person}, {"answer", call->answer}});
    });
    answer->add_option("id", call->id, "number or id of the call, such as 1207 or 3-8")->required();
    answer->add_option("answer", call->answer, "coming, cannot or here")
        ->required()
        ->check(CLI::IsMember{{"coming", "cannot", "here"}});
    add_person(*answer, call->person);
    answer->footer("\"coming\" stops further paging of this rung; the ward sounds until somebody "
                   "is \"here\".");

    add_by_hand(app, calls, shell);

    CLI::App& pages = *group(app, "pages", "messages that went out");
    const auto of = std::make_shared<std::string>();
    CLI::App* listing = leaf(pages, shell, "list", "the newest pages and what became of them", Talks::yes,
                             [of, &shell] { return list_pages(shell, *of); });
    listing->add_option("--call", *of, "of one call alone: its number or id, such as 1207 or 3-8");
    listing->footer("queued: no word from the channel yet. sent: the channel took it. delivered, read: so the channel "
                    "says.\nfailed, unknown, no_answer: the next channel or person is told. withdrawn: not wanted any "
                    "more.\naccepted, declined, attended: what this person answered.");

    CLI::App& page = *group(app, "page", "try the channels that pages take");
    const auto test = std::make_shared<Act>();
    test->seconds = 30;
    CLI::App* testing = leaf(page, shell, "test", "send one test message to one person, on every channel",
                             Talks::yes, [=, &shell] { return test_page(shell, *test); });
    testing->add_option("--to", test->id, "who gets it, a name of the configuration")->required();
    testing->add_option("--wait", test->seconds, "seconds to wait for what becomes of it")->capture_default_str();
    add_person(*testing, test->person);
    testing->footer("\"MAG TEST ... Pager test, no patient.\" Nobody else is told. Exit 1 if a channel did not take "
                    "it; \"accepted\" means that the channel took it, not that it was read.");

    const auto pause = std::make_shared<Act>();
    CLI::App* pausing = leaf(
        app, shell, "pause", "silence the ward's own signal of one bed for a while", Talks::yes,
        [=, &shell] {
            return Client{shell}.post("/api/v1/beds/" + escaped(pause->id) + "/pause",
                                      {{"person", pause->person}, {"seconds", pause->seconds}});
        });
    pausing->add_option("bed", pause->id, "alias of the bed")->required();
    pausing->add_option("--seconds", pause->seconds, "how long, at most 120")
        ->capture_default_str();
    add_person(*pausing, pause->person);
}

} // namespace magwatch::cli
