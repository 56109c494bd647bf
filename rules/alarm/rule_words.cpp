#include "rules/alarm/rule_words.hpp"

#include <string_view>

#include "rules/alarm/rule_tests.hpp"

namespace magwatch {

std::string alarm_words(Priority priority, AlarmKind kind, int grade)
{
    std::string out = "A " + std::string{name(priority)} + " " + std::string{name(kind)} + " alarm";
    if (grade > 0) out += grade == 1 ? " of grade 1 (stop, call, examine)" : " of grade 2 (give calcium gluconate)";
    return out;
}

std::string rule_words(const Rule& rule, const PackItem& item)
{
    std::string out = alarm_words(rule.priority, rule.kind, rule.grade);
    out += ", raised when " + std::string{item.value("when")};
    if (rule.hold > Duration::zero()) out += " has held for " + length_text(rule.hold);
    if (item.field("needs"))
        out += ", unless '" + std::string{item.value("needs")} + "' is known to be false";
    const std::string_view clear = item.value("clear");
    if (clear == "never")
        out += ". It ends by a person alone";
    else
        out += ". It ends when " + (clear.empty() ? "that is known to be over" : std::string{clear});
    if (rule.clear_hold > Duration::zero()) out += " for " + length_text(rule.clear_hold);
    if (rule.latching) out += ", and stays until somebody has seen it";
    return out + (rule.together ? ". It pages everybody together." : ".");
}

} // namespace magwatch
