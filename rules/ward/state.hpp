// The state behind Ward. Internal to rules/ward.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/alarm/alarm_condition.hpp"
#include "rules/alarm/episode.hpp"
#include "rules/base/archive.hpp"
#include "rules/base/assert.hpp"
#include "rules/escalation/call.hpp"
#include "rules/evaluation/evaluation.hpp"
#include "rules/language/pack.hpp"
#include "rules/patient/cuff_arm.hpp"
#include "rules/patient/infusion.hpp"
#include "rules/patient/arbitration.hpp"
#include "rules/patient/patient_state.hpp"
#include "rules/patient/pumps.hpp"
#include "rules/pharmacokinetics/course.hpp"
#include "rules/ward/bedside.hpp"
#include "rules/ward/chart_list.hpp"
#include "rules/ward/known_keys.hpp"
#include "rules/ward/technical.hpp"
#include "rules/ward/ward.hpp"

namespace magwatch {

// Version of the bytes that Ward::save writes; 2, without the messages, 3, without sessions, 4, without courses,
// 5, without what follows a stop, 6, without own limits, 7, without a WardShape, 8, without rosters and channels in
// order, 9, without keys of replies, 10, without commissioning records, and 11, without the chart, are still read.
inline constexpr std::uint32_t ward_format = newest_format;

// How many signals and faults the program that wrote a snapshot knew: new ones are added at the end of their
// enumerations, and a snapshot tells nothing of them. Until format 7 they were these.
struct WardShape {
    std::size_t signals = 58, bed_faults = 10, ward_faults = 15;
    [[nodiscard]] static WardShape ours() { return {signal_count, bed_fault_count, ward_fault_count}; }
    // A newer program's is refused: what it knew more of would be lost.
    [[nodiscard]] bool fits() const
    {
        return signals <= signal_count && bed_faults <= bed_fault_count && ward_faults <= ward_fault_count;
    }
    template <class Archive> void archive(Archive& a) { a(signals, bed_faults, ward_faults); }
};

// The newest messages of one source: those that a sender may still repeat after a restart, as it repeats what was
// not acknowledged. A gateway of ten beds at one message a second fills it in 7 min (design value).
inline constexpr std::size_t messages_kept = 4096;
struct MessageMemory {
    std::vector<MessageSeen> ring;
    std::uint32_t oldest = 0; // once the ring is full
    template <class Archive> void archive(Archive& a) { a(ring, oldest); }
};

// A condition and the episode it keeps open, if any.
struct Slot {
    ConditionState condition;
    EpisodeId episode;
    RuleTruth truth; // of faults and checks; a rule's truth lives in Evaluation
    [[nodiscard]] bool open() const { return episode.counter != 0; }
    template <class Archive> void archive(Archive& a) { a(condition, episode, truth); }
};

// What a device says of a signal that another one at the bed tells.
struct Beside {
    Signal signal{};
    double value = 0;
    Instant apart{};    // since when the two lie too far apart; {0}: they do not
    bool asked = false; // whether both belong to her
    template <class Archive> void archive(Archive& a) { a(signal, value, apart, asked); }
};

// What a device did for one bed.
struct SourceLink {
    SourceId source;
    bool expected = false; // bound by the configuration or heard during this watch
    Instant sampled{};     // its last sample of any kind for this bed
    Instant changed{};     // when any of its numbers last changed
    Instant counted{};     // when its liveness counter last changed
    Instant back{};        // when it was first heard, or heard again after a silence
    Instant quiet_from{};  // its last sample before that silence
    bool has_liveness = false;
    double liveness = 0;
    bool frozen = false;
    bool silent = false;
    std::vector<Beside> beside; // of each such signal
    template <class Archive> void archive(Archive& a)
    {
        a(source, expected, sampled, changed, counted, back, has_liveness, liveness, frozen, silent);
        if (a.format() >= 12) a(quiet_from, beside);
    }
};

// Values of one signal that kept being refused.
struct Trouble {
    std::uint32_t count = 0;
    Instant since{}, last{};
    template <class Archive> void archive(Archive& a) { a(count, since, last); }
};

// A limit of the pack that was replaced for one patient.
struct OwnLimit {
    std::string limit, value;
    Instant until{};
    std::string reason, by;
    template <class Archive> void archive(Archive& a) { a(limit, value, until, reason, by); }
};

struct CheckState {
    Instant due = Instant::never();
    Slot slot;
    template <class Archive> void archive(Archive& a) { a(due, slot); }
};

// The calcium gluconate checklist of one patient. A new file changes nothing under the hands of those who work through
// the old one: each runs under the text that was in force when it was opened.
struct Antidote {
    std::string text;
    std::shared_ptr<const Protocol> protocol; // read from the text; never null, never written
    Checklist list;
    template <class Archive> void archive(Archive& a)
    {
        a(text, list);
        if constexpr (Archive::reading) {
            protocol = read_protocol(text, "protocol").protocol; // null where this program refuses the text
            if (protocol && !sound(list, *protocol)) a.fail();
        }
    }
};

// One patient's stay under watch: everything that moves with her on a transfer.
struct Watch {
    std::string by;
    Moment since;
    std::optional<bool> calcium, hammer, oxygen;
    Instant associated{}; // when a person confirmed bed, device and patient
    bool confirmed = true;
    PatientState patient;
    Pumps pumps;
    Infusion infusion;
    Course course; // what `infusion` counts, kept as it was given: for the prediction alone
    Bedside bedside;
    Chart chart;
    // For screens, made when it is asked for; null after each change. Follows from `chart`, so it is not saved.
    mutable std::shared_ptr<const std::vector<ChartEntry>> chart_shown;
    CuffArm cuff_arm;
    std::vector<OwnLimit> own_limits;
    std::optional<Antidote> antidote; // open, or the last one
    std::shared_ptr<const Pack> pack; // the ward's, or the same with her own limits; never written
    std::optional<Evaluation> evaluation; // always there while a pack is
    std::vector<Slot> rules;              // as pack.rules
    std::vector<CheckState> checks;       // as pack.checks
    // Open alarms of rules and checks that were refused by a load, by rule, and when the check was due: the next pack
    // that has the rule goes on with its alarm. Not saved: until then they are orphans.
    std::map<std::string, CheckState> aside;
    SignalMask expected = 0;              // vital signs a device has sent
    std::array<Trouble, signal_count> trouble{};
    Instant infusion_next{};
    Instant events_next = Instant::never(); // a sedative or a fit is long enough ago
    std::map<std::string, Slot> session_slots; // by rule: findings of screening, bag and plan
    Instant session_next = Instant::never();
    std::uint32_t delays = 0; // rule conditions with a running delay
    Instant checks_next{}; // no check is overdue before; {0}: not known. Follows from `checks`, so it is not saved
};

// Somebody said to be at a bed, without a name.
struct Somebody {
    Instant at{};
    std::string station;
    template <class Archive> void archive(Archive& a) { a(at, station); }
};

// A technical alarm that makes neither sound nor page until a time, and what it was about when it was shelved.
struct Shelf {
    std::string by;
    ShelveReason reason{};
    std::string note;
    Instant until{};
    BedId bed = no_bed;
    std::vector<std::string> about; // devices, signals, words: one more of them ends it
    template <class Archive> void archive(Archive& a) { a(by, reason, note, until, bed, about); }
};

// Of the alarm that a check is overdue.
[[nodiscard]] std::string overdue_rule(const Check& check);

// After how long without a word a device is silent.
[[nodiscard]] Duration silent_after(const SourceConfiguration& source);

// The pump link is lost.
void lose_pump(Watch& watch, Instant now);

struct Bed {
    bool configured = false;
    std::unique_ptr<Watch> watch;
    std::vector<SourceLink> links;
    std::array<Slot, bed_fault_count> faults{};
    std::string lost_signals; // words for signals_lost
    bool live_flow = false;   // a pump runs though nobody watches
    SourceId live_pump = no_source; // which one said so last
    Instant live_at{};        // last vital sign though nobody watches
    Instant paused_until{};
    CallId physiological, technical;
    std::optional<Somebody> somebody; // the last one who said so
    Instant next{}; // nothing is due before
    Instant review{}; // the faults need no look before
};

struct Source {
    bool configured = false;
    bool connected = false;
    Duration clock_offset{};
    std::uint64_t observations = 0, refused = 0;
    bool believed = false; // its values were used once
    template <class Archive> void archive(Archive& a)
    {
        a(configured, connected, clock_offset, observations, refused);
        if (a.format() >= 11) a(believed);
        else if constexpr (Archive::reading) believed = observations > 0;
    }
};

// How far a source's values may be used; follows from the configuration and the records.
struct Trust {
    CommissionState state = CommissionState::not_needed;
    SignalMask signals = ~SignalMask{0};
    std::vector<bool> beds; // by BedId, while the record holds
    [[nodiscard]] bool whole() const { return state == CommissionState::not_needed; }
    [[nodiscard]] bool of(BedId bed) const
    {
        return whole() || (state == CommissionState::holds && bed.value < beds.size() && beds[bed.value]);
    }
    [[nodiscard]] bool of(BedId bed, Signal signal) const { return of(bed) && (signals & mask(signal)) != 0; }
};

// A person's next channel, which starts unless the one before says that the page arrived.
struct Relay {
    Page page; // as it went to the channel before
    Instant at{};
    Instant last{}; // whatever else rings, and whatever is handed over again, not later
    template <class Archive> void archive(Archive& a)
    {
        a(page, at);
        if (a.format() >= 12) a(last);
        else if constexpr (Archive::reading) last = at;
    }
};

struct PageRecord {
    Page page;
    bool resolved = false; // the hand-over is over
    PageOutcome outcome{};
    std::string detail;
    template <class Archive> void archive(Archive& a) { a(page, resolved, outcome, detail); }
};

inline constexpr std::uint16_t first_code = 10, last_code = 99; // two digits: read over a telephone at night

struct Findings;

struct Ward::State {
    Moment last;
    std::uint32_t incarnation = 0;
    std::uint32_t counter = 0;
    std::uint32_t next_number = 1001; // "#1001": what people say on the telephone
    Configuration configuration;
    std::shared_ptr<const Pack> pack; // compiled from the configuration; never written
    std::shared_ptr<const Protocol> protocol; // read from the configuration; null: none
    std::vector<BedConfiguration> bed_names;
    std::vector<SourceConfiguration> source_names;
    std::vector<Bed> beds;
    std::vector<Source> sources;
    std::vector<Trust> trust; // by source. Follows from `records`, so it is not saved
    std::map<std::string, std::shared_ptr<const CommissionRecord>> records; // by device, the newest; never null
    std::vector<MessageMemory> messages; // by source, as far as any sends messages
    std::map<EpisodeId, Episode> episodes;
    std::map<CallId, Call> calls;
    std::map<EpisodeId, Shelf> shelves; // of open episodes
    std::array<Slot, ward_fault_count> faults{};
    std::array<std::string, ward_fault_count> fault_details;
    CallId ward_call;
    std::vector<PageRecord> pages; // unresolved ones, and the newest of the others
    std::vector<Relay> relays;
    std::vector<Roster> rosters;
    std::vector<QuietHours> quiet;
    std::vector<RosterChange> roster_changes; // the newest last
    std::uint16_t next_code = first_code;
    std::vector<CallId> unreached; // open calls whose newest page had nobody to go to
    KnownKeys keys; // of entries, checklists and typed replies
    std::uint32_t charted = 0; // entries of all charts, for their ids
    // While entries are charted again nothing is decided; of doses only if those are charted again too.
    enum class Replaying : std::uint8_t { no, chart, doses };
    Replaying replaying = Replaying::no;
    bool correcting = false; // what a correction ends by itself waits for a person
    bool starting = false;   // what a start finds at the beds rings with what rang before it, and says for how long
    Instant soonest{}; // no deadline is before it; {0}: not known. Follows from the rest, so it is not saved
    Instant gap_ends{};
    std::uint64_t observations = 0, refused = 0, raised = 0, pages_sent = 0;
    bool reask = false; // after a load: the rules' answers were given by another program's plan
    LoadRefused not_taken; // of the load. Not saved: it is told once

