// Runs the cases of a pack: the same compiled rules, patient state, evaluation and alarm conditions (`for`,
// `clear_for`) as the ward's, on a table of samples and entries.
//
// Pure. What is judged is the alarm condition (raised, cleared); latching, paging and answering come after it.
// A pack passes if its text is good, every case gives exactly the expected transitions, and every rule has a
// case in which it is raised and a near miss in which it is judged and stays quiet.
//
// A pack that extends others inherits their cases too: those of the rules that behave as they do there. A rule
// that it changes, or whose limits it changes, needs cases of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/language/pack.hpp"
#include "rules/language/rule_case.hpp"

namespace magwatch {

struct PackCheck {
    std::vector<Diagnostic> errors;
    std::shared_ptr<const Pack> pack; // null if there is any error
    [[nodiscard]] bool good() const { return pack != nullptr; }
};
[[nodiscard]] PackCheck check_pack(std::string_view text, std::string_view file,
                                   const PackLibrary* library = nullptr);

struct CaseResult {
    std::string title;
    std::string file;
    std::uint32_t line = 0;
    bool passed = false;
    std::vector<std::string> differences; // "expected: rr-low raised at 90 s; it was not"
    std::vector<CaseTransition> seen;
    std::vector<std::string> rules;       // judged
    std::vector<CaseTransition> expected;
};

// How well the cases cover a rule.
struct RuleCoverage {
    std::string rule;
    std::size_t raised = 0, quiet = 0; // cases in which it is raised, and near misses
    [[nodiscard]] bool complete() const { return raised > 0 && quiet > 0; }
};

struct PackTest {
    std::vector<Diagnostic> errors; // in the pack or in the cases
    std::vector<CaseResult> cases;
    std::vector<RuleCoverage> coverage; // of each rule, in the order of the pack
    std::vector<std::string> untested;  // "rr-low: no near miss"
    [[nodiscard]] bool passed() const;
};
// `test_text`: the file beside the pack, "" if there is none; cases in the pack itself run too.
[[nodiscard]] PackTest test_pack(std::string_view pack_text, std::string_view test_text,
                                 std::string_view pack_file = "pack.toml",
                                 std::string_view test_file = "pack.test.toml",
                                 const PackLibrary* library = nullptr);

// "90 s", "4 h".
[[nodiscard]] std::string length_text(Duration length);
// What one case gives under a pack.
[[nodiscard]] std::vector<CaseTransition> run_case(const Pack& pack, const RuleCase& one);

} // namespace magwatch
