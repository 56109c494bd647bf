// A rule pack: TOML that a clinical safety lead can read, compiled to typed rules or refused with every
// mistake at file:line:col.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/base/instant.hpp"
#include "rules/base/priority.hpp"
#include "rules/language/program.hpp"
#include "rules/language/session_table.hpp"
#include "rules/observation/signal.hpp"
#include "rules/patient/window.hpp"

namespace magwatch {

// One compiled rule.
struct Rule {
    std::string id;      // stable: alarm state lives by it across reloads
    std::string title;   // "Respiratory rate low"
    std::string message; // words for a page: "Slow breathing"
    std::string prompt;  // what to do, for screens; never a dose
    std::string source;  // where the numbers come from
    AlarmKind kind = AlarmKind::physiological;
    Priority priority = Priority::medium;
    std::uint8_t grade = 0; // 1 stop, call, examine; 2 give calcium gluconate; 0 neither (BEHAVIOUR "Grades")
    bool latching = false;
    bool together = false; // pages everybody at once instead of climbing the ladder
    Duration hold{};       // `for`: how long the condition must hold before it is an alarm
    Duration clear_hold{}; // `clear_for`
    Program when;          // the condition
    Program clear;         // what ends it; by default: `when` is known to be false
    Program needs;         // gate: unknown counts as open; empty = always open
    SignalMask reads = 0;  // every signal that any of the three programs reads
    bool inhibitable = true; // false: nothing holds it back
};

// Holds rules back while its condition is known to be true, with the reason that staff are shown. What runs is
// in the rules' own gates; this tells people of it.
struct Inhibition {
    std::string id, reason;
    std::vector<std::uint16_t> rules;
    Program when; // ends with `at_most`, counted from when it became true
    Duration at_most{}; // 0: as long as the condition lasts
};

// So often, for so long; 0 = there is no such phase.
struct CheckPhase {
    Duration every{}, length{};
};

// A check that staff must chart: due and overdue.
struct Check {
    std::string id;    // "reflex"
    std::string title; // "Tendon reflexes"
    std::vector<Signal> signals; // any of them answers it
    Duration every{};            // normal interval
    std::vector<CheckPhase> phases; // from the first magnesium on, one after the other; then `every`
    CheckPhase after_stop;       // recurrence watch after the infusion was stopped
    Duration before_dose{};      // a dose by bolus or muscle without an answer so shortly before makes it overdue
    Duration overdue_after{};    // medium alarm this long after it was due
    Program needs;               // only while this holds or is unknown
    std::string source;
};

// What a pack says in its own words, and which pack says it: for people who review, compare and explain it.
// Evaluation never looks here.
struct PackField {
    std::string key;
    std::string value; // a text as it is; anything else as TOML
    std::string toml;  // as TOML
    std::string from;  // name of the pack that says it
};
struct PackItem {
    std::string id;
    std::string from; // the pack that has it first
    bool disabled = false;
    std::vector<PackField> fields;   // without the id
    std::vector<std::string> limits; // named limits it uses
    [[nodiscard]] const PackField* field(std::string_view key) const;
    // Its text; "" if there is none.
    [[nodiscard]] std::string_view value(std::string_view key) const;
};
struct PackLimit {
    std::string name, value, source, title;
    bool inclusive = false; // a value at the limit itself counts, where a rule says `below` or `above`
    std::string from; // the pack, or "configuration" for a site's setting
};
struct PackOutline {
    std::vector<std::string> lineage; // this pack, the one it extends, and so on
    std::vector<PackLimit> limits;    // in the order of their names; those that some rule or check uses
    std::vector<PackItem> rules, checks, inhibitions; // disabled ones too
    std::string sessions;                // [[question]], [[component]], [[indication]], as TOML
    [[nodiscard]] const PackItem* rule(std::string_view id) const;
    [[nodiscard]] const PackLimit* limit(std::string_view name) const;
};
// Both have the rule, and it is raised and ended by the same conditions, limits and delays.
[[nodiscard]] bool same_behaviour(const PackOutline& a, const PackOutline& b, std::string_view rule);

class Pack {
public:
    std::string name, title, version;
    bool example = false; // may run in demo and replay only
    bool benchmark = false; // measures the engine; never runs on a ward
    bool ageless = false;   // max_age = "none": a value holds until the next one
    std::vector<Rule> rules;
    std::vector<Check> checks;
    SignalMask check_signals = 0; // those that answer any check
    std::vector<Inhibition> inhibitions;
    std::vector<WindowSpec> windows; // what PatientState must keep; programs refer by index
    // For each signal, the rules that read it.
    std::array<std::vector<std::uint16_t>, signal_count> readers;
    Plan plan; // what evaluation runs
    SessionTable sessions; // the built-in table, and what this pack replaces of it
    PackOutline outline;
};

// Named limits replace those of the pack's [limits] table before compilation ("spo2_stop" = "92 %").
struct LimitOverride {
    std::string name, value;
};

// Where packs that others extend come from. Pure: whoever makes one has read the files.
struct PackSource {
    std::string text, file;
    std::string test_text, test_file; // its cases beside it; "" if there are none
};
class PackLibrary {
public:
    PackLibrary() = default;
    PackLibrary(const PackLibrary&) = delete;
    PackLibrary& operator=(const PackLibrary&) = delete;
    virtual ~PackLibrary() = default;
    [[nodiscard]] virtual std::optional<PackSource> find(std::string_view name) const = 0;
    [[nodiscard]] virtual std::vector<std::string> names() const = 0; // for suggestions
};

struct CompiledPack {
    std::shared_ptr<const Pack> pack; // null if there is any error
    std::vector<Diagnostic> errors;
};
// `library`: for packs that extend others; an effective text needs none.
[[nodiscard]] CompiledPack compile_pack(std::string_view text, std::string_view file_name,
                                        const std::vector<LimitOverride>& overrides = {},
                                        const PackLibrary* library = nullptr);

// A pack that extends others as one text that stands alone: what runs, is journaled and is replayed. Compiles
// to the same rules; every limit, rule and check says `from` which pack it comes. The text itself if it
// extends nothing. Empty with the mistakes if it does not compile.
struct EffectiveText {
    std::string text;
    std::vector<Diagnostic> errors;
};
[[nodiscard]] EffectiveText effective_text(std::string_view text, std::string_view file_name,
                                           const PackLibrary* library);
// The same of a compiled pack, whether it extends others or not.
[[nodiscard]] std::string effective_text(const Pack& pack);

} // namespace magwatch
