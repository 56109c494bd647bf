// NEWS2 and MEOWS: early-warning scores, shown as context beside the magnesium rules.
//
// Pure. They are computed when somebody looks, no rule can read them, and so they neither raise nor hold back nor
// clear anything. NEWS2 is not validated in pregnancy; in pre-eclampsia a high pressure is expected and fills both.
//
// Sources: NEWS2, Royal College of Physicians 2017, oxygen scale 1; MEOWS, CEMACH as in Singh 2012 (a trigger is one
// red or two yellow values). Both tables are a transcription read second-hand, NEWS2's rows for breathing, oxygen,
// pressure and pulse cross-checked with a second print. The tables are made for whole numbers (temperature: tenths):
// what lies between two bands counts as the graver (design value).
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/observation/signal.hpp"
#include "rules/patient/patient_state.hpp"

namespace magwatch {

// What is fresh of one patient, in the signals' own units. Where two sources tell the same (breathing by the monitor
// and by hand, heart and pulse, cuff and artery) the graver counts: neither is sure to be the right one.
struct VitalSet {
    using Sources = std::array<std::optional<double>, 2>;
    Sources breathing{}, systolic{}, diastolic{}, pulse{};
    std::optional<double> oxygen, temperature;
    std::optional<double> consciousness; // as the signal avpu
    bool confused = false;               // new confusion is charted as a symptom
};
[[nodiscard]] VitalSet vital_set(const PatientState& patient, Instant now, bool confused);

struct ScoredItem {
    std::string_view parameter; // "breathing", "oxygen", "systolic", ...
    double value = 0;           // of the source that counts
    int points = 0;             // MEOWS: 1 yellow, 2 red
};

// Never complete: nobody charts whether oxygen is given.
struct News2 {
    std::vector<ScoredItem> items;
    std::vector<std::string_view> missing; // counted as 0: the total is what it is at least
    int total = 0;
    bool single_three = false;
    std::string_view response; // "routine", "ward", "urgent", "emergency"
};
[[nodiscard]] News2 news2(const VitalSet& vitals);

// Never complete: nobody charts pain as a number.
struct Meows {
    std::vector<ScoredItem> items;
    std::vector<std::string_view> missing;
    int red = 0, yellow = 0;
    bool triggered = false;
};
[[nodiscard]] Meows meows(const VitalSet& vitals);

} // namespace magwatch
