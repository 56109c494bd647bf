// An incident through the Ward of the daemon under virtual time, and whether each alarm came by its
// second.
//
// Pure; equal incidents and packs give equal effects, byte for byte. Nobody answers: the alarm
// machine and the ladder do what they do on a ward whose staff do not come.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/base/archive.hpp"
#include "rules/language/pack.hpp"
#include "rules/ward/effect.hpp"
#include "tools/cases/incident.hpp"

namespace magwatch
{

struct RaisedAlarm {
    Duration at{}; // since the watch began
    std::string rule, message;
    AlarmKind kind{};
    Priority priority{};
};
struct SentPage {
    Duration at{};
    Priority priority{};
    std::vector<std::string> words;
};
struct IncidentRun {
    std::vector<RaisedAlarm> alarms;
    std::vector<SentPage> pages;
    std::vector<std::string>
        refused;   // what the ward did not take: a mistake of the incident's file
    Bytes effects; // all of them, as the journal would hold them
};
// When the first page that names this alarm was sent; nothing: nobody was paged for it.
[[nodiscard]] std::optional<Duration> page_for(const IncidentRun& run, const RaisedAlarm& alarm);

// `pack` compiled; it must be one that may run on a ward.
[[nodiscard]] IncidentRun run_incident(const Incident& incident, Way way, const Pack& pack);

// What became of one expectation or ban.
struct CaseFinding {
    Way way{};
    std::string alarm; // the rules, "a|b"; for a ban "no a|b"
    std::uint32_t line = 0;
    std::optional<Duration> by, page_by;
    std::optional<Duration> at, page_at; // of a ban: when one came nevertheless
    std::string problem;                 // "" = as it must be
    [[nodiscard]] bool passed() const { return problem.empty(); }
};

// Under the incident's own pack everything is judged, under another what is marked `everywhere`.
[[nodiscard]] std::vector<CaseFinding> judge(const Incident& incident, Way way, const Pack& pack,
                                         const IncidentRun& run);

// Runs twice under its own pack: a difference of a single byte is a finding too. Nothing to judge:
// no run.
[[nodiscard]] std::vector<CaseFinding> try_incident(const Incident& incident, Way way,
                                                const Pack& pack);

} // namespace magwatch
