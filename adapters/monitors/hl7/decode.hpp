// From an HL7 message to what each OBX row means: an observation, or the reason why not.
//
// Pure: no clock. A decoder belongs to one sender's profile; it remembers how codes resolved, so
// that a code is looked up once. It knows no bed and judges no lateness: the server does. Rules:
// IHE PCD-01 (DEC) and PCD-04 (alarms), HL7 v2 chapter 7, and what real gateways do (protocols.md
// 2, 3, 5, 12). Values are in the canonical unit of their signal, times in UTC by the sender's
// clock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/monitors/hl7/codes.hpp"
#include "adapters/monitors/hl7/message.hpp"
#include "adapters/monitors/hl7/patients.hpp"
#include "adapters/monitors/hl7/profile.hpp"
#include "adapters/monitors/hl7/time.hpp"
#include "rules/observation/observation.hpp"

namespace magwatch::adapters::hl7
{

struct ObxResult {
    std::string_view code;    // OBX-3 as sent, empty components at its end cut off
    std::string_view channel; // OBX-4: two values of one code are told apart here
    std::size_t patient = 0;  // of Decoded::patients
    bool accepted = false;
    bool has_signal = false; // also of refused values, where it can be told
    Signal signal{};
    Origin origin = Origin::device;
    double value =
        0; // canonical unit of the signal; meaningful if accepted, or if `state` is questionable
    bool has_time = false;
    WallTime time;           // by the sender's clock: OBX-14, else OBR-7, else MSH-7
    Refusal reason{};        // if not accepted
    std::string_view detail; // more words for people; "" if the reason says it all
    bool has_state = false;  // refused, and it says that the signal cannot be told now
    Validity state = Validity::invalid;
    bool corrected = false; // status C: replaces an earlier value of the same signal and time
    bool withdrawn = false; // status D or W: an earlier value must be forgotten
};

struct Decoded {
    std::vector<SegmentRange> patients;
    std::vector<ObxResult> results; // in the order of the message
    bool test = false;              // MSH-11 T or D: must not page
    bool has_sent = false;
    WallTime sent;                // the sender's clock: MSH-7, else the newest OBR-7 of a monitor
    std::uint32_t misspelt = 0;   // codes whose name is unknown, taken by number
    std::uint32_t renumbered = 0; // codes whose number is unknown or another's, taken by name

    void clear();
};

class Decoder
{
public:
    explicit Decoder(SourceProfile profile);
    [[nodiscard]] const SourceProfile& profile() const { return profile_; }

    // Replaces `out`. Views point into the message's text.
    void decode(const Message& message, Decoded& out);

private:
    struct Resolution {
        CodeMeaning meaning;
        UnitMeaning unit;
        double scale = 1;
    };
    struct Cached {
        std::string key;
        Resolution resolution;
    };
    // The OBR that an OBX belongs to, and the rows of it; before the first OBR of a patient, all of
    // hers.
    struct Group {
        std::size_t begin = 0;
        std::size_t end = 0;       // of the patient
        std::string_view time;     // OBR-7
        std::string_view specimen; // OBR-15
    };
    struct Row {
        const Message& message;
        const Group& group;
        const Segment& obx;
        ObxResult& result;
        Resolution resolution;
    };

    const Resolution& resolve(std::string_view code, std::string_view units,
                              std::string_view channel, const Separators& separators);
    [[nodiscard]] Resolution resolve_slowly(std::string_view code, std::string_view units,
                                            std::string_view channel,
                                            const Separators& separators) const;
    void decode_row(Row& row, Decoded& out);
    void read_signal(Row& row) const;
    [[nodiscard]] std::optional<Refusal> gate(Row& row) const;
    [[nodiscard]] std::optional<Refusal> gate_flags(Row& row) const;
    [[nodiscard]] std::optional<Refusal> read_time(Row& row);
    [[nodiscard]] std::optional<Refusal> read_value(Row& row) const;
    [[nodiscard]] std::optional<Refusal> read_number(Row& row) const;
    [[nodiscard]] std::optional<Refusal> read_avpu(Row& row) const;
    [[nodiscard]] std::optional<Refusal> read_reflex(Row& row) const;
    [[nodiscard]] std::optional<Refusal> read_flag(Row& row) const;
    [[nodiscard]] bool resolve_alarm(Row& row) const;
    [[nodiscard]] bool is_blood(const Row& row) const;
    [[nodiscard]] bool is_magnesium_pump(const Row& row) const;
    [[nodiscard]] std::optional<Stamp> stamp(std::string_view text);

    SourceProfile profile_;
    bool by_channel_ = false; // an override looks at OBX-4
    std::array<std::unique_ptr<Cached>, 256> cache_;
    std::string key_;
    std::string last_time_; // consecutive rows mostly carry one time
    std::optional<Stamp> last_stamp_;
};

} // namespace magwatch::adapters::hl7
