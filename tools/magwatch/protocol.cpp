#include <chrono>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "daemon/http/times.hpp"
#include "rules/protocol/checklist.hpp"
#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/diagnostics.hpp"

namespace magwatch::cli
{
namespace
{

struct Act {
    std::string bed, step, person, text, second, doctor, key, grade = "1";
    bool arrest = false;
};

// "in 4:12" or "OVER by 0:30", by the ward's own time.
std::string timer_text(const Json& timer, const Json& at)
{
    if (timer.is_null()) return "";
    const auto due = http::parse_time(timer["due"].get<std::string>());
    const auto now = http::parse_time(at.get<std::string>());
    if (!due || !now) return "";
    const long long seconds = (*due - *now).count() / 1000;
    const bool over = *due <= *now;
    const long long left = over ? -seconds : seconds;
    char text[64];
    std::snprintf(text, sizeof text, "%s %s %lld:%02lld", cell(timer["what"]).c_str(), over ? "OVER by" : "in",
                  left / 60, left % 60);
    return text;
}

std::string give_text(const Json& give)
{
    if (give.is_null()) return "";
    std::string out = " [" + cell(give["drug"]) + " " + cell(give["concentration"]) + " " + cell(give["volume"]) +
                      " (" + cell(give["dose"]) + ") over " + cell(give["over"]);
    out += "; " + cell(give["started"]) + " of at most " + cell(give["most"]) + " started";
    if (give["second_check_missing"] == true) out += "; SECOND CHECK MISSING";
    return out + "]";
}

std::string last_tap(const Json& taps)
{
    if (taps.empty()) return "";
    const Json& tap = taps.back();
    std::string out = local_time(tap["at"]) + " " + cell(tap["by"]);
    if (tap["act"] != "done") out += " " + cell(tap["act"]);
    return tap["text"].is_null() ? out : out + ": " + cell(tap["text"]);
}

void print_list(const Json& answer)
{
    const Json& list = answer["checklist"];
    if (answer["example"] == true) std::printf("EXAMPLE, not approved by anybody\n");
    std::printf("%s  %s  %s since %s\n", cell(answer["place"]).c_str(), cell(list["title"]).c_str(),
                list["open"] == true ? "open" : "CLOSED", local_time(list["opened"]).c_str());
    std::printf("%s, branch %s\n", cell(list["stamp"]).c_str(), cell(list["branch"]).c_str());
    for (const Json& why : list["why"])
        std::printf("Why: %s %s\n", local_time(why["at"]).c_str(), cell(why["what"]).c_str());
    for (const Json& one : list["precautions"]) std::printf("CAUTION: %s\n", cell(one["words"]).c_str());
    Table table{{"", "STEP", "WORDS", "STATE", "TIMER", "LAST"}};
    for (const Json& step : list["steps"]) {
        std::string words = cell(step["words"]) + give_text(step["give"]);
        if (!step["doubt"].is_null()) words = cell(step["doubt"]["words"]) + " " + words;
        table.row({step["on_top"] == true ? ">" : " ", cell(step["id"]), words, cell(step["state"]),
                   timer_text(step["timer"], answer["at"]), last_tap(step["taps"])});
    }
    table.print();
    if (!list["closed"].is_null())
        std::printf("Closed %s by %s, doctor %s: %s\n", local_time(list["closed"]["at"]).c_str(),
                    cell(list["closed"]["by"]).c_str(), cell(list["closed"]["doctor"]).c_str(),
                    cell(list["closed"]["reason"]).c_str());
    std::printf("%s\n", cell(list["notice"]).c_str());
}

int show(Shell& shell, const Act& act)
{
    int code = ok;
    const auto answer = Client{shell}.get("/api/v1/beds/" + escaped(act.bed) + "/protocol", code);
    if (!answer) return code;
    if (shell.json) {
        shell.print(*answer);
        return ok;
    }
    if ((*answer)["checklist"].is_null())
        std::printf("no checklist was opened at this bed; protocol file: %s\n", cell((*answer)["file"]).c_str());
    else
        print_list(*answer);
    return ok;
}

int send(Shell& shell, const Act& act, const char* path, Json body)
{
    body["person"] = act.person;
    body["key"] = act.key.empty() ? fresh_key() : act.key;
    return Client{shell}.post_entry("/api/v1/beds/" + escaped(act.bed) + "/protocol/" + path, body);
}

int check(Shell& shell, const std::string& file)
{
    std::string text, error;
    ReadProtocol read;
    if (read_file(file, text, error)) read = read_protocol(text, file);
    else read.errors.push_back({file, 0, 0, error, ""});
    const bool good = read.protocol != nullptr;
    if (shell.json) {
        Json out{{"file", file}, {"ok", good}, {"errors", to_json(read.errors)}};
        if (good) {
            out["stamp"] = read.protocol->stamp();
            out["example"] = read.protocol->example;
            out["runs_on_a_ward"] = why_not_on_a_ward(*read.protocol).empty();
            out["steps"] = read.protocol->steps.size();
        }
        shell.print(out);
        return good ? ok : failed;
    }
    print_errors(read.errors);
    if (!good) {
        std::fprintf(stderr, "%s: %zu mistakes\n", file.c_str(), read.errors.size());
        return failed;
    }
    std::printf("%s: ok: %s, %zu steps, %zu precautions\n", file.c_str(), read.protocol->stamp().c_str(),
                read.protocol->steps.size(), read.protocol->precautions.size());
    const std::string why = why_not_on_a_ward(*read.protocol);
    if (!why.empty()) std::fprintf(stderr, "%s: note: %s\n", file.c_str(), why.c_str());
    return ok;
}

CLI::App* act_leaf(CLI::App& protocol, Shell& shell, const char* name, const char* help, bool step,
                   const std::shared_ptr<Act>& act, std::function<int()> run)
{
    CLI::App* command = leaf(protocol, shell, name, help, Talks::yes, std::move(run));
    command->add_option("bed", act->bed, "alias of the bed, such as bed-3")->required();
    if (step) command->add_option("step", act->step, "id of the step: magwatch protocol show BED")->required();
    add_person(*command, act->person);
    command->add_option("--key", act->key, "the key of a tap that was not confirmed, to send it again");
    return command;
}

void add_open(CLI::App& protocol, Shell& shell)
{
    const auto act = std::make_shared<Act>();
    CLI::App* open = act_leaf(protocol, shell, "open", "open the checklist by hand, or make it graver", false, act,
                              [=, &shell] {
                                  Json body{{"branch", act->arrest ? "arrest" : "grade" + act->grade}};
                                  if (!act->text.empty()) body["reason"] = act->text;
                                  return send(shell, *act, "open", body);
                              });
    open->add_option("--grade", act->grade, "1: stop and examine; 2: breathing or the heart is affected")
        ->check(CLI::IsMember{{"1", "2"}})
        ->capture_default_str();
    open->add_flag("--arrest", act->arrest, "the branch of an arrest, which waits for no ECG");
    open->add_option("--reason", act->text, "why");
    open->footer("A high alarm of grade 1 or 2 opens it by itself. It never becomes milder.");

    const auto end = std::make_shared<Act>();
    CLI::App* close = act_leaf(protocol, shell, "close", "close the checklist", false, end, [=, &shell] {
        return send(shell, *end, "close", {{"reason", end->text}, {"doctor", end->doctor}});
    });
    close->add_option("--reason", end->text, "why")->required();
    close->add_option("--doctor", end->doctor, "the doctor's name")->required();
}

void add_taps(CLI::App& protocol, Shell& shell)
{
    const auto tap = [&](const char* name, const char* help, const char* act_name) {
        const auto act = std::make_shared<Act>();
        CLI::App* command = act_leaf(protocol, shell, name, help, true, act, [=, &shell] {
            Json body{{"step", act->step}, {"act", act_name}};
            if (!act->second.empty()) body["second_person"] = act->second;
            if (!act->text.empty()) body[std::string_view{act_name} == "not-done" ? "reason" : "text"] = act->text;
            return send(shell, *act, "step", body);
        });
        return std::pair{command, act};
    };
    const auto [done, doing] = tap("done", "a step was done; a dose was given; a check was made", "done");
    done->add_option("--text", doing->text, "what was decided, for the senior decision");
    done->footer("The step that stops the pump also charts the stop. A pump that is heard must then stand still within "
                 "the time of the protocol; without one the step is asked again.");
    const auto [start, starting] = tap("start", "a dose begins: the timer runs", "start");
    start->add_option("--second", starting->second, "who checked it too: another person");
    start->footer("Without --second it starts all the same, and shows that the second check is missing.");
    tap("second", "the second check of the dose that was started last", "second");
    tap("better", "no further dose is needed", "better");
    tap("result", "the blood result is back", "result");
    const auto [not_done, leaving] = tap("not-done", "a step is not done", "not-done");
    not_done->add_option("--reason", leaving->text, "why")->required();
}

} // namespace

void add_protocol(CLI::App& app, Shell& shell)
{
    CLI::App& protocol = *group(app, "protocol", "the calcium gluconate checklist of a bed");
    const auto act = std::make_shared<Act>();
    CLI::App* showing = leaf(protocol, shell, "show", "the checklist of a bed, with its timers", Talks::yes,
                             [=, &shell] { return show(shell, *act); });
    showing->add_option("bed", act->bed, "alias of the bed, such as bed-3")->required();
    showing->footer("Every word, dose and minute comes from the site's protocol file. The team decides.");
    add_open(protocol, shell);
    add_taps(protocol, shell);
    const auto file = std::make_shared<std::string>();
    CLI::App* checking = leaf(protocol, shell, "check", "every mistake in a protocol file", Talks::no,
                              [=, &shell] { return check(shell, *file); });
    checking->add_option("file", *file, "the protocol file")->required();
    checking->footer("The daemon's own parser; needs no daemon. An EXAMPLE is good, but runs on no ward.");
}

} // namespace magwatch::cli
