// IHE PCD-04 alarm reports (ORU^R40) as bytes, and what comes back: acknowledgements and PCD-05 statuses (ORA^R41).
//
// Pure. Fields as IHE DEV TF-2 has them, with CP-146 (watchdog), CP-150 (which message a status speaks of), CP-151 (ids
// that are unique in the world) and CP-157 (what may change when a message is sent again: MSH-7, 10 and 13). No patient
// (PID-31 says "unknown") and no measured value: the place and the page's text alone. HL7 2.6, UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/pagers/delivery.hpp"
#include "rules/escalation/page.hpp"

namespace magwatch::adapters {

// An alarm manager that takes our reports.
struct PcdManager {
    std::string name; // what a channel's address says
    std::string host; // name or address
    std::uint16_t port = 0;
    std::string application, facility; // of the manager: MSH-5 and MSH-6
    std::string system_id;             // ours: an EUI-64, 16 hexadecimal digits
    std::string ward;                  // MSH-4, and the unit of PV1-3
    bool allow_plain = false;          // MLLP has no encryption: off this machine only if the site says so
};

// What is wrong with a manager; empty = nothing. For the configuration check.
[[nodiscard]] std::vector<std::string> mistakes(const PcdManager& manager);

enum class PcdPhase : std::uint8_t { start, update, escalate, end };

// One report of an alarm; everything that stays the same when it is sent again.
struct PcdReport {
    Page page; // the newest of the call
    std::string text;
    PcdPhase phase{};
    std::uint32_t number = 1; // of the reports of this alarm: 1 is the start
    WallTime at;
};

// What changes when a message is sent again.
struct PcdEnvelope {
    std::string control_id; // MSH-10
    std::uint64_t sequence = 0; // MSH-13
    WallTime at;                // MSH-7
};

// How long a manager has to acknowledge (CP-146).
inline constexpr Duration pcd_confirm{5'000};

[[nodiscard]] std::string pcd04_report(const PcdManager& manager, const PcdReport& report, const PcdEnvelope& envelope);
// The supervised link's sign of life; `active` is false for the last one before an intended end.
[[nodiscard]] std::string pcd04_watchdog(const PcdManager& manager, bool active, const PcdEnvelope& envelope);
// 0x0B ... 0x1C 0x0D
[[nodiscard]] std::string mllp_framed(std::string_view message);

struct PcdMistake {
    std::string what; // our words
};

struct PcdAck {
    std::string control_id; // MSA-2
    Verdict verdict = Verdict::refused;
    std::string code; // "CA"
};
[[nodiscard]] std::variant<PcdAck, PcdMistake> parse_pcd_ack(std::string_view message);

enum class PcdEvent : std::uint8_t {
    received, delivered, read, accepted, rejected, cancelled, undeliverable, timeout,
};
struct PcdParticipant {
    PcdEvent event{};
    std::string person; // PRT-5.1, as the manager names people; "" = it names nobody
};
struct PcdStatus {
    std::string control_id; // MSA-2: MSH-10 of the alarm's first report
    std::string message_id; // MSH-10 of the status itself
    std::vector<PcdParticipant> participants;
};
[[nodiscard]] std::variant<PcdStatus, PcdMistake> parse_pcd05(std::string_view message);

// What became of a PCD-05 message here; its sender may try one again that was not stored.
enum class PcdTaken : std::uint8_t { taken, refused, not_stored };

// The accept acknowledgement of a PCD-05 message: CA, CR or CE.
[[nodiscard]] std::string pcd05_ack(std::string_view message, PcdTaken taken, const PcdEnvelope& envelope);

} // namespace magwatch::adapters
