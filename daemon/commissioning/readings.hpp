// What each device last said, whether a bed is watched or not and whether it is believed or not: for people who compare
// it with the device's own screen. Nothing decides by it.
//
// Thread-safe: the loop writes, the HTTP thread reads. Values are in the signal's canonical unit. Instants are of the
// boot-time clock (runtime/clock.hpp), so that a set wall clock makes nothing look new.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "rules/commissioning/causes.hpp"
#include "rules/observation/observation.hpp"

namespace magwatch
{

struct Reading {
    SourceId source = no_source;
    BedId bed = no_bed;
    Signal signal{};
    std::optional<double> value; // nothing: it said that it has none, or what it said was refused
    std::string why;             // there is none: "sentinel", "implausible", "questionable"
    Duration at{};
    bool unverified = false; // nothing used it
};

class Readings
{
public:
    void take(const Observation& observation, bool unverified, Duration at);
    void take(const RefusedValue& refused, bool unverified, Duration at);
    [[nodiscard]] std::vector<Reading> all() const; // by source, bed, signal
    void clear();                                   // sources were given anew

private:
    using Key = std::tuple<SourceId, BedId, Signal>;
    void put(const Key& key, Reading reading);

    mutable std::mutex mutex_;
    std::map<Key, Reading> readings_;
};

// How a register map tells one signal.
struct RegisterForm {
    std::string device;
    Signal signal{};
    std::string place; // "input register 2"
    RawForm form;
};

} // namespace magwatch
