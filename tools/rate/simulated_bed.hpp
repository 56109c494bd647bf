// One simulated woman in a ward of one bed, second by second.
//
// Pure and seeded. The ward is the real reducer; what it pages is counted, and may be answered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rules/ward/ward.hpp"
#include "tools/simulator/noise.hpp"
#include "tools/simulator/patient_model.hpp"

namespace magwatch::rate {

struct BedOptions {
    int period_s = 5;
    bool says_not_available = false; // in a dropout the monitor says so instead of saying nothing
    bool cuff_on_oximeter_arm = false;
};
struct BedFacts {
    bool epidural = false;
};
// How the staff chart reflexes, counted breathing, consciousness and urine.
struct Charting {
    std::int64_t every_s = 0; // 0: never
    std::int64_t first_every_s = 0; // in the first two hours
    double late = 0; // share of the rounds that are 20 to 40 min late
};

class SimulatedBed {
public:
    struct Seen {
        std::map<std::string, int> raised_high, raised_other;
        int calls_high = 0, calls_other = 0;
        std::string first_rule; // of the first high physiological alarm
        std::uint64_t observations = 0;
    };

    SimulatedBed(const std::string& pack_text, const std::string& pack_name,
                 const simulator::PatientParameters& woman, const BedOptions& options, std::uint64_t seed);
    void start(const BedFacts& facts);
    void set_charting(const Charting& charting);
    void answer_pages(bool yes) { answers_ = yes; }
    void chart_bolus(double grams, int minutes);
    void chart_rate(double grams_per_hour);
    void set_kidneys(double share);
    // One second passes while magnesium sulfate runs at this rate.
    void second(double grams_per_hour);
    // From now on only the body lives; the ward is asked no more.
    void body_only() { ward_asked_ = false; }

    [[nodiscard]] const Seen& seen() const { return seen_; }
    [[nodiscard]] const simulator::PatientTruth& truth() const { return body_.truth(); }

private:
    void step(const Input& input);
    void wake();
    void look(const Effect& effect);
    void send(Signal signal, std::optional<double> value);
    void send_monitor();
    void chart(Signal signal, double value);
    void chart_round();
    void answer_due();

    simulator::PatientModel body_;
    simulator::BedsideNoise monitor_;
    simulator::Random random_;
    BedOptions options_;
    Charting charting_;
    Ward ward_;
    EffectBuffer effects_;
    Moment now_;
    std::int64_t second_ = 0;
    std::int64_t next_round_s_ = -1;
    std::int64_t last_cuff_ms_ = -1;
    double urine_charted_ = 0;
    double kidneys_ = 1;
    std::uint64_t keys_ = 0;
    bool answers_ = false;
    bool ward_asked_ = true;
    struct Due {
        std::int64_t at_s;
        CallId call;
        AnswerKind kind;
    };
    std::vector<Due> due_;
    std::set<CallId> high_calls_, other_calls_;
    Seen seen_;
};

} // namespace magwatch::rate
