// The floor: the 25 rules by hand, over state laid out for exactly these signals and windows.
#include <bit>
#include <cmath>
#include <memory>

#include "tests/bench/rules/trace.hpp"

namespace magwatch::bench {
namespace {

template <std::uint32_t N> struct Ring {
    static_assert((N & (N - 1)) == 0);
    std::uint32_t t[N];
    float v[N];
    std::uint32_t head = 0;
    void put(std::uint32_t time, double value)
    {
        t[head & (N - 1)] = time;
        v[head & (N - 1)] = static_cast<float>(value);
        ++head;
    }
    // Leaves out of the window beginning at `tail` what is not after `limit`.
    void leave(std::uint32_t& tail, std::uint32_t limit, double& sum) const
    {
        for (; t[tail & (N - 1)] <= limit; ++tail) sum -= v[tail & (N - 1)];
    }
};

struct Windows {
    Ring<2048> urine;
    std::uint32_t tail_4h = 0, tail_1h = 0, urine_first = 0;
    double sum_4h = 0, sum_1h = 0;
    Ring<128> spo2;
    std::uint32_t spo2_tail = 0;
    double spo2_sum = 0;
    Ring<128> low_sbp; // the front is the least, values rise towards the back
    std::uint32_t sbp_front = 0;
    Ring<128> rr;
    std::uint32_t rr_tail = 0;
    Ring<1024> mg;
    std::uint32_t mg_tail = 0;

