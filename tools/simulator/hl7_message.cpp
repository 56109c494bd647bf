#include "tools/simulator/hl7_message.hpp"

#include <chrono>
#include <cstdlib>
#include <vector>

#include "tools/simulator/text.hpp"

namespace magwatch::simulator {
namespace {

constexpr std::string_view gateway = "MAGSIM_GW^0009FBFFFF112233^EUI-64";
constexpr std::string_view device_type = "69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC";
constexpr std::string_view per_min = "264864^MDC_DIM_BEAT_PER_MIN^MDC^{beat}/min^^UCUM";
constexpr std::string_view breaths = "264928^MDC_DIM_RESP_PER_MIN^MDC^{breath}/min^^UCUM";
constexpr std::string_view percent = "262688^MDC_DIM_PERCENT^MDC^%^^UCUM";
constexpr std::string_view mm_hg = "266016^MDC_DIM_MMHG^MDC^mm[Hg]^^UCUM";
constexpr std::string_view celsius = "268192^MDC_DIM_DEGC^MDC^Cel^^UCUM";

std::string padded(std::int64_t value, std::size_t width)
{
    std::string text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

struct NumericForm {
    std::string_view code, containment, unit;
};

NumericForm form_of(Numeric kind)
{
    switch (kind) {
    case Numeric::hr: return {"147842^MDC_ECG_HEART_RATE^MDC", "1.6.1.1", per_min};
    case Numeric::rr: return {"151578^MDC_TTHOR_RESP_RATE^MDC", "1.7.1.1", breaths};
    case Numeric::spo2: return {"150456^MDC_PULS_OXIM_SAT_O2^MDC", "1.8.1.1", percent};
    case Numeric::pulse: return {"149530^MDC_PULS_OXIM_PULS_RATE^MDC", "1.8.1.2", per_min};
    case Numeric::sbp: return {"150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "1.9.1.1", mm_hg};
    case Numeric::dbp: return {"150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "1.9.1.2", mm_hg};
    case Numeric::map: return {"150023^MDC_PRESS_BLD_NONINV_MEAN^MDC", "1.9.1.3", mm_hg};
    case Numeric::temp: return {"150344^MDC_TEMP^MDC", "1.10.1.1", celsius};
    case Numeric::etco2: return {"151708^MDC_CONC_AWAY_CO2_ET^MDC", "1.11.1.1", mm_hg};
    case Numeric::art_sys: return {"150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", "1.12.1.1", mm_hg};
    case Numeric::art_dia: return {"150038^MDC_PRESS_BLD_ART_ABP_DIA^MDC", "1.12.1.2", mm_hg};
    case Numeric::art_mean: return {"150039^MDC_PRESS_BLD_ART_ABP_MEAN^MDC", "1.12.1.3", mm_hg};
    }
    std::abort();
}

std::string number(const std::optional<int>& value) { return value ? std::to_string(*value) : std::string{}; }

} // namespace

std::string hl7_time(std::int64_t wall_ms)
{
    using namespace std::chrono;
    const sys_time<milliseconds> t{milliseconds{wall_ms}};
    const auto day = floor<days>(t);
    const year_month_day date{day};
    const hh_mm_ss time{t - day};
    return padded(int{date.year()}, 4) + padded(unsigned{date.month()}, 2) + padded(unsigned{date.day()}, 2) +
           padded(time.hours().count(), 2) + padded(time.minutes().count(), 2) +
           padded(time.seconds().count(), 2) + "." + padded(time.subseconds().count(), 3) + "+0000";
}

std::string observation_report(const MessageHead& head, std::span<const NumericValue> values)
{
    const std::string now = hl7_time(head.wall_ms);
    std::string out = "MSH|^~\\&|" + std::string{gateway} + "|WARD|MAGWATCH|HOSP|" + now +
                      "||ORU^R01^ORU_R01|" + head.control_id +
                      (head.training ? "|T" : "|P") + "|2.6|||AL|NE||UNICODE UTF-8|||" +
                      "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO\r";
    out += "PID|||\r"; // identity unknown: the daemon binds by bed
    out += "PV1||I|" + head.location + "\r";
    out += "OBR|1|" + head.control_id + "^" + std::string{gateway} + "|" + head.control_id + "^" +
           std::string{gateway} + "|" + std::string{device_type} + "|||" + now + "\r";
    out += "OBX|1||" + std::string{device_type} + "|1.0.0.0|||||||X\r";
    int row = 1;
    for (const NumericValue& value : values) {
        const NumericForm form = form_of(value.kind);
        out += "OBX|";
        out += std::to_string(++row);
        out += "|NM|" + std::string{form.code} + "|" + std::string{form.containment} +
               "|" + value.text + "|" + std::string{form.unit} + "|||||" + (value.text.empty() ? "X" : "R") + "|||" +
               hl7_time(value.taken_wall_ms) + "|||AMEAS^auto-measurement^MDC\r";
    }
    return out;
}

std::string observation_report(const MessageHead& head, const MonitorDevice& monitor)
{
    const MonitorReading& r = monitor.shown();
    std::vector<NumericValue> values{{Numeric::hr, number(r.hr), head.wall_ms},
                                     {Numeric::rr, number(r.rr), head.wall_ms},
                                     {Numeric::spo2, number(r.spo2), head.wall_ms},
                                     {Numeric::pulse, number(r.pulse), head.wall_ms}};
    if (r.cuff) {
        // The cuff's value keeps the time at which it was taken: only OBX-14 tells its age.
        const std::int64_t taken = head.wall_ms - (head.device_ms - r.cuff->at_ms);
        values.push_back({Numeric::sbp, std::to_string(r.cuff->sbp), taken});
        values.push_back({Numeric::dbp, std::to_string(r.cuff->dbp), taken});
        values.push_back({Numeric::map, std::to_string(r.cuff->map), taken});
    }
    if (r.temp) values.push_back({Numeric::temp, fixed_text(*r.temp, 1), head.wall_ms});
    return observation_report(head, values);
}

Acknowledgement acknowledgement_of(std::string_view message)
{
    Acknowledgement ack;
    std::size_t at = 0;
    while (at < message.size()) {
        std::size_t end = message.find_first_of("\r\n", at);
        if (end == std::string_view::npos) end = message.size();
        const std::string_view segment = message.substr(at, end - at);
        at = end + 1;
        if (!segment.starts_with("MSA") || segment.size() < 5) continue;
        const char separator = segment[3];
        const std::string_view fields = segment.substr(4);
        const std::size_t second = fields.find(separator);
        ack.code = fields.substr(0, second);
        if (second == std::string_view::npos) return ack;
        const std::string_view rest = fields.substr(second + 1);
        ack.control_id = rest.substr(0, rest.find(separator));
        return ack;
    }
    return ack;
}

} // namespace magwatch::simulator