    EffectBuffer* effects = nullptr; // of the step that runs
    Instant leaves{};                // when they leave: a deadline that a stop let pass runs out at its own instant
    std::size_t saved_size = 0;      // of the last save, in bytes; for the room of the next

    // --- ward.cpp: the reducer ---
    void step(const Moment& now, const Input& input);
    void reask_rules(const Moment& now);
    void set_rules_aside(Watch& watch);
    [[nodiscard]] std::optional<CheckState> take_from_aside(Watch& watch, const std::string& rule);
    void fire_due(const Moment& now);
    [[nodiscard]] Instant next_due() const;
    void bed_due(BedId bed, const Moment& now);
    void refresh_next(Bed& bed, Instant now);
    [[nodiscard]] static Instant next_overdue(const Watch& watch);
    Serial new_serial();

    // --- configure.cpp ---
    void apply(const Moment& now, const Started& started);
    void apply(const Moment& now, const Configuration& configuration);
    void take_beds(const Configuration& next);
    [[nodiscard]] std::optional<BedId> bed_named(std::string_view alias) const; // nothing for "": no bed has that name
    void take_sources(const Moment& now, const Configuration& next);
    void carry_over(const Moment& now, BedId bed, const Pack* old_pack);
    void set_up_patient(Watch& watch);

