#include "rules/patient/arbitration.hpp"

namespace magwatch {

bool is_told_by_one(Signal signal)
{
    if (signal == Signal::liveness) return false; // each device's own
    const SignalKind kind = info(signal).kind;
    return kind == SignalKind::continuous || kind == SignalKind::flag;
}

bool is_graver(Signal signal, double newcomer, double heard)
{
    switch (signal) {
    case Signal::rr:
    case Signal::spo2:
    case Signal::hr:
    case Signal::pulse: return newcomer < heard; // what magnesium does: the rules ask for the low ones
    default: return info(signal).kind == SignalKind::flag && newcomer > heard;
    }
}

std::optional<double> apart_at(Signal signal)
{
    switch (signal) {
    case Signal::rr: return 5;
    case Signal::hr: return 20;
    case Signal::spo2: return 5;
    default: return std::nullopt;
    }
}

} // namespace magwatch
