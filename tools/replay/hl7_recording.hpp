// Files of HL7 v2 messages as they were sent, to be sent again as of now. SIMULATION.
//
// Pure but for reading the file. Several messages to a file, with or without MLLP marks and batch
// envelopes, at most 64 MiB. Acknowledgements and what cannot be read are left out and counted.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch
{

struct RecordedMessage {
    Duration at{};     // since the first message; never less than that of the message before
    std::string bytes; // as recorded
};

// Who sent, and how it names beds.
struct RecordedSender {
    std::string application, facility;  // first components of MSH-3 and MSH-4
    std::vector<std::string> locations; // PV1-3, each once, in the order of their first message
    Duration period{};                  // median between its messages; 0: it sent one, or all at once
};

struct Hl7Recording {
    std::vector<RecordedMessage> messages;
    std::vector<RecordedSender> senders;
    std::map<std::string, int> left_out; // why, and how many
    int without_bed = 0;                 // messages whose PV1-3 is empty

    // Adds another one that begins at the same moment.
    void join(Hl7Recording other);
};

// nullopt with the reason in `errors`: cannot be read, or holds no message.
[[nodiscard]] std::optional<Hl7Recording> read_hl7_recording(const std::string& file,
                                                             std::ostream& errors);
// Of a file's bytes. Messages follow MSH-7; one without a time, or with an earlier one than the
// message before it, comes with that message.
[[nodiscard]] Hl7Recording hl7_recording_of(std::string_view bytes);

// The message as one that is sent at `now`, its segments ended by CR, without the MLLP frame:
// - MSH-7 is `now`; OBR-7, OBX-14 and the other times of requests and results keep their distance
//   from MSH-7 (from the newest of them where there is none), to the millisecond and in UTC. Days
//   without a time of day stay as recorded.
// - MSH-10 is `control_id`, MSH-11 is T; where the sender said which answers it wants, one is.
// - Who the patient is is left out: PID is empty; NK1, GT1 and IN1 to IN3 are gone.
[[nodiscard]] std::string told_as_of(std::string_view recorded, WallTime now,
                                     std::string_view control_id);

} // namespace magwatch
