#include "tools/simulator/patient_model.hpp"

#include <algorithm>
#include <array>

namespace magwatch::simulator {
namespace {

constexpr double mmol_per_gram = 4.0573; // heptahydrate, clinical.md 0
constexpr double step_h = 1.0 / 3600;

// Lag between serum and nerve, per hour. Reflexes follow the level within minutes (design value); blood
// pressure by the constants of the 2002 paper.
constexpr double keo_nerve = 6.0;
constexpr double keo_sbp = 0.76, emax_sbp = 36.8, ec50_sbp = 0.75;
constexpr double keo_dbp = 0.5, emax_dbp = 27.8, ec50_dbp = 0.88;

// Levels at the nerve, mmol/L, inside the bands of clinical.md 3.1.
constexpr double reflex_weak = 2.9; // depressed 2.5 to 4.0
constexpr double reflex_lost = 4.0; // lost 3.5 to 5
constexpr double drowsy = 4.7, answers_pain = 5.6, unconscious = 6.2;

struct Point {
    double at, value;
};
// A curve by straight lines; flat beyond its ends.
template <std::size_t N> double curve(const std::array<Point, N>& points, double at)
{
    if (at <= points.front().at) return points.front().value;
    for (std::size_t i = 1; i < N; ++i) {
        const Point a = points[i - 1], b = points[i];
        if (at <= b.at) return a.value + (b.value - a.value) * (at - a.at) / (b.at - a.at);
    }
    return points.back().value;
}

// Share of the breathing rate that is left: depression at 4 to 5 (AHA) or 5 to 6.5 (LN), arrests reported
// at 5 to 6.95 (CKJ).
constexpr std::array<Point, 6> breathing = {
    {{3.5, 1.0}, {4.0, 0.92}, {5.0, 0.66}, {5.6, 0.36}, {6.2, 0.18}, {6.3, 0.0}}};
// Share of the heart rate: bradycardia and block from 6, arrest beyond 12.5.
constexpr std::array<Point, 4> heart = {{{5.6, 1.0}, {6.5, 0.6}, {10.0, 0.4}, {12.5, 0.0}}};
// Hypotension at 6 to 10: share of the pressure.
constexpr std::array<Point, 3> pressure = {{{5.0, 1.0}, {7.0, 0.75}, {10.0, 0.5}}};
// Lack of oxygen slows and then stops the heart.
constexpr std::array<Point, 3> heart_without_oxygen = {{{35.0, 0.0}, {45.0, 0.5}, {65.0, 1.0}}};

double emax(double level, double most, double half) { return most * level / (half + level); }

} // namespace

PatientModel::PatientModel(const PatientParameters& parameters)
    : parameters_{parameters}, saturation_{parameters.spo2}
{
    central_ = peripheral_ = site_ = site_sbp_ = site_dbp_ =
        std::max(0.0, parameters.magnesium - parameters.baseline);
    show();
}

void PatientModel::advance(std::int64_t ms, double grams_per_hour)
{
    pending_ms_ += ms;
    body_ms_ += ms;
    for (; pending_ms_ >= 1000; pending_ms_ -= 1000) {
        second(grams_per_hour);
        show();
    }
}

void PatientModel::give_calcium(double grams)
{
    // One gram takes away a third of the effect at once; two, half (design values).
    calcium_ = std::min(0.5, calcium_ + 0.33 * grams);
}

void PatientModel::set_kidneys(double share) { kidneys_ = std::clamp(share, 0.0, 2.0); }

void PatientModel::second(double grams_per_hour)
{
    const PatientParameters& p = parameters_;
    const double flow = p.exchange * (central_ - peripheral_);
    const double in = grams_per_hour * mmol_per_gram;
    central_ += step_h * (in - p.clearance * kidneys_ * central_ - flow) / p.central_volume;
    peripheral_ += step_h * flow / p.peripheral_volume;
    site_ += step_h * keo_nerve * (central_ - site_);
    site_sbp_ += step_h * keo_sbp * (central_ - site_sbp_);
    site_dbp_ += step_h * keo_dbp * (central_ - site_dbp_);
    calcium_ -= step_h * 2.0 * calcium_; // half gone after 20 minutes: recurrence is to be expected

    const double effect = (p.baseline + site_) * p.sensitivity * (1 - calcium_);
    const double breath = curve(breathing, effect) * (1 - p.opioid);
    // Saturation goes with ventilation: 84 % at a third of it (clinical.md 10, seed a), within a minute;
    // without any breath it goes on falling.
    dead_s_ = breath <= 0 ? dead_s_ + 1 : 0;
    const double lost = breath < 0.7 ? (0.7 - breath) * 38 : 0;
    const double target = std::max(30.0, p.spo2 - lost - 0.15 * dead_s_);
    saturation_ += (target - saturation_) / (target < saturation_ ? 60 : 25);
    truth_.urine += step_h * truth_.urine_rate;
}

void PatientModel::show()
{
    const PatientParameters& p = parameters_;
    truth_.magnesium = p.baseline + central_;
    truth_.effect = (p.baseline + site_) * p.sensitivity * (1 - calcium_);
    const double e = truth_.effect;
    truth_.rr = p.rr * curve(breathing, e) * (1 - p.opioid);
    truth_.spo2 = saturation_;
    truth_.hr = p.hr * curve(heart, e) * curve(heart_without_oxygen, saturation_);
    const double left = curve(pressure, e) * (truth_.hr > 0 ? 1 : 0);
    truth_.sbp = (p.sbp - emax(site_sbp_, emax_sbp, ec50_sbp)) * left;
    truth_.dbp = (p.dbp - emax(site_dbp_, emax_dbp, ec50_dbp)) * left;
    truth_.temp = p.temp;
    truth_.urine_rate = p.urine * std::min(1.0, kidneys_) * (truth_.map() < 60 ? 0.3 : 1.0);
    truth_.reflex_arm = e >= reflex_lost ? 0 : e >= reflex_weak ? 1 : 2;
    truth_.reflex_knee = p.epidural ? 0 : truth_.reflex_arm;
    truth_.avpu = e >= unconscious || saturation_ < 60 ? Avpu::unresponsive
                  : e >= answers_pain                  ? Avpu::pain
                  : e >= drowsy                        ? Avpu::voice
                                                       : Avpu::alert;
}

} // namespace magwatch::simulator
