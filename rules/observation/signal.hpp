// The signals: every quantity and flag that magwatch can know about a patient.
//
// Pure. One table (signal.cpp) gives each signal its name in packs and JSON, its unit, the range outside
// which a value is a fault of the device and not of the patient, and how long a value stays fresh.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rules/base/instant.hpp"
#include "rules/observation/unit.hpp"

namespace magwatch {

enum class Signal : std::uint8_t {
    // Bedside monitor, continuous.
    hr,
    pulse,
    rr,
    spo2,
    etco2,
    art_sys,
    art_dia,
    art_mean,
    temp,
    // Cuff.
    sbp,
    dbp,
    map,
    // Charted by staff.
    rr_counted,
    reflex_knee,
    reflex_arm,
    avpu, // 0 alert, 1 voice (or new confusion), 2 pain, 3 unresponsive
    gcs,
    urine, // volume charted since the previous entry
    weight,
    // Laboratory.
    mg, // serum magnesium
    creatinine,
    calcium,
    sao2,
    // Pump.
    pump_flow,          // volume rate
    pump_rate,          // dose rate of magnesium sulfate heptahydrate
    pump_concentration, // of the bag
    // Monitor's own alarms and state: 1 active, 0 not.
    monitor_apnoea,
    monitor_desaturation,
    monitor_bradycardia,
    monitor_tachycardia,
    monitor_inop,
    monitor_leads_off,
    liveness, // a counter or clock that proves the device is running: only its changing matters
    // Patient facts given at the start of a watch: 1 yes, 0 no.
    epidural,
    renal_impairment,
    heart_block,
    neuromuscular,
    digoxin,
    // Derived in rules/patient; never sent by a device.
    reflex,         // the reflex that counts: the arm's under a working epidural, else the newest
    infusion_rate,  // g/h now, from pump or chart
    bolus_running,  // 1 while a declared bolus or load is being given
    bolus_dose,     // g of the declared bolus in progress or of the last one
    bolus_rate,     // g/h at which that bolus was declared
    dose_1h,        // g given in the last hour, all routes
    dose_24h,       // g given in the last 24 h, all routes
    dose_total,     // g given since the watch started, all routes
    infusing,       // 1 while the infusion runs
    mg_on_board,    // 1 while magnesium given earlier still acts, 0 when surely not, else unknown
    stopped_since,  // 1 once the infusion was stopped and not started again
    // What the journal holds is told by number: new signals are added at the end.
    symptom,                 // the gravest group of what she complains of: words none, expected, examine, grave
    sedated,                 // 1 for 4 h after a charted opioid or sedative
    post_ictal,              // 1 for 30 min after a charted fit
    gestation,               // completed weeks
    postpartum,              // 1 after the birth, 0 before it
    calcium_channel_blocker, // facts from the screening: 1 yes, 0 no
    neuromuscular_blocker,
    level_doubt, // of the newest level: words none, near_bolus, infusion_arm (the graver one)
    indication,  // why magnesium is given, from the planned session; words as rules/language/session_table.hpp
    reflex_untestable, // 1 from when staff say that no reflex can be tested, 0 from the next reflex charted
    monitor_arrest,      // the monitor's own alarm: asystole, ventricular fibrillation
    monitor_heart_block, // the monitor's own alarm: heart block of the second degree or more, extreme bradycardia
    im_dose,  // g of the last injection into the muscle; as old as the injection
    salt,     // last charted as running or given; words as Salt of rules/patient/salt.hpp
    symptoms, // all that she complains of, as a set (symptom.hpp): packs ask symptom(slurred_speech)
};
inline constexpr std::size_t signal_count = static_cast<std::size_t>(Signal::symptoms) + 1;
static_assert(signal_count <= 64, "a set of signals is one 64-bit mask");

// How a signal's values come, which decides how long one stays fresh (BEHAVIOUR "Freshness").
enum class SignalKind : std::uint8_t {
    continuous, // 30 s, or 4 periods of a source slower than 5 s
    cuff,       // measuring interval + 5 min
    charted,    // its own limit, below; a schedule of checks asks for the next one
    laboratory, // its own limit
    pump,       // as continuous
    flag,       // as continuous when a device sends it
    fact,       // holds until changed
    derived,    // as long as what it is derived from: its own limit, `lasting` where that is told when it changes
};

struct SignalInfo {
    Signal signal;
    std::string_view name;  // in packs, JSON and metrics: "rr"
    std::string_view title; // for people: "respiratory rate"
    Unit unit;              // canonical unit; every stored value is in it
    double min, max;        // plausible range in that unit, inclusive; outside it is refused
    SignalKind kind;
    Duration fresh_for;     // design values of BEHAVIOUR "Freshness and lateness"
};

[[nodiscard]] const SignalInfo& info(Signal signal);
[[nodiscard]] inline std::string_view name(Signal signal) { return info(signal).name; }
[[nodiscard]] std::optional<Signal> signal_from(std::string_view name);

// How long facts hold, and what is told whenever it changes: until then.
inline constexpr Duration lasting = std::chrono::hours{24 * 365};

// A word for a value of a coded signal, as packs write it: `avpu >= voice`. A word can belong to several signals.
struct SignalWord {
    std::string_view word;
    Signal signal;
    double value;
};
[[nodiscard]] std::span<const SignalWord> signal_words();
[[nodiscard]] std::optional<double> word_value(Signal signal, std::string_view word);
// The word for a value, or "" where the signal has none for it.
[[nodiscard]] std::string_view value_word(Signal signal, double value);

// A set of signals.
using SignalMask = std::uint64_t;
[[nodiscard]] constexpr SignalMask mask(Signal s) { return SignalMask{1} << static_cast<unsigned>(s); }

} // namespace magwatch
