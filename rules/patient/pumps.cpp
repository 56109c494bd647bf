#include "rules/patient/pumps.hpp"

#include <algorithm>

#include "rules/base/assert.hpp"

namespace magwatch {

bool is_pump(Signal signal)
{
    return signal == Signal::pump_rate || signal == Signal::pump_flow || signal == Signal::pump_concentration;
}

std::size_t Pumps::place(Signal signal)
{
    const auto found = std::find(signals.begin(), signals.end(), signal);
    MAGWATCH_ASSERT(found != signals.end());
    return static_cast<std::size_t>(found - signals.begin());
}

const Pumps::Pump* Pumps::find(SourceId pump) const
{
    const auto found = std::find_if(pumps_.begin(), pumps_.end(), [&](const Pump& one) { return one.source == pump; });
    return found == pumps_.end() ? nullptr : &*found;
}

Pumps::Pump& Pumps::of(SourceId pump)
{
    if (const Pump* known = find(pump)) return pumps_[static_cast<std::size_t>(known - pumps_.data())];
    pumps_.emplace_back().source = pump;
    return pumps_.back();
}

// A pump that tells its flow needs the bag's concentration to mean grams: mL/h x g/mL = g/h.
void Pumps::Pump::reckon(Instant now)
{
    const auto& [rate, flow, concentration] = words;
    const auto know = [&](double value, Instant before) {
        told = true;
        grams_per_hour = value;
        runs = value > 0;
        until = before;
    };
    if (rate.fresh(now)) return know(rate.value, rate.until);
    if (!flow.fresh(now)) return;
    if (flow.value == 0) return know(0, flow.until); // nothing runs, whatever the bag holds
    if (concentration.fresh(now))
        return know(flow.value * concentration.value, std::min(flow.until, concentration.until));
    if (runs) return; // believed as long as what it rests on
    runs = true;      // it stood, and nobody knows how fast it runs now
    until = std::min(until, now);
}

void Pumps::Pump::lose(Instant now)
{
    for (Word& word : words) word.until = std::min(word.until, now);
    until = std::min(until, now);
}

void Pumps::say(SourceId pump, Signal signal, double value, Instant now, Instant until)
{
    Pump& one = of(pump);
    one.words[place(signal)] = {value, true, until};
    one.reckon(now);
}

void Pumps::deny(SourceId pump, Signal signal, Instant now)
{
    Pump& one = of(pump);
    Word& word = one.words[place(signal)];
    word.until = std::min(word.until, now);
    one.until = std::min(one.until, now);
    one.reckon(now); // the others may do without it
}

void Pumps::forget_lost(Instant now)
{
    std::erase_if(pumps_, [&](const Pump& one) { return one.told && one.until <= now; });
}

std::optional<Pumps::Rate> Pumps::rate() const
{
    std::optional<Rate> running, standing;
    for (const Pump& one : pumps_) {
        if (!one.told) continue;
        if (!one.runs) {
            standing = Rate{0, std::max(one.until, standing ? standing->until : one.until)};
        } else {
            running = Rate{one.grams_per_hour + (running ? running->grams_per_hour : 0),
                           std::min(one.until, running ? running->until : one.until)};
        }
    }
    return running ? running : standing;
}

std::optional<double> Pumps::said(SourceId pump, Signal signal) const
{
    const Pump* known = find(pump);
    if (known == nullptr || !known->words[place(signal)].said) return std::nullopt;
    return known->words[place(signal)].value;
}

std::optional<double> Pumps::together(Signal signal, Instant now) const
{
    std::optional<double> out;
    for (const Pump& one : pumps_) {
        const Word& word = one.words[place(signal)];
        if (!word.fresh(now)) continue;
        if (!out) out = word.value;
        else if (signal == Signal::pump_concentration) out = std::max(*out, word.value);
        else *out += word.value;
    }
    return out;
}

} // namespace magwatch
