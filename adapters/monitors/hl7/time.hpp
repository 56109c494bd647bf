// HL7 times (DTM, TS) as real devices write them, to UTC.
//
// Pure. YYYYMMDD[HH[MM[SS[.s+]]]][+/-ZZZZ]; also seen and read: milliseconds with no dot
// (20160815124738000+0800), an offset with a colon, Z, a second component ("20080815^S"), a year
// like 2013 (kept: the skew is measured elsewhere). Anything else is no time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/monitors/hl7/zone.hpp"

namespace magwatch::adapters::hl7
{

struct Stamp {
    WallTime time;
    bool to_the_minute = false; // false: a day or an hour, too coarse to be the time of a reading
    bool has_offset = false;    // false: the zone of the source was used
};

[[nodiscard]] std::optional<Stamp> time_from(std::string_view text, const Zone& zone);

// 2006-09-22T15:23:00Z, with milliseconds only where there are some.
[[nodiscard]] std::string iso_time(WallTime time);
// 20060922152300.000+0000, for messages that we send.
[[nodiscard]] std::string hl7_time(WallTime time);

} // namespace magwatch::adapters::hl7
