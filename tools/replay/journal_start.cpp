#include "tools/replay/journal_start.hpp"

#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "rules/base/archive.hpp"

namespace magwatch {

std::variant<JournalStart, int> find_start(JournalReader& reader, const std::string& file, std::ostream& errors)
{
    const auto fail = [&](const JournalError& error) {
        errors << file << ": error: " << error.what << '\n';
        return 1;
    };
    const auto range = reader.range();
    if (const auto* error = std::get_if<JournalError>(&range)) return fail(*error);
    const std::int64_t first = std::get<std::pair<std::int64_t, std::int64_t>>(range).first;
    const auto found = reader.first_snapshot();
    if (const auto* error = std::get_if<JournalError>(&found)) return fail(*error);
    const auto& snapshot = std::get<std::optional<JournalSnapshot>>(found);
    const bool pruned = first > 1;
    if (!pruned && !(snapshot && snapshot->batch == 0)) return JournalStart{};
    LoadRefused refused;
    auto ward = snapshot ? Ward::load(as_text(snapshot->state), &refused) : std::nullopt;
    if (!ward) {
        errors << file << ": error: its records begin with batch " << first
               << ", and no snapshot tells what came before: nothing can be said of it\n";
        return 2;
    }
    if (pruned)
        errors << file
               << fmt::format(": note: the records before {:%Y-%m-%dT%H:%M:%SZ} are pruned: it begins with what was "
                              "known then\n",
                              fmt::gmtime(static_cast<std::time_t>(snapshot->at.wall.ms / 1000)));
    if (refused.any())
        errors << file << ": note: of that snapshot this version refuses a part: alarms may differ\n";
    return JournalStart{std::move(ward), snapshot->at, snapshot->batch};
}

} // namespace magwatch
