// A rule of a pack as one sentence, for people who ask why it rang.
#pragma once

#include <string>

#include "rules/language/pack.hpp"

namespace magwatch {

// "A high physiological alarm of grade 2 (give calcium gluconate)".
[[nodiscard]] std::string alarm_words(Priority priority, AlarmKind kind, int grade);
// "A high physiological alarm of grade 2, raised when rr <= rr_stop has held for 30 s, ...". `item`: the pack's own
// words for this rule.
[[nodiscard]] std::string rule_words(const Rule& rule, const PackItem& item);

} // namespace magwatch
