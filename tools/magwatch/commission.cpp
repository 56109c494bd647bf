// `magwatch commission`: an engineer compares what magwatch reads with what the device's own screen shows. What is read
// is not shown before the screen was typed: who sees a number first, sees it on the screen too.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <poll.h>
#include <unistd.h>

#include "daemon/commissioning/seal.hpp"
#include "rules/commissioning/causes.hpp"
#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

constexpr int look_every_ms = 300;

struct Options {
    std::string device, answers, person, role, reason, firmware, serial, export_to, verify;
    bool list = false, revoke = false;
    double settle = 20;
};

struct Walk {
    Shell& shell;
    Options options;
    bool ask = false; // a person sits there
    Json about{};     // the device as it was at the start
    Json pairs = Json::array(), left_out = Json::array();
    Json mismatch{};
    int code = ok;
};

std::string path_of(const std::string& device)
{
    return "/api/v1/commissioning/" + escaped(device);
}

// What the daemon says of the device now. SIMULATION is said at the first look, not at every one.
std::optional<Json> ask_daemon(Walk& walk, bool first = false)
{
    Shell shell = walk.shell;
    shell.json = shell.json || !first;
    return Client{shell}.get(path_of(walk.options.device), walk.code);
}

const Json* reading_of(const Json& answer, const std::string& bed, const std::string& signal)
{
    for (const Json& one : answer["readings"])
        if (one["signal"] == signal && (bed.empty() || one["bed"] == bed)) return &one;
    return nullptr;
}

std::optional<double> value_of(const Json& reading)
{
    return reading["value"].is_null() ? std::nullopt : std::optional{reading["value"].get<double>()};
}

Disagreement disagreement(const Walk& walk, const Json& answer, const Json& reading, Signal signal, const Shown& shown)
{
    Disagreement what;
    what.device = walk.options.device;
    what.bed = reading["bed"].get<std::string>();
    what.signal = signal;
    what.shown = shown;
    what.read = value_of(reading);
    if (!reading["why"].is_null()) what.refused = reading["why"].get<std::string>();
    what.register_step = reading["step"].get<double>();
    for (const Json& one : answer["registers"]) {
        if (one["signal"] != name(signal)) continue;
        const auto unit = unit_from(one["unit"].get<std::string>());
        what.form = RawForm{one["type"].get<std::string>(), one["order"].get<std::string>(), one["scale"].get<double>(),
                            one["offset"].get<double>(), unit.value_or(Unit::none)};
    }
    return what;
}

std::vector<OtherReading> others_of(const Walk& walk, const Json& answer)
{
    std::vector<OtherReading> out;
    const auto add = [&](const Json& one, const std::string& device) {
        const auto signal = signal_from(one["signal"].get<std::string>());
        if (signal && !one["value"].is_null())
            out.push_back({device, one["bed"].get<std::string>(), *signal, one["value"].get<double>()});
    };
    for (const Json& one : answer["readings"]) add(one, walk.options.device);
    for (const Json& one : answer["others"]) add(one, one["device"].get<std::string>());
    return out;
}

void tell_mismatch(Walk& walk, const Json& answer, const Json& reading, Signal signal, const std::string& typed,
                   const Shown& shown)
{
    ScreenPair pair;
    pair.signal = signal;
    pair.screen = typed;
    pair.read = value_of(reading);
    const std::string bed = reading["bed"].get<std::string>();
    const auto causes =
        likely_causes(disagreement(walk, answer, reading, signal, shown), others_of(walk, answer));
    walk.mismatch = {{"bed", bed}, {"signal", name(signal)}, {"text", difference(pair)}, {"causes", causes}};
    if (walk.shell.json) return;
    std::fprintf(stderr, "  %s %s DOES NOT MATCH: %s\n", bed.c_str(), std::string{name(signal)}.c_str(),
                 difference(pair).c_str());
    for (const std::string& cause : causes) std::fprintf(stderr, "    - %s\n", cause.c_str());
}

