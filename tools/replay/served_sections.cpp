#include "tools/replay/served_sections.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "tools/simulator/text.hpp"

namespace magwatch
{
namespace
{

constexpr const char* head =
    "# SIMULATION: devices that `magwatch replay --serve` plays. Not for a ward with patients: only "
    "with\n# mode = \"demo\" in [ward].\n";

// TOML text of a string: aliases and paths.
std::string quoted(const std::string& text)
{
    return simulator::json_text(text);
}

std::string bed_section(const std::string& bed)
{
    return fmt::format("\n[[bed]] # leave out where your file has this bed\nalias = {}\nplace = {}\n",
                       quoted(bed), quoted("SIMULATION " + bed));
}

std::string listener_section(std::uint16_t mllp_port)
{
    return fmt::format("\n[hl7]\nlisten = \"127.0.0.1:{}\" # or the address where magwatchd is to "
                       "listen\n",
                       mllp_port);
}

// The end of a source's section, and how it names beds. Period 0: not known.
std::string source_end(double period_s, const std::string& beds)
{
    const std::string period =
        period_s > 0
            ? fmt::format("period = \"{} s\"\n", std::clamp(std::lround(period_s), 1L, 3600L))
            : "";
    return fmt::format("zone = \"Z\"\n{}accept_test_data = true # MSH-11 says T\n\n"
                       "[hl7.source.beds]\n{}",
                       period, beds);
}

} // namespace

std::string device_sections(const std::vector<ServedDevice>& devices, const ServedAt& at)
{
    std::string out = head;
    std::vector<std::string> beds;
    for (const ServedDevice& device : devices) {
        if (std::find(beds.begin(), beds.end(), device.bed) == beds.end())
            beds.push_back(device.bed);
    }
    for (const auto& bed : beds) out += bed_section(bed);
    const bool everywhere = at.listen == "0.0.0.0";
    const std::string host = everywhere ? "127.0.0.1" : at.listen;
    std::string hl7;
    for (const ServedDevice& device : devices) {
        if (!device.location.empty())
            hl7 += fmt::format("{} = {}\n", quoted(device.location), quoted(device.bed));
        if (device.port == 0) continue;
        out += fmt::format(
            "\n[[modbus]]\nname = {}\n{}bed = {}\nhost = {}{}\nport = {}\nunit = {}\nmap = {}\n",
            quoted(device.name), device.kind, quoted(device.bed), quoted(host),
            everywhere ? " # or this computer's address" : "", device.port, at.unit,
            quoted(device.map));
    }
    if (!hl7.empty() && at.mllp_port != 0)
        out += listener_section(at.mllp_port) +
               "\n[[hl7.source]]\nname = \"replay-gateway\"\nfacility = \"WARD\"\n" +
               source_end(at.interval_s, hl7);
    return out;
}

std::string sender_sections(const std::vector<RecordedSender>& senders, std::uint16_t mllp_port,
                            double speed)
{
    std::vector<std::string> locations;
    for (const auto& sender : senders) {
        for (const auto& location : sender.locations) {
            if (std::find(locations.begin(), locations.end(), location) == locations.end())
                locations.push_back(location);
        }
    }
    std::string out = head;
    for (std::size_t i = 0; i < locations.size(); ++i)
        out += bed_section(fmt::format("bed-{}", i + 1));
    out += listener_section(mllp_port);
    // The first source that fits a message takes it: who names itself least comes last.
    auto ordered = senders;
    const auto names = [](const RecordedSender& sender) {
        return (sender.application.empty() ? 0 : 1) + (sender.facility.empty() ? 0 : 1);
    };
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&](const auto& a, const auto& b) { return names(a) > names(b); });
    std::size_t number = 0;
    for (const auto& sender : ordered) {
        out += fmt::format("\n[[hl7.source]]\nname = \"replay-{}\"\n", ++number);
        if (!sender.application.empty())
            out += fmt::format("application = {}\n", quoted(sender.application));
        if (!sender.facility.empty()) out += fmt::format("facility = {}\n", quoted(sender.facility));
        std::string beds;
        for (const auto& location : sender.locations) {
            const auto at = std::find(locations.begin(), locations.end(), location);
            beds += fmt::format("{} = \"bed-{}\"\n", quoted(location), at - locations.begin() + 1);
        }
        const double period = static_cast<double>(sender.period.count()) / 1000 / speed;
        out += source_end(period, beds);
    }
    return out;
}

} // namespace magwatch
