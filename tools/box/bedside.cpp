#include "tools/box/bedside.hpp"

#include <algorithm>

namespace magwatch::box {
namespace {

using namespace std::chrono_literals;
using simulator::PatientParameters;

PatientParameters drawn(simulator::Random& dice)
{
    PatientParameters p;
    p.clearance = dice.uniform(3.0, 6.5);
    p.sensitivity = dice.uniform(0.9, 1.15);
    p.rr = dice.uniform(17.5, 21);
    p.hr = dice.uniform(70, 100);
    p.spo2 = dice.uniform(97, 99);
    p.sbp = dice.uniform(140, 170);
    p.dbp = dice.uniform(88, 106);
    return p;
}

} // namespace

Body::Body(std::uint16_t n, simulator::Random& dice, std::uint64_t seed)
    : number{n}, weight{60.0 + n}, model{drawn(dice)}, noise{{}, seed, 100U + n}
{
}

void Body::advance(Instant to)
{
    const Duration passed = to - at;
    at = to;
    if (passed > Duration{}) model.advance(passed.count(), rate);
}

Bedside::Bedside(World& world, const Swarm& swarm, std::uint16_t bed, bool monitored)
    : world_{world}, swarm_{swarm}, bed_{bed}, monitored_{monitored}
{
}

void Bedside::trouble(double per_hour, Duration longest, Instant Bedside::*until)
{
    if (per_hour <= 0) return;
    world_.plan(world_.until_next(per_hour), [this, per_hour, longest, until] {
        if (world_.calm()) return;
        this->*until = world_.now().steady + world_.anywhere(longest);
        trouble(per_hour, longest, until);
    });
}

void Bedside::plan_troubles()
{
    trouble(swarm_.freezes, 20min, &Bedside::frozen_until_);
    trouble(swarm_.silences, 15min, &Bedside::silent_until_);
    trouble(swarm_.garbles, 10min, &Bedside::garbled_until_);
    trouble(swarm_.delays, 10min, &Bedside::late_until_);
    trouble(swarm_.leads_off, 8min, &Bedside::leads_off_until_);
    if (swarm_.clocks_off <= 0 || !monitored_) return;
    world_.plan(world_.until_next(swarm_.clocks_off), [this] {
        if (world_.calm()) return;
        const auto off = [this](Duration offset) {
            clock_off_ = offset;
            world_.tell(DeviceStatus{monitor(), true, offset});
        };
        off(world_.anywhere(10min));
        world_.plan(20min, [off] { off({}); });
    });
}

void Bedside::announce()
{
    world_.tell(DeviceStatus{monitor(), !told_silent_, clock_off_});
}

void Bedside::mend()
{
    if (clock_off_ != Duration{}) {
        clock_off_ = {};
        announce();
    }
    frozen_until_ = silent_until_ = garbled_until_ = late_until_ = leads_off_until_ = Instant{};
}

Bedside::Values Bedside::read()
{
    const Moment& now = world_.now();
    const bool off = during(leads_off_until_);
    const auto& seen = body->noise.second(body->model.truth(), now.steady.ms);
    const auto number = [off](std::optional<int> value) -> std::optional<double> {
        if (!value || off) return std::nullopt;
        return *value;
    };
    // A whole temperature would stand still for hours; its tenth moves with the second.
    return {{{Signal::hr, number(seen.hr)},
             {Signal::pulse, number(seen.pulse)},
             {Signal::rr, number(seen.rr)},
             {Signal::spo2, number(seen.spo2)},
             {Signal::temp, off ? std::nullopt : seen.temp},
             {Signal::monitor_leads_off, off ? 1.0 : 0.0},
             {Signal::liveness, ++counter_},
             {Signal::pump_rate, body->rate}}};
}

bool Bedside::any_number(const Values& values)
{
    return std::any_of(values.begin(), values.end(), [](const Value& v) {
        return v.value && info(v.signal).kind == SignalKind::continuous;
    });
}

void Bedside::sample()
{
    if (!body) return;
    body->advance(world_.now().steady);
    if (!monitored_) return;
    if (!during(frozen_until_) || during(silent_until_) || during(late_until_)) moved_ = world_.now().steady;
    if (during(silent_until_)) {
        if (!told_silent_ && world_.dice().chance(0.5)) world_.tell(DeviceStatus{monitor(), false, clock_off_});
        told_silent_ = true;
        return;
    }
    if (told_silent_) world_.tell(DeviceStatus{monitor(), true, clock_off_});
    told_silent_ = false;
    if (!during(frozen_until_)) shown_ = read();
    // Where every number is missing nothing stands still that could be taken for a value, unless a counter does.
    if (!counts() && !any_number(shown_)) moved_ = world_.now().steady;
    if (during(garbled_until_) && world_.dice().chance(0.8)) {
        moved_ = world_.now().steady;
        return garble(shown_);
    }
    if (during(late_until_)) return send_late(shown_);
    send(shown_);
    if (world_.dice().chance(swarm_.doubles) && !world_.calm()) send(shown_);
}

namespace {

Observation observation_of(std::uint16_t bed, SourceId source, Signal signal, std::optional<double> value)
{
    Observation o;
    o.bed = BedId{bed};
    o.source = source;
    o.signal = signal;
    o.validity = value ? Validity::valid : Validity::not_available;
    o.value = value.value_or(0);
    return o;
}

} // namespace

void Bedside::send(const Values& values)
{
    for (const Value& v : values) {
        if (v.signal == Signal::liveness && !counts()) continue;
        const SourceId source = v.signal == Signal::pump_rate ? pump() : monitor();
        world_.tell(observation_of(bed_, source, v.signal, v.value));
    }
}

// Through an engine that holds its messages back: what comes is minutes old, which the adapter sees and refuses.
void Bedside::send_late(const Values& values)
{
    world_.plan(2min + world_.anywhere(3min), [this, values] { refuse(values, Refusal::too_late); });
}

void Bedside::garble(const Values& values)
{
    constexpr std::array reasons = {Refusal::unknown_unit, Refusal::missing_unit, Refusal::not_a_number,
                                    Refusal::implausible, Refusal::sentinel};
    refuse(values, reasons[world_.dice().next() % reasons.size()]);
}

void Bedside::refuse(const Values& values, Refusal reason)
{
    for (const Value& v : values) {
        RefusedValue refused;
        refused.bed = BedId{bed_};
        refused.source = v.signal == Signal::pump_rate ? pump() : monitor();
        refused.has_signal = true;
        refused.signal = v.signal;
        refused.reason = reason;
        world_.tell(refused);
    }
}

} // namespace magwatch::box
