#include <unistd.h>

#include <iostream>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>

#include "tools/magwatch/commands.hpp"
#include "tools/replay/difference.hpp"
#include "tools/replay/replay.hpp"
#include "tools/replay/serve.hpp"

namespace magwatch::cli
{
namespace
{

struct Options {
    std::vector<std::string> files, packs;
    ReplayRequest request;
    std::vector<std::string> limits; // NAME=VALUE
    bool serving = false, comparing = false;
    ServeRequest serve;
    std::string start;
};

int complain(const Shell& shell, const std::string& what)
{
    shell.complain(what);
    return usage;
}

// One timeline as JSON lines into `text`; the exit status. A journal that replays to other pages
// than it recorded still has a timeline.
int timeline_of(ReplayRequest request, const std::string& pack, std::string& text)
{
    request.pack = pack;
    request.json = true;
    std::ostringstream out;
    const int status = replay(request, out, std::cerr);
    text = out.str();
    return text.find("\"summary\":true") != std::string::npos ? int{ok} : status;
}

int compare(const Shell& shell, const std::string& what, const std::string& a,
            const std::string& text_a, const std::string& b, const std::string& text_b)
{
    std::string mistake;
    const auto read_a = read_timeline(text_a, mistake);
    if (!read_a) {
        shell.complain(a + ": " + mistake);
        return usage;
    }
    const auto read_b = read_timeline(text_b, mistake);
    if (!read_b) {
        shell.complain(b + ": " + mistake);
        return usage;
    }
    const auto found = difference(*read_a, *read_b);
    print_difference(found, what, a, b, shell.json, std::cout);
    return found.equal() ? ok : failed;
}

int compare_files(const Shell& shell, const Options& options)
{
    std::string a, b, error;
    if (options.files.size() != 2)
        return complain(
            shell,
            "--diff needs two timelines (A.json B.json), or --pack A --pack B and recordings");
    if (!read_file(options.files[0], a, error) || !read_file(options.files[1], b, error)) {
        shell.complain(error);
        return usage;
    }
    return compare(shell, "", options.files[0], a, options.files[1], b);
}

// Exit status 2 for what could not be compared: 1 says that the timelines differ.
int run_diff(const Shell& shell, const Options& options, const ReplayRequest& asked)
{
    if (options.packs.empty()) return compare_files(shell, options);
    if (options.packs.size() != 2)
        return complain(shell, "--diff compares two packs: give --pack twice");
    int worst = ok;
    for (const auto& file : options.files) {
        ReplayRequest request = asked;
        request.file = file;
        std::string a, b;
        if (timeline_of(request, options.packs[0], a) != ok ||
            timeline_of(request, options.packs[1], b) != ok)
            return usage;
        worst = std::max(worst, compare(shell, file, options.packs[0], a, options.packs[1], b));
    }
    return worst;
}

int run_serve(const Shell& shell, const Options& options)
{
    ServeRequest request = options.serve;
    if (!options.packs.empty() || !options.request.infusion.empty() || !options.limits.empty())
        return complain(shell, "--serve plays devices: --pack, --infusion and --limit belong to "
                               "the daemon that watches them");
    if (!options.start.empty() && !read_duration(options.start, request.start_s))
        return complain(shell,
                        "--start needs a time such as 90s or 5min, not '" + options.start + "'");
    request.files = options.files;
    request.json = shell.json;
    return serve(request, std::cout, std::cerr, isatty(STDERR_FILENO) == 1);
}

int run_replay(Shell& shell, const Options& options)
{
    if (options.serving && options.comparing)
        return complain(shell, "--serve and --diff exclude each other");
    if (options.serving) return run_serve(shell, options);
    ReplayRequest request = options.request;
    request.json = shell.json;
    for (const auto& limit : options.limits) {
        const auto equals = limit.find('=');
        if (equals == std::string::npos || equals == 0)
            return complain(shell,
                            "--limit '" + limit + "': give NAME=VALUE, such as spo2_stop=\"92 %\"");
        request.limits.push_back({limit.substr(0, equals), limit.substr(equals + 1)});
    }
    if (options.comparing) return run_diff(shell, options, request);
    if (options.files.size() != 1)
        return complain(shell, "one FILE at a time, but for --serve and --diff");
    if (options.packs.size() > 1) return complain(shell, "two packs are compared with --diff");
    request.file = options.files.front();
    if (!options.packs.empty()) request.pack = options.packs.front();
    return replay(request, std::cout, std::cerr);
}

void add_serve_options(CLI::App& command, ServeRequest& request, std::string& start)
{
    const std::string group = "With --serve";
    command.add_option("--speed", request.speed, "recorded time runs so many times as fast")
        ->check(CLI::Range(0.01, 1000.0))
        ->group(group);
    command.add_option("--start", start, "begin so far into the recording: 90s, 5min")
        ->group(group);
    command.add_flag("--loop", request.loop, "begin anew at the end")->group(group);
    command.add_option("--bed", request.beds, "only this bed (may be given again)")
        ->allow_extra_args(false)
        ->group(group);
    command
        .add_option("--listen", request.listen,
                    "IPv4 address of the Modbus devices; 0.0.0.0: reachable from anywhere")
        ->capture_default_str()
        ->group(group);
    command
        .add_option("--modbus-port", request.modbus_port,
                    "port of the first bed's device, the next beds follow; 0: no Modbus")
        ->capture_default_str()
        ->group(group);
    command.add_option("--unit", request.unit, "Modbus unit")
        ->check(CLI::Range(1, 247))
        ->capture_default_str()
        ->group(group);
    command
        .add_option("--map", request.map,
                    "register map to play to (TOML); the shipped replay-monitor.toml if none")
        ->group(group);
    command.add_option("--mllp", request.mllp, "HOST:PORT (IPv4) that takes HL7 messages")
        ->group(group);
    command
        .add_option("--interval", request.interval_s, "seconds between the HL7 messages of a bed")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str()
        ->group(group);
    command
        .add_flag("--config-only", request.config_only,
                  "print the sections for magwatchd's configuration and end")
        ->group(group);
}

} // namespace

void add_replay(CLI::App& app, Shell& shell)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = leaf(
        app, shell, "replay",
        "a recording or a journal through the whole core, as fast as it goes; or as live devices",
        Talks::no, [=, &shell] { return run_replay(shell, *options); });
    command->add_option("file", options->files, "FILE.csv, or a journal (journal.db or its folder); with --serve also "
                        "FILE.hl7 or a scenario (FILE.toml)")
        ->required();
    command
        ->add_option("--pack", options->packs,
                     "rule pack (TOML); for a journal: instead of the one that was in force")
        ->allow_extra_args(false);
    command->add_option("--infusion", options->request.infusion,
                        "what is charted beside a recording: 0s:4g/20min,20min:1g/h");
    command
        ->add_option("--limit", options->limits,
                     "replace a named limit of the pack: spo2_stop=\"92 %\"")
        ->allow_extra_args(false);
    command->add_flag("--diff", options->comparing,
                      "compare alarm timelines: of two packs (--pack twice), or two files that "
                      "replay --json wrote");
    command->add_flag("--serve", options->serving,
                      "SIMULATION: play the files as live devices, Modbus TCP and HL7; also a "
                      "simulator's scenario (TOML) and recorded HL7 messages (with --mllp)");
    add_serve_options(*command, options->serve, options->start);
    command->footer("One line per alarm transition and page, then a summary. A journal that does "
                    "not replay to\n"
                    "the pages it recorded fails; one whose first records were pruned begins with its oldest "
                    "snapshot, and says so.\n"
                    "--diff ends with 0 if the timelines are equal, 1 if they differ, 2 if they "
                    "cannot be compared.\n"
                    "--serve takes several files, a bed each (ALIAS=FILE.csv names it), prints the "
                    "sections that make a\n"
                    "magwatchd in mode \"demo\" listen, and plays until the end or Ctrl-C. What "
                    "the recording does not have,\n"
                    "the devices show as \"no reading\".");
}

} // namespace magwatch::cli
