// What a monitoring gateway sends of a bed: one PCD-01 observation report, HL7 v2.6 ORU^R01.
//
// Pure. Codes, units and fields as of protocols.md 2 and 3 (IHE PCD-01, MDC codes of the NIST tables).
// MSH-11 is P, as a real gateway's: whether this is a simulation is the daemon's business, not the wire's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/simulator/device_model.hpp"

namespace magwatch::simulator {

struct MessageHead {
    std::string control_id;
    std::string location;       // PV1-3
    std::int64_t wall_ms = 0;   // UTC of the message
    std::int64_t device_ms = 0; // device time of the same moment, for the age of the cuff's value
};

// Segments ended by CR, without the MLLP frame.
[[nodiscard]] std::string observation_report(const MessageHead& head, const MonitorDevice& monitor);

// "20260101101459.123+0000".
[[nodiscard]] std::string hl7_time(std::int64_t wall_ms);

// MSA-1 and MSA-2 of an acknowledgement; empty where there is no MSA.
struct Acknowledgement {
    std::string code, control_id;
};
[[nodiscard]] Acknowledgement acknowledgement_of(std::string_view message);

} // namespace magwatch::simulator
