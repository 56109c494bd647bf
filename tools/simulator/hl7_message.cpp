#include "tools/simulator/hl7_message.hpp"

#include <chrono>

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

struct Rows {
    std::string out;
    int count = 0;

    void row(std::string_view code, std::string_view containment, const std::string& value, std::string_view unit,
             const std::string& time)
    {
        out += "OBX|" + std::to_string(++count) + "|NM|" + std::string{code} + "|" + std::string{containment} +
               "|" + value + "|" + std::string{unit} + "|||||" + (value.empty() ? "X" : "R") + "|||" + time +
               "|||AMEAS^auto-measurement^MDC\r";
    }
};

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

std::string observation_report(const MessageHead& head, const MonitorDevice& monitor)
{
    const std::string now = hl7_time(head.wall_ms);
    const MonitorReading& r = monitor.shown();
    std::string out = "MSH|^~\\&|" + std::string{gateway} + "|WARD|MAGWATCH|HOSP|" + now +
                      "||ORU^R01^ORU_R01|" + head.control_id +
                      "|P|2.6|||AL|NE||UNICODE UTF-8|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO\r";
    out += "PID|||\r"; // identity unknown: the daemon binds by bed
    out += "PV1||I|" + head.location + "\r";
    out += "OBR|1|" + head.control_id + "^" + std::string{gateway} + "|" + head.control_id + "^" +
           std::string{gateway} + "|" + std::string{device_type} + "|||" + now + "\r";
    out += "OBX|1||" + std::string{device_type} + "|1.0.0.0|||||||X\r";
    Rows rows{.out = {}, .count = 1};
    rows.row("147842^MDC_ECG_HEART_RATE^MDC", "1.6.1.1", number(r.hr), per_min, now);
    rows.row("151578^MDC_TTHOR_RESP_RATE^MDC", "1.7.1.1", number(r.rr), breaths, now);
    rows.row("150456^MDC_PULS_OXIM_SAT_O2^MDC", "1.8.1.1", number(r.spo2), percent, now);
    rows.row("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "1.8.1.2", number(r.pulse), per_min, now);
    if (r.cuff) {
        // The cuff's value keeps the time at which it was taken: only OBX-14 tells its age.
        const std::string taken = hl7_time(head.wall_ms - (head.device_ms - r.cuff->at_ms));
        rows.row("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "1.9.1.1", std::to_string(r.cuff->sbp), mm_hg, taken);
        rows.row("150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "1.9.1.2", std::to_string(r.cuff->dbp), mm_hg, taken);
        rows.row("150023^MDC_PRESS_BLD_NONINV_MEAN^MDC", "1.9.1.3", std::to_string(r.cuff->map), mm_hg, taken);
    }
    if (r.temp) rows.row("150344^MDC_TEMP^MDC", "1.10.1.1", fixed_text(*r.temp, 1), celsius, now);
    return out + rows.out;
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
