// What a monitoring gateway sends of a bed: one PCD-01 observation report, HL7 v2.6 ORU^R01.
//
// Pure. Codes, units and fields as of protocols.md 2 and 3 (IHE PCD-01, MDC codes of the NIST tables).
// MSH-11 of the simulated ward is P, as a real gateway's: whether that is a simulation is the daemon's business, not
// the wire's. What is played at a site says T (training), which the daemon takes outside of ward mode alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tools/simulator/device_model.hpp"

namespace magwatch::simulator {

struct MessageHead {
    std::string control_id;
    std::string location;       // PV1-3
    std::int64_t wall_ms = 0;   // UTC of the message
    std::int64_t device_ms = 0; // device time of the same moment, for the age of the cuff's value
    bool training = false;      // MSH-11 is T
};

// What a monitor tells of one kind; the table of codes and units is in hl7_message.cpp.
enum class Numeric : std::uint8_t {
    hr, rr, spo2, pulse, sbp, dbp, map, temp, etco2, art_sys, art_dia, art_mean
};

struct NumericValue {
    Numeric kind{};
    std::string text;               // "" = no reading: sent empty, with status X
    std::int64_t taken_wall_ms = 0; // UTC
};

// Segments ended by CR, without the MLLP frame.
[[nodiscard]] std::string observation_report(const MessageHead& head, std::span<const NumericValue> values);
[[nodiscard]] std::string observation_report(const MessageHead& head, const MonitorDevice& monitor);

// "20260101101459.123+0000".
[[nodiscard]] std::string hl7_time(std::int64_t wall_ms);

// MSA-1 and MSA-2 of an acknowledgement; empty where there is no MSA.
struct Acknowledgement {
    std::string code, control_id;
};
[[nodiscard]] Acknowledgement acknowledgement_of(std::string_view message);

} // namespace magwatch::simulator
