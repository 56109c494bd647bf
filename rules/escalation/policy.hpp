// Who is told next, and when: the ladder as data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch {

// One way to reach a person. The address is opaque to the core (a webhook's name, a mail address).
struct Channel {
    std::string kind; // "webhook", "smtp"
    std::string name; // stable name within the person, part of a page's key
    std::string address;
    template <class Archive> void archive(Archive& a) { a(kind, name, address); }
};

struct Person {
    std::string name; // "midwife-1": a role or a badge, never a patient
    std::vector<Channel> channels; // all are used together
    template <class Archive> void archive(Archive& a) { a(name, channels); }
};

struct Rung {
    std::vector<std::string> people;
    template <class Archive> void archive(Archive& a) { a(people); }
};

// The ladder for one priority. The last rung repeats until somebody attends.
struct LadderPolicy {
    std::vector<Rung> rungs;
    Duration first_after{};         // how long the alarm waits for a person before the first page
    Duration wait{60'000};          // per rung (BEHAVIOUR: 60 s for high, a design value)
    Duration attend{120'000};       // "coming" must become a bedside act within this (2 min, design value)
    Duration acknowledged{180'000}; // an acknowledgement expires after this (3 min for high, design value)
    template <class Archive> void archive(Archive& a) { a(rungs, first_after, wait, attend, acknowledged); }
};

} // namespace magwatch
