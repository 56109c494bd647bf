// Acknowledgements and statuses of whoever calls himself an alarm manager; and texts of any bytes stay one field.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "adapters/pagers/pcd_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace magwatch;
    using namespace magwatch::adapters;
    const std::string bytes{reinterpret_cast<const char*>(data), size};
    (void)parse_pcd_ack(bytes);
    const auto said = parse_pcd05(bytes);
    if (const auto* status = std::get_if<PcdStatus>(&said))
        if (status->control_id.empty() || status->participants.empty()) std::abort();
    (void)pcd05_ack(bytes, PcdTaken::taken, {"a1", 1, WallTime{0}});
    PcdReport report;
    report.text = report.page.place = report.page.bed_alias = bytes;
    const std::string message = pcd04_report(PcdManager{}, report, {"m1", 1, WallTime{0}});
    if (std::count(message.begin(), message.end(), '\r') != 12) std::abort();
    return 0;
}
