// The chart of one stay, and what it rests on. Internal to rules/ward.
//
// Pure. Bounded: the newest 250 to 300 entries. What the entries before them left is kept as a whole (ChartBase), so
// that a correction of a younger one still rests on it; they themselves can no longer be corrected.
#pragma once

#include <vector>

#include "rules/patient/infusion.hpp"
#include "rules/patient/patient_state.hpp"
#include "rules/pharmacokinetics/course.hpp"
#include "rules/ward/bedside.hpp"
#include "rules/ward/chart_entry.hpp"

namespace magwatch {

// A value of a device that is charted by people too: a cuff's pressure.
struct MeasuredValue {
    Signal signal{};
    double value = 0;
    Instant at{};
    SourceId source;
    template <class Archive> void archive(Archive& a) { a(signal, value, at, source); }
};
inline constexpr std::size_t measured_most = 256; // and up to 64 more
// Adds it if it is of a signal that is charted too. Of the signal that there is most of the oldest goes: a temperature
// that comes every few seconds takes nothing of what a cuff measures every half hour.
void note_measured(std::vector<MeasuredValue>& values, const MeasuredValue& value);

// A pump ran at one rate from then on, and was believed until then.
struct PumpStretch {
    double grams_per_hour = 0;
    Instant from{}, until{};
    template <class Archive> void archive(Archive& a) { a(grams_per_hour, from, until); }
};
inline constexpr std::size_t pump_stretches_most = 1024;

// Adds what a pump said. Of a rate that is never quite steady the mean over a minute is kept, of the same dose; the
// older half is joined further when there are too many.
void note_pump(std::vector<PumpStretch>& stretches, double grams_per_hour, Instant now, Duration fresh_for);
// Grams that a pump was seen to give.
[[nodiscard]] double given_by(const std::vector<PumpStretch>& stretches, Instant from, Instant until);

// What had been charted, and was given, before the first entry of the chart.
struct ChartBase {
    PatientState patient;
    Bedside bedside;
    Infusion infusion;
    Course course;
    template <class Archive> void archive_rest(Archive& a)
    {
        a(bedside.complaints, bedside.none_at, bedside.events, bedside.answers, bedside.decisions, bedside.session,
          bedside.salt, bedside.boluses, bedside.levels, bedside.concern, infusion, course);
    }
};

struct Chart {
    std::vector<ChartEntry> entries; // in the order in which they were charted
    std::vector<MeasuredValue> measured;
    std::vector<PumpStretch> pump;
    ChartBase base;
    std::uint32_t changes = 0; // one more at each change of `entries`
};

// What charted the rate at which the infusion runs, if it ran at another one before; null: it was started so, or was
// stopped since.
[[nodiscard]] const ChartEntry* rate_change(const Chart& chart);

} // namespace magwatch