    // --- association.cpp: do bed, devices and patient belong together? ---
    static void doubt_association(Instant now, Watch& watch);
    void doubt_after_gap(Instant now, const Started& started);
    void doubt_after_rebinding(Instant now, const SourceConfiguration* before, const SourceConfiguration& after);
    void doubt_after_hearing(Instant now, Watch& watch, const SourceLink& from, const SignalState* before);

    // --- commissioning.cpp: whose values may be used ---
    void do_action(const Moment& now, const Action& action, const Commission& commission);
    void do_action(const Moment& now, const Action& action, const RevokeCommission& revoke);
    [[nodiscard]] Trust trust_of(const SourceConfiguration& source) const;
    void find_trust();
    // After the configuration or a record changed: what is not trusted any more is forgotten.
    void judge_commissioning(const Moment& now);
    void forget_untrusted(const Moment& now, BedId bed);
    [[nodiscard]] bool trusted(BedId bed, SourceId source, Signal signal) const
    {
        return source.value >= trust.size() || trust[source.value].of(bed, signal);
    }
    // A sign of life of a device whose values are shown and used by nothing.
    void hear_untrusted(const Moment& now, BedId bed, SourceId source, Signal signal, double value, bool device);
    void review_commissioning(const Moment& now, BedId bed, Instant& next);
    // Sources of a bed that it cannot rely on: those never commissioned, or those that were.
    [[nodiscard]] std::vector<std::string> untrusted(BedId bed, bool lost) const;
    template <class Archive> void archive_records(Archive& a);

