// What is known of one patient: the latest value of every signal and the windows that rules read.
//
// Pure. Windows are maintained incrementally, O(1) amortised per observation, and hold no more than their
// length of samples (bounded; see `Window::capacity_max`). A value is known only while it is fresh: a
// reader asks with the instant it stands at and gets nothing past the limit. Nothing is carried forward.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/observation/observation.hpp"
#include "rules/observation/signal.hpp"
#include "rules/patient/window.hpp"

namespace magwatch {

// The latest of one signal.
struct SignalState {
    bool seen = false;           // any sample, good or bad, since the watch started
    bool has_value = false;      // a valid value was seen
    Validity validity = Validity::not_available; // of the latest sample
    double value = 0;            // latest valid value
    double previous = 0;         // the valid value before it
    bool has_previous = false;
    Instant value_at;            // event time of the latest valid value on the ward's time line
    Instant received;            // when the latest valid value arrived: freshness is judged by it
    Instant sampled;             // when the latest sample of any validity arrived
    SourceId source = no_source; // who sent the latest valid value

    template <class Archive> void archive(Archive& a)
    {
        a(seen, has_value, validity, value, previous, has_previous, value_at, received, sampled, source);
    }
};

class PatientState {
public:
    PatientState();
    // The windows that the pack in force needs. A window that was kept before keeps its samples.
    void set_windows(std::span<const WindowSpec> specs);
    // How long a value of a signal stays fresh on this bed (default: info(signal).fresh_for).
    void set_fresh_for(Signal signal, Duration limit);
    [[nodiscard]] Duration fresh_for(Signal signal) const;

    // A valid value that arrived at `received` and belongs to `at` (<= received for late charted ones).
    // The caller decided that it is the newest; older values go nowhere (history is the shell's).
    void accept(Signal signal, double value, Instant at, Instant received, SourceId source);
    // The latest sample is not usable; the last valid value stays until it is stale or, for a signal
    // explicitly invalid, is unknown at once.
    void reject(Signal signal, Validity validity, Instant received);
    // Removes what is known of the signal, windows too (patient changed, value withdrawn).
    void forget(Signal signal);

    [[nodiscard]] const SignalState& latest(Signal signal) const
    {
        return signals_[static_cast<std::size_t>(signal)];
    }
    // The value if it is known at `now`: valid, and fresh.
    [[nodiscard]] std::optional<double> value(Signal signal, Instant now) const;
    // The instant at which the signal's value goes stale, if it is fresh at `now`.
    [[nodiscard]] std::optional<Instant> stale_at(Signal signal, Instant now) const;

    [[nodiscard]] const Window& window(std::size_t index) const { return windows_[index]; }
    [[nodiscard]] std::size_t window_count() const { return windows_.size(); }

    template <class Archive> void archive(Archive& a) { a(signals_, fresh_for_ms_, windows_); reindex(); }

private:
    void reindex();
    std::array<SignalState, signal_count> signals_{};
    std::array<std::int64_t, signal_count> fresh_for_ms_{};
    std::vector<Window> windows_;
    // windows of each signal: indices into windows_, so that an observation touches only its own
    std::array<std::vector<std::uint16_t>, signal_count> windows_of_{};
};

} // namespace magwatch
