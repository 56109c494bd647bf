// What the site says about the senders of HL7 messages. Plain data: the daemon's configuration
// fills it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/monitors/hl7/zone.hpp"
#include "rules/base/ids.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch::adapters::hl7
{

// What a code of this sender means. Looked up before every table.
struct CodeOverride {
    std::string code;             // the first or second component of OBX-3, exactly
    std::string channel;          // only where OBX-4 begins so ("1.6.1"); empty: everywhere
    std::optional<Signal> signal; // nullopt: known, and nothing for us
    std::optional<Unit> unit;     // where OBX-6 is empty
    double scale = 1;             // value = number x scale (integers sent x 100: 0.01)
};

struct BedNames {
    BedId bed = no_bed;
    std::vector<std::string> names; // as senders write it; case and outer blanks do not matter
    bool test_mode = false;         // accepts MSH-11 T and D
};

// One sender. The first whose application and facility fit a message is taken.
struct SourceProfile {
    std::string name;
    SourceId source = no_source;
    std::string application;            // MSH-3, whole or its first component; empty: any
    std::string facility;               // MSH-4, likewise
    std::vector<std::string> addresses; // IP addresses it may come from; empty: any

    // Where the bed's name stands: one or more of PV1-3, PV1-3.1, PV1-3.3, PID-3.1, OBR-2.1,
    // MSH-3.1, ... and text, as in "{PV1-3.1}-{PV1-3.3}". Empty: the bed of PV1-3, then its room,
    // then the rest.
    std::string bed_pattern;
    Zone zone; // of times without an offset
    std::vector<CodeOverride> codes;
    // Numbers by which devices say "no reading" (signals.md 3). None is a value of a living
    // patient.
    std::vector<double> sentinels{-1,     -100,  -999,  -9999,   -10000,
                                  -32768, 32767, 65535, 8388607, 2147483647};
    bool pumps_give_magnesium = false; // pump values count although no drug is named beside them
    bool usable_with_status_x =
        false;                     // OBX-11 X on values that are there (seen in IHE's own examples)
    bool charting = false;         // a charting system: its vital signs were written by people
    bool accept_test_data = false; // MSH-11 T and D, OBX-8 TEST and DEMO: never on a ward
    std::vector<BedNames> beds;    // as this sender names them; empty: Hl7Config::beds
};

struct Hl7Config {
    std::string address = "127.0.0.1";
    std::uint16_t port = 2575;            // 0: any, see Hl7Server::port
    std::string application = "MAGWATCH"; // how we name ourselves when the sender did not
    std::string facility;
    std::vector<std::string> allow_from; // addresses that may connect, loopback always; empty: all
    std::size_t max_connections = 128;
    std::size_t max_connections_per_address = 128;
    std::size_t max_message_bytes = std::size_t{1} << 20;
    std::chrono::seconds frame_timeout{
        30}; // from the first byte of a frame to its last; none between
    std::chrono::milliseconds listen_again{3'000}; // from one try to listen to the next, where it cannot
    std::size_t remembered_messages = std::size_t{1} << 20; // per source, see duplicates.hpp
    std::vector<SourceProfile> sources;                     // nobody else is heard
    std::vector<BedNames> beds; // of senders that have no names of their own
};

// What is wrong with it, in words for the person who wrote it: two beds of one name, a pattern that
// names no field, an address that is none. Empty: nothing.
[[nodiscard]] std::vector<std::string> mistakes(const Hl7Config& config);

} // namespace magwatch::adapters::hl7