    // --- intake.cpp: what devices say ---
    void apply(const Moment& now, const Observation& observation);
    void apply(const Moment& now, const RefusedValue& refused);
    void note_trouble(const Moment& now, BedId bed, Signal signal);
    void apply(const Moment& now, const DeviceStatus& status);
    void judge_clocks(const Moment& now);
    void apply(const Moment& now, const MessageSeen& message);
    SourceLink& link(Bed& bed, SourceId source);
    // Null if it said nothing for this bed and is not bound to it.
    [[nodiscard]] static const SourceLink* known_link(const Bed& bed, SourceId source);
    void set_fresh_for(Watch& watch, Signal signal, SourceId source);
    void take_device(const Moment& now, BedId bed, const Observation& observation);
    // Without a word: it said that it has none.
    static void hear_pump(Instant now, Watch& watch, SourceId pump, Signal signal, std::optional<double> word);
    // After how long without a word it is silent; 0 of one that is not configured.
    [[nodiscard]] Duration silent_limit(SourceId source) const;
    // Whether another device at the bed tells this signal, and goes on telling it.
    [[nodiscard]] bool told_by_another(const Bed& bed, Signal signal, SourceId source, Instant now) const;
    static void hand_over(Bed& bed, SourceLink& to, Signal signal, const SignalState& before);
    void take_beside(const Moment& now, Watch& watch, SourceLink& from, const Observation& observation);
    // A charted or laboratory value; the reply for the person who charted it.
    std::string take_charted(const Moment& now, BedId bed, Signal signal, double value, WallTime at,
                             std::optional<WallTime> since, bool corrected,
                             std::optional<bool> from_infusion_arm = std::nullopt);