    void add_urine(std::uint32_t t, double v)
    {
        if (urine.head == 0) urine_first = t;
        urine.put(t, v);
        sum_4h += v;
        sum_1h += v;
        if (t > 14400) urine.leave(tail_4h, t - 14400, sum_4h);
        if (t > 3600) urine.leave(tail_1h, t - 3600, sum_1h);
    }
    double mean_spo2(std::uint32_t t, double v)
    {
        spo2.put(t, v);
        spo2_sum += v;
        if (t > 600) spo2.leave(spo2_tail, t - 600, spo2_sum);
        return spo2_sum / (spo2.head - spo2_tail);
    }
    double min_sbp(std::uint32_t t, double v)
    {
        while (low_sbp.head != sbp_front && low_sbp.v[(low_sbp.head - 1) & 127] >= v) --low_sbp.head;
        low_sbp.put(t, v);
        while (t > 900 && low_sbp.t[sbp_front & 127] <= t - 900) ++sbp_front;
        return low_sbp.v[sbp_front & 127];
    }
    double delta_rr(std::uint32_t t, double v)
    {
        rr.put(t, v);
        while (t > 900 && rr.t[rr_tail & 127] <= t - 900) ++rr_tail;
        return v - rr.v[rr_tail & 127];
    }
    double delta_mg(std::uint32_t t, double v)
    {
        mg.put(t, v);
        while (t > 7200 && mg.t[mg_tail & 1023] <= t - 7200) ++mg_tail;
        return v - mg.v[mg_tail & 1023];
    }
};

struct Latest {
    double v[trace_signals];
    std::uint32_t truths = 0; // bit r: rule r
};

struct Slow {
    Windows windows;
    std::uint32_t rr_since = 0, spo2_since = 0, sbp_since = 0, hr_since = 0, last_rr = 0;
};

constexpr std::uint32_t rule_bits(std::initializer_list<int> rules)
{
    std::uint32_t bits = 0;
    for (const int r : rules) bits |= 1U << r;
    return bits;
}
constexpr std::uint32_t readers[trace_signals] = {
    rule_bits({1, 2, 13, 21, 23, 24, 25}), rule_bits({3, 4, 14, 19, 23}), rule_bits({5, 12, 16}),
    rule_bits({6, 7, 15, 20}), rule_bits({17, 18}), rule_bits({8, 9, 22, 24}), rule_bits({10, 11, 24}),
    rule_bits({23, 24, 25})};

inline std::uint32_t bit(bool truth, int rule) { return static_cast<std::uint32_t>(truth) << rule; }

inline bool sustained(std::uint32_t& since, bool truth, std::uint32_t t, std::uint32_t length)
{
    if (!truth) {
        since = 0;
        return false;
    }
    if (since == 0) since = t;
    return t - since >= length;
}

inline std::uint32_t combinations(const Latest& p)
{
    const bool running = p.v[rate] > 0;
    return bit(p.v[rr] < 14 && p.v[spo2] < 95 && running, 23) |
           bit(p.v[reflex] < 1.5 && (p.v[rr] < 13 || p.v[mg] >= 3.0) && running, 24);
}

inline std::uint32_t evaluate(Latest& p, Slow& s, const Record& r)
{
    const double v = r.value;
    const std::uint32_t t = r.t;
    switch (r.signal) {
    case rr:
        s.last_rr = t;
        return bit(v < 12, 1) | bit(v < 10, 2) | bit(sustained(s.rr_since, v < 14, t, 300), 13) |
               bit(s.windows.delta_rr(t, v) <= -4, 21) | combinations(p);
    case spo2:
        return bit(v < 94, 3) | bit(v < 90, 4) | bit(sustained(s.spo2_since, v < 95, t, 120), 14) |
               bit(s.windows.mean_spo2(t, v) < 94, 19) | combinations(p);
    case hr: return bit(v < 50, 5) | bit(v >= 130, 12) | bit(sustained(s.hr_since, v < 60, t, 600), 16);
    case sbp:
        return bit(v < 90, 6) | bit(v >= 160, 7) | bit(sustained(s.sbp_since, v >= 155, t, 900), 15) |
               bit(s.windows.min_sbp(t, v) < 85, 20);
    case urine: {
        s.windows.add_urine(t, v);
        const std::uint32_t armed = t - s.windows.urine_first;
        return bit(armed >= 14400 && s.windows.sum_4h < 100, 17) | bit(armed >= 3600 && s.windows.sum_1h < 25, 18);
    }
    case mg:
        return bit(v >= 3.5, 8) | bit(v >= 5.0, 9) | bit(s.windows.delta_mg(t, v) >= 0.75, 22) | combinations(p);
    case reflex: return bit(v < 0.5, 10) | bit(v < 1.5, 11) | combinations(p);
    default: return combinations(p) | bit(s.last_rr != 0 && t - s.last_rr > 180 && v > 0, 25);
    }
}

} // namespace

Measured run_floor(const std::vector<Record>& trace, int patients)
{
    const auto n = static_cast<std::size_t>(patients);
    const auto slow = std::make_unique<Slow[]>(n);
    std::vector<Latest> latest(n);
    for (Latest& p : latest) {
        for (double& v : p.v) v = std::nan(""); // every comparison with it is false
    }
    Measured run;
    const double begin = cpu_seconds();
    for (const Record& r : trace) {
        if (r.patient == clock_record) [[unlikely]] {
            for (std::size_t i = 0; i < n; ++i) {
                Latest& p = latest[i];
                const bool silent = slow[i].last_rr != 0 && r.t - slow[i].last_rr > 180 && p.v[rate] > 0;
                if (silent == ((p.truths >> 25 & 1) != 0)) continue;
                p.truths ^= 1U << 25;
                run.tally.count(r.t, static_cast<std::uint32_t>(i), 25, silent);
            }
            continue;
        }
        ++run.observations;
        Latest& p = latest[r.patient];
        p.v[r.signal] = r.value;
        std::uint32_t changed = (p.truths ^ evaluate(p, slow[r.patient], r)) & readers[r.signal];
        p.truths ^= changed;
        for (; changed != 0; changed &= changed - 1) {
            const auto rule = static_cast<std::uint32_t>(std::countr_zero(changed));
            run.tally.count(r.t, r.patient, rule, (p.truths >> rule & 1) != 0);
        }
    }
    run.seconds = cpu_seconds() - begin;
    return run;
}

} // namespace magwatch::bench
