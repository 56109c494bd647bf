#include "rules/patient/score.hpp"

#include <algorithm>

namespace magwatch {
namespace {

using Points = int (*)(double);

// --- NEWS2 ---

int news_breathing(double v) { return v < 9 || v > 24 ? 3 : v > 20 ? 2 : v < 12 ? 1 : 0; }
int news_oxygen(double v) { return v < 92 ? 3 : v < 94 ? 2 : v < 96 ? 1 : 0; }
int news_systolic(double v) { return v < 91 || v > 219 ? 3 : v < 101 ? 2 : v < 111 ? 1 : 0; }
int news_pulse(double v) { return v < 41 || v > 130 ? 3 : v > 110 ? 2 : v < 51 || v > 90 ? 1 : 0; }
int news_temperature(double v) { return v < 35.1 ? 3 : v > 39.0 ? 2 : v < 36.1 || v > 38.0 ? 1 : 0; }
int news_consciousness(double v) { return v > 0 ? 3 : 0; }

// --- MEOWS: 1 yellow, 2 red ---

int meows_breathing(double v) { return v < 10 || v > 30 ? 2 : v > 20 ? 1 : 0; }
int meows_oxygen(double v) { return v < 95 ? 2 : 0; }
int meows_temperature(double v) { return v < 35 || v > 38 ? 2 : v < 36 ? 1 : 0; }
int meows_systolic(double v) { return v < 90 || v > 160 ? 2 : v <= 100 || v >= 150 ? 1 : 0; }
int meows_diastolic(double v) { return v > 100 ? 2 : v >= 90 ? 1 : 0; }
int meows_pulse(double v) { return v < 40 || v > 120 ? 2 : v <= 50 || v >= 100 ? 1 : 0; }
int meows_consciousness(double v) { return v >= 2 ? 2 : v > 0 ? 1 : 0; }

template <class Score>
void add(Score& score, std::string_view parameter, const VitalSet::Sources& sources, Points points)
{
    std::optional<ScoredItem> gravest;
    for (const auto& value : sources) {
        if (!value) continue;
        const ScoredItem item{parameter, *value, points(*value)};
        if (!gravest || item.points > gravest->points) gravest = item;
    }
    if (gravest) score.items.push_back(*gravest);
    else score.missing.push_back(parameter);
}

// New confusion counts as answering to voice.
std::optional<double> consciousness(const VitalSet& vitals)
{
    if (!vitals.confused) return vitals.consciousness;
    return std::max(vitals.consciousness.value_or(0), 1.0);
}

} // namespace

VitalSet vital_set(const PatientState& patient, Instant now, bool confused)
{
    const auto value = [&](Signal signal) { return patient.value(signal, now); };
    VitalSet out;
    out.breathing = {value(Signal::rr), value(Signal::rr_counted)};
    out.systolic = {value(Signal::art_sys), value(Signal::sbp)};
    out.diastolic = {value(Signal::art_dia), value(Signal::dbp)};
    out.pulse = {value(Signal::hr), value(Signal::pulse)};
    out.oxygen = value(Signal::spo2);
    out.temperature = value(Signal::temp);
    out.consciousness = value(Signal::avpu);
    out.confused = confused;
    return out;
}

News2 news2(const VitalSet& vitals)
{
    News2 out;
    add(out, "breathing", vitals.breathing, news_breathing);
    add(out, "oxygen", {vitals.oxygen}, news_oxygen);
    add(out, "systolic", vitals.systolic, news_systolic);
    add(out, "pulse", vitals.pulse, news_pulse);
    add(out, "consciousness", {consciousness(vitals)}, news_consciousness);
    add(out, "temperature", {vitals.temperature}, news_temperature);
    out.missing.push_back("oxygen_given");
    for (const auto& item : out.items) {
        out.total += item.points;
        out.single_three = out.single_three || item.points == 3;
    }
    out.response = out.total >= 7                       ? "emergency"
                   : out.total >= 5 || out.single_three ? "urgent"
                   : out.total >= 1                     ? "ward"
                                                        : "routine";
    return out;
}

Meows meows(const VitalSet& vitals)
{
    Meows out;
    add(out, "breathing", vitals.breathing, meows_breathing);
    add(out, "oxygen", {vitals.oxygen}, meows_oxygen);
    add(out, "temperature", {vitals.temperature}, meows_temperature);
    add(out, "systolic", vitals.systolic, meows_systolic);
    add(out, "diastolic", vitals.diastolic, meows_diastolic);
    add(out, "pulse", vitals.pulse, meows_pulse);
    add(out, "consciousness", {consciousness(vitals)}, meows_consciousness);
    out.missing.push_back("pain");
    for (const auto& item : out.items) {
        out.red += item.points == 2 ? 1 : 0;
        out.yellow += item.points == 1 ? 1 : 0;
    }
    out.triggered = out.red >= 1 || out.yellow >= 2;
    return out;
}

} // namespace magwatch
