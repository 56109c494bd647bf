// Who is told next, and when: the ladder as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/base/priority.hpp"

namespace magwatch {

// One way to reach a person. The address is opaque to the core (a webhook's name, a mail address).
struct Channel {
    std::string kind; // "webhook", "smtp"
    std::string name; // stable name within the person, part of a page's key
    std::string address;
    bool values = false;  // encrypted to the end: its pages may carry measured values
    bool replies = false; // what people type back is heard: its pages carry the code
    template <class Archive> void archive(Archive& a)
    {
        a(kind, name, address);
        if (a.format() >= 9) a(values, replies);
    }
};

// A channel that has not said within these that the page was handed over, or delivered, is not relied on: the
// person's next one starts (reliability P1 and P2).
inline constexpr Duration hand_over_within{5'000};
inline constexpr Duration receipt_within{20'000};

struct Person {
    std::string name; // "midwife-1": a role or a badge, never a patient
    std::vector<Channel> channels; // in the order of their use
    bool together = false;         // all channels at once
    template <class Archive> void archive(Archive& a)
    {
        a(name, channels);
        // Before there was an order, all were used together.
        if (a.format() >= 9) a(together);
        else together = true;
    }
};

struct Rung {
    std::vector<std::string> people; // names of people or of rosters
    Duration wait{};                 // until the next one; 0 = the policy's
    bool together = false;           // rings at once with the rung before it
    template <class Archive> void archive(Archive& a)
    {
        a(people);
        if (a.format() >= 9) a(wait, together);
    }
};

// Who is told about which calls, and when. The last rung repeats until somebody attends.
struct LadderPolicy {
    std::vector<Rung> rungs;
    Duration first_after{};         // how long the alarm waits for a person before the first page
    Duration wait{60'000};          // per rung (BEHAVIOUR: 60 s for high, a design value)
    Duration attend{120'000};       // "coming" must become a bedside act within this (2 min, design value)
    Duration acknowledged{180'000}; // an acknowledgement expires after this (3 min for high, design value)
    bool follow_ups = false;        // who was told hears who takes it, that it went on to others, and that it ended
    std::string quiet;              // name of the quiet hours that it keeps; "" = none. Never heeded for a high call
    Duration quiet_hold{1'800'000}; // a first page in quiet hours waits for their end, at most this (design value)
    template <class Archive> void archive(Archive& a)
    {
        a(rungs, first_after, wait, attend, acknowledged);
        if (a.format() >= 9) a(follow_ups, quiet, quiet_hold);
    }
};

// A policy of its own for some calls; the first that fits is taken.
struct SpecialPolicy {
    std::string name;
    std::optional<AlarmKind> kind;
    std::optional<Priority> priority;
    std::optional<std::uint8_t> grade;
    LadderPolicy ladder;
    [[nodiscard]] bool fits(AlarmKind k, Priority p, std::uint8_t g) const
    {
        return (!kind || *kind == k) && (!priority || *priority == p) && (!grade || *grade == g);
    }
    template <class Archive> void archive(Archive& a) { a(name, kind, priority, grade, ladder); }
};

} // namespace magwatch
