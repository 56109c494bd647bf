// The subcommands of `magwatch rules`, and what they share.
#pragma once

#include <memory>
#include <string>

#include "rules/alarm/rule_tests.hpp"
#include "rules/language/pack.hpp"
#include "tools/magwatch/shell.hpp"

namespace magwatch::cli
{

void add_rules_rate(CLI::App& rules, Shell& shell);    // rate
void add_rules_show(CLI::App& rules, Shell& shell);    // show
void add_rules_explain(CLI::App& rules, Shell& shell); // explain
void add_rules_diff(CLI::App& rules, Shell& shell);    // diff

// The pack at a path, or by the name of a built-in one, with what it extends; null after saying why
// not.
[[nodiscard]] std::shared_ptr<const Pack> open_pack(const Shell& shell, const std::string& path);
// The same with its cases run.
[[nodiscard]] PackTest run_pack_tests(const Shell& shell, const std::string& path);

// "this pack", "inherited from minimal", "configuration".
[[nodiscard]] std::string origin_text(const Pack& pack, const std::string& from);

} // namespace magwatch::cli
