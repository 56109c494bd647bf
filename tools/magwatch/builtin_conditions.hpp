// The conditions that ring under every pack and stand in none, in words: the planned session, screening, bags, checks
// and technical faults.
//
// Pure. What each is comes from the ward's own tables and from the pack; only when a technical fault is present is
// said here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/language/pack.hpp"
#include "rules/ward/technical.hpp"

namespace magwatch::cli
{

struct BuiltinCondition {
    AlarmText alarm;
    ConditionPolicy policy;
    std::string when, until; // in words; `until` is empty where it ends with `when`
    std::string source;
    std::vector<std::string> cells;     // of the table of indications, that limit it
    SignalMask reads = 0;               // what answers a check
    const PackItem* item = nullptr;     // a check's own words
    bool rings = true;                  // false: the answer is recorded or shown, and raises nothing
};

[[nodiscard]] std::optional<BuiltinCondition> builtin_condition(const Pack& pack, std::string_view id);
// Every id that `builtin_condition` knows.
[[nodiscard]] std::vector<std::string> builtin_conditions(const Pack& pack);

} // namespace magwatch::cli
