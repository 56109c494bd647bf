#include "tools/deadman/watch.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace magwatch::deadman {
namespace {

constexpr std::size_t at(Fault fault) { return static_cast<std::size_t>(fault); }

// Of what somebody else sent, however much that is.
std::string seconds_span(double seconds)
{
    return span(Milliseconds{static_cast<std::int64_t>(std::min(seconds, 1e9) * 1000)});
}

constexpr std::array all{Fault::silent, Fault::beds, Fault::data, Fault::simulation, Fault::canary};

} // namespace

std::string_view name(Fault fault)
{
    switch (fault) {
    case Fault::silent: return "silent";
    case Fault::beds: return "beds";
    case Fault::data: return "data";
    case Fault::simulation: return "simulation";
    case Fault::canary: return "canary";
    }
    return "unknown";
}

std::string_view name(PageKind kind)
{
    switch (kind) {
    case PageKind::alarm: return "alarm";
    case PageKind::repeat: return "repeat";
    case PageKind::back: return "back";
    case PageKind::planned: return "planned";
    }
    return "unknown";
}

std::string span(Milliseconds time)
{
    const std::int64_t seconds = std::max<std::int64_t>(0, time.count() / 1000);
    if (seconds < 120) return fmt::format("{} s", seconds);
    if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
    return fmt::format("{} h", seconds / 3600);
}

bool is_plain(std::string_view text)
{
    constexpr std::string_view others = " .,:;-+/()#*!?'&%=<>_@";
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    });
}

Watch::Watch(Rules rules, const Now& start, const std::optional<Saved>& saved)
    : rules_{std::move(rules)}, heard_{start.steady}
{
    if (!saved) return;
    state_ = *saved;
    // A wall clock that was set back makes nothing older than it is, and nothing later than now.
    const auto steady = [&](std::int64_t wall_ms) {
        return start.steady - Milliseconds{std::max<std::int64_t>(0, start.wall_ms - wall_ms)};
    };
    for (const Fault fault : all) {
        if (const auto& open = state_.open.at(at(fault)))
            steady_.at(at(fault)) = {steady(open->since_ms), steady(open->paged_ms)};
    }
    if (state_.last.stop)
        back_by_ = start.steady +
                   std::min(Milliseconds{state_.last.stop->back_by_ms - start.wall_ms}, rules_.planned_stop);
    if (state_.open.at(at(Fault::silent)) && state_.ever_heard) heard_ = steady(state_.heard_ms);
    else if (state_.open.at(at(Fault::silent))) heard_ = steady_.at(at(Fault::silent)).since;
}

bool Watch::newer(const Heartbeat& heartbeat) const
{
    if (!state_.ever_heard) return true;
    const Heartbeat& last = state_.last;
    if (heartbeat.incarnation == last.incarnation) return heartbeat.sequence > last.sequence;
    if (heartbeat.incarnation > last.incarnation) return true;
    // A ward PC that was set up anew counts from 1 again. Its signed time tells it from an old heartbeat.
    return heartbeat.stamp > last.stamp;
}

bool Watch::heard(const Heartbeat& heartbeat, const Now& now, std::vector<Page>& pages)
{
    if (!newer(heartbeat)) {
        ++stale_;
        return false;
    }
    set(Fault::silent, false, now, pages);
    count_beds(heartbeat, now, pages);
    keep_head(heartbeat);
    state_.last = heartbeat;
    if (heartbeat.stop)
        back_by_ = now.steady + std::min(Milliseconds{heartbeat.stop->back_by_ms - now.wall_ms}, rules_.planned_stop);
    state_.heard_ms = now.wall_ms;
    state_.ever_heard = true;
    heard_ = now.steady;
    stale_ = 0;
    const double limit = static_cast<double>(rules_.oldest_data.count()) / 1000;
    set(Fault::data, heartbeat.oldest_data_seconds.value_or(0) > limit, now, pages);
    const Canary canary = heartbeat.canary.value_or(Canary{});
    set(Fault::canary, canary.ago_seconds > canary.every_seconds * rules_.misses, now, pages);
    set(Fault::simulation, heartbeat.simulation && !rules_.simulation, now, pages);
    tick(now, pages);
    return true;
}

void Watch::keep_head(const Heartbeat& heartbeat)
{
    if (!heartbeat.audit) return;
    if (state_.audit && heartbeat.audit->sequence < state_.audit->sequence) {
        state_.audit_before = state_.audit;
        audit_went_back_ = true;
    }
    state_.audit = heartbeat.audit;
}

void Watch::count_beds(const Heartbeat& heartbeat, const Now& now, std::vector<Page>& pages)
{
    const Heartbeat& last = state_.last;
    const bool same = state_.ever_heard && heartbeat.incarnation == last.incarnation;
    std::uint64_t ended = heartbeat.planned_ends;
    if (same) ended = ended > last.planned_ends ? ended - last.planned_ends : 0;
    state_.beds -= static_cast<std::uint32_t>(std::min<std::uint64_t>(ended, state_.beds));
    const bool fewer = heartbeat.beds_watched < state_.beds;
    if (!fewer) state_.beds = heartbeat.beds_watched;
    state_.last.beds_watched = heartbeat.beds_watched;
    set(Fault::beds, fewer, now, pages);
}

