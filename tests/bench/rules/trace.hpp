// The input of the rule benchmark: a ward of patients of whom some become toxic for a while, as a stream of
// observations in the order in which a poll of their monitors would deliver them.
//
// Deterministic: one seed, integers only, so that every engine in every language sees the same bytes. The
// walk is that of the neutral rule set "mgtox-25"; the figures are plausible and no clinical advice.
#pragma once

#include <time.h>

#include <array>
#include <cstdint>
#include <vector>

namespace magwatch::bench {

// Signals of the rule set, in the order of its trace.
enum TraceSignal : std::uint16_t { rr, spo2, hr, sbp, urine, mg, reflex, rate, trace_signals };
inline constexpr std::uint16_t clock_record = 65535; // as patient and signal: time went by for everybody

struct Record {
    std::uint32_t t; // seconds
    std::uint16_t patient;
    std::uint16_t signal;
    double value; // multiples of 1/8: sums are exact in any order
};

class TraceGenerator {
public:
    explicit TraceGenerator(int patients) : patients_(static_cast<std::size_t>(patients))
    {
        for (Patient& p : patients_) {
            p.rr = 16 + below(4);
            p.spo2 = 96 + below(3);
            p.hr = p.hr_base = 70 + below(60);
            p.sbp = p.sbp_base = 110 + below(50);
            p.urine = 1 + below(2);
            p.mg = 14 + below(6);
            p.rate = below(10) != 0 ? 16 : 0;
        }
    }

    void tick(std::uint32_t t, std::vector<Record>& out)
    {
        for (std::size_t i = 0; i < patients_.size(); ++i) {
            const auto values = step(patients_[i]);
            for (std::uint16_t s = 0; s < trace_signals; ++s) {
                if (s == rr && patients_[i].dropout != 0) continue;
                out.push_back({t, static_cast<std::uint16_t>(i), s, values[s]});
            }
        }
        out.push_back({t, clock_record, clock_record, 0});
    }

private:
    struct Patient {
        int rr = 0, spo2 = 0, hr = 0, sbp = 0, hr_base = 0, sbp_base = 0, dropout = 0, toxic = 0;
        int urine = 0, mg = 0, reflex = 2, rate = 0; // urine, mg and rate in eighths
    };

    int below(int n)
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<int>((std::uint64_t{static_cast<std::uint32_t>(state_ >> 32)} *
                                 static_cast<std::uint64_t>(n)) >> 32);
    }
    // One step in `every` ticks, a third of them towards the target.
    int walk(int v, int target, int every, int low, int high)
    {
        if (below(every) == 0) {
            int step = below(3) - 1;
            if (below(3) == 0) step = (target > v) - (target < v);
            v += step;
        }
        return v < low ? low : v > high ? high : v;
    }
    std::array<double, trace_signals> step(Patient& p);

    std::vector<Patient> patients_;
    std::uint64_t state_ = 0x9e3779b97f4a7c15ULL;
};

inline std::array<double, trace_signals> TraceGenerator::step(Patient& p)
{
    if (p.toxic == 0 && below(1500) == 0) {
        p.toxic = 180 + below(240);
    } else if (p.toxic != 0) {
        --p.toxic;
    }
    if (p.dropout == 0 && below(4000) == 0) {
        p.dropout = 10 + below(30);
    } else if (p.dropout != 0) {
        --p.dropout;
    }
    const bool ill = p.toxic != 0;
    p.rr = walk(p.rr, ill ? 9 : 17, 3, 4, 30);
    p.spo2 = walk(p.spo2, ill ? 90 : 97, 3, 80, 100);
    p.hr = walk(p.hr, ill ? 52 : p.hr_base, 2, 35, 150);
    p.sbp = walk(p.sbp, ill ? 82 : p.sbp_base, 2, 70, 190);
    p.urine = ill ? (below(4) == 0 ? 1 : 0) : 1 + (below(8) == 0 ? 1 : 0);
    p.mg = walk(p.mg, ill ? 34 : 16, 8, 5, 60);
    p.reflex = p.mg >= 36 ? 0 : p.mg >= 28 ? 1 : 2;
    if (below(2000) == 0) p.rate = p.rate != 0 ? 0 : 16;
    return {static_cast<double>(p.rr), static_cast<double>(p.spo2), static_cast<double>(p.hr),
            static_cast<double>(p.sbp), p.urine / 8.0, p.mg / 8.0, static_cast<double>(p.reflex), p.rate / 8.0};
}

inline std::vector<Record> make_trace(int patients, int ticks)
{
    std::vector<Record> out;
    out.reserve(static_cast<std::size_t>(patients) * static_cast<std::size_t>(ticks) * trace_signals +
                static_cast<std::size_t>(ticks));
    TraceGenerator generator{patients};
    for (int k = 0; k < ticks; ++k) generator.tick(static_cast<std::uint32_t>(k) * 10 + 1000, out);
    return out;
}

// What every engine must agree on: how often rules became true and false, and a sum over the transitions that
// does not depend on their order.
struct Tally {
    std::uint64_t raises = 0, clears = 0;
    std::uint32_t hash = 0;
    friend bool operator==(const Tally&, const Tally&) = default;

    void count(std::uint32_t t, std::uint32_t patient, std::uint32_t rule, bool raised)
    {
        (raised ? raises : clears) += 1;
        std::uint32_t x = t ^ (patient << 16) ^ (rule << 8) ^ (raised ? 1U : 0U);
        x = (x ^ (x >> 16)) * 0x45d9f3bU;
        x = (x ^ (x >> 16)) * 0x45d9f3bU;
        hash += x ^ (x >> 16);
    }
};

// Of this thread: what others do on the machine is not counted.
inline double cpu_seconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Measured {
    Tally tally;
    std::uint64_t observations = 0;
    double seconds = 0;
    [[nodiscard]] double ns_per_observation() const
    {
        return seconds * 1e9 / static_cast<double>(observations == 0 ? 1 : observations);
    }
};

// The same rules twice: written by hand for these eight signals, and as a pack in the engine.
[[nodiscard]] Measured run_floor(const std::vector<Record>& trace, int patients);
[[nodiscard]] Measured run_engine(const std::vector<Record>& trace, int patients);

} // namespace magwatch::bench
