#include <cstdio>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "adapters/monitors/hl7/decode_json.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

struct Options {
    std::vector<std::string> files;
    std::string zone;
    bool pumps = false, status_x = false;
};

int decode(Shell& shell, const Options& options)
{
    adapters::hl7::SourceProfile profile;
    profile.pumps_give_magnesium = options.pumps;
    profile.usable_with_status_x = options.status_x;
    if (!options.zone.empty()) {
        const auto zone = adapters::hl7::Zone::from(options.zone);
        if (!zone) {
            shell.complain("'" + options.zone + "' is no zone: give +01:00, Z or a POSIX rule");
            return usage;
        }
        profile.zone = *zone;
    }
    bool good = true;
    for (const auto& file : options.files) {
        std::string bytes, error;
        if (!read_file(file, bytes, error)) {
            shell.complain(error);
            good = false;
            continue;
        }
        const auto totals = shell.json
                                ? adapters::hl7::decode_as_json(std::cout, file, bytes, profile)
                                : adapters::hl7::decode_as_table(std::cout, file, bytes, profile);
        if (!shell.json)
            std::fprintf(
                stderr, "%s: %zu messages, %zu OBX, %zu accepted, %zu messages unreadable\n",
                file.c_str(), totals.messages, totals.rows, totals.accepted, totals.unreadable);
        good = good && totals.unreadable == 0 && totals.messages > 0;
    }
    std::cout.flush();
    return good ? ok : failed;
}

} // namespace

void add_hl7(CLI::App& app, Shell& shell)
{
    CLI::App& hl7 = *group(app, "hl7", "HL7 v2 messages");
    const auto options = std::make_shared<Options>();
    CLI::App* command = leaf(hl7, shell, "decode", "what each OBX became, or why it was refused",
                             Talks::no, [=, &shell] { return decode(shell, *options); });
    command->add_option("file", options->files, "files of messages, with or without MLLP frames")
        ->required();
    command->add_option("--zone", options->zone,
                        "of times without offset: +01:00, Z or a POSIX rule (default UTC)");
    command->add_flag("--pumps-give-magnesium", options->pumps,
                      "pump values count although no drug is named");
    command->add_flag("--usable-with-status-x", options->status_x, "take values whose OBX-11 is X");
    command->footer("Beds, lateness and duplicates are not judged: they need a ward.");
}

} // namespace magwatch::cli
