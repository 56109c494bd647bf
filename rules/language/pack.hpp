// A rule pack: TOML that a clinical safety lead can read, compiled to typed rules or refused with every
// mistake at file:line:col.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/base/instant.hpp"
#include "rules/base/priority.hpp"
#include "rules/language/program.hpp"
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
};

// A check that staff must chart: due and overdue.
struct Check {
    std::string id;    // "reflex"
    std::string title; // "Tendon reflexes"
    std::vector<Signal> signals; // any of them answers it
    Duration every{};            // normal interval
    Duration first_every{};      // denser at the beginning of magnesium; 0 = as `every`
    Duration first_for{};        // how long the beginning lasts
    Duration overdue_after{};    // medium alarm this long after it was due
    Program needs;               // only while this holds or is unknown
    std::string source;
};

class Pack {
public:
    std::string name, title, version;
    bool example = false; // may run in demo and replay only
    std::vector<Rule> rules;
    std::vector<Check> checks;
    std::vector<WindowSpec> windows; // what PatientState must keep; programs refer by index
    // For each signal, the rules that read it.
    std::array<std::vector<std::uint16_t>, signal_count> readers;
    Plan plan; // what evaluation runs
};

// Named limits replace those of the pack's [limits] table before compilation ("spo2_stop" = "92 %").
struct LimitOverride {
    std::string name, value;
};

struct CompiledPack {
    std::shared_ptr<const Pack> pack; // null if there is any error
    std::vector<Diagnostic> errors;
};
[[nodiscard]] CompiledPack compile_pack(std::string_view text, std::string_view file_name,
                                        const std::vector<LimitOverride>& overrides = {});

} // namespace magwatch
