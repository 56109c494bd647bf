#include "daemon/app/contracts.hpp"

#include <utility>

#include "runtime/log.hpp"

namespace magwatch {
namespace {

constexpr LogEvent event_stuck{"loop.stuck", LogLevel::error};
constexpr LogEvent event_moves{"loop.moves_again", LogLevel::warning};

} // namespace

void Contracts::add(std::string loop, Duration longest, Age age)
{
    contracts_.push_back({std::move(loop), longest, std::move(age)});
}

std::string Contracts::broken()
{
    std::string names;
    for (Contract& one : contracts_) {
        const Duration age = one.age();
        const bool behind = age > one.longest;
        if (behind) names += (names.empty() ? "" : ", ") + one.loop;
        if (behind == one.told) continue;
        one.told = behind;
        if (behind)
            log(event_stuck, "a loop stands still: the watchdog is not fed",
                {{LogKey::task, one.loop}, {LogKey::duration_ms, age.count()}});
        else log(event_moves, "a loop that stood still moves again", {{LogKey::task, one.loop}});
    }
    return names;
}

} // namespace magwatch
