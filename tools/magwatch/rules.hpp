// The subcommands of `magwatch rules`, and what they share.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/alarm/rule_tests.hpp"
#include "rules/language/pack.hpp"
#include "tools/magwatch/shell.hpp"

namespace magwatch::cli
{

void add_rules_rate(CLI::App& rules, Shell& shell);    // rate
void add_rules_show(CLI::App& rules, Shell& shell);    // show
void add_rules_explain(CLI::App& rules, Shell& shell); // explain
void add_rules_diff(CLI::App& rules, Shell& shell);    // diff
void add_rules_cases(CLI::App& rules, Shell& shell);   // cases

// Files named directly, and the TOML files in folders, in the order of their names, without those of this ending.
[[nodiscard]] std::vector<std::string> files_at(const std::vector<std::string>& paths, std::string_view but_not = {});
// Packs named directly, and those in folders, in the order of their names; test files are no packs.
[[nodiscard]] std::vector<std::string> packs_at(const std::vector<std::string>& paths);
// The pack at a path, or by the name of a built-in one, with what it extends; null after saying why
// not.
[[nodiscard]] std::shared_ptr<const Pack> open_pack(const Shell& shell, const std::string& path);
// The same with its cases run.
[[nodiscard]] PackTest run_pack_tests(const Shell& shell, const std::string& path);

// "this pack", "inherited from minimal", "configuration".
[[nodiscard]] std::string origin_text(const Pack& pack, const std::string& from);

// A text in an attribute of a JUnit report, and the report around its suites; false after saying
// why not.
[[nodiscard]] std::string xml(const std::string& text);
[[nodiscard]] bool write_junit(const Shell& shell, const std::string& path,
                               const std::string& suites);

} // namespace magwatch::cli