    // --- chart.cpp: what people chart ---
    void apply(const Moment& now, const Entry& entry);
    // True where the key came before, and then it is answered: the same is not taken twice, something else is refused,
    // for taking it for the same would lose it.
    bool key_used(const Moment& now, std::uint64_t request, const std::string& key, std::uint64_t said);
    [[nodiscard]] std::string why_not(const Entry& entry, const Moment& now) const;
    std::string take_entry(const Moment& now, const Entry& entry, WallTime at);
    // Rate, bolus, stop, or into the muscle.
    std::string take_dose(const Moment& now, const Entry& entry, Instant at);

    // --- correct.cpp: the chart, and what is struck through ---
    [[nodiscard]] std::string why_not_correct(const Entry& entry) const;
    std::string record(const Moment& now, const Entry& entry, WallTime at);
    ChartEntry& list(const Moment& now, const Entry& entry, WallTime at);
    ChartEntry& list(BedId bed, ChartEntry entry);
    ChartEntry& list(const Moment& now, const Observation& observation, WallTime at);
    // What came by wire and is older than what is known of its signal, or than its limit.
    [[nodiscard]] bool is_out_of_turn(const Moment& now, const Observation& observation, WallTime at) const;
    // Charts such a one, or a correction, as if it had come in its turn.
    void take_in_turn(const Moment& now, const Observation& observation, WallTime at);
    [[nodiscard]] Moment turn_of(const Moment& now, const Observation& observation, WallTime at) const;
    void take_withdrawn(const Moment& now, const Observation& observation);
    // The newest value of a device, or that of this time, does not count any more; null: there is none.
    ChartEntry* withdraw(const Moment& now, BedId bed, Signal signal, std::optional<WallTime> at, std::string why,
                         EntryId instead);
    std::string correct(const Moment& now, const Entry& entry, WallTime at);
    void take_back_stop(const Moment& now, const Entry& entry);
    std::string chart_anew(const Moment& now, BedId bed, bool doses, EntryId wanted);
    std::string go_through(BedId bed, bool doses, std::size_t count, const Moment& now, EntryId wanted);
    std::string chart_again(BedId bed, const ChartEntry& one, bool doses);
    void measure_again(BedId bed, const MeasuredValue& value);
    void run_pump(Watch& watch, std::size_t& stretch, Instant to, Instant now);
    void hold_what_rings(BedId bed);
    void bound_chart(BedId bed);

    // --- bedside.cpp: symptoms, sedatives, fits ---
    // Why an entry is refused; "" if it is not.
    [[nodiscard]] std::string why_not(const SymptomEntry& entry) const;
    [[nodiscard]] std::string why_not(const SedationEntry& entry) const;
    [[nodiscard]] std::string why_not(const UntestableEntry& entry) const;
    [[nodiscard]] std::string why_not(const ConcernedEntry& entry, BedId bed) const;
    std::string take_concern(const Moment& now, BedId bed, const ConcernedEntry& entry, Instant at,
                             const std::string& person);
    std::string take_symptoms(const Moment& now, BedId bed, const SymptomEntry& entry, Instant at,
                              const std::string& person);
    void take_event(const Moment& now, BedId bed, BedsideEvent event);
    SignalMask derive_events(Watch& watch, Instant now);

    // --- session.cpp: screening, the planned session, levels ---
    [[nodiscard]] std::string why_not(const ScreeningEntry& entry) const;
    [[nodiscard]] std::string why_not(const DecisionEntry& entry) const;
    [[nodiscard]] std::string why_not(const SessionEntry& entry, const Moment& now) const;
    std::string take_screening(const Moment& now, BedId bed, const ScreeningEntry& entry, const std::string& person);
    std::string take_session(const Moment& now, BedId bed, const SessionEntry& entry, const std::string& person);
    // A fact given in another way answers its question too.
    void note_fact(const Moment& now, BedId bed, Signal signal, double value, const std::string& person);
    // Remembers a level and what is doubtful about it; the words for the person who charted it.
    std::string note_level(Watch& watch, double value, Instant at, std::optional<bool> from_infusion_arm,
                           SignalMask& changed);
    [[nodiscard]] static bool screened(const Bedside& bedside, const SessionTable& table);
    void review_session(const Moment& now, BedId bed);

