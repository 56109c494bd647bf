// A simulated ward: bodies, noise, devices and events, stepped by whoever owns the time.
//
// Pure and deterministic: the same scenario, seed and commands at the same times give the same registers,
// messages and story lines, byte for byte, however the time is cut into steps. No clock, socket or thread.
// Not thread-safe.
//
// Commands, as text (scenario events, the control socket and tests use the same ones):
//   unplug BED | replug BED          the monitor's cable: it refuses, or sends nothing
//   freeze BED | thaw BED            the monitor answers and nothing moves
//   leads-off BED | leads-on BED     probe-off BED | probe-on BED
//   unplug-pump BED | replug-pump BED
//   flow BED ML_PER_H                the pump (or the infusion without a networked pump, at its strength)
//   stop-pump BED
//   calcium BED GRAMS                calcium gluconate is given
//   opioid BED SHARE | kidneys BED SHARE
//   chart BED knee|arm|avpu VALUE    into the monitor's charting registers
//   go BED                           leave the hold: body time runs fast again
//   speed FACTOR                     physiology speed of all
//   status                           one JSON object
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/simulator/device_model.hpp"
#include "tools/simulator/scenario.hpp"
#include "tools/simulator/stage.hpp"

namespace magwatch::simulator {

struct SimulatedBed {
    explicit SimulatedBed(const BedScenario& bed, std::uint64_t seed, std::uint64_t stream);

    BedScenario scenario;
    PatientModel patient;
    BedsideNoise noise;
    MonitorDevice monitor;
    PumpDevice pump;
    MonitorFaults faults;
    bool pump_frozen = false;
    bool unplugged = false;
    bool pump_unplugged = false;
    std::size_t next_hold = 0;
    bool holding = false;
};

class Simulation {
public:
    // `seed` replaces the scenario's where given; `hurry` multiplies event times and body time, not devices.
    explicit Simulation(const Scenario& scenario, std::optional<std::uint64_t> seed = {}, double hurry = 1);

    void step(std::int64_t ms);
    CommandResult command(std::string_view line);

    [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
    [[nodiscard]] const std::vector<SimulatedBed>& beds() const { return beds_; }
    [[nodiscard]] const SimulatedBed* find(std::string_view id) const;
    // What was told since the last call.
    [[nodiscard]] std::vector<StoryLine> take_story();
    [[nodiscard]] std::string status_json() const;
    // Devices refresh once a second; this counts the refreshes.
    [[nodiscard]] std::uint64_t seconds() const { return seconds_; }

private:
    void tick();
    void fire_events();
    void check_hold(SimulatedBed& bed);
    CommandResult run(const std::vector<std::string>& words);
    CommandResult run_on_bed(const std::vector<std::string>& words, SimulatedBed& bed);

    Scenario scenario_;
    double hurry_;
    std::vector<SimulatedBed> beds_;
    std::vector<bool> fired_;
    std::vector<StoryLine> story_;
    std::int64_t now_ms_ = 0;
    std::int64_t pending_ms_ = 0;
    std::uint64_t seconds_ = 0;
};

} // namespace magwatch::simulator
