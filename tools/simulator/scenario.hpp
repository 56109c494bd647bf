// A scenario file: who lies in the beds, on which wire, and what happens when.
//
// Pure (text in, scenario or mistakes out). Unknown keys are mistakes; every mistake is reported at once
// with its line and column. Format, with defaults in parentheses:
//
//   name = "..."                 title, for the story lines
//   seed = 1                     (1) of all noise
//   physiology_speed = 1         (1) seconds of body time in one second of device time
//   [[beds]]
//   id = "bed-3"
//   link = "modbus" | "hl7"      monitor on its own TCP port, or behind the gateway
//   port = 2                     Modbus: offset from the base port
//   location = "LD^^BED5"        HL7: PV1-3
//   interval = "5s"              HL7: one message so often (5s)
//   clean = false                (false) no dropouts, no wrong beats
//   cuff_on_oximeter_arm = false
//   infusion = 1.0               g/h of a pump that is not on the network (0); with [beds.pump] leave it out
//   [beds.patient]               any field of PatientParameters
//   [beds.pump]                  port, rate (mL/h), concentration (g/mL)
//   [[beds.holds]]               body time of this patient slows to real time when it gets here, until the
//   reflex_at_most = 1           command `go`: one of reflex_at_most, rr_at_most, spo2_at_most
//   [[events]]
//   at = "10s" or when_bed / when_reflex_at_most / when_rr_at_most / when_rr_at_least
//   do = "..."                   a command as of simulation.hpp, such as "flow bed-3 300"
//   say = "..."                  (what the command says) the story line
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "tools/simulator/noise.hpp"
#include "tools/simulator/patient_model.hpp"

namespace magwatch::simulator {

// A state of the body to wait for. Exactly one is set.
struct BodyCondition {
    std::optional<int> reflex_at_most;
    std::optional<double> rr_at_most, rr_at_least, spo2_at_most;
    [[nodiscard]] bool holds(const PatientTruth& truth, bool epidural) const;
};

struct PumpScenario {
    std::uint16_t port = 0;
    double rate_ml_h = 0;
    double concentration_g_ml = 0.04;
};

enum class Link : std::uint8_t { modbus, hl7 };

struct BedScenario {
    std::string id;
    Link link = Link::modbus;
    std::uint16_t port = 0;
    std::string location;
    std::int64_t interval_ms = 5000;
    NoiseOptions noise;
    double infusion_g_h = 0;
    PatientParameters patient;
    std::optional<PumpScenario> pump;
    std::vector<BodyCondition> holds;
};

struct EventScenario {
    std::optional<std::int64_t> at_ms;
    std::string when_bed;
    BodyCondition when;
    std::string command;
    std::string say;
};

struct Scenario {
    std::string name;
    std::uint64_t seed = 1;
    double physiology_speed = 1;
    std::vector<BedScenario> beds;
    std::vector<EventScenario> events;
};

struct ScenarioResult {
    std::optional<Scenario> scenario; // nothing if there is any mistake
    std::vector<Diagnostic> mistakes;
};

[[nodiscard]] ScenarioResult parse_scenario(std::string_view text, std::string_view file_name);

} // namespace magwatch::simulator