    // --- after_stop.cpp ---
    // An alarm after which a stop is taken to be for toxicity.
    [[nodiscard]] static bool grave(const Episode& episode);
    [[nodiscard]] static bool stop_decided(const Bedside& bedside);
    void follow_stop(const Moment& now, BedId bed);
    void find_stop(const Watch& watch, Findings& out) const;
    // The densest interval that the planned session or the watch after a stop asks for.
    [[nodiscard]] std::optional<Duration> session_checks(const Watch& watch, Instant now) const;

    // --- antidote.cpp: the calcium gluconate checklist ---
    void do_action(const Moment& now, const Action& action, const ProtocolOpen& open);
    void do_action(const Moment& now, const Action& action, const ProtocolTap& tap);
    void do_action(const Moment& now, const Action& action, const ProtocolClose& close);
    void open_antidote(const Moment& now, BedId bed, ProtocolBranch branch, const std::string& by, std::string why);
    // A grave alarm opens it, or makes it graver.
    void antidote_for(const Moment& now, const Watch& watch, const Episode& episode);
    void find_antidote(const Moment& now, BedId bed, Findings& out);
    // What was charted elsewhere is a step of it too: the stop, the decision, the level.
    void note_in_antidote(const Moment& now, BedId bed, StepKind kind, const std::string& person,
                          const std::string& text, Instant at);
    [[nodiscard]] RecordedFacts recorded(const Watch& watch, Instant now) const;
    [[nodiscard]] ChecklistView antidote_view(const Watch& watch, const Moment& now) const;

    // --- watch.cpp: what people do ---
    void apply(const Moment& now, const Action& action);
    void do_action(const Moment& now, const Action& action, const WatchStart& start);
    void do_action(const Moment& now, const Action& action, const WatchTransfer& transfer);
    void do_action(const Moment& now, const Action& action, const WatchConfirm& confirm);
    void do_action(const Moment& now, const Action& action, const WatchEnd& end);
    void do_action(const Moment& now, const Action& action, const Acknowledge& acknowledge);
    void do_action(const Moment& now, const Action& action, const Answer& answer);
    void do_action(const Moment& now, const Action& action, const PauseAudio& pause);
    void do_action(const Moment& now, const Action& action, const AnswerCode& answer);

    // --- by_hand.cpp: about a call, besides answering it ---
    void do_action(const Moment& now, const Action& action, const CallAgain& again);
    void do_action(const Moment& now, const Action& action, const CallPhoned& phoned);
    void do_action(const Moment& now, const Action& action, const SomebodyHere& somebody);

    // --- second_check.cpp: another person looks at a change of the rate ---
    void do_action(const Moment& now, const Action& action, const CheckRate& check);
    // Why an entry's second person cannot be one; "" if there is none.
    [[nodiscard]] static std::string why_not_second(const Entry& entry);
    // Charts another rate than that of the infusion that runs.
    [[nodiscard]] static bool changes_rate(const Watch& watch, const EntryWhat& what);

    // --- shelve.cpp: technical alarms that are known for a while ---
    void do_action(const Moment& now, const Action& action, const Shelve& shelve);
    void do_action(const Moment& now, const Action& action, const Unshelve& unshelve);
    // Why it must sound and page now; "" if it may be shelved.
    [[nodiscard]] std::string why_not_shelved(const Episode& episode, Instant now) const;
    // Magnesium acts, or nobody knows whether it does.
    [[nodiscard]] bool may_act(BedId bed, Instant now) const;
    // What an alarm is about that can be more than one thing: devices, signals, words of a fault.
    [[nodiscard]] std::vector<std::string> subjects(const Episode& episode) const;
    // Ends what is over its time or may not be shelved any more.
    void judge_shelves(const Moment& now);
    void unshelve(const Moment& now, EpisodeId id, const std::string& person);

    // --- limits.cpp: limits of one patient ---
    void do_action(const Moment& now, const Action& action, const SetLimit& set);
    // Gives her the ward's pack with her own limits, after either changed; what is open is carried over.
    void repack(const Moment& now, BedId id);
    // The ward's pack with these limits; null with the reason if one does not fit.
    [[nodiscard]] std::shared_ptr<const Pack> pack_for(const std::vector<OwnLimit>& own, std::string& why_not) const;
    void end_own_limits(const Moment& now, BedId bed);
    void reply(const Moment& now, std::uint64_t request, bool accepted, std::string text);

