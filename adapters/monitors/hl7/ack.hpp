// What a sender is told: which acknowledgement it asked for, and its text.
//
// Pure. MSH-15 and MSH-16 both empty: original mode, AA, AE or AR. Else enhanced mode: an accept
// acknowledgement CA, CE or CR as MSH-15 asks and an application acknowledgement as MSH-16 asks (AL
// always, NE never, ER on error, SU on success; an empty one of the two means NE). HL7 v2
// chapter 2.9.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/monitors/hl7/message.hpp"
#include "rules/base/instant.hpp"

namespace magwatch::adapters::hl7
{

enum class Verdict : std::uint8_t {
    accepted,
    error,    // AE, CE: the sender may try again
    rejected, // AR, CR: trying again is of no use
};

// Table 0357.
enum class ErrorCode : std::uint16_t {
    none = 0,
    sequence = 100,
    required_field = 101,
    data_type = 102,
    message_type = 200,
    event = 201,
    processing_id = 202,
    version = 203,
    unknown_key = 204,
    internal = 207,
};

struct Acknowledgement {
    Verdict verdict = Verdict::accepted;
    ErrorCode error = ErrorCode::none;
    std::string_view text; // a fixed text of ours: never a patient's data
};

struct AckStyle {
    bool commit = false;      // CA, CE or CR
    bool application = false; // AA, AE or AR
};
[[nodiscard]] AckStyle ack_style(std::string_view accept, std::string_view application,
                                 Verdict verdict);

struct AckIdentity {
    std::string_view application; // ours, where the sender did not say whom it meant
    std::string_view facility;
    std::string_view time;       // hl7_time of now
    std::string_view control_id; // new, unique
};

// Appends one acknowledgement, framed. `commit`: with the codes of the accept acknowledgement.
// Works on a message whose parsing failed too: it then answers what can be told.
void append_ack(std::string& out, const Message& request, const Acknowledgement& answer,
                bool commit, const AckIdentity& identity);

} // namespace magwatch::adapters::hl7
