// How often a pack pages: over simulated beds where nothing is wrong, and over courses that end in respiratory
// arrest unless somebody comes.
//
// The bodies and their monitors are the simulator's (noise of signals.md 3), the ward is the real one, under
// virtual time. Everything is drawn from one seed: equal requests give equal reports on every machine.
// A calm bed-day: 24 h of 4 g over 20 min and 1 g/h; checks charted, one in ten late by 20 to 40 min; whoever is
// paged comes within a minute and charts what she finds. A course: a third with the infusion uncharted or charted
// wrong, a third with kidneys that fail at the ordered dose, a third sparsely charted with an epidural or the cuff on
// the oximeter's arm; nobody answers.
// The baselines are design values, printed with every report: a rate means nothing without them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace magwatch::rate {

struct Baseline {
    double mean = 0, spread = 0, low = 0, high = 0; // a normal distribution, cut off
};
inline constexpr Baseline rr_baseline{18.5, 1.5, 16, 23};  // /min
inline constexpr Baseline spo2_baseline{97.8, 0.7, 96.5, 100}; // %
inline constexpr Baseline hr_baseline{86, 9, 66, 115};     // /min
inline constexpr Baseline sbp_baseline{152, 10, 132, 175}; // mmHg
inline constexpr double clearance_spread = 0.25;           // of 5.0 L/h, cut off at 60 and 160 %
inline constexpr double sensitivity_spread = 0.08;

struct Request {
    std::string pack_text; // effective: stands alone
    std::string pack_name;
    std::uint64_t seed = 1;
    int bed_days = 200;
    int courses = 500;
    int period_s = 5; // between the monitor's values
    std::function<void(int done, int of)> progress; // may be empty
};

struct Course {
    std::string kind;          // "wrong-rate", "kidneys", "sparse"
    double paged_s = -1;       // first high physiological page; < 0: none before the arrest
    double arrest_s = 0;       // breathing stopped
    std::string rule;          // that paged first
};

struct Report {
    int bed_days = 0;
    std::map<std::string, int> raised_high; // rule, high physiological alarms on calm beds
    std::map<std::string, int> raised_other;
    int calls_high = 0;  // calls opened by them: each is one first page
    int calls_other = 0; // every other call of these beds
    std::vector<Course> courses;
    std::uint64_t observations = 0;

    [[nodiscard]] double high_per_bed_day() const;
    // How often a monitor that works was called frozen (goal G4).
    [[nodiscard]] double frozen_per_bed_day() const;
    [[nodiscard]] int unpaged() const;
    // Seconds between the page and the arrest at a share of the courses (0.05: p5), those that were paged.
    [[nodiscard]] double lead(double share) const;
};

// A pack that does not compile gives an empty report and its reasons in `errors`.
[[nodiscard]] Report measure(const Request& request, std::vector<std::string>& errors);

} // namespace magwatch::rate
