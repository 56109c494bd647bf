// The engine under test: the same 25 rules as a pack, over PatientState and Evaluation as the ward uses them.
#include <chrono>

#include "rules/evaluation/evaluation.hpp"
#include "tests/bench/rules/rule_set.hpp"
#include "tests/bench/rules/trace.hpp"

namespace magwatch::bench {
namespace {

constexpr Signal signals[trace_signals] = {Signal::rr,    Signal::spo2, Signal::hr,     Signal::sbp,
                                           Signal::urine, Signal::mg,   Signal::reflex, Signal::infusion_rate};

struct Bed {
    PatientState patient;
    Evaluation evaluation;
    explicit Bed(const Pack& pack) : evaluation{pack}
    {
        patient.set_windows(pack.windows);
        // The rule set knows no freshness: a value holds until the next one.
        for (const Signal signal : signals) patient.set_fresh_for(signal, std::chrono::hours{24 * 366});
    }
};

} // namespace

Measured run_engine(const std::vector<Record>& trace, int patients)
{
    const auto pack = load_rules();
    std::vector<Bed> beds;
    beds.reserve(static_cast<std::size_t>(patients));
    for (int i = 0; i < patients; ++i) beds.emplace_back(*pack);
    // A rule that is unknown has not become true yet, nor false again.
    std::vector<std::uint32_t> raised(beds.size(), 0);
    Measured run;
    const double begin = cpu_seconds();
    for (const Record& r : trace) {
        const Instant now{std::int64_t{r.t} * 1000};
        const auto report = [&](std::size_t patient) {
            return [&run, &raised, &r, patient](std::size_t rule, const RuleTruth& truth) {
                const bool yes = truth.raise == Truth::yes;
                if (yes == ((raised[patient] >> rule & 1) != 0)) return;
                raised[patient] ^= 1U << rule;
                run.tally.count(r.t, static_cast<std::uint32_t>(patient), static_cast<std::uint32_t>(rule + 1), yes);
            };
        };
        if (r.patient == clock_record) [[unlikely]] {
            for (std::size_t i = 0; i < beds.size(); ++i) {
                beds[i].evaluation.evaluate_due(*pack, beds[i].patient, now, report(i));
            }
            continue;
        }
        ++run.observations;
        Bed& bed = beds[r.patient];
        const Signal signal = signals[r.signal];
        bed.patient.accept(signal, r.value, now, now, no_source);
        bed.evaluation.evaluate(*pack, bed.patient, now, mask(signal), report(r.patient));
    }
    run.seconds = cpu_seconds() - begin;
    return run;
}

} // namespace magwatch::bench
