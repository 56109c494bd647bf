#include "tools/simulator/device_model.hpp"

#include <algorithm>
#include <bit>

namespace magwatch::simulator {
namespace {

std::uint16_t word(const std::optional<int>& value, int scale = 1)
{
    if (!value) return no_reading;
    return static_cast<std::uint16_t>(std::clamp(*value * scale, 0, no_reading - 1));
}

// The monitor's own alarm limits, as delivered: apnoea after 20 s, desaturation below 85 %, bradycardia
// below 50 (common defaults; its alarms are the primary ones).
constexpr int apnoea_after_s = 20, desaturation_below = 85, bradycardia_below = 50;

} // namespace

void MonitorDevice::second(const MonitorReading& reading, const MonitorFaults& faults)
{
    if (faults.frozen) return;
    shown_ = reading;
    if (faults.leads_off) shown_.hr = shown_.rr = std::nullopt;
    if (faults.probe_off) shown_.spo2 = shown_.pulse = std::nullopt;
    without_breath_s_ = shown_.rr && *shown_.rr == 0 ? without_breath_s_ + 1 : 0;

    input_[0] = word(shown_.hr);
    input_[1] = word(shown_.rr);
    input_[2] = word(shown_.spo2, 10);
    if (shown_.cuff) {
        input_[3] = word(shown_.cuff->sbp);
        input_[4] = word(shown_.cuff->dbp);
        input_[5] = word(shown_.cuff->map);
    }
    if (shown_.temp) {
        const double tenths = *shown_.temp * 10;
        input_[6] = static_cast<std::uint16_t>(static_cast<std::int16_t>(tenths < 0 ? tenths - 0.5 : tenths + 0.5));
    }
    std::uint16_t bits = 0;
    const auto set = [&bits](MonitorBit bit, bool on) {
        if (on) bits = static_cast<std::uint16_t>(bits | (1U << static_cast<unsigned>(bit)));
    };
    set(MonitorBit::leads_off, faults.leads_off);
    set(MonitorBit::inop, faults.leads_off || faults.probe_off);
    set(MonitorBit::apnoea, without_breath_s_ >= apnoea_after_s);
    set(MonitorBit::desaturation, shown_.spo2 && *shown_.spo2 < desaturation_below);
    set(MonitorBit::bradycardia, shown_.hr && *shown_.hr < bradycardia_below);
    set(MonitorBit::probe_off, faults.probe_off);
    input_[7] = bits;
    input_[8] = static_cast<std::uint16_t>(input_[8] + 1);
    input_[9] = word(shown_.pulse);
}

void MonitorDevice::chart(std::uint16_t address, int value)
{
    const auto index = static_cast<std::size_t>(address - holding_base);
    holding_[index] = value < 0 ? not_charted : static_cast<std::uint16_t>(value);
    holding_[3] = static_cast<std::uint16_t>(holding_[3] + 1);
}

void PumpDevice::advance(std::int64_t ms)
{
    volume_ml_ += flow_ml_h_ * static_cast<double>(ms) / 3'600'000;
}

void PumpDevice::second(bool frozen)
{
    if (frozen) return;
    input_[0] = static_cast<std::uint16_t>((flow_ml_h_ > 0 ? 1 : 0) | (alarm_ ? 2 : 0));
    const auto flow = std::bit_cast<std::uint32_t>(static_cast<float>(flow_ml_h_));
    input_[1] = static_cast<std::uint16_t>(flow); // low word first
    input_[2] = static_cast<std::uint16_t>(flow >> 16);
    input_[3] = static_cast<std::uint16_t>(concentration_g_ml_ * 1000 + 0.5);
    const auto volume = static_cast<std::uint32_t>(volume_ml_ * 10);
    input_[4] = static_cast<std::uint16_t>(volume >> 16);
    input_[5] = static_cast<std::uint16_t>(volume);
    input_[6] = static_cast<std::uint16_t>(input_[6] + 1);
}

} // namespace magwatch::simulator
