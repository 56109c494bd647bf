// The definition of crash_point() that kills: MAGWATCH_KILL_AT="intent.after:2" is a SIGKILL to ourselves at the second
// passing of that point. ".before" and ".after" are those of the commit, or of the hand-over.
#include "runtime/crash_point.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include <unistd.h>

namespace magwatch {
namespace {

struct Point {
    std::string_view name;
    CrashPoint passed;
    bool when_durable; // not at once, but at the commit that holds it
};

constexpr std::array points{
    Point{"intent.before", CrashPoint::intent, false},   Point{"intent.after", CrashPoint::intent, true},
    Point{"send.before", CrashPoint::send, false},       Point{"send.after", CrashPoint::sent, false},
    Point{"outcome.before", CrashPoint::outcome, false}, Point{"outcome.after", CrashPoint::outcome, true},
    Point{"receipt.before", CrashPoint::receipt, false}, Point{"receipt.after", CrashPoint::receipt, true},
    Point{"answer.before", CrashPoint::answer, false},   Point{"answer.after", CrashPoint::answer, true},
    Point{"answer.said", CrashPoint::said, false},
};

struct Plan {
    const Point* point = nullptr;
    unsigned passes = 0;                  // that are left
    std::optional<std::uint64_t> pending; // passed when so many records were appended
    bool answered = false;                // whoever charts is told too: that is not meant
};

Plan read_plan()
{
    Plan plan;
    const char* text = std::getenv("MAGWATCH_KILL_AT");
    if (text == nullptr) return plan;
    const std::string_view words{text};
    const auto colon = words.find(':');
    for (const Point& point : points)
        if (point.name == words.substr(0, colon)) plan.point = &point;
    const auto count = colon == std::string_view::npos ? std::string_view{} : words.substr(colon + 1);
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), plan.passes);
    const bool whole = error == std::errc{} && end == count.data() + count.size() && plan.passes > 0;
    if (plan.point == nullptr || !whole) {
        std::fprintf(stderr, "MAGWATCH_KILL_AT: '%s' is no point:count\n", text);
        std::_Exit(2);
    }
    return plan;
}

[[noreturn]] void die()
{
    constexpr char words[] = "killed at MAGWATCH_KILL_AT\n";
    (void)!write(STDERR_FILENO, words, std::strlen(words));
    (void)kill(getpid(), SIGKILL);
    for (;;) pause();
}

} // namespace

void crash_point(CrashPoint point, std::uint64_t records) noexcept
{
    static Plan plan = read_plan();
    if (plan.point == nullptr) return;
    // All records of a turn are appended at once: with one more durable than before, this one is.
    if (point == CrashPoint::committed && plan.pending && records > *plan.pending) die();
    plan.answered = plan.answered || point == CrashPoint::answer;
    if (point == CrashPoint::said && !plan.answered) return;
    if (point != plan.point->passed || plan.passes == 0 || --plan.passes > 0) return;
    if (!plan.point->when_durable) die();
    plan.pending = records;
}

} // namespace magwatch
