// The definition of crash_point() that kills: MAGWATCH_KILL_AT="intent.after:2" is a SIGKILL to ourselves at the second
// passing of that point.
#include "runtime/crash_point.hpp"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include "tests/support/kill_plan.hpp"

namespace magwatch {
namespace {

test::KillPlan read_plan()
{
    const char* text = std::getenv("MAGWATCH_KILL_AT");
    if (text == nullptr) return {};
    const std::string_view words{text};
    const auto colon = words.find(':');
    const test::KillPoint* point = test::find_kill_point(words.substr(0, colon));
    const auto count = colon == std::string_view::npos ? std::string_view{} : words.substr(colon + 1);
    unsigned passes = 0;
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), passes);
    const bool whole = error == std::errc{} && end == count.data() + count.size() && passes > 0;
    if (point == nullptr || !whole) {
        std::fprintf(stderr, "MAGWATCH_KILL_AT: '%s' is no point:count\n", text);
        std::_Exit(2);
    }
    return {*point, passes};
}

} // namespace

void crash_point(CrashPoint point, std::uint64_t records) noexcept
{
    static test::KillPlan plan = read_plan();
    if (!plan.passed(point, records)) return;
    constexpr char words[] = "killed at MAGWATCH_KILL_AT\n";
    (void)!write(STDERR_FILENO, words, std::strlen(words));
    (void)kill(getpid(), SIGKILL);
    for (;;) pause();
}

} // namespace magwatch