void Watch::tick(const Now& now, std::vector<Page>& pages)
{
    if (now.steady - heard_ >= rules_.every * rules_.misses) set(Fault::silent, true, now, pages);
    const bool silent = state_.open.at(at(Fault::silent)).has_value();
    // Of a silent ward nothing else is known.
    if (state_.open.at(at(Fault::beds)) && !silent &&
        now.steady - steady_.at(at(Fault::beds)).since >= rules_.accept_fewer) {
        state_.beds = state_.last.beds_watched;
        accepted_ = true;
        set(Fault::beds, false, now, pages);
        accepted_ = false;
    }
    for (const Fault fault : all) {
        if (state_.open.at(at(fault)) && (!silent || fault == Fault::silent)) repeat(fault, now, pages);
    }
}

void Watch::repeat(Fault fault, const Now& now, std::vector<Page>& pages)
{
    const Milliseconds paged = steady_.at(at(fault)).paged;
    if (fault == Fault::silent && state_.last.stop) {
        if (is_planned(now)) return; // it was told, and it will ring
        if (paged < back_by_) return page(fault, PageKind::alarm, now, pages);
    }
    if (now.steady - paged >= rules_.repeat) page(fault, PageKind::repeat, now, pages);
}

void Watch::set(Fault fault, bool wrong, const Now& now, std::vector<Page>& pages)
{
    auto& open = state_.open.at(at(fault));
    if (wrong == open.has_value()) return;
    if (wrong) {
        open = Saved::Open{now.wall_ms, now.wall_ms};
        steady_.at(at(fault)) = {now.steady, now.steady};
        const bool planned = fault == Fault::silent && is_planned(now);
        page(fault, planned ? PageKind::planned : PageKind::alarm, now, pages);
    } else {
        page(fault, PageKind::back, now, pages);
        open.reset();
    }
}

void Watch::page(Fault fault, PageKind kind, const Now& now, std::vector<Page>& pages)
{
    if (auto& open = state_.open.at(at(fault))) {
        open->paged_ms = now.wall_ms;
        steady_.at(at(fault)).paged = now.steady;
    }
    const std::string what = kind == PageKind::back ? back(fault, now) : words(fault, now);
    pages.push_back({fault, kind, fmt::format("MAG DEADMAN {} {}. {}", rules_.label, now.clock, what)});
}

std::string Watch::words(Fault fault, const Now& now) const
{
    constexpr std::string_view look = "Look at the patients and the ward PC.";
    switch (fault) {
    case Fault::silent: {
        if (const auto& stop = state_.last.stop; stop && stale_ == 0) {
            if (is_planned(now))
                return fmt::format("Stopped on purpose by {}, back by {}. Nobody watches until then.", stop->by,
                                   stop->clock);
            return fmt::format("Stopped on purpose by {}, not back by {}. {}", stop->by, stop->clock, look);
        }
        const std::string since = state_.ever_heard ? "" : " since start,";
        // A sender that repeats itself is alive and stands still.
        const std::string dead = stale_ > 0 ? "magwatch may hang" : "magwatch may be dead";
        return fmt::format("No {}heartbeat{} for {}: {}. {}", stale_ > 0 ? "new " : "", since,
                           span(now.steady - heard_), dead, look);
    }
    case Fault::beds:
        return fmt::format("{} of {} beds not watched any more, ended by nobody. {}",
                           state_.beds - std::min(state_.beds, state_.last.beds_watched), state_.beds, look);
    case Fault::data:
        return fmt::format("Oldest data {} old: magwatch may be blind. {}",
                           seconds_span(state_.last.oldest_data_seconds.value_or(0)), look);
    case Fault::canary:
        return fmt::format("No trial alarm came through for {}: magwatch may not page. {}",
                           seconds_span(state_.last.canary.value_or(Canary{}).ago_seconds), look);
    case Fault::simulation: return fmt::format("magwatch runs as a SIMULATION there: no patient is watched. {}", look);
    }
    return std::string{look};
}

std::string Watch::back(Fault fault, const Now& now) const
{
    std::string lasted = span(now.steady - steady_.at(at(fault)).since);
    switch (fault) {
    case Fault::silent:
        return fmt::format("Heartbeat is back, away for {}. Check that every patient is watched.",
                           span(now.steady - heard_));
    case Fault::beds:
        if (accepted_) return fmt::format("Fewer beds since {}: {} now taken as wanted.", lasted, state_.beds);
        return fmt::format("No bed is missing any more, after {}: {} watched.", lasted, state_.beds);
    case Fault::data: return fmt::format("Data is fresh again after {}.", lasted);
    case Fault::canary: return fmt::format("Trial alarms come through again after {}.", lasted);
    case Fault::simulation: return fmt::format("No simulation any more, after {}.", lasted);
    }
    return lasted;
}

} // namespace magwatch::deadman
