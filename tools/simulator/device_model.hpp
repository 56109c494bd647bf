// The devices at a simulated bed as the wire sees them: a monitor and a pump, each a table of registers.
//
// Pure. The tables are those of adapters/monitors/modbus/maps/sim-monitor.toml and sim-pump.toml.
// Monitor, unit 1, input registers: 0 hr /min, 1 rr /min, 2 spo2 x0.1 %, 3 sbp, 4 dbp, 5 map mmHg, 6 temp
// s16 x0.1 Cel, 7 status bits (0 leads off, 1 INOP, 2 apnoea, 3 desaturation, 4 bradycardia, 5 SpO2 probe
// off), 8 liveness counter, 9 pulse; 0x7FFF no reading. Holding registers 100 knee reflex, 101 arm reflex,
// 102 AVPU (0xFFFF none), 103 sequence number of what was charted.
// Pump, unit 1, input registers: 0 status bits (0 infusing, 1 alarm), 1-2 flow f32 word order CDAB mL/h,
// 3 concentration x0.001 g/mL, 4-5 volume infused u32 ABCD x0.1 mL, 6 liveness counter.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "tools/simulator/noise.hpp"

namespace magwatch::simulator {

inline constexpr std::uint16_t no_reading = 0x7FFF;
inline constexpr std::uint16_t not_charted = 0xFFFF;

struct MonitorFaults {
    bool frozen = false;    // answers, and nothing moves any more: not even the counter
    bool leads_off = false; // no heart rate, no impedance breathing
    bool probe_off = false; // no SpO2, no pulse
};

enum class MonitorBit : unsigned { leads_off, inop, apnoea, desaturation, bradycardia, probe_off };

class MonitorDevice {
public:
    // One second of device time.
    void second(const MonitorReading& reading, const MonitorFaults& faults);
    void chart_reflex_knee(int grade) { chart(100, grade); }
    void chart_reflex_arm(int grade) { chart(101, grade); }
    void chart_avpu(int level) { chart(102, level); }

    [[nodiscard]] std::span<const std::uint16_t> input() const { return input_; }       // from 0
    [[nodiscard]] std::span<const std::uint16_t> holding() const { return holding_; }   // from 100
    [[nodiscard]] bool bit(MonitorBit bit) const { return (input_[7] >> static_cast<unsigned>(bit)) & 1; }
    // What the screen shows, and what a gateway passes on: the reading after the faults.
    [[nodiscard]] const MonitorReading& shown() const { return shown_; }

    static constexpr std::uint16_t holding_base = 100;

private:
    void chart(std::uint16_t address, int value);

    std::array<std::uint16_t, 10> input_{no_reading, no_reading, no_reading, no_reading, no_reading,
                                         no_reading, no_reading, 0,          0,          no_reading};
    std::array<std::uint16_t, 4> holding_{not_charted, not_charted, not_charted, 0};
    MonitorReading shown_;
    int without_breath_s_ = 0;
};

class PumpDevice {
public:
    PumpDevice(double flow_ml_h, double concentration_g_ml)
        : flow_ml_h_{flow_ml_h}, concentration_g_ml_{concentration_g_ml}
    {
    }
    void set_flow(double ml_per_hour) { flow_ml_h_ = ml_per_hour; }
    void set_alarm(bool on) { alarm_ = on; }
    void advance(std::int64_t ms); // device time: the volume counts what really ran
    void second(bool frozen);      // refreshes the registers

    [[nodiscard]] double flow_ml_h() const { return flow_ml_h_; }
    [[nodiscard]] double grams_per_hour() const { return flow_ml_h_ * concentration_g_ml_; }
    [[nodiscard]] std::span<const std::uint16_t> input() const { return input_; }

private:
    double flow_ml_h_, concentration_g_ml_;
    double volume_ml_ = 0;
    bool alarm_ = false;
    std::array<std::uint16_t, 7> input_{};
};

} // namespace magwatch::simulator
