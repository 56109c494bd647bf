// Where in a message one patient ends and the next begins.
//
// Pure. ORU^R01 may repeat its PATIENT_RESULT group: PID, PV1, then the orders of that patient.
// Nothing that one group says of its patient, its bed or its order holds for another.
#pragma once

#include <cstddef>
#include <vector>

#include "adapters/monitors/hl7/message.hpp"

namespace magwatch::adapters::hl7
{

/// Segments [begin, end) of a message.
struct SegmentRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// The groups of a message, one for each patient, in their order and without a gap; replaces `out`.
/// The first holds MSH and all that comes before a patient is named. A message that speaks of one
/// patient is one group, wherever its PID and PV1 stand.
void find_patients(const Message& message, std::vector<SegmentRange>& out);

} // namespace magwatch::adapters::hl7
