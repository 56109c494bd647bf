// What can be seen of a ward: plain values, copied, safe to hand to another thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/escalation/call.hpp"
#include "rules/escalation/roster.hpp"
#include "rules/language/pack.hpp"
#include "rules/pharmacokinetics/course.hpp"
#include "rules/patient/score.hpp"
#include "rules/ward/chart_entry.hpp"
#include "rules/ward/effect.hpp"
#include "rules/ward/input.hpp"

namespace magwatch {

struct SignalView {
    Signal signal{};
    std::optional<double> value; // nothing when stale: never an old value as a new one
    double last = 0;             // the last valid value, to be shown as "was 14 at 02:08" only
    WallTime last_at;            // {0}: there was none
    std::string source;
};

struct CheckView {
    std::string id, title;
    WallTime due;
    bool overdue = false;
};

// A technical alarm that makes neither sound nor page until a time.
struct ShelvedView {
    std::string by, reason; // a name of ShelveReason
    std::string note;       // "" = none
    WallTime until;
};

struct EpisodeView {
    EpisodeId id;
    std::string bed; // alias, "" = ward
    std::string rule;
    std::string title;
    std::string message;
    std::string prompt;
    AlarmKind kind{};
    Priority priority{};
    std::uint8_t grade = 0;
    bool condition = false;    // it is wrong now
    bool latched = false;      // it was, and nobody has seen it
    bool acknowledged = false;
    std::string acknowledged_by;
    WallTime acknowledged_until;
    WallTime since;
    CallId call; // {0,0}: nobody is called for it
    std::optional<ShelvedView> shelved;
};

// What one person whom a call told said to it.
struct ToldView {
    std::string person;
    std::uint16_t rung = 0;
    WallTime first;
    Responsibility answer{};
    std::optional<WallTime> answered;
    bool by_phone = false;
};

// Somebody at a bed who gave no name.
struct SomebodyView {
    WallTime at;
    std::string station; // "" = not said
};

struct CallView {
    CallId id;
    std::uint32_t number = 0;
    std::string bed;
    AlarmKind kind{};
    Priority priority{};
    std::uint8_t grade = 0;
    CallState state{};
    bool sounding = false; // the ward's own signal
    std::uint16_t rung = 0;
    std::uint32_t repetition = 0;
    std::string person; // who is coming or here
    WallTime since;
    WallTime next_page;
    std::vector<EpisodeId> episodes;
    std::uint16_t code = 0;     // "17Y"; 0 = none
    std::vector<ToldView> told; // in the order in which they were told
};

// Who has a duty now.
struct DutyView {
    std::string roster;
    Duty duty;
    std::string last_resort;
    std::optional<WallTime> until; // the next handover
};

struct PageView {
    Page page;
    std::optional<PageOutcome> outcome; // `sending` before the hand-over is over; nullopt: it waits
    std::string detail;
};

struct ComplaintView {
    std::string symptom;
    std::string group; // "expected", "examine", "grave"
    WallTime at;
    std::string by;
};

struct EventView {
    std::string kind; // "sedation", "fit"
    std::string what;
    WallTime at;
    std::string by;
};

// A rule that is held back now, and why.
struct InhibitedView {
    std::string rule, title, reason;
};

struct AnswerView {
    std::string question, ask, concern;
    std::string answer; // "yes", "no", "unknown", "" = not answered
    WallTime at;
    std::string by;
};

struct DecisionView {
    std::string about, reason;
    WallTime at;
    std::string by;
};

struct SessionView {
    std::string indication, title, setting;
    Salt salt{};
    double grams = 0, grams_per_hour = 0; // of the salt; 0 = not said
    WallTime since;
    std::optional<WallTime> expected_end;
    std::optional<WallTime> watch_until; // after-watch of the last magnesium
    std::vector<std::string> components;
    std::string by;
};

struct LevelView {
    double mmol_per_l = 0;
    WallTime at;
    bool near_bolus = false, spike = false;
    std::optional<bool> from_infusion_arm;
};

// A limit of the pack that was replaced for one patient.
struct OwnLimitView {
    std::string limit, value;
    std::string ward_value; // what holds for everybody else
    WallTime until;
    std::string reason, by;
};

// What a prediction of serum magnesium is made from. Its instants are those of WardView::at.
struct PredictionInput {
    Course course;
    std::optional<double> weight_kg;         // nothing: not recorded, so there is no prediction
    std::optional<double> creatinine_umol_l; // nothing: not known, or too old
    bool urine_low = false;
};

// A stop for toxicity, and what follows it.
struct AfterStopView {
    WallTime stopped, watch_until, decision_due;
    bool decided = false;
};

struct StepTapView {
    std::string act, by, text;
    WallTime at;
};

// One step of the calcium gluconate checklist: all words and figures are the site's.
struct StepView {
    std::string id, kind, words, button;
    std::string drug, concentration, dose, volume, over; // of a dose
    std::string state;                                   // "open", "running", "done", "not-done"
    bool on_top = false;
    std::string timer; // "stop", "giving", "repeat", "recheck", "result"; "" = none runs
    std::optional<WallTime> due; // it goes on counting after that
    bool over_due = false;
    std::uint8_t doses = 0, most = 0;
    bool second_check = false, second_missing = false;
    std::string doubt, doubt_words; // of the stop: "unseen", "runs"
    std::vector<StepTapView> taps;
};

struct ChecklistView {
    std::string id, title, version, approver, approved, stamp, notice;
    bool example = false;
    std::string branch; // "grade1", "grade2", "arrest"
    WallTime opened;
    std::string opened_by; // "" = by rule
    std::vector<std::pair<WallTime, std::string>> why;
    std::vector<StepView> steps; // those that are shown
    std::vector<std::pair<std::string, std::string>> precautions; // those that apply: id, words
    bool open = true;
    std::string closed_reason, closed_doctor, closed_by;
    std::optional<WallTime> closed_at;
};

// Early-warning scores, as context only: no rule reads them.
struct ScoresView {
    News2 news2;
    Meows meows;
};

// The newest change of the rate of an infusion that ran.
struct RateChangeView {
    WallTime at;
    std::string by;
    std::string second; // "" = the second check is missing
};

struct BedView {
    BedId id;
    std::string alias, place;
    bool watched = false;
    std::string watched_by;
    WallTime watched_since;
    bool association_confirmed = true;
    std::vector<std::string> uncommissioned; // devices whose values are unverified: the bed relies on charted checks
    std::vector<SignalView> signals; // every signal ever seen during this watch
    std::optional<ScoresView> scores;
    std::vector<CheckView> checks;
    std::vector<ComplaintView> symptoms;  // not said to be gone
    std::optional<WallTime> no_symptoms_at; // last time she was asked and had none
    std::vector<AnswerView> screening;    // every question of the pack
    bool screened = false;                // all that must be answered are
    std::vector<DecisionView> decisions;
    std::optional<SessionView> session;
    std::optional<AfterStopView> after_stop;
    std::optional<ChecklistView> checklist; // open, or the last one
    std::vector<LevelView> levels;        // in the order of the draws
    std::vector<EventView> events;        // sedatives and fits, the newest last
    std::vector<InhibitedView> inhibited;
    std::vector<OwnLimitView> own_limits;
    std::shared_ptr<const Pack> pack; // whose rules run for her, with her own limits; null: none
    std::optional<double> infusion_rate; // g/h
    std::optional<WallTime> rate_unknown_since; // the pump was heard, and is not any more
    bool infusing = false;
    std::optional<RateChangeView> rate_change; // nothing: it runs as it was started, or does not run
    double dose_total = 0; // g
    PredictionInput prediction;
    std::string mg_on_board; // "yes", "no", "unknown"
    bool audio_paused = false;
    WallTime audio_paused_until;
    std::optional<SomebodyView> somebody_here;
    std::optional<DecisionView> concerned; // its reason is the note
    std::shared_ptr<const std::vector<ChartEntry>> chart; // in the order of charting; null: nothing, or not watched
    std::uint32_t chart_count = 0; // changes whenever `chart` does
};

struct CommissionView {
    CommissionState state{};
    std::string why; // it does not hold
    std::shared_ptr<const CommissionRecord> record; // the newest; null: none
};

struct SourceView {
    std::string name;
    std::string bed;
    SourceKind kind{};
    bool connected = false;
    std::optional<Duration> age; // since its last sample
    std::uint64_t observations = 0;
    std::uint64_t refused = 0;
    bool frozen = false;
    CommissionView commissioning;
    std::string map, fingerprint, place; // of the configuration in force
    std::vector<SourceSignal> signals;   // that its map can send
    SourceId id = no_source;
};

struct WardView {
    Moment at;
    std::string name;
    std::string callback; // the telephone to ring: "4471", "" = none is configured
    Mode mode{};
    std::uint32_t incarnation = 0;
    std::string pack;
    std::string protocol; // the checklist's file as it is stamped; "" = none
    bool protocol_example = false;
    bool fallback = false;
    std::vector<BedView> beds;
    std::vector<SourceView> sources;
    std::vector<EpisodeView> episodes; // open ones
    std::vector<CallView> calls;       // open ones
    std::vector<PageView> pages;       // the newest last, bounded
    std::vector<DutyView> duties;
    std::vector<RosterChange> roster_changes; // the newest last
    std::uint64_t observations = 0, refused = 0, raised = 0, pages_sent = 0;
    std::uint32_t beds_watched = 0;
};

} // namespace magwatch
