// What the ward goes through, told to the history. Loop thread only; never waits.
//
// Trends are for people who look back: nothing that decides reads them, and the ward runs without them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "daemon/journal/history.hpp"
#include "rules/ward/ward.hpp"

namespace magwatch {

class Recorder {
public:
    // Both outlive it.
    Recorder(History& history, const Ward& ward) : history_{history}, ward_{ward} {}

    // A value of a source that is trusted.
    void observed(const Observation& observation, WallTime now);
    // After the step that took `input`: what it said and what the ward decided.
    void decided(const Input& input, const EffectBuffer& effects, const Moment& now);

private:
    void entered(const Entry& entry, WallTime now);
    void corrected(const Entry& entry, const Moment& now);
    void done(const Action& action, const Moment& now);
    void tapped(const ProtocolTap& tap, const Moment& now);
    void rang(const SendPage& sent);
    void pump_ran(const Observation& observation, WallTime at);
    void note(BedId bed, HistoryEvent event);
    void note(BedId bed, WallTime at, std::string_view kind, std::string text);
    [[nodiscard]] const std::string* alias(BedId bed) const;

    History& history_;
    const Ward& ward_;
    std::map<std::pair<std::uint16_t, Signal>, double> pumps_; // rate last told, by bed
    std::map<CallId, std::pair<std::uint16_t, std::uint32_t>> rang_; // rung and repetition last told
};

} // namespace magwatch
