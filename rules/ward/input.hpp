// Everything that can happen to a ward. State is a fold over these; each is journaled before its effects.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/base/ids.hpp"
#include "rules/base/instant.hpp"
#include "rules/commissioning/record.hpp"
#include "rules/escalation/answer.hpp"
#include "rules/escalation/page.hpp"
#include "rules/escalation/policy.hpp"
#include "rules/escalation/roster.hpp"
#include "rules/language/session_table.hpp"
#include "rules/observation/message_seen.hpp"
#include "rules/observation/observation.hpp"
#include "rules/patient/salt.hpp"
#include "rules/protocol/checklist.hpp"

namespace magwatch {

// Nothing happened; time went by.
struct Tick {
    template <class Archive> void archive(Archive&) {}
};

// The daemon (or a replay) began to watch. Ward time goes on from the last instant of the journal.
struct Started {
    std::uint32_t incarnation = 0; // committed before anything leaves
    std::string boot_id;
    Duration unwatched{};        // how long nobody watched; 0 at the very first start
    bool unwatched_known = true; // false: clocks cannot tell how long it was
    std::string stopped_by{};    // who had ended the program before this one on purpose; "": it ended without a word
    template <class Archive> void archive(Archive& a)
    {
        a(incarnation, boot_id, unwatched, unwatched_known);
        if (a.format() >= 12) a(stopped_by);
    }
};

enum class Mode : std::uint8_t { ward, demo, replay };

struct BedConfiguration {
    std::string alias; // "bed-3": identity across reloads, used in API, metrics and logs
    std::string place; // "Ward L4 Bed 3": how a page names it
    template <class Archive> void archive(Archive& a) { a(alias, place); }
};

enum class SourceKind : std::uint8_t { monitor, pump, messages, staff };
struct SourceConfiguration {
    std::string name; // identity across reloads
    SourceKind kind = SourceKind::monitor;
    std::string bed;       // alias, for a device that is bound to one bed; "" for a gateway
    Duration period{};     // how often it speaks; 0 = unknown
    bool liveness = false; // it proves that it runs by a counter
    // What its commissioning record is bound to: the map's or profile's name, the hash of what it says, and where and
    // as what the device is asked. No fingerprint: nothing to commission.
    std::string map{}, fingerprint{}, place{};
    std::vector<SourceSignal> signals{}; // that its map can send; empty = not told
    template <class Archive> void archive(Archive& a)
    {
        a(name, kind, bed, period, liveness);
        if (a.format() >= 11) a(map, fingerprint, place, signals);
    }
};

struct FreshnessOverride {
    Signal signal{};
    Duration limit{};
    template <class Archive> void archive(Archive& a) { a(signal, limit); }
};

struct LimitSetting {
    std::string name, value;
    template <class Archive> void archive(Archive& a) { a(name, value); }
};

// A whole new configuration; the Ward compiles the pack itself, so that a replay needs nothing else.
// Beds and sources that were known keep their ids, new ones get the next.
struct Configuration {
    std::string name;
    Mode mode = Mode::ward;
    std::vector<BedConfiguration> beds;
    std::vector<SourceConfiguration> sources;
    std::vector<Person> people;
    LadderPolicy high, medium, technical;
    std::vector<SpecialPolicy> policies; // before those three; the first that fits
    std::string callback;
    std::string emergency;
    std::string pack_name;
    std::string pack_text;
    std::vector<LimitSetting> limits; // per-site replacements of the pack's named limits
    std::vector<FreshnessOverride> freshness;
    bool fallback = false; // running the last good configuration, because the new one was refused
    std::string fallback_reason;
    std::string protocol_name; // the calcium gluconate checklist's file; "" = none: "follow local protocol"
    std::string protocol_text;
    template <class Archive> void archive(Archive& a)
    {
        a(name, mode, beds, sources, people, high, medium, technical, callback, emergency, pack_name,
          pack_text, limits, freshness, fallback, fallback_reason);
        if (a.format() >= 9) a(policies, protocol_name, protocol_text);
    }
};

// Who is on call for the coming weeks; replaces what was known. Changes made by staff stay.
struct Rosters {
    std::vector<Roster> rosters;
    std::vector<QuietHours> quiet;
    template <class Archive> void archive(Archive& a) { a(rosters, quiet); }
};

// --- what staff chart ---

// A value of a charted or laboratory signal: reflex, AVPU, counted RR, level, creatinine, pressure, ...
struct ValueEntry {
    Signal signal{};
    double value = 0; // canonical unit, through Quantity::checked
    template <class Archive> void archive(Archive& a) { a(signal, value); }
};
// Urine since the previous entry, or since an explicit time.
struct UrineEntry {
    double millilitres = 0;
    std::optional<WallTime> since;
    template <class Archive> void archive(Archive& a) { a(millilitres, since); }
};
// The infusion runs at this rate from now on (start or change).
struct InfusionRateEntry {
    double grams_per_hour = 0; // of `salt`
    Salt salt{};
    template <class Archive> void archive(Archive& a) { a(grams_per_hour, salt); }
};
// A declared bolus or load: grams over a time. After it the infusion runs on at the rate charted before.
struct BolusEntry {
    double grams = 0;
    Duration over{};
    Salt salt{};
    template <class Archive> void archive(Archive& a) { a(grams, over, salt); }
};
struct InfusionStopEntry {
    template <class Archive> void archive(Archive&) {}
};
struct IntramuscularEntry {
    double grams = 0;
    Salt salt{};
    template <class Archive> void archive(Archive& a) { a(grams, salt); }
};

// What she complains of, by the names of rules/observation/symptom.hpp. What was charted before stays until it is
// said to be gone; `none`: she was asked and has none (any more).
struct SymptomEntry {
    std::vector<std::string> present, gone;
    bool none = false;
    template <class Archive> void archive(Archive& a) { a(present, gone, none); }
};
// An opioid, benzodiazepine or other sedative was given.
struct SedationEntry {
    std::string drug; // "morphine"; a name, never a dose
    template <class Archive> void archive(Archive& a) { a(drug); }
};
struct FitEntry {
    template <class Archive> void archive(Archive&) {}
};

enum class ScreeningReply : std::uint8_t { no, yes, unknown };
// Answers to the questions before an infusion (rules/language/sessions.toml), by id.
struct ScreeningEntry {
    std::vector<std::pair<std::string, ScreeningReply>> answers;
    std::optional<ScreeningReply> others; // of every question that was never answered
    template <class Archive> void archive(Archive& a) { a(answers, others); }
};
// A doctor decided to go on in spite of something: "myasthenia", "bag.potassium", "setting", "plan", "salt".
struct DecisionEntry {
    std::string about, reason;
    template <class Archive> void archive(Archive& a) { a(about, reason); }
};
// The infusion as it is planned; a later one replaces it.
struct SessionEntry {
    Indication indication{};
    Setting setting{};
    Salt salt{};
    double grams = 0;          // of `salt`, in all; 0 = not said
    double grams_per_hour = 0; // of `salt`; 0 = not said
    WallTime expected_end;     // {0} = not said
    std::vector<std::string> components; // what else the bag holds
    template <class Archive> void archive(Archive& a)
    {
        a(indication, setting, salt, grams, grams_per_hour, expected_end, components);
    }
};
// A magnesium level of which the site of the draw is known.
struct LevelEntry {
    double mmol_per_l = 0;
    bool from_infusion_arm = false;
    template <class Archive> void archive(Archive& a) { a(mmol_per_l, from_infusion_arm); }
};
// No tendon reflex can be tested, and why: both legs in plaster, paralysed for a ventilator.
struct UntestableEntry {
    std::string reason;
    template <class Archive> void archive(Archive& a) { a(reason); }
};
// Whoever charts it is concerned about her, whatever the numbers say; or (`over`) has looked, and nobody is any more.
inline constexpr std::size_t note_longest = 200;
struct ConcernedEntry {
    std::string note; // "" = none
    bool over = false;
    template <class Archive> void archive(Archive& a) { a(note, over); }
};
// Takes back the entry that Entry::corrects names, and puts nothing in its place.
struct StrikeEntry {
    template <class Archive> void archive(Archive&) {}
};

// Journals hold the number of an alternative: new ones are added at the end.
using EntryWhat = std::variant<ValueEntry, UrineEntry, InfusionRateEntry, BolusEntry, InfusionStopEntry,
                               IntramuscularEntry, SymptomEntry, SedationEntry, FitEntry, ScreeningEntry,
                               DecisionEntry, SessionEntry, LevelEntry, UntestableEntry, ConcernedEntry, StrikeEntry>;

struct Entry {
    std::string key; // made by the client: a second entry with the same key is answered, not stored twice
    BedId bed = no_bed;
    std::string person;
    WallTime at; // when it was seen, drawn or done; {0} = now, of a correction when the struck one was
    EntryWhat what;
    std::uint64_t request = 0; // answered by an effect `Reply` with this number; 0 = no answer wanted
    EntryId corrects{};        // the entry that this one strikes through; {0,0} = none
    std::string reason{};      // of the correction
    std::string second{};      // of a rate: who checked it too; "" = nobody
    template <class Archive> void archive(Archive& a)
    {
        a(key, bed, person, at, what, request);
        if (a.format() >= 12) a(corrects, reason, second);
    }
};

// --- what staff do ---

struct WatchStart {
    BedId bed = no_bed;
    std::vector<ValueEntry> facts;      // weight, creatinine, epidural, renal_impairment, ...
    std::optional<bool> calcium_at_bed; // calcium gluconate, reflex hammer, oxygen: asked at the start
    std::optional<bool> hammer_at_bed;
    std::optional<bool> oxygen_at_bed;
    template <class Archive> void archive(Archive& a)
    {
        a(bed, facts, calcium_at_bed, hammer_at_bed, oxygen_at_bed);
    }
};
struct WatchTransfer {
    BedId from = no_bed, to = no_bed;
    template <class Archive> void archive(Archive& a) { a(from, to); }
};
// Confirms that bed, devices and patient belong together (after a transfer or a device swap).
// What was asked at the start may be answered, or answered anew; what is not keeps its answer.
struct WatchConfirm {
    BedId bed = no_bed;
    std::optional<bool> calcium_at_bed{};
    std::optional<bool> hammer_at_bed{};
    std::optional<bool> oxygen_at_bed{};
    template <class Archive> void archive(Archive& a)
    {
        a(bed);
        if (a.format() >= 12) a(calcium_at_bed, hammer_at_bed, oxygen_at_bed);
        else if constexpr (Archive::reading) calcium_at_bed = hammer_at_bed = oxygen_at_bed = true; // it said so then
    }
};
struct WatchEnd {
    BedId bed = no_bed;
    std::string reason;
    std::string second_person; // needed within 24 h of the last magnesium (design value)
    template <class Archive> void archive(Archive& a) { a(bed, reason, second_person); }
};
// "I am dealing with this": expires, clears nothing.
struct Acknowledge {
    EpisodeId episode;
    template <class Archive> void archive(Archive& a) { a(episode); }
};
// An answer to a call: by a page's link, a reply, the CLI or the board.
struct Answer {
    CallId call;
    AnswerKind kind{};
    template <class Archive> void archive(Archive& a) { a(call, kind); }
};
// Silences the ward's own signal of one bed; always ends (at most 2 min, design value).
struct PauseAudio {
    BedId bed = no_bed;
    Duration length{};
    template <class Archive> void archive(Archive& a) { a(bed, length); }
};

// One of the pack's named limits, for one patient and a while; it ends by itself. An empty value ends it now.
inline constexpr Duration own_limit_longest = std::chrono::hours{24}; // design value: a day's ward round
struct SetLimit {
    BedId bed = no_bed;
    std::string limit, value; // "rr_stop", "10 /min"
    Duration length{};
    std::string reason;
    template <class Archive> void archive(Archive& a) { a(bed, limit, value, length, reason); }
};

// One test message to one person, on every channel that person has; nobody else is told and nothing rings.
struct TestPage {
    std::string to;
    template <class Archive> void archive(Archive& a) { a(to); }
};

// An answer by the code of a page: "17Y". Only of a call that this person was told about.
struct AnswerCode {
    std::uint16_t code = 0;
    AnswerKind kind{};
    std::string key; // as in Entry: a message that comes again, weeks later too, says nothing of a later call
    template <class Archive> void archive(Archive& a)
    {
        a(code, kind);
        if (a.format() >= 10) a(key);
    }
};

// Somebody else has a duty for a while. An empty `to_person` takes back every change of this roster from `when.from`
// on.
inline constexpr Duration roster_change_longest = std::chrono::hours{24 * 14}; // design value: the time checked ahead
struct ChangeRoster {
    std::string roster, to_person;
    Interval when;
    std::string reason;
    template <class Archive> void archive(Archive& a) { a(roster, to_person, when, reason); }
};

// The calcium gluconate checklist of a bed: opened by hand, or made graver.
struct ProtocolOpen {
    BedId bed = no_bed;
    ProtocolBranch branch{};
    std::string reason; // "" = none was given
    std::string key;    // as in Entry
    template <class Archive> void archive(Archive& a) { a(bed, branch, reason, key); }
};
// What was done about one of its steps.
struct ProtocolTap {
    BedId bed = no_bed;
    std::string step;
    StepAct act{};
    std::string text; // start: who else checked the dose; not_done: why; decide: the decision
    std::string key;
    template <class Archive> void archive(Archive& a) { a(bed, step, act, text, key); }
};
struct ProtocolClose {
    BedId bed = no_bed;
    std::string reason, doctor, key;
    template <class Archive> void archive(Archive& a) { a(bed, reason, doctor, key); }
};

// The people of the present rung are paged once more, now.
inline constexpr Duration again_after = std::chrono::seconds{10}; // not sooner after the last time (design value)
struct CallAgain {
    CallId call;
    template <class Archive> void archive(Archive& a) { a(call); }
};
// Somebody was rung up by telephone, and what they said.
struct CallPhoned {
    CallId call;
    std::string to;
    std::optional<bool> coming;
    template <class Archive> void archive(Archive& a) { a(call, to, coming); }
};
// Somebody stands at the bed and cannot or need not say who: shown, and nothing else.
inline constexpr Duration somebody_shown = std::chrono::minutes{30}; // design value
struct SomebodyHere {
    BedId bed = no_bed;
    std::string station; // where it was tapped; "" = not said
    template <class Archive> void archive(Archive& a) { a(bed, station); }
};

// A technical alarm below high makes neither sound nor page for a while; it stays visible and comes back by itself.
inline constexpr Duration shelved_shortest = std::chrono::minutes{5};  // design value
inline constexpr Duration shelved_longest = std::chrono::minutes{240}; // design value: a look in every half shift
enum class ShelveReason : std::uint8_t { device_away, known_fault, being_repaired, patient_moved, other };
inline constexpr std::array<std::string_view, 5> shelve_reasons{"device_away", "known_fault", "being_repaired",
                                                                "patient_moved", "other"};
[[nodiscard]] constexpr std::string_view name(ShelveReason reason)
{
    return shelve_reasons[static_cast<std::size_t>(reason)];
}
struct Shelve {
    EpisodeId episode;
    ShelveReason reason{};
    std::string note; // "" = none; needed for `other`
    Duration length{};
    template <class Archive> void archive(Archive& a) { a(episode, reason, note, length); }
};
// It makes sound and pages again from now on.
struct Unshelve {
    EpisodeId episode;
    template <class Archive> void archive(Archive& a) { a(episode); }
};

// Another person checked the newest change of the running infusion's rate, after it was charted.
struct CheckRate {
    BedId bed = no_bed;
    template <class Archive> void archive(Archive& a) { a(bed); }
};

// A device was compared with its own screen; who signs is the person of the action.
struct Commission {
    CommissionRecord record;
    template <class Archive> void archive(Archive& a) { a(record); }
};
// Its record holds no longer: the device was moved, repaired or doubted.
struct RevokeCommission {
    std::string device, reason;
    template <class Archive> void archive(Archive& a) { a(device, reason); }
};

// New alternatives go to the end, as in Input.
struct Action {
    std::string person; // "" only of SomebodyHere
    std::variant<WatchStart, WatchTransfer, WatchConfirm, WatchEnd, Acknowledge, Answer, PauseAudio, SetLimit,
                 TestPage, AnswerCode, ChangeRoster, ProtocolOpen, ProtocolTap, ProtocolClose, Commission,
                 RevokeCommission, CallAgain, CallPhoned, SomebodyHere, Shelve, Unshelve,
                 CheckRate>
        what;
    std::uint64_t request = 0; // as in Entry
    template <class Archive> void archive(Archive& a) { a(person, what, request); }
};

// --- what the shell reports ---

struct Receipt {
    PageKey key;
    PageOutcome outcome{};
    std::string detail; // "HTTP 503", "connection refused"; no identity
    template <class Archive> void archive(Archive& a) { a(key, outcome, detail); }
};

// A fault of magwatch itself, on or over. Becomes a technical alarm of the ward.
enum class ShellFault : std::uint8_t {
    journal,       // inputs cannot be made durable
    journal_slow,  // commits later than 200 ms
    disk_low,      // less than 10 % free
    disk_critical, // less than 2 % free
    clock_unsynchronised,
    clock_jumped,
    loop_late, // the loop or the whole machine stood still
    inbox_overflow,
    history,       // vital-sign history is not being written
    configuration, // a reload was refused
    channel,       // a pager channel does not work
    backup,        // there is no good backup that is young enough
    restored,      // the records are those of a backup: what came after it is missing
    board,         // fewer boards show the ward than the site expects
    audit,         // the audit trail is not being written, or what was there was changed
    certificate,   // that of the board is near its end, or over
};
inline constexpr std::size_t shell_fault_count = static_cast<std::size_t>(ShellFault::certificate) + 1;
[[nodiscard]] std::string_view name(ShellFault fault);
struct ShellStatus {
    ShellFault fault{};
    bool present = false;
    std::string detail;
    template <class Archive> void archive(Archive& a) { a(fault, present, detail); }
};

// New alternatives go to the end: the journal knows them by their place.
using Input = std::variant<Tick, Started, Configuration, Observation, RefusedValue, DeviceStatus, Entry, Action,
                           Receipt, ShellStatus, MessageSeen, Rosters>;

} // namespace magwatch
