#include "tools/box/tells.hpp"

#include <algorithm>
#include <string_view>

namespace magwatch::box {
namespace {

// "No Heart rate, SpO2" speaks of what it names.
Tells named(const std::string& message)
{
    Tells out = 0;
    for (std::size_t i = 0; i < judged.size(); ++i)
        if (message.find(info(judged[i]).title) != std::string::npos) out |= tells_vital(i);
    return out;
}

Tells of_fault(const std::string& rule, const std::string& message)
{
    if (rule == "technical.signals_lost") return message.empty() ? tells_vitals : named(message);
    if (rule == "technical.frozen") return tells_vitals | tells_frozen;
    for (const std::string_view whole : {"technical.silent", "technical.silent_long", "technical.implausible",
                                         "technical.unknown"})
        if (rule == whole) return tells_vitals;
    return rule == "technical.infusion_record" || rule == "technical.pump_silent" ? tells_rate : 0;
}

} // namespace

Tells tells_of(const Pack& pack, const std::string& rule, const std::string& message)
{
    if (rule.starts_with("technical.")) return of_fault(rule, message);
    for (std::size_t i = 0; i < pack.checks.size(); ++i)
        if (rule == "check." + pack.checks[i].id) return tells_check(i);
    if (rule.starts_with("breathing-lost")) return tells_breathing; // it reads oxygen to tell how grave that is
    Tells out = 0;
    if (rule == "rr-critical") out |= tells_rr_critical;
    if (rule == "spo2-critical") out |= tells_spo2_critical;
    if (rule == "reflex-absent") out |= tells_no_reflex;
    const auto found = std::find_if(pack.rules.begin(), pack.rules.end(), [&](const Rule& r) { return r.id == rule; });
    if (found == pack.rules.end()) return out;
    for (std::size_t i = 0; i < judged.size(); ++i)
        if ((found->reads & mask(judged[i])) != 0) out |= tells_vital(i);
    return out;
}

} // namespace magwatch::box
