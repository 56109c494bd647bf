// rule_engine TRACE PATIENTS SECONDS: the 25 neutral rules, as a pack, over a recorded trace in a loop.
//
// TRACE holds little-endian records {u32 t; u16 patient; u16 signal; f64 value}. Beyond the trace's own patients
// further ones repeat it: patient p + n is like p. Prints one JSON line; raises, clears and hash are those of the
// first pass, in which each transition is counted when it is found at evaluation.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "rules/evaluation/evaluation.hpp"
#include "tests/bench/rules/rule_set.hpp"
#include "tests/bench/rules/trace.hpp"

using namespace magwatch;
using namespace magwatch::bench;

namespace {

constexpr Signal signals[trace_signals] = {Signal::rr,    Signal::spo2, Signal::hr,     Signal::sbp,
                                           Signal::urine, Signal::mg,   Signal::reflex, Signal::infusion_rate};
constexpr std::size_t latencies_max = 1'000'000;
constexpr std::uint64_t latency_every = 61; // a prime: it meets every signal alike

std::vector<Record> read_trace(const char* path)
{
    std::ifstream in{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    static_assert(sizeof(Record) == 16);
    if (bytes.size() % sizeof(Record) != 0) return {};
    std::vector<Record> trace(bytes.size() / sizeof(Record));
    if (!trace.empty()) std::memcpy(trace.data(), bytes.data(), bytes.size());
    const bool good = std::all_of(trace.begin(), trace.end(), [](const Record& r) {
        return r.patient == clock_record ? r.signal == clock_record : r.signal < trace_signals;
    });
    return good ? trace : std::vector<Record>{};
}

struct Bed {
    PatientState patient;
    Evaluation evaluation;
    std::uint32_t raised = 0;
    explicit Bed(const Pack& pack) : evaluation{pack}
    {
        patient.set_windows(pack.windows);
        // max_age = "none": a value holds until the next one.
        for (std::size_t i = 0; pack.ageless && i < signal_count; ++i) {
            patient.set_fresh_for(static_cast<Signal>(i), std::chrono::hours{24 * 366});
        }
    }
};

class Run {
public:
    Run(const Pack& pack, const std::vector<Record>& trace, std::size_t patients) : pack_{pack}, trace_{trace}
    {
        for (const Record& r : trace) {
            if (r.patient != clock_record) traced_ = std::max<std::size_t>(traced_, r.patient + 1U);
        }
        beds_.reserve(patients);
        for (std::size_t i = 0; i < patients; ++i) beds_.emplace_back(pack);
        latencies_.reserve(latencies_max);
    }

    void run(double seconds)
    {
        const auto begin = std::chrono::steady_clock::now();
        const double cpu = cpu_seconds();
        const auto over = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() >= seconds; };
        do {
            for (std::size_t from = 0; from < trace_.size();) {
                std::size_t to = from;
                while (to < trace_.size() && trace_[to].patient != clock_record) ++to;
                poll(std::span{trace_}.subspan(from, to - from));
                if (to < trace_.size()) clock(trace_[to]);
                from = to + 1;
                if (!first_ && over()) break;
            }
            if (first_) first_pass_ = tally_;
            first_ = false;
            shift_ += std::int64_t{trace_.back().t} - trace_.front().t + 10;
        } while (!over());
        seconds_ = cpu_seconds() - cpu;
    }

    void print()
    {
        std::uint64_t p99 = 0;
        if (!latencies_.empty()) {
            const auto at = latencies_.begin() + static_cast<std::ptrdiff_t>(latencies_.size() * 99 / 100);
            std::nth_element(latencies_.begin(), at, latencies_.end());
            p99 = *at;
        }
        const auto n = static_cast<double>(observations_);
        std::printf("{\"raises\":%llu,\"clears\":%llu,\"hash\":%u,\"observations_per_s\":%.0f,\"ns_per_observation\":%.2f,"
                    "\"p99_ns\":%llu}\n",
                    static_cast<unsigned long long>(first_pass_.raises), static_cast<unsigned long long>(first_pass_.clears),
                    first_pass_.hash, n / seconds_, seconds_ * 1e9 / n, static_cast<unsigned long long>(p99));
    }

private:
    [[nodiscard]] Instant at(const Record& r) const { return Instant{(std::int64_t{r.t} + shift_) * 1000}; }
    auto report(std::size_t patient, const Record& r)
    {
        return [this, patient, t = r.t](std::size_t rule, const RuleTruth& truth) {
            const bool yes = truth.raise == Truth::yes;
            std::uint32_t& raised = beds_[patient].raised;
            if (yes == ((raised >> rule & 1) != 0)) return;
            raised ^= 1U << rule;
            tally_.count(t, static_cast<std::uint32_t>(patient), static_cast<std::uint32_t>(rule + 1), yes);
        };
    }
    void observe(std::size_t patient, const Record& r)
    {
        Bed& bed = beds_[patient];
        const Instant now = at(r);
        const Signal signal = signals[r.signal];
        bed.patient.accept(signal, r.value, now, now, no_source);
        bed.evaluation.evaluate(pack_, bed.patient, now, mask(signal), report(patient, r));
    }
    // One poll of the whole ward, patient by patient.
    void poll(std::span<const Record> records)
    {
        for (std::size_t first = 0; first < beds_.size(); first += traced_) {
            for (const Record& r : records) {
                const std::size_t patient = first + r.patient;
                if (patient >= beds_.size()) continue;
                if (++observations_ % latency_every != 0 || latencies_.size() == latencies_max) {
                    observe(patient, r);
                    continue;
                }
                const auto begin = std::chrono::steady_clock::now();
                observe(patient, r);
                const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin;
                latencies_.push_back(static_cast<std::uint64_t>(took.count()));
            }
        }
    }
    void clock(const Record& r)
    {
        for (std::size_t i = 0; i < beds_.size(); ++i) {
            beds_[i].evaluation.evaluate_due(pack_, beds_[i].patient, at(r), report(i, r));
        }
    }

    const Pack& pack_;
    const std::vector<Record>& trace_;
    std::size_t traced_ = 0;
    std::vector<Bed> beds_;
    std::vector<std::uint64_t> latencies_;
    Tally tally_, first_pass_;
    bool first_ = true;
    std::int64_t shift_ = 0; // of this pass, s
    std::uint64_t observations_ = 0;
    double seconds_ = 0;
};

template <class T> bool read(std::string_view text, T& out)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

} // namespace

int main(int argc, char** argv)
{
    unsigned patients = 0;
    double seconds = 0;
    if (argc != 4 || !read(argv[2], patients) || !read(argv[3], seconds) || patients < 1 || patients > 60'000 ||
        !(seconds >= 0 && seconds <= 86'400)) {
        std::fprintf(stderr, "usage: rule_engine TRACE PATIENTS SECONDS\n");
        return 2;
    }
    const auto trace = read_trace(argv[1]);
    if (trace.empty()) {
        std::fprintf(stderr, "rule_engine: %s: no trace\n", argv[1]);
        return 1;
    }
    const auto pack = load_rules();
    Run run{*pack, trace, patients};
    run.run(seconds);
    run.print();
    return 0;
}
