// The message of the MLLP benchmarks: ORU^R01 of 12 OBX, about 1.5 kB, that of the published
// figures, with times of now so that no value is too late. The control id is 12 digits at a fixed
// place.
#pragma once

#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace magwatch::bench
{

struct BenchMessage {
    std::string bytes; // framed
    std::size_t id_at = 0;
    std::vector<std::size_t> times_at; // YYYYMMDDHHMMSS, UTC

    void stamp_id(unsigned long long id)
    {
        for (std::size_t i = 12; i > 0; --i, id /= 10) {
            bytes[id_at + i - 1] = static_cast<char>('0' + id % 10);
        }
    }
    void stamp_time(std::time_t now)
    {
        std::tm t{};
        gmtime_r(&now, &t);
        char text[32];
        std::strftime(text, sizeof text, "%Y%m%d%H%M%S", &t);
        for (const std::size_t at : times_at) bytes.replace(at, 14, text);
    }
};

inline BenchMessage bench_message(unsigned patient)
{
    static constexpr std::string_view rows[12][3] = {
        {"151562^MDC_RESP_RATE^MDC", "17", "264928^MDC_DIM_RESP_PER_MIN^MDC"},
        {"150456^MDC_PULS_OXIM_SAT_O2^MDC", "97", "262688^MDC_DIM_PERCENT^MDC"},
        {"147842^MDC_ECG_HEART_RATE^MDC", "85", "264864^MDC_DIM_BEAT_PER_MIN^MDC"},
        {"150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "131", "266016^MDC_DIM_MMHG^MDC"},
        {"150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "78", "266016^MDC_DIM_MMHG^MDC"},
        {"150023^MDC_PRESS_BLD_NONINV_MEAN^MDC", "96", "266016^MDC_DIM_MMHG^MDC"},
        {"150344^MDC_TEMP^MDC", "36.9", "268192^MDC_DIM_DEGC^MDC"},
        {"157784^MDC_FLOW_FLUID_PUMP^MDC", "25.0", "265266^MDC_DIM_ML_PER_HR^MDC"},
        {"2601-3^Magnesium^LN", "2.1", "mmol/L^^UCUM"},
        {"35088-4^Reflex^LN", "2", "{grade}^^UCUM"},
        {"9187-6^Urine^LN", "12.5", "mL^^UCUM"},
        {"3255-7^Fibrinogen^LN", "4.1", "g/L^^UCUM"}};
    BenchMessage m;
    const std::string n = std::to_string(patient);
    const std::string padded = std::string(7 - n.size(), '0') + n;
    const auto time = [&] {
        m.times_at.push_back(m.bytes.size());
        m.bytes += "00000000000000";
    };
    m.bytes = "\x0BMSH|^~\\&|MONITOR|LD|MGTOX|HOSP|";
    time();
    m.bytes += ".000+0000||ORU^R01^ORU_R01|";
    m.id_at = m.bytes.size();
    m.bytes += "000000000000|P|2.5.1|||AL|NE||UNICODE UTF-8\r";
    m.bytes +=
        "PID|||MRN" + padded + "^^^HOSP^MR||DOE^JANE^Q||19940211|F\rPV1||I|LD^" + n + "^1^HOSP\r";
    m.bytes += "OBR|1|||CONTINUOUS^WAVEFORM^HOSP|||";
    time();
    m.bytes += "\r";
    for (std::size_t i = 0; i < 12; ++i) {
        m.bytes += "OBX|" + std::to_string(i + 1) + "|NM|";
        m.bytes += rows[i][0];
        m.bytes += "|1.1.3." + std::to_string(i + 1) + "|";
        m.bytes += rows[i][1];
        m.bytes += "|";
        m.bytes += rows[i][2];
        m.bytes += "|||||F|||";
        time();
        m.bytes += "||||DEV" + padded.substr(2) + "\r";
    }
    m.bytes += "\x1C\r";
    return m;
}

} // namespace magwatch::bench
