// What is known of one patient: the latest value of every signal and the windows that rules read.
//
// Pure. Windows are maintained incrementally, O(1) amortised per observation, and hold no more than their
// length of samples (bounded; see `Window::capacity_max`). A value is known only while it is fresh: a
// reader asks with the instant it stands at and gets nothing past the limit. Nothing is carried forward.
// Freshness counts from the arrival of a device's value, but from the event time of what was charted or
// measured in a laboratory: those may arrive late, and hold from when they were true (BEHAVIOUR
// "Freshness and lateness").
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "rules/base/archive.hpp"
#include "rules/base/instant.hpp"
#include "rules/observation/observation.hpp"
#include "rules/observation/signal.hpp"
#include "rules/patient/window.hpp"

namespace magwatch {

// The latest of one signal. One cache line: the rules read little else.
struct alignas(64) SignalState {
    double value = 0;            // latest valid value
    double previous = 0;         // the valid value before it
    Instant value_at;            // event time of the latest valid value on the ward's time line
    Instant received;            // when the latest valid value arrived
    Instant sampled;             // when the latest sample of any validity arrived
    Instant stale{std::numeric_limits<std::int64_t>::min()}; // the value is known before this instant
    std::int64_t fresh_for_ms = 0; // how long a value holds on this bed
    SourceId source = no_source; // who sent the latest valid value
    bool seen = false;           // any sample, good or bad, since the watch started
    bool has_value = false;      // a valid value was seen
    bool has_previous = false;
    Validity validity = Validity::not_available; // of the latest sample
    std::uint8_t first_window = 0, last_window = 0; // the signal's windows are [first, last): PatientState's own

    [[nodiscard]] bool known(Instant now) const { return now < stale; }

    template <class Archive> void archive(Archive& a)
    {
        a(seen, has_value, validity, value, previous, has_previous, value_at, received, sampled, stale,
          fresh_for_ms, source);
    }
};

class PatientState {
public:
    PatientState();
    // The windows that the pack in force needs, in the order of its signals. A window that was kept before
    // keeps its samples.
    void set_windows(std::span<const WindowSpec> specs);
    // How long a value of a signal stays fresh on this bed (default: info(signal).fresh_for).
    void set_fresh_for(Signal signal, Duration limit);
    [[nodiscard]] Duration fresh_for(Signal signal) const
    {
        return Duration{signals_[static_cast<std::size_t>(signal)].fresh_for_ms};
    }
    // From when the first charted volume counts if its entry does not say (the start of the watch);
    // without it the first entry covers no time.
    void set_watch_start(Instant start) { watch_start_ = start; }

    // A valid value that arrived at `received` and belongs to `at` (<= received for late charted ones).
    // The caller decided that it is the newest; older values go nowhere (history is the shell's).
    void accept(Signal signal, double value, Instant at, Instant received, SourceId source)
    {
        store(signal, value, at, received, source);
        const SignalState& state = latest(signal);
        if (state.first_window != state.last_window) feed(state, value, at);
    }
    // A volume, collected since `since` or, if that is not said, since the previous entry.
    void accept_volume(Signal signal, double value, Instant at, Instant received, SourceId source,
                       std::optional<Instant> since);
    // The latest sample is not usable; the last valid value stays until it is stale or, for a signal
    // explicitly invalid, is unknown at once.
    void reject(Signal signal, Validity validity, Instant received);
    // Removes what is known of the signal, windows too (patient changed, value withdrawn).
    void forget(Signal signal);
    // What `from` knows of the signal, with its windows as far as both have them, in place of what is known here.
    void take(const PatientState& from, Signal signal);

    [[nodiscard]] const SignalState& latest(Signal signal) const
    {
        return signals_.data()[static_cast<std::size_t>(signal)];
    }
    // The value if it is known at `now`: valid, and fresh.
    [[nodiscard]] std::optional<double> value(Signal signal, Instant now) const
    {
        const SignalState& state = latest(signal);
        return state.known(now) ? std::optional{state.value} : std::nullopt;
    }
    // The instant at which the signal's value goes stale, if it is fresh at `now`.
    [[nodiscard]] std::optional<Instant> stale_at(Signal signal, Instant now) const;
    // Since when there has been no newer valid value: the latest one's time (its freshness base), or the
    // first sample's if none was ever valid. nullopt: never seen.
    [[nodiscard]] std::optional<Instant> without_value_since(Signal signal) const;
    // When the first sample of the signal, good or bad, arrived; meaningless while it was never seen.
    [[nodiscard]] Instant first_seen(Signal signal) const { return first_[static_cast<std::size_t>(signal)]; }
    // After how long without a valid value the signal counts as lost: 20 s, or its own limit where that
    // is longer than 30 s because the source is slow (BEHAVIOUR "Breathing": 4 periods; design values).
    [[nodiscard]] Duration lost_after(Signal signal) const;

    [[nodiscard]] const Window& window(std::size_t index) const { return windows_.data()[index]; }
    [[nodiscard]] std::size_t window_count() const { return windows_.size(); }

    template <class Archive> void archive(Archive& a) { archive(a, signal_count); }
    // Of a program that knew only the first `signals`.
    template <class Archive> void archive(Archive& a, std::size_t signals)
    {
        archive_first(a, signals_, signals);
        archive_first(a, first_, signals);
        a(windows_, watch_start_);
        if constexpr (Archive::reading) {
            if (!reindex()) a.fail();
        }
    }

private:
    [[nodiscard]] bool reindex(); // false: not in the order of signals
    void set_stale(Signal signal);
    void store(Signal signal, double value, Instant at, Instant received, SourceId source);
    void feed(const SignalState& state, double value, Instant at);

    std::array<SignalState, signal_count> signals_{};
    std::vector<Window> windows_; // ordered by signal, so that an observation touches only its own
    std::array<Instant, signal_count> first_{};
    std::optional<Instant> watch_start_;
};

} // namespace magwatch
