#include "adapters/monitors/hl7/patients.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

// What the group being read has had so far.
struct Head {
    bool patient = false; // PID
    bool visit = false;   // PV1
    bool ordered = false; // its orders have begun: its PV1 has come, or never comes
};

// Whether the segment begins another group.
bool begins(Head& head, const Segment& segment)
{
    if (segment.is("PID") || (segment.is("PV1") && head.ordered)) {
        head = {segment.is("PID"), segment.is("PV1"), false};
        return true;
    }
    if (segment.is("PV1")) head.visit = true;
    // From version 2.7 on results may stand between PID and PV1, about the patient and no order.
    const bool result = segment.is("OBX") && (head.visit || !head.patient);
    head.ordered = head.ordered || result || segment.is("ORC") || segment.is("OBR");
    return false;
}

} // namespace

void find_patients(const Message& message, std::vector<SegmentRange>& out)
{
    out.clear();
    out.push_back({0, message.size()});
    Head head;
    std::size_t patients = 0;
    std::size_t visits = 0;
    std::size_t with_results = 0;
    bool results = false; // of the group being read
    for (std::size_t i = 1; i < message.size(); ++i) {
        const Segment segment = message[i];
        patients += segment.is("PID") ? 1 : 0;
        visits += segment.is("PV1") ? 1 : 0;
        if (begins(head, segment)) {
            results = false;
            out.back().end = i;
            out.push_back({i, message.size()});
        }
        if (!segment.is("OBX") || results) continue;
        results = true;
        ++with_results;
    }
    // One patient, and only the order of the segments is unusual: nobody's values can be another's.
    if (patients < 2 && visits < 2 && with_results < 2) out.assign(1, {0, message.size()});
}

} // namespace magwatch::adapters::hl7