    // --- derive.cpp ---
    // Brings doses and what is derived from them up to `now`; the signals that changed.
    SignalMask derive_infusion(Watch& watch, Instant now);
    // What an entry of a dose says beside its amount in all: the salt, and the injection into the muscle.
    SignalMask derive_given(Watch& watch, const Entry& entry, Instant at);
    SignalMask derive_reflex(Watch& watch, Signal changed);
    [[nodiscard]] Duration on_board_length(const Watch& watch, Instant now) const;
    // Less urine in 4 h than the limit most guidelines share.
    [[nodiscard]] bool urine_low(const Watch& watch) const;

    // --- conditions.cpp: truths to episodes ---
    void evaluate(const Moment& now, BedId bed, SignalMask changed);
    void advance_rule(const Moment& now, BedId bed, std::size_t rule);
    void advance_slot(const Moment& now, BedId bed, Slot& slot, const ConditionPolicy& policy,
                      const AlarmText& alarm);
    void raise(const Moment& now, BedId bed, Slot& slot, AlarmText alarm);
    void condition_over(const Moment& now, Slot& slot);
    void close_episode(const Moment& now, EpisodeId id, const std::string& person);
    void emit(const Moment& now, const Episode& episode, AlarmEvent event, const std::string& person);

    // --- faults.cpp: technical alarms and checks ---
    void review(const Moment& now, BedId bed);
    void review_sources(const Moment& now, BedId bed, Instant& next);
    [[nodiscard]] bool told_by_source(const Bed& bed, const SignalState& signal) const;
    void review_signals(const Moment& now, BedId bed, Instant& next);
    void review_infusion(const Moment& now, BedId bed, Instant& next);
    void review_bedside(const Moment& now, BedId bed, Instant& next);
    void set_fault(const Moment& now, BedId bed, BedFault fault, bool present, Instant& next);
    void set_fault(const Moment& now, WardFault fault, bool present, std::string detail);
    // The alarm of a fault in the words that it was told in last, and of one that is present in those of now.
    [[nodiscard]] AlarmText alarm_told(WardFault fault) const;
    [[nodiscard]] AlarmText alarm_told(BedId bed, BedFault fault) const;
    void apply(const Moment& now, const ShellStatus& status);
    void review_checks(const Moment& now, BedId bed);
    void check_done(const Moment& now, BedId bed, Signal signal);
    // When each check was last answered; and what of them comes due sooner, since an answer was struck.
    [[nodiscard]] static std::vector<std::optional<Instant>> check_answers(const Watch& watch);
    void due_anew(Watch& watch, const std::vector<std::optional<Instant>>& answers_before, const Moment& now);
    // The titles of checks that were to be answered before a dose and were not.
    std::string checks_before_dose(const Moment& now, BedId bed, Instant at);

    // --- calls.cpp: who is told ---
    // Gives the episode its call, a new one if none is open; true if it is new or became worse by it.
    bool join_call(Episode& episode);
    void ring_call(const Moment& now, const Episode& episode, bool worse);
    // `over`: what those who were told hear; "" = that the alarm is over.
    void leave_call(const Moment& now, CallId id, const std::string& person, const std::string& over = "");
    [[nodiscard]] Duration quiet_hold(const Call& call, const Moment& now) const;
    void skip_numbers();
    [[nodiscard]] std::uint32_t new_number(); // of a call or a test, as people say it
    [[nodiscard]] std::uint16_t new_code();   // of no call that is open
    void call_moves(const Moment& now, CallId id);
    void acknowledgement_over(const Moment& now, EpisodeId id);
    // `at`: when it was done.
    void bedside_act(const Moment& now, BedId bed, const std::string& person, Instant at);
    void treated(const Moment& now, BedId bed, const std::string& person);
    void resume_calls(const Moment& now, Duration unwatched);
    void apply(const Moment& now, const Tick&);
    [[nodiscard]] const LadderPolicy& policy(const Call& call) const;
    [[nodiscard]] CallId& call_slot(BedId bed, AlarmKind kind);
    [[nodiscard]] std::vector<std::string> words(const Call& call, EpisodeId first) const;
    std::uint16_t take_code(); // the next of all, taken or not
    void coming(const Moment& now, Call& call, const std::string& person);
    void here(const Moment& now, Call& call, const std::string& person);
    void cannot(const Moment& now, Call& call, const std::string& person);
    [[nodiscard]] bool sounding(const Call& call, Instant now) const;
    [[nodiscard]] bool paused(BedId bed, Instant now) const;

