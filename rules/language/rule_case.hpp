// Rule tests as data: what is measured and charted, and which alarms must come when.
//
// Pure. A [[case]] stands in the pack or beside it in NAME.test.toml:
//
//   [[case]]
//   title = "Slow breathing raises after 30 s; 29 s is not enough"
//   rule = "rr-low"
//   step = "1 s"
//   series = { rr = "16x60 11x40 16x90" }   # values x times; _ no sample, ! invalid, ? no reading
//   entries = ["0 s mg_on_board 1", "2 h urine 20 mL", "2 h mg 4.2 mmol/L of 90 min"]
//   expect = ["raised 90 s", "cleared 160 s"]
//
// Times count from the start of the watch. Series are in the signal's own unit; entries write theirs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/base/instant.hpp"
#include "rules/language/pack.hpp"
#include "rules/observation/observation.hpp"

namespace magwatch {

inline constexpr std::size_t case_events_max = 200'000; // samples and entries of one case
inline constexpr std::size_t cases_max = 2'000;         // of one file

struct CaseEvent {
    Duration at{};       // arrival
    Duration observed{}; // event time, not after `at`
    Signal signal{};
    Validity validity = Validity::valid;
    double value = 0; // canonical unit
};

struct CaseTransition {
    std::string rule;
    bool raised = true; // false: cleared
    Duration at{};
    friend bool operator==(const CaseTransition&, const CaseTransition&) = default;
};

struct RuleCase {
    std::string title;
    std::string file;
    std::uint32_t line = 0;
    std::vector<std::string> rules; // judged; what others do is not looked at
    std::vector<LimitOverride> limits;
    std::vector<CaseEvent> events; // in the order of arrival
    std::vector<std::pair<Signal, Duration>> fresh_for;
    Duration until{};
    std::vector<CaseTransition> expected; // in the order of time
};

// The cases of a text; mistakes are added to `errors`. `pack` tells which rules there are.
// `of_any_pack`: cases of another pack are read too, of the rules that `pack` has.
[[nodiscard]] std::vector<RuleCase> read_cases(std::string_view text, std::string_view file, const Pack& pack,
                                               std::vector<Diagnostic>& errors, bool of_any_pack = false);

} // namespace magwatch
