// What a device, a laboratory or a person said about a patient, and what was refused.
#pragma once

#include <cstdint>
#include <string>

#include "rules/base/ids.hpp"
#include "rules/base/instant.hpp"
#include "rules/observation/quantity.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch {

enum class Validity : std::uint8_t {
    valid,
    questionable, // the device doubts it: shown, used by no rule
    invalid,      // the device says it is wrong, or it was refused as implausible
    not_available // the device says there is no reading
};

enum class Origin : std::uint8_t {
    device,     // measured by a machine; a late one is history
    charted,    // counted or seen by a person, by whatever wire it came
    laboratory, // measured in a sample; `observed` is the time of the draw
};

// One value of one signal. `value` is in the signal's canonical unit and went through
// Quantity::checked; it is 0 and meaningless unless `validity` is valid or questionable.
struct Observation {
    BedId bed = no_bed;
    SourceId source = no_source;
    Signal signal{};
    Validity validity = Validity::valid;
    Origin origin = Origin::device;
    double value = 0;
    WallTime observed; // event time after the source's known clock offset; {0} = at arrival
    bool corrected = false; // replaces an earlier value of the same signal and time (HL7 status C)

    template <class Archive> void archive(Archive& a)
    {
        a(bed, source, signal, validity, origin, value, observed, corrected);
    }
};

// A value that was not accepted. The bed and the signal are given where they could be told.
struct RefusedValue {
    BedId bed = no_bed;
    SourceId source = no_source;
    bool has_signal = false;
    Signal signal{};
    Refusal reason{};

    template <class Archive> void archive(Archive& a) { a(bed, source, has_signal, signal, reason); }
};

// Whether a device answers. Sent on every change, and at start.
struct DeviceStatus {
    SourceId source = no_source;
    bool connected = false;
    Duration clock_offset{}; // device clock minus ours, where the device tells its time

    template <class Archive> void archive(Archive& a) { a(source, connected, clock_offset); }
};

} // namespace magwatch
