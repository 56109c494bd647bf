// Started and Configuration: what the ward is, and how it goes on after an interruption.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// A restart of the daemon alone is shorter than any freshness limit and disturbs nothing.
constexpr Duration short_gap = 10s;

CompiledPack compile(const Configuration& configuration, const std::vector<OwnLimit>& own = {})
{
    std::vector<LimitOverride> limits;
    for (const auto& limit : configuration.limits) limits.push_back({limit.name, limit.value});
    for (const auto& limit : own) {
        std::erase_if(limits, [&](const LimitOverride& other) { return other.name == limit.limit; });
        limits.push_back({limit.limit, limit.value});
    }
    CompiledPack compiled = compile_pack(configuration.pack_text, configuration.pack_name, limits);
    if (compiled.pack && compiled.pack->benchmark && configuration.mode == Mode::ward) {
        compiled.errors.push_back({configuration.pack_name, 0, 0, "a benchmark pack never runs on a ward", {}});
        compiled.pack = nullptr;
    }
    return compiled;
}

// What keeps the checklist's file from running.
ReadProtocol read(const Configuration& configuration)
{
    if (configuration.protocol_text.empty()) return {};
    ReadProtocol read = read_protocol(configuration.protocol_text, configuration.protocol_name);
    if (!read.protocol || configuration.mode != Mode::ward) return read;
    if (auto why = why_not_on_a_ward(*read.protocol); !why.empty()) {
        read.errors.push_back({configuration.protocol_name, 0, 0, std::move(why), {}});
        read.protocol = nullptr;
    }
    return read;
}

std::string length_text(Duration d)
{
    const auto seconds = (d.count() + 500) / 1000;
    if (seconds < 120) return std::to_string(seconds) + " s";
    if (seconds < 7200) return std::to_string(seconds / 60) + " min";
    return std::to_string(seconds / 3600) + " h";
}

} // namespace

void Ward::State::apply(const Moment& now, const Started& started)
{
    incarnation = started.incarnation;
    counter = 0;
    const bool gap = started.unwatched > Duration{} || !started.unwatched_known;
    // Before anything is found: what leaves for the first time now is not sent again.
    resend_unresolved(now, started.unwatched);
    // The first message after any interruption says how long nobody was watching.
    if (gap) {
        skip_numbers();
        std::string text = started.unwatched_known
                               ? "Nobody was watching for " + length_text(started.unwatched)
                               : std::string{"Nobody was watching, for an unknown time"};
        if (!started.stopped_by.empty()) text += ": stopped on purpose by " + started.stopped_by;
        set_fault(now, WardFault::gap, true, text);
        gap_ends = now.steady + 1s;
    }
    const bool interrupted = started.unwatched > short_gap || !started.unwatched_known;
    starting = true;
    for (std::size_t i = 0; i < beds.size(); ++i) {
        Bed& bed = beds[i];
        if (!bed.watch) continue;
        const BedId id{static_cast<std::uint16_t>(i)};
        for (auto& link : bed.links) {
            // Time in which we did not listen is not the device's silence.
            if (!link.silent) link.sampled = std::max(link.sampled, now.steady - Duration{1000});
            link.changed = link.counted = now.steady;
        }
        if (interrupted) {
            SignalMask changed = 0;
            for (std::size_t s = 0; s < signal_count; ++s) {
                const auto signal = static_cast<Signal>(s);
                const SignalKind kind = info(signal).kind;
                if (kind != SignalKind::continuous && kind != SignalKind::flag) continue;
                if (!bed.watch->patient.latest(signal).seen) continue;
                bed.watch->patient.forget(signal);
                // It was there, so that it is missed from now on.
                if (kind == SignalKind::continuous)
                    bed.watch->patient.reject(signal, Validity::not_available, now.steady);
                changed |= mask(signal);
            }
            if (changed != 0) evaluate(now, id, changed);
        }
        bed.review = now.steady;
        refresh_next(bed, now.steady);
    }
    starting = false;
    doubt_after_gap(now.steady, started);
    resume_calls(now, started.unwatched);
    publish(no_bed);
}

void Ward::State::set_up_patient(Watch& watch)
{
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        watch.patient.set_fresh_for(signal, info(signal).fresh_for);
    }
    for (const auto& item : configuration.freshness) watch.patient.set_fresh_for(item.signal, item.limit);
    watch.patient.set_fresh_for(Signal::symptoms, watch.patient.fresh_for(Signal::symptom));
    watch.patient.set_watch_start(watch.since.steady);
    if (watch.pack) watch.patient.set_windows(watch.pack->windows);
}