// Looks until the two agree, or for as long as a device takes to tell a change.
bool compared(Walk& walk, const std::string& bed, Signal signal, const std::string& typed, int looks)
{
    const auto parsed = parse_screen(signal, typed);
    if (const auto* why = std::get_if<std::string>(&parsed)) {
        walk.mismatch = {{"bed", bed}, {"signal", name(signal)}, {"text", *why}, {"causes", Json::array()}};
        if (!walk.shell.json) std::fprintf(stderr, "  %s\n", why->c_str());
        return false;
    }
    const Shown& shown = std::get<Shown>(parsed);
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>{walk.options.settle};
    for (;;) {
        const auto answer = ask_daemon(walk);
        if (!answer) return false;
        const Json* reading = reading_of(*answer, bed, std::string{name(signal)});
        if (reading == nullptr) {
            walk.mismatch = {{"bed", bed}, {"signal", name(signal)}, {"causes", Json::array()},
                             {"text", walk.options.device + " has told no such value"}};
            if (!walk.shell.json) walk.shell.complain(walk.mismatch["text"].get<std::string>());
            return false;
        }
        const auto read = value_of(*reading);
        if (compare(signal, shown, read, (*reading)["step"].get<double>()) == Match::same) {
            Json pair = {{"bed", (*reading)["bed"]}, {"signal", name(signal)}, {"screen", typed}, {"looks", looks}};
            if (read) pair["read"] = *read;
            pair["at"] = (*answer)["at"];
            walk.pairs.push_back(std::move(pair));
            walk.mismatch = nullptr;
            return true;
        }
        if (std::chrono::steady_clock::now() >= until) {
            tell_mismatch(walk, *answer, *reading, signal, typed, shown);
            return false;
        }
        (void)poll(nullptr, 0, look_every_ms); // the device has told nothing else yet
    }
}

// --- answers from a file: {"signal": "hr", "screen": "72"}, one a line, each true of the screen when it is read ---

bool take_answer(Walk& walk, const std::string& line)
{
    const Json answer = Json::parse(line, nullptr, false);
    const auto text = [&](const char* key) {
        return answer.contains(key) && answer[key].is_string() ? answer[key].get<std::string>() : std::string{};
    };
    const auto signal = answer.is_object() ? signal_from(text("signal")) : std::nullopt;
    if (!signal || (text("screen").empty() == text("leave_out").empty())) {
        walk.shell.complain("no answer: " + line.substr(0, 200) +
                            "\n  an answer is {\"signal\": \"hr\", \"screen\": \"72\"}, with \"bed\" for a gateway, or "
                            "{\"signal\": \"temp\", \"leave_out\": \"why\"}");
        walk.code = usage;
        return false;
    }
    if (!text("leave_out").empty()) {
        walk.left_out.push_back({{"signal", name(*signal)}, {"reason", text("leave_out")}});
        return true;
    }
    return compared(walk, text("bed"), *signal, text("screen"), 1);
}

bool take_answers(Walk& walk)
{
    std::ifstream file;
    if (walk.options.answers != "-") {
        file.open(walk.options.answers);
        if (!file) {
            walk.shell.complain("cannot read " + walk.options.answers);
            walk.code = usage;
            return false;
        }
    }
    std::istream& in = walk.options.answers == "-" ? std::cin : file;
    for (std::string line; std::getline(in, line);) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        if (!take_answer(walk, line)) return false;
        if (!walk.shell.json) std::fprintf(stderr, "  same: %s\n", line.c_str());
    }
    return true;
}

// --- a person at the bed ---

std::string typed_line(const std::string& prompt)
{
    std::fprintf(stderr, "%s", prompt.c_str());
    std::string line;
    if (!std::getline(std::cin, line)) return "q";
    return line;
}

bool is_left_out(const Walk& walk, const Json& reading)
{
    for (const Json& left : walk.left_out)
        if (left["signal"] == reading["signal"]) return true;
    return false;
}

// One signal of one round; false: the walk ends here.
bool ask_signal(Walk& walk, const Json& reading)
{
    const std::string bed = reading["bed"].get<std::string>();
    const Signal signal = signal_from(reading["signal"].get<std::string>()).value_or(Signal{});
    const std::string prompt = "  " + bed + ", " + reading["title"].get<std::string>() + " [" +
                               reading["unit"].get<std::string>() + "]: ";
    for (int looks = 1;; ++looks) {
        const std::string typed = typed_line(prompt);
        if (typed == "q") return false;
        if (typed == "skip") {
            walk.left_out.push_back({{"signal", name(signal)}, {"reason", typed_line("  why is it left out? ")}});
            return true;
        }
        if (compared(walk, bed, signal, typed, looks)) return true;
        if (walk.code == unreachable) return false;
        std::fprintf(stderr, "  Look at the screen again and type it, or 'skip', or 'q' to stop without a record.\n");
    }
}

