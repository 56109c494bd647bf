// Plays recordings, journals and scenarios as live devices, for training and for acceptance tests.
// SIMULATION.
//
// Blocks until the end of the recording, SIGINT or SIGTERM. Listens on loopback unless told
// otherwise.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace magwatch
{

struct ServeRequest {
    std::vector<std::string> files; // FILE or, for a recording, ALIAS=FILE
    std::vector<std::string> beds;  // only these; empty = all
    double speed = 1;
    double start_s = 0;
    bool loop = false;
    std::string listen = "127.0.0.1";
    std::uint16_t modbus_port = 1502; // 0: no Modbus devices
    std::string mllp;                 // HOST:PORT that takes HL7 messages; "" = none
    double interval_s = 1;            // between the HL7 messages of a bed
    int unit = 1;
    std::string map;          // register map; "" = the shipped one
    bool config_only = false; // print the sections and end
    bool json = false;
};

// The device sections (or, with json, all lines) to `out`; progress and mistakes to `errors`,
// progress as one live line if `terminal`. The exit status: 0; 1 a file, map or port cannot be had;
// 2 an argument is wrong.
int serve(const ServeRequest& request, std::ostream& out, std::ostream& errors, bool terminal);

} // namespace magwatch