// Beds that were known keep their ids, new ones get the next.
void Ward::State::take_beds(const Configuration& next)
{
    for (auto& bed : beds) bed.configured = false;
    for (const auto& bed : next.beds) {
        const auto known = std::find_if(bed_names.begin(), bed_names.end(),
                                        [&](const auto& other) { return other.alias == bed.alias; });
        const auto index = static_cast<std::size_t>(known - bed_names.begin());
        if (known == bed_names.end()) {
            bed_names.push_back(bed);
            beds.emplace_back();
            beds.back().next = beds.back().review = Instant::never();
        } else {
            *known = bed;
        }
        beds[index].configured = true;
    }
}

void Ward::State::take_sources(const Moment& now, const Configuration& next)
{
    for (auto& source : sources) source.configured = false;
    for (const auto& source : next.sources) {
        const auto known = std::find_if(source_names.begin(), source_names.end(),
                                        [&](const auto& other) { return other.name == source.name; });
        const auto index = static_cast<std::size_t>(known - source_names.begin());
        const bool is_new = known == source_names.end();
        doubt_after_rebinding(now.steady, is_new ? nullptr : &*known, source);
        const SourceId id{static_cast<std::uint16_t>(index)};
        const auto left = is_new || known->bed == source.bed ? std::nullopt : bed_named(known->bed);
        if (left) link(beds[left->value], id).expected = false; // nobody waits any more for what it sent there
        if (is_new) {
            source_names.push_back(source);
            sources.emplace_back();
        } else {
            *known = source;
        }
        sources[index].configured = true;
        const auto bed = bed_named(source.bed);
        if (!bed) continue;
        SourceLink& bound = link(beds[bed->value], id);
        if (!bound.expected) bound.sampled = bound.changed = bound.counted = now.steady;
        bound.expected = true;
    }
    // Nobody waits any more for what was taken away. The signs that it told are still lost at a bed that had them.
    for (Bed& bed : beds) {
        for (SourceLink& one : bed.links) {
            if (one.source.value >= sources.size() || sources[one.source.value].configured) continue;
            one.expected = one.silent = one.frozen = false;
        }
    }
}

std::optional<CheckState> Ward::State::take_from_aside(Watch& watch, const std::string& rule)
{
    const auto kept = watch.aside.extract(rule);
    const auto episode = kept ? episodes.find(kept.mapped().slot.episode) : episodes.end();
    if (episode == episodes.end()) return std::nullopt; // none, or closed by a person meanwhile
    episode->second.orphan = false;
    return kept.mapped();
}

// A watch goes on under a new pack: its conditions live by rule id.
void Ward::State::carry_over(const Moment& now, BedId id, const Pack* old_pack)
{
    Watch& watch = *beds[id.value].watch;
    const Pack* const next = watch.pack.get();
    set_up_patient(watch);
    // A slow source's values stay fresh for as long as they did.
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto& latest = watch.patient.latest(static_cast<Signal>(s));
        if (latest.seen && latest.source != no_source) set_fresh_for(watch, static_cast<Signal>(s), latest.source);
    }
    std::vector<Slot> rules(next ? next->rules.size() : 0);
    for (std::size_t old = 0; old < watch.rules.size(); ++old) {
        const std::string& rule = old_pack->rules[old].id;
        bool kept = false;
        for (std::size_t r = 0; r < rules.size(); ++r) {
            if (next->rules[r].id != rule) continue;
            rules[r] = watch.rules[old];
            kept = true;
        }
        if (!kept && watch.rules[old].open()) episodes.at(watch.rules[old].episode).orphan = true;
    }
    for (std::size_t r = 0; r < rules.size(); ++r)
        if (const auto kept = take_from_aside(watch, next->rules[r].id)) rules[r] = kept->slot;
    watch.rules = std::move(rules);
    watch.delays = static_cast<std::uint32_t>(std::count_if(
        watch.rules.begin(), watch.rules.end(), [](const Slot& slot) { return slot.condition.delayed(); }));
    std::vector<CheckState> checks(next ? next->checks.size() : 0);
    for (std::size_t old = 0; old < watch.checks.size(); ++old) {
        bool kept = false;
        for (std::size_t c = 0; c < checks.size(); ++c) {
            if (next->checks[c].id != old_pack->checks[old].id) continue;
            checks[c] = watch.checks[old];
            kept = true;
        }
        const EpisodeId open = watch.checks[old].slot.episode;
        if (!kept) close_episode(now, open, "");
    }
    for (std::size_t c = 0; c < checks.size(); ++c)
        if (const auto kept = take_from_aside(watch, overdue_rule(next->checks[c]))) checks[c] = *kept;
    if (next) watch.aside.clear();
    watch.checks = std::move(checks);
    watch.evaluation.reset();
    if (next) {
        watch.evaluation.emplace(*next);
        evaluate(now, id, ~SignalMask{0});
    }
    review_checks(now, id);
    review_session(now, id);
    review(now, id);
    refresh_next(beds[id.value], now.steady);
}

