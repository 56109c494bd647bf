// What is known of one patient beside the signals: symptoms by name, sedatives and fits. Internal to rules/ward.
//
// Pure. Times are the ward's. Lists are bounded: the oldest goes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/ward/input.hpp"

namespace magwatch {

struct Complaint {
    std::string symptom; // a name of rules/observation/symptom.hpp
    Instant at{};
    std::string by;
    template <class Archive> void archive(Archive& a) { a(symptom, at, by); }
};

struct BedsideEvent {
    enum class Kind : std::uint8_t { sedation, fit, untestable };
    Kind kind{};
    std::string what; // the drug; "" for a fit; why no reflex can be tested
    Instant at{};
    std::string by;
    template <class Archive> void archive(Archive& a) { a(kind, what, at, by); }
};

struct ScreenedAnswer {
    ScreeningReply reply{};
    Instant at{};
    std::string by;
    template <class Archive> void archive(Archive& a) { a(reply, at, by); }
};

struct Decision {
    std::string reason;
    Instant at{};
    std::string by;
    template <class Archive> void archive(Archive& a) { a(reason, at, by); }
};

struct Session {
    SessionEntry plan;
    double grams = 0, grams_per_hour = 0; // of the plan, as heptahydrate
    double dose_before = 0;               // g given before this indication's session
    Instant since{};
    std::optional<Instant> expected_end;
    std::string by;
    template <class Archive> void archive(Archive& a)
    {
        a(plan, grams, grams_per_hour, dose_before, since, expected_end, by);
    }
};

struct LevelRecord {
    double mmol_per_l = 0;
    Instant at{};                          // of the draw
    bool near_bolus = false;               // during a bolus or within 30 min after it
    std::optional<bool> from_infusion_arm; // nothing: nobody said
    bool spike = false;                    // far above the one before
    template <class Archive> void archive(Archive& a) { a(mmol_per_l, at, near_bolus, from_infusion_arm, spike); }
};

// The watch for magnesium that acts again after a stop for toxicity.
struct Recurrence {
    Instant stopped{}, until{};
    template <class Archive> void archive(Archive& a) { a(stopped, until); }
};

struct Bedside {
    std::vector<Complaint> complaints; // those not said to be gone, in the order of their charting
    std::optional<Instant> none_at;    // last time she was asked and had none
    std::vector<BedsideEvent> events;  // the newest last
    std::map<std::string, ScreenedAnswer> answers; // by question
    std::map<std::string, Decision> decisions;     // by what they are about
    std::optional<Session> session;
    std::optional<Salt> salt;                       // last charted as running or given
    std::vector<std::pair<Instant, Instant>> boluses; // begin and end, the newest last
    std::vector<LevelRecord> levels;                // in the order of the draws
    bool ran = false;                  // an infusion, and it has not been stopped since
    std::optional<Instant> stopped;    // declared, or the pump's rate fell to 0
    std::optional<Instant> toxic;      // newest alarm that says STOP
    std::optional<Recurrence> recurrence;
    std::optional<Decision> concern; // somebody is concerned about her; its reason is the note, "" = none
};

// What a bag holds, as people wrote it, with small letters in place of A to Z.
[[nodiscard]] std::string in_small_letters(std::string text);

// What she complains of as a value of the signal `symptoms`.
[[nodiscard]] std::uint32_t complaint_set(const Bedside& bedside);

struct BedView;
// after_stop.cpp
void show_stop(const Bedside& bedside, bool decided, const Moment& now, BedView& b);

} // namespace magwatch
