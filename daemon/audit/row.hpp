// One row of the audit trail: a line of JSON. What is signed and hashed are its bytes, so that nobody has to agree on
// how JSON is written. docs/AUDIT.md describes every field.
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/base/instant.hpp"

namespace magwatch::audit
{

inline constexpr int format = 1;
inline constexpr std::size_t longest_row = 64 * 1024; // bytes; nothing longer is written or believed

// What happened. Empty texts are written as null.
struct Event {
    std::string actor;   // the person as the journal names them, never a patient
    std::string proof;   // by what the actor is known: "pin", "session", "name", "socket", "link", "none"
    std::string station; // the address, "user 0" of the Unix socket, or "daemon"
    std::string action;  // a route of the API such as "entries", or "audit.started"
    std::string object;  // a bed's alias, the id of an alarm or call, a person, a device
    std::string outcome; // "accepted", "refused", "unconfirmed", "failed", "read" or "noted"
    std::string body;    // a JSON object as text; "" = none. Without secrets: canonical_body()
    unsigned status = 0;     // of the answer over HTTP; 0 = there was none
    std::uint64_t times = 1; // so often; more than 1 of what was only counted
};

// When, by both clocks, and in which life of the machine.
struct Stamp {
    WallTime wall;
    Duration boottime{}; // counts suspend
    std::string boot;    // the kernel's id of this boot
};

// Where a row stands: its number from 1, and the SHA-256 of the whole row before it, as 64 hexadecimal digits.
struct Head {
    std::uint64_t sequence = 0; // 0: there is no row
    std::string hash = std::string(64, '0');
    bool operator==(const Head&) const = default;
};

// The line without its end, signed by the key with this number.
[[nodiscard]] std::string row_line(const Event& event, const Stamp& at, const Head& before, std::uint64_t key_number,
                                   std::string_view key);
[[nodiscard]] Head head_of(std::uint64_t sequence, std::string_view line);

// What a line says, as far as a reader of the chain needs it. Not that it is true.
struct ReadRow {
    std::uint64_t sequence = 0, key_number = 0;
    std::string wall, action, object, previous;
    std::string body; // as text
};
[[nodiscard]] std::optional<ReadRow> read_row(std::string_view line);
// The line was signed with this key.
[[nodiscard]] bool signed_with(std::string_view line, std::string_view key);

// Rows that the trail writes about itself.
namespace own
{
inline constexpr std::string_view created = "audit.created";     // the first row
inline constexpr std::string_view resumed = "audit.resumed";     // a start: the trail goes on
inline constexpr std::string_view key_ended = "audit.key_ended"; // the last row of a key; the next one has the next key
inline constexpr std::string_view torn = "audit.torn";           // names the broken line before it
inline constexpr std::string_view gap = "audit.gap";             // rows that were written are not there any more
inline constexpr std::string_view pruned = "audit.pruned";       // names the first row that retention keeps
inline constexpr std::string_view lost = "audit.lost";           // so many rows could not be kept while the disk failed
} // namespace own

} // namespace magwatch::audit
