// A commissioning record: what an engineer saw on a device's own screen beside what magwatch read at that moment, and
// who stands for it. It holds for one device, at one place, under one map or profile, and for what was compared alone.
//
// Pure. Values are in the signal's canonical unit; what was typed is kept as it was typed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch {

// One look at the screen.
struct ScreenPair {
    std::string bed; // alias
    Signal signal{};
    std::string screen;         // as typed: "98", "13.2 kPa", "none"
    std::optional<double> read; // what magwatch read then; nothing: it had no value
    WallTime at;
    std::uint8_t looks = 1; // how often one looked before the two agreed: a value that moves
    template <class Archive> void archive(Archive& a) { a(bed, signal, screen, read, at, looks); }
};

// What was not compared, and stays unverified.
struct LeftOut {
    Signal signal{};
    std::string reason;
    template <class Archive> void archive(Archive& a) { a(signal, reason); }
};

struct CommissionRecord {
    std::string device;                  // the source's name
    std::string map, fingerprint, place; // as SourceConfiguration gave them
    bool simulation = false;             // made in demo or replay: it holds on no ward
    std::string firmware, serial;        // of the device, as its screen or label says
    std::string by, role, remark;
    WallTime at;
    std::vector<ScreenPair> pairs;
    std::vector<LeftOut> left_out;
    std::string signature, key; // of the shell, hexadecimal; the core keeps them and reads nothing into them
    std::string revoked_by, revoked_reason; // "" = in force
    WallTime revoked_at;
    template <class Archive> void archive(Archive& a)
    {
        a(device, map, fingerprint, place, simulation, firmware, serial, by, role, remark, at, pairs, left_out,
          signature, key, revoked_by, revoked_reason, revoked_at);
    }
};

// A signal that a device's map can send, and the smallest step in which it tells it (canonical unit; 0 = any).
struct SourceSignal {
    Signal signal{};
    double step = 0;
    template <class Archive> void archive(Archive& a) { a(signal, step); }
};

enum class CommissionState : std::uint8_t {
    not_needed, // a simulation, or nothing that could be compared
    missing,    // no record
    holds,
    changed, // the record is of another map, place or mode
    revoked,
};

} // namespace magwatch
