#include "rules/patient/patient_state.hpp"

#include <algorithm>
#include <utility>

#include "rules/base/assert.hpp"
#include "rules/patient/freshness.hpp"

namespace magwatch {
namespace {

std::size_t index(Signal signal) { return static_cast<std::size_t>(signal); }

// What people chart or a laboratory reports is as old as the event, however late it arrives.
SignalMask find_aged_by_event()
{
    SignalMask out = 0;
    for (std::size_t i = 0; i < signal_count; ++i) {
        const auto signal = static_cast<Signal>(i);
        const SignalKind kind = info(signal).kind;
        if (kind == SignalKind::charted || kind == SignalKind::laboratory) out |= mask(signal);
    }
    return out | mask(Signal::im_dose) | mask(Signal::symptoms);
}
const SignalMask aged_by_event_mask = find_aged_by_event();
bool aged_by_event(Signal signal) { return (aged_by_event_mask & mask(signal)) != 0; }

} // namespace

PatientState::PatientState()
{
    for (std::size_t i = 0; i < signal_count; ++i) {
        signals_[i].fresh_for_ms = info(static_cast<Signal>(i)).fresh_for.count();
    }
}

void PatientState::set_windows(std::span<const WindowSpec> specs)
{
    std::vector<Window> next;
    next.reserve(specs.size());
    for (const WindowSpec& spec : specs) {
        const auto kept = std::find_if(windows_.begin(), windows_.end(),
                                       [&](const Window& w) { return w.spec() == spec; });
        if (kept == windows_.end()) {
            next.emplace_back(spec);
        } else {
            next.push_back(std::move(*kept));
            windows_.erase(kept);
        }
    }
    windows_ = std::move(next);
    MAGWATCH_ASSERT(reindex());
}

bool PatientState::reindex()
{
    if (windows_.size() > 0xFF) return false;
    std::size_t next = 0;
    for (std::size_t s = 0; s < signal_count; ++s) {
        signals_[s].first_window = static_cast<std::uint8_t>(next);
        while (next < windows_.size() && index(windows_[next].spec().signal) == s) ++next;
        signals_[s].last_window = static_cast<std::uint8_t>(next);
    }
    return next == windows_.size();
}

void PatientState::set_fresh_for(Signal signal, Duration limit)
{
    signals_[index(signal)].fresh_for_ms = limit.count();
    // A sample that was explicitly invalid stays unknown.
    if (signals_[index(signal)].validity != Validity::invalid) set_stale(signal);
}

void PatientState::set_stale(Signal signal)
{
    SignalState& state = signals_.data()[index(signal)];
    if (!state.has_value) return;
    const Instant base = aged_by_event(signal) ? std::min(state.value_at, state.received) : state.received;
    state.stale = believed_until(base, Duration{state.fresh_for_ms});
}

void PatientState::store(Signal signal, double value, Instant at, Instant received, SourceId source)
{
    SignalState& state = signals_.data()[index(signal)];
    if (state.has_value) {
        state.previous = state.value;
        state.has_previous = true;
    } else if (!state.seen) {
        first_[index(signal)] = received;
    }
    state.value = value;
    state.value_at = at;
    state.received = received;
    state.sampled = received;
    state.source = source;
    state.validity = Validity::valid;
    state.seen = true;
    state.has_value = true;
    set_stale(signal);
}

void PatientState::feed(const SignalState& state, double value, Instant at)
{
    Window* const last = windows_.data() + state.last_window;
    for (Window* window = windows_.data() + state.first_window; window != last; ++window) {
        if (window->kind() == WindowKind::covered) {
            window->push_covering(window->newest().value_or(watch_start_.value_or(at)), at, value);
        } else {
            window->push(at, value);
        }
    }
}

void PatientState::accept_volume(Signal signal, double value, Instant at, Instant received, SourceId source,
                                 std::optional<Instant> since)
{
    if (!since) return accept(signal, value, at, received, source);
    store(signal, value, at, received, source);
    const SignalState& state = latest(signal);
    for (std::size_t i = state.first_window; i < state.last_window; ++i) {
        Window& window = windows_[i];
        if (window.kind() == WindowKind::covered) {
            window.push_covering(*since, at, value);
        } else {
            window.push(at, value);
        }
    }
}

void PatientState::reject(Signal signal, Validity validity, Instant received)
{
    SignalState& state = signals_[index(signal)];
    if (!state.seen) first_[index(signal)] = received;
    state.seen = true;
    state.validity = validity;
    state.sampled = received;
    if (validity == Validity::invalid) state.stale = {std::numeric_limits<std::int64_t>::min()};
}

void PatientState::forget(Signal signal)
{
    SignalState& state = signals_[index(signal)];
    SignalState fresh;
    fresh.fresh_for_ms = state.fresh_for_ms;
    fresh.first_window = state.first_window;
    fresh.last_window = state.last_window;
    state = fresh;
    for (std::size_t i = state.first_window; i < state.last_window; ++i) windows_[i].clear();
}

void PatientState::take(const PatientState& from, Signal signal)
{
    forget(signal);
    SignalState& state = signals_[index(signal)];
    SignalState known = from.latest(signal);
    known.fresh_for_ms = state.fresh_for_ms;
    known.first_window = state.first_window;
    known.last_window = state.last_window;
    state = known;
    first_[index(signal)] = from.first_[index(signal)];
    if (state.validity != Validity::invalid) set_stale(signal);
    for (std::size_t i = state.first_window; i < state.last_window; ++i) {
        const auto same = std::find_if(from.windows_.begin(), from.windows_.end(),
                                       [&](const Window& window) { return window.spec() == windows_[i].spec(); });
        if (same == from.windows_.end()) continue;
        const Bytes bytes = to_bytes(*same);
        windows_[i] = from_bytes<Window>(as_text(bytes)).value();
    }
}

std::optional<Instant> PatientState::stale_at(Signal signal, Instant now) const
{
    const SignalState& state = latest(signal);
    if (!state.known(now)) return std::nullopt;
    return state.stale;
}

std::optional<Instant> PatientState::without_value_since(Signal signal) const
{
    const SignalState& state = latest(signal);
    if (!state.has_value && !state.seen) return std::nullopt;
    Instant since = state.has_value ? state.received : first_seen(signal);
    if (state.has_value && aged_by_event(signal)) since = std::min(since, state.value_at);
    return since;
}

Duration PatientState::lost_after(Signal signal) const
{
    const Duration limit = fresh_for(signal);
    return limit <= usual_freshness ? lost_after_usual : limit;
}

} // namespace magwatch
