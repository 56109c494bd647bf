#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "tools/magwatch/commands.hpp"
#include "tools/replay/replay.hpp"

namespace magwatch::cli
{
namespace
{

struct Options {
    ReplayRequest request;
    std::vector<std::string> limits; // NAME=VALUE
};

int run_replay(Shell& shell, const Options& options)
{
    ReplayRequest request = options.request;
    request.json = shell.json;
    for (const auto& limit : options.limits) {
        const auto equals = limit.find('=');
        if (equals == std::string::npos || equals == 0) {
            shell.complain("--limit '" + limit + "': give NAME=VALUE, such as spo2_stop=\"92 %\"");
            return usage;
        }
        request.limits.push_back({limit.substr(0, equals), limit.substr(equals + 1)});
    }
    return replay(request, std::cout, std::cerr);
}

} // namespace

void add_replay(CLI::App& app, Shell& shell)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        leaf(app, shell, "replay", "a recording or a journal through the whole core, as fast as it goes",
             Talks::no, [=, &shell] { return run_replay(shell, *options); });
    command->add_option("file", options->request.file, "FILE.csv, or a journal (journal.db or its folder)")
        ->required();
    command->add_option("--pack", options->request.pack,
                        "rule pack (TOML); for a journal: instead of the one that was in force");
    command->add_option("--infusion", options->request.infusion,
                        "what is charted beside a recording: 0s:4g/20min,20min:1g/h");
    command->add_option("--limit", options->limits, "replace a named limit of the pack: spo2_stop=\"92 %\"");
    command->footer("One line per alarm transition and page, then a summary. A journal that does not replay to\n"
                    "the pages it recorded fails.");
}

} // namespace magwatch::cli