    // --- flood.cpp: many beds, one cause ---
    [[nodiscard]] Call* flood_call(); // one that later beds may join
    void join_flood(Call& flood, BedId bed);
    void merge_flood(const Moment& now, Call& first);
    void tell_beds(const Call& call, std::vector<std::string>& words) const;

    // --- pages.cpp: how they are told ---
    // `fresh`: the finding that this ring is about; a page names it first.
    // `unwatched`: for how long nobody had watched before it.
    // Whether the newest page of a call went to anybody; its end counts as that.
    void note_reached(const Moment& now, CallId call, bool reached);
    void judge_owner(const Moment& now);
    void send(const Moment& now, Call& call, const Ring& ring, EpisodeId fresh = {}, Duration unwatched = {});
    [[nodiscard]] Page page_of_ward(const Moment& now) const;
    [[nodiscard]] Page page_of_call(const Moment& now, const Call& call) const;
    // Sends a page to a person, on the first channel or on all; on how many.
    std::size_t send_to(const Moment& now, Page page, const std::string& person);
    void send_on(const Moment& now, Page page, const Channel& channel);
    void relay_due(const Moment& now);
    void follow_up(const Moment& now, const Call& call, PageReason reason, std::string words,
                   const std::vector<std::string>& except);
    [[nodiscard]] std::vector<std::string> values_of(BedId bed, Instant now) const;
    void do_action(const Moment& now, const Action& action, const TestPage& test);
    void send_after(const Moment& now, BedId bed);
    void resend_unresolved(const Moment& now, Duration unwatched);
    void apply(const Moment& now, const Receipt& receipt);
    [[nodiscard]] std::optional<std::string> failing_channel() const;
    [[nodiscard]] bool somebody_has(std::string_view channel_kind) const;
    void take_receipt_for_relay(const Moment& now, const Receipt& receipt);
    void rung_failed(const Moment& now, Call& call, const PageKey& failed);

    // --- duty.cpp: who is on call ---
    void apply(const Moment& now, const Rosters& next);
    void do_action(const Moment& now, const Action& action, const ChangeRoster& change);
    // Names of people and rosters to people, each once, in the order of the names.
    [[nodiscard]] std::vector<std::string> people_for(const std::vector<std::string>& names, WallTime at) const;
    [[nodiscard]] const Roster* find_roster(const std::string& roster) const;
    [[nodiscard]] const Person* find_person(const std::string& person) const;

    // --- view.cpp ---
    // Who is watched and paused, and the values.
    [[nodiscard]] BedView bed_watched(std::size_t index, const Moment& now) const;
    [[nodiscard]] BedView bed_view(std::size_t index, const Moment& now) const;
    [[nodiscard]] CommissionView commission_view(std::size_t source) const;
    [[nodiscard]] SourceView source_view(std::size_t index, const Moment& now) const;
    [[nodiscard]] EpisodeView episode_view(EpisodeId id, const Episode& episode, const Moment& now) const;
    [[nodiscard]] CallView call_view(CallId id, const Call& call, const Moment& now) const;
    [[nodiscard]] std::string alias(BedId bed) const;
    // "" of one that no configuration named.
    [[nodiscard]] std::string source_name(SourceId source) const;

    [[nodiscard]] Bed* find(BedId bed) { return bed.value < beds.size() ? &beds[bed.value] : nullptr; }
    [[nodiscard]] std::string place(BedId bed) const;
    void publish(BedId bed)
    {
        if (replaying == Replaying::no) effects->push_back(Publish{bed});
    }

    template <class Archive> void archive(Archive& a);
    template <class Archive> void archive_answers(Archive& a, Watch& watch);
    template <class Archive> void archive_chart(Archive& a, Watch& watch, const WardShape& shape);
    template <class Archive>
    void archive_bed(Archive& a, Bed& bed, std::uint32_t format, const WardShape& shape);
};

} // namespace magwatch
