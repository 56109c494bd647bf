// The sections of magwatch.toml that make a magwatchd in mode "demo" hear what a replay plays.
// SIMULATION.
//
// Pure. Each text begins with the comment that says so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/replay/hl7_recording.hpp"

namespace magwatch
{

// One device as its sections tell it.
struct ServedDevice {
    std::string bed, name, kind, map;
    std::uint16_t port = 0;
    std::string location; // of an HL7 bed: the last part of PV1-3
};

struct ServedAt {
    std::string listen;          // where Modbus devices listen
    int unit = 1;                // their unit
    std::uint16_t mllp_port = 0; // where magwatchd is to listen for messages; 0: nowhere
    double interval_s = 1;       // between the messages of a bed
};

[[nodiscard]] std::string device_sections(const std::vector<ServedDevice>& devices,
                                          const ServedAt& at);

// Of recorded senders: a source for each, and a bed, "bed-1" and so on, for each location that they
// name. Their messages come `speed` times as fast as they were recorded.
[[nodiscard]] std::string sender_sections(const std::vector<RecordedSender>& senders,
                                          std::uint16_t mllp_port, double speed);

} // namespace magwatch