bool walk_rounds(Walk& walk)
{
    constexpr std::array rounds = {
        "Round 1 of 3, as it is. Type what the device's own screen shows, with its unit if it is another;\n"
        "\"none\" if it shows no reading, 'skip' to leave a signal out, 'q' to stop.",
        "Round 2 of 3, other values: change each one, with a simulator or at the device, and let it settle.",
        "Round 3 of 3, no reading: take the sensors off, wait until the screen shows none, then type \"none\"."};
    for (std::size_t round = 0; round < rounds.size(); ++round) {
        std::fprintf(stderr, "\n%s\n", rounds[round]);
        for (const Json& reading : walk.about["readings"]) {
            if (is_left_out(walk, reading) || (round == 2 && reading["lead_off"] == false)) continue;
            if (!ask_signal(walk, reading)) return false;
        }
    }
    return true;
}

// False if nobody answers any more.
bool ask_for(std::string& field, const char* prompt)
{
    while (field.empty()) {
        field = typed_line(prompt);
        if (!std::cin) return false;
    }
    return true;
}

// --- the record ---

int sign(Walk& walk)
{
    Options& o = walk.options;
    if (walk.ask) {
        std::fprintf(stderr, "\nEvery value matched. Who stands for it?\n");
        const bool all = ask_for(o.firmware, "  firmware of the device: ") &&
                         ask_for(o.serial, "  serial number of the device: ") &&
                         ask_for(o.person, "  your name: ") && ask_for(o.role, "  your role: ") &&
                         ask_for(o.reason, "  remark (why now, with what): ");
        if (!all) {
            walk.shell.complain("nobody signed: " + o.device + " is NOT commissioned");
            return failed;
        }
    }
    const Json& device = walk.about["device"];
    return Client{walk.shell}.post(path_of(o.device), {{"person", o.person},
                                                       {"role", o.role},
                                                       {"remark", o.reason},
                                                       {"firmware", o.firmware},
                                                       {"serial", o.serial},
                                                       {"fingerprint", device["fingerprint"]},
                                                       {"place", device["place"]},
                                                       {"pairs", walk.pairs},
                                                       {"left_out", walk.left_out}});
}

int refused(Walk& walk)
{
    if (walk.code != ok) return walk.code;
    if (walk.shell.json)
        walk.shell.print({{"accepted", false}, {"device", walk.options.device}, {"mismatch", walk.mismatch},
                          {"pairs", walk.pairs}});
    walk.shell.complain(walk.options.device + " is NOT commissioned: nothing was recorded, its values stay unverified");
    return failed;
}

int commission(Shell& shell, const Options& options)
{
    Walk walk{shell, options, options.answers.empty(), {}};
    if (walk.ask && (isatty(STDIN_FILENO) == 0 || shell.json)) {
        shell.complain("nobody to ask: give --answers FILE (\"-\": standard input)");
        return usage;
    }
    if (!walk.ask)
        for (const auto& [field, flag] : {std::pair{&options.person, "--person"}, {&options.role, "--role"},
                                          {&options.reason, "--reason"}, {&options.firmware, "--firmware"},
                                          {&options.serial, "--serial"}})
            if (field->empty()) {
                shell.complain(std::string{flag} + " is needed with --answers");
                return usage;
            }
    const auto about = ask_daemon(walk, true);
    if (!about) return walk.code;
    walk.about = *about;
    if (walk.about["device"]["fingerprint"].is_null()) {
        shell.complain(options.device + " has nothing that could be commissioned");
        return failed;
    }
    if (walk.about["readings"].empty()) {
        shell.complain(options.device + " has told nothing yet: let it send values first");
        return failed;
    }
    if (!shell.json)
        std::fprintf(stderr, "%s: %s\n  map %s, sha256 %s\n  now: %s\n", options.device.c_str(),
                     cell(walk.about["device"]["place"]).c_str(), cell(walk.about["device"]["map"]).c_str(),
                     cell(walk.about["device"]["fingerprint"]).c_str(), cell(walk.about["device"]["state"]).c_str());
    if (!(walk.ask ? walk_rounds(walk) : take_answers(walk))) return refused(walk);
    return sign(walk);
}

// --- what stands ---

