// A patient who is given magnesium sulfate by vein: where the magnesium goes and what it does.
//
// Pure and deterministic: no clock, no randomness, no libm; equal calls give equal bits on every machine.
// Kinetics: the two-compartment model of Clin Pharmacokinet 2002;41:1105 (clinical.md 7.1: CL 5.0 L/h,
// Vc 24 L, Vp 25 L, Q 5.6 L/h; 1 g of heptahydrate = 4.0573 mmol). Effects: the bands of clinical.md 3.1;
// where in a band this patient stands is `sensitivity`. Blood pressure: the Emax model of the same paper.
// The shapes between the bands' edges are design values. A model for demonstrations and tests: it predicts
// nobody.
// Units: hours inside, milliseconds at the interface, mmol/L, litres, mL/h, percent, mmHg.
#pragma once

#include <cstdint>

namespace magwatch::simulator {

struct PatientParameters {
    double clearance = 5.0;         // L/h; falls with kidney function
    double central_volume = 24;     // L
    double peripheral_volume = 25;  // L
    double exchange = 5.6;          // L/h between the two
    double baseline = 0.80;         // mmol/L without treatment
    double magnesium = 0.80;        // mmol/L at the start, in both compartments
    double sensitivity = 1;         // 1.2: every effect comes at a level 1.2 times lower
    double hr = 86;                 // /min, untreated and at rest, as all that follow
    double rr = 17;                 // /min
    double spo2 = 98;               // %
    double sbp = 158;               // mmHg
    double dbp = 102;               // mmHg
    double temp = 36.8;             // Cel
    double urine = 65;              // mL/h
    bool epidural = false;          // knee reflex gone by the block, arm reflex not
    double opioid = 0;              // share of the breathing that an opioid takes, 0 to 1
};

enum class Avpu : std::uint8_t { alert = 0, voice = 1, pain = 2, unresponsive = 3 };

// What is true of the body now; what a device shows of it is another matter (noise.hpp).
struct PatientTruth {
    double magnesium = 0; // serum, mmol/L
    double effect = 0;    // level that the nerves feel: lag, sensitivity and calcium included, mmol/L
    double hr = 0, rr = 0, spo2 = 0, sbp = 0, dbp = 0, temp = 0;
    double urine_rate = 0; // mL/h
    double urine = 0;      // mL since the start
    int reflex_knee = 2;   // 0 absent, 1 diminished, 2 normal
    int reflex_arm = 2;
    Avpu avpu = Avpu::alert;
    [[nodiscard]] double map() const { return dbp + (sbp - dbp) / 3; }
    [[nodiscard]] int reflex(bool epidural) const { return epidural ? reflex_arm : reflex_knee; }
};

class PatientModel {
public:
    explicit PatientModel(const PatientParameters& parameters);

    // Body time goes on by `ms` while magnesium sulfate heptahydrate runs at this rate. Integrated in whole
    // steps of one second, so how the time is cut into calls does not matter.
    void advance(std::int64_t ms, double grams_per_hour);
    // Calcium gluconate 1 g: opposes the effect at the nerve for a while, the level stays (clinical.md 4).
    void give_calcium(double grams);
    // The kidneys change (share of the first clearance), urine with them.
    void set_kidneys(double share);
    void set_opioid(double share) { parameters_.opioid = share; }

    [[nodiscard]] const PatientTruth& truth() const { return truth_; }
    [[nodiscard]] const PatientParameters& parameters() const { return parameters_; }
    [[nodiscard]] std::int64_t body_time_ms() const { return body_ms_; }

private:
    void second(double grams_per_hour);
    void show();

    PatientParameters parameters_;
    PatientTruth truth_;
    double central_ = 0;    // mmol/L above baseline
    double peripheral_ = 0; // mmol/L above baseline
    double site_ = 0;       // mmol/L above baseline at the nerve
    double site_sbp_ = 0, site_dbp_ = 0;
    double calcium_ = 0;    // share of the effect that calcium takes away
    double saturation_;     // %
    double kidneys_ = 1;
    double dead_s_ = 0;     // seconds without breath
    std::int64_t body_ms_ = 0;
    std::int64_t pending_ms_ = 0;
};

} // namespace magwatch::simulator