void Ward::State::apply(const Moment& now, const Configuration& next)
{
    const ReadProtocol checklist = read(next);
    if (!checklist.errors.empty()) {
        set_fault(now, WardFault::configuration, true, "Protocol file refused");
        return;
    }
    const std::shared_ptr<const Pack> compiled = next.pack_text.empty() ? pack : compile(next).pack;
    const bool unreadable = compiled == nullptr && !next.pack_text.empty();
    if (unreadable) { // the shell checks before it steps; what does not compile changes nothing
        set_fault(now, WardFault::configuration, true, "Rule pack refused");
        if (pack || !beds.empty()) return;
    }
    pack = compiled;
    configuration = next;
    // An older program took this pack into force, and this one replays its journal: what it watched is watched on, and
    // the pack that the shell brings next judges it.
    if (unreadable) configuration.pack_text.clear();
    protocol = checklist.protocol;
    take_beds(next);
    take_sources(now, next);
    for (std::size_t i = 0; i < beds.size(); ++i) {
        if (beds[i].watch) repack(now, BedId{static_cast<std::uint16_t>(i)});
    }
    judge_commissioning(now);
    judge_clocks(now); // of a device that is there no more nobody can set it
    set_fault(now, WardFault::fallback, next.fallback, next.fallback_reason);
    if (!next.fallback && !unreadable) set_fault(now, WardFault::configuration, false, "");
    // Whom it reaches is another's to say: the next page of each call tells.
    unreached.clear();
    set_fault(now, WardFault::no_owner, false, "");
    // The channels of another file: what is still wrong with them is told again before the alarm is over.
    if (!failing_channel()) set_fault(now, WardFault::channel, false, "");
    publish(no_bed);
}

std::shared_ptr<const Pack> Ward::State::pack_for(const std::vector<OwnLimit>& own, std::string& why_not) const
{
    if (own.empty()) return pack;
    const CompiledPack compiled = compile(configuration, own);
    if (!compiled.pack) why_not = compiled.errors.front().message;
    return compiled.pack;
}

std::vector<std::string> Ward::why_refused(const Configuration& next) const
{
    std::vector<std::string> reasons;
    if (!next.pack_text.empty()) {
        for (const auto& error : compile(next).errors) reasons.push_back(error.text());
    } else if (!next.beds.empty()) {
        reasons.emplace_back("no rule pack"); // who watches nobody needs none
    }
    for (const auto& error : read(next).errors) reasons.push_back(error.text());
    for (std::size_t i = 0; i < state_->beds.size(); ++i) {
        if (!state_->beds[i].watch) continue;
        const std::string& alias = state_->bed_names[i].alias;
        const auto& own = state_->beds[i].watch->own_limits;
        if (!own.empty() && reasons.empty() && !compile(next, own).pack) {
            reasons.push_back(alias + " has a limit of its own (" + own.front().limit +
                              ") that does not fit the new pack. End it (magwatch limits end " + alias + " " +
                              own.front().limit + "), then reload");
        }
        const bool stays = std::any_of(next.beds.begin(), next.beds.end(),
                                       [&](const auto& bed) { return bed.alias == alias; });
        if (stays) continue;
        reasons.push_back(alias + " is watched, but not in the new configuration. End its watch (magwatch watch end " +
                          alias + ") or move it (magwatch watch transfer " + alias + " BED), then reload");
    }
    return reasons;
}

} // namespace magwatch
