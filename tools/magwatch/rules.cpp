#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <CLI/CLI.hpp>

#include "daemon/config/pack_cases.hpp"
#include "daemon/config/pack_library.hpp"
#include "rules/alarm/rule_tests.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/diagnostics.hpp"
#include "tools/magwatch/rules.hpp"

namespace magwatch::cli
{
namespace
{

namespace fs = std::filesystem;

constexpr std::string_view test_ending = ".test.toml";

int check_packs(Shell& shell, const std::vector<std::string>& paths)
{
    bool all_good = true;
    const auto packs = packs_at(paths);
    for (const auto& path : packs) {
        std::string text, error;
        std::vector<Diagnostic> errors;
        std::vector<std::string> notes;
        std::size_t rules = 0, cases = 0;
        if (read_file(path, text, error)) {
            const PackFolder library{path};
            const PackCheck result = check_pack(text, path, &library);
            errors = result.errors;
            if (result.good()) {
                rules = result.pack->rules.size();
                PackCases ran = run_pack_cases({path, text}, library, {}, Coverage::advised);
                errors = std::move(ran.errors);
                notes = std::move(ran.notes);
                cases = ran.passed;
            }
        } else {
            errors.push_back({path, 0, 0, "cannot be read", {}});
        }
        all_good = all_good && errors.empty();
        if (shell.json)
            shell.print({{"file", path},
                         {"ok", errors.empty()},
                         {"rules", rules},
                         {"cases", cases},
                         {"errors", to_json(errors)},
                         {"notes", notes}});
        else if (errors.empty())
            std::printf("%s: ok: %zu rules, %zu cases passed\n", path.c_str(), rules, cases);
        else
            print_errors(errors);
        for (const auto& note : notes)
            if (!shell.json) std::fprintf(stderr, "note: %s\n", note.c_str());
    }
    if (packs.empty()) shell.complain("no rule packs there");
    return all_good && !packs.empty() ? ok : failed;
}

void print_case(const Shell& shell, const std::string& pack, const CaseResult& one)
{
    if (shell.json) {
        shell.print({{"pack", pack},
                     {"file", one.file},
                     {"line", one.line},
                     {"case", one.title},
                     {"passed", one.passed},
                     {"differences", one.differences}});
        return;
    }
    if (one.passed) return;
    std::printf("%s:%u: FAILED: %s\n", one.file.c_str(), one.line, one.title.c_str());
    for (const auto& difference : one.differences) std::printf("    %s\n", difference.c_str());
}

// One suite of a JUnit report: the cases, and what no case covers as cases that failed.
std::string junit_suite(const std::string& pack, const PackTest& result)
{
    std::string cases;
    std::size_t count = 0, failures = 0;
    const auto add = [&](const std::string& name, const std::string& failure) {
        ++count;
        cases += "    <testcase classname=\"" + xml(pack) + "\" name=\"" + xml(name) + "\"";
        if (failure.empty()) {
            cases += "/>\n";
            return;
        }
        ++failures;
        cases += "><failure message=\"" + xml(failure) + "\"/></testcase>\n";
    };
    for (const Diagnostic& error : result.errors) add("the pack and its cases", error.text());
    for (const CaseResult& one : result.cases) {
        std::string differences;
        for (const auto& difference : one.differences)
            differences += (differences.empty() ? "" : "; ") + difference;
        add(one.title, one.passed ? "" : differences.empty() ? "failed" : differences);
    }
    for (const auto& rule : result.untested) add("coverage of " + rule, rule);
    return "  <testsuite name=\"" + xml(pack) + "\" tests=\"" + std::to_string(count) +
           "\" failures=\"" + std::to_string(failures) + "\">\n" + cases + "  </testsuite>\n";
}

int test_packs(Shell& shell, const std::vector<std::string>& paths, const std::string& junit)
{
    std::size_t passed = 0, not_passed = 0;
    bool all_good = true;
    std::string suites;
    const auto packs = packs_at(paths);
    for (const auto& path : packs) {
        const PackTest result = run_pack_tests(shell, path);
        print_errors(result.errors);
        for (const CaseResult& one : result.cases) {
            print_case(shell, path, one);
            ++(one.passed ? passed : not_passed);
        }
        for (const auto& rule : result.untested)
            std::fprintf(stderr, "%s: %s\n", path.c_str(), rule.c_str());
        all_good = all_good && result.passed();
        suites += junit_suite(path, result);
    }
    if (packs.empty()) shell.complain("no rule packs there");
    if (!junit.empty()) all_good = write_junit(shell, junit, suites) && all_good;
    if (shell.json)
        shell.print(
            {{"summary", true}, {"passed", passed}, {"failed", not_passed}, {"ok", all_good}});
    else
        std::printf("%zu passed, %zu failed\n", passed, not_passed);
    return all_good && !packs.empty() ? ok : failed;
}

int cover_packs(Shell& shell, const std::vector<std::string>& paths)
{
    bool all_good = true;
    const auto packs = packs_at(paths);
    for (const auto& path : packs) {
        const PackTest result = run_pack_tests(shell, path);
        print_errors(result.errors);
        std::size_t covered = 0;
        Table table{{"RULE", "RAISED", "NEAR MISSES", "COVERED"}};
        Json rules = Json::array();
        for (const RuleCoverage& one : result.coverage) {
            covered += one.complete() ? 1 : 0;
            table.row({one.rule, std::to_string(one.raised), std::to_string(one.quiet),
                       one.complete() ? "yes" : "NO"});
            rules.push_back({{"rule", one.rule},
                             {"raised", one.raised},
                             {"near_misses", one.quiet},
                             {"covered", one.complete()}});
        }
        const bool good = result.errors.empty() && covered == result.coverage.size();
        all_good = all_good && good;
        if (shell.json) {
            shell.print({{"pack", path},
                         {"ok", good},
                         {"rules", result.coverage.size()},
                         {"covered", covered},
                         {"coverage", std::move(rules)}});
            continue;
        }
        table.print();
        std::printf("%s: %zu of %zu rules have a case that raises them and a near miss\n",
                    path.c_str(), covered, result.coverage.size());
    }
    if (packs.empty()) shell.complain("no rule packs there");
    return all_good && !packs.empty() ? ok : failed;
}

} // namespace

std::vector<std::string> files_at(const std::vector<std::string>& paths, std::string_view but_not)
{
    std::vector<std::string> files;
    for (const auto& path : paths) {
        std::error_code ignored;
        if (!fs::is_directory(path, ignored)) {
            files.push_back(path);
            continue;
        }
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator{path, ignored}) {
            const std::string name = entry.path().string();
            if (name.ends_with(".toml") && (but_not.empty() || !name.ends_with(but_not))) found.push_back(name);
        }
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

std::vector<std::string> packs_at(const std::vector<std::string>& paths)
{
    return files_at(paths, test_ending);
}

std::string xml(const std::string& text)
{
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
    return out;
}

bool write_junit(const Shell& shell, const std::string& path, const std::string& suites)
{
    std::ofstream out{path, std::ios::binary};
    out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        << suites << "</testsuites>\n";
    if (out.flush()) return true;
    shell.complain(path + ": cannot be written");
    return false;
}

void add_rules(CLI::App& app, Shell& shell)
{
    CLI::App& rules = *group(app, "rules", "rule packs");
    const auto checked = std::make_shared<std::vector<std::string>>();
    leaf(rules, shell, "check", "every mistake in a pack, with its place; its cases run too", Talks::no,
         [=, &shell] { return check_packs(shell, *checked); })
        ->add_option("path", *checked, "packs, or folders of packs")
        ->required();
    const auto tested = std::make_shared<std::vector<std::string>>();
    const auto junit = std::make_shared<std::string>();
    CLI::App* test = leaf(rules, shell, "test", "run the cases of a pack", Talks::no,
                          [=, &shell] { return test_packs(shell, *tested, *junit); });
    test->add_option("--junit", *junit, "also write a JUnit report to this file");
    test->add_option("path", *tested, "packs, or folders of packs")->required();
    test->footer(
        "Cases stand in the pack and in NAME.test.toml beside it. A rule without a case "
        "in which it is\n"
        "raised and one in which it just is not fails the pack. A pack that extends another runs "
        "its cases too,\nfor every rule that it leaves as it is.");
    const auto covered = std::make_shared<std::vector<std::string>>();
    leaf(rules, shell, "coverage", "which rules have a case that raises them and a near miss",
         Talks::no, [=, &shell] { return cover_packs(shell, *covered); })
        ->add_option("path", *covered, "packs, or folders of packs")
        ->required();
    add_rules_rate(rules, shell);
    add_rules_show(rules, shell);
    add_rules_explain(rules, shell);
    add_rules_diff(rules, shell);
    add_rules_cases(rules, shell);
}

} // namespace magwatch::cli
