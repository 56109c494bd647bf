// Where magnesium goes in one body: exact solutions for one and two compartments.
//
// Pure. Units: hours inside, L/h, L, mmol/L of total serum magnesium. The equations are linear, so what is
// in the blood is the sum over all doses (superposition) of their closed form; no step size, no integrator.
// Equations: clinical.md 7.2. A constant rate of R mmol/h from f to u gives, with the impulse response
// h(t) = sum a_j exp(-l_j t), the sum of R a_j/l_j (exp(-l_j (t-u)) - exp(-l_j (t-f))) for t >= u; a dose D
// into the muscle gives D F ka sum a_j (exp(-l_j t) - exp(-ka t))/(ka - l_j).
// Limits: no saturation, no change of the body during the course; magnesium below the base never occurs.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "rules/pharmacokinetics/course.hpp"

namespace magwatch {

// One body. All above 0, except that `exchange` 0 means one compartment.
struct Disposition {
    double clearance = 0;       // L/h
    double central = 0;         // L
    double peripheral = 0;      // L, unused in one compartment
    double exchange = 0;        // L/h between the two
    double base = 0;            // mmol/L without treatment
    double absorption = 0;      // 1/h from the muscle
    double bioavailability = 0; // share of an intramuscular dose that arrives
};

class Kinetics {
public:
    explicit Kinetics(const Disposition& body);
    // Total serum magnesium, mmol/L.
    [[nodiscard]] double concentration(const Course& course, Instant at) const;
    // The same at many times, in their order, in one walk along the course: a chart of a day in a
    // fraction of a millisecond.
    [[nodiscard]] std::vector<double> curve(const Course& course, std::span<const Instant> times) const;
    // Where a constant rate leads in the end, mmol/L.
    [[nodiscard]] double steady_state(double grams_per_hour) const;
    // The half-life of the slowest part, h.
    [[nodiscard]] double half_life() const;

private:
    struct Term {
        double size = 0;  // mmol/L for each mmol
        double decay = 0; // 1/h
    };
    class Walk;
    [[nodiscard]] double from_muscle(const Course& course, Instant at) const;

    Disposition body_;
    std::array<Term, 2> terms_; // the second has size 0 in one compartment
};

} // namespace magwatch