int list(Shell& shell, const Options& options)
{
    int code = ok;
    const bool one = !options.device.empty();
    const auto answer = Client{shell}.get(one ? path_of(options.device) : "/api/v1/commissioning", code);
    if (!answer) return code;
    if (shell.json) {
        shell.print(*answer);
        return ok;
    }
    Table table{{"DEVICE", "BED", "STATE", "BY", "ROLE", "AT", "MAP", "WHY"}};
    const auto row = [&](const Json& d) {
        const Json& r = d["record"];
        const auto of = [&](const char* key) { return r.is_null() ? std::string{"-"} : cell(r[key]); };
        table.row({cell(d["device"]), cell(d["bed"]), cell(d["state"]), of("by"), of("role"), of("at"), cell(d["map"]),
                   cell(d["why"])});
    };
    if (one) row((*answer)["device"]);
    else for (const Json& device : (*answer)["devices"]) row(device);
    table.print();
    if (one && !(*answer)["sealed"].is_null()) std::printf("\n%s", (*answer)["sealed"].get<std::string>().c_str());
    return ok;
}

int export_record(Shell& shell, const Options& options)
{
    int code = ok;
    const auto answer = Client{shell}.get(path_of(options.device), code);
    if (!answer) return code;
    if ((*answer)["sealed"].is_null()) {
        shell.complain(options.device + " has no record");
        return failed;
    }
    std::ofstream out{options.export_to, std::ios::binary | std::ios::trunc};
    out << (*answer)["sealed"].get<std::string>() << std::flush;
    if (!out) {
        shell.complain("cannot write " + options.export_to);
        return failed;
    }
    if (shell.json) shell.print({{"device", options.device}, {"file", options.export_to}});
    else std::printf("%s written\n", options.export_to.c_str());
    return ok;
}

int verify(Shell& shell, const std::string& path)
{
    std::string text, error;
    if (!read_file(path, text, error)) {
        shell.complain(error);
        return failed;
    }
    const auto key = sealed_by(text);
    if (shell.json) shell.print({{"file", path}, {"unchanged", key.has_value()}, {"key", key ? Json(*key) : Json{}}});
    if (!key) {
        shell.complain(path + " is no commissioning record, or a byte of it was changed since it was sealed");
        return failed;
    }
    if (!shell.json) std::printf("unchanged since it was sealed by the key %s\n", key->c_str());
    return ok;
}

int run(Shell& shell, const Options& options)
{
    if (!options.verify.empty()) return verify(shell, options.verify);
    if (options.list) return list(shell, options);
    if (options.device.empty()) {
        shell.complain("which device? magwatch commission --list names them");
        return usage;
    }
    if (!options.export_to.empty()) return export_record(shell, options);
    if (!options.revoke) return commission(shell, options);
    if (options.person.empty() || options.reason.empty()) {
        shell.complain("--revoke needs --person and --reason");
        return usage;
    }
    return Client{shell}.post(path_of(options.device) + "/revoke",
                              {{"person", options.person}, {"reason", options.reason}});
}

} // namespace

void add_commission(CLI::App& app, Shell& shell)
{
    const auto o = std::make_shared<Options>();
    CLI::App* command = leaf(app, shell, "commission", "compare a device with its own screen, and sign for it",
                             Talks::yes, [=, &shell] { return run(shell, *o); });
    command->add_option("device", o->device, "name of the monitor, pump or HL7 source");
    command->add_flag("--list,--status", o->list, "which devices are commissioned, by whom and when, and whether the "
                                                  "record still fits; with a device its whole record");
    command->add_flag("--revoke", o->revoke, "the record holds no longer; needs --reason");
    command->add_option("--export", o->export_to, "write the sealed record of the device into this file");
    command->add_option("--verify", o->verify, "check that nobody changed such a file; asks no daemon");
    command->add_option("--answers", o->answers, "what the screen shows, as JSON lines, instead of asking; - is "
                                                 "standard input");
    command->add_option("--person", o->person, "name of who signs")->envname("MAGWATCH_PERSON");
    command->add_option("--role", o->role, "role of who signs");
    command->add_option("--reason", o->reason, "remark of the record, or why it is revoked");
    command->add_option("--firmware", o->firmware, "firmware of the device, as its screen says");
    command->add_option("--serial", o->serial, "serial number of the device, as its label says");
    command->add_option("--settle", o->settle, "how long a value may take to agree, in seconds")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 300.0));
    command->footer("Until a device of a ward has a record that fits, its values are unverified and its bed relies on "
                    "charted checks.");
}

} // namespace magwatch::cli
