#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "daemon/config/pack_library.hpp"
#include "rules/evaluation/rule_tests.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/diagnostics.hpp"
#include "tools/magwatch/rules.hpp"

namespace magwatch::cli
{
namespace
{

namespace fs = std::filesystem;

constexpr std::string_view test_ending = ".test.toml";

// Packs named directly, and those in folders, in the order of their names; test files are no packs.
std::vector<std::string> packs_at(const std::vector<std::string>& paths)
{
    std::vector<std::string> packs;
    for (const auto& path : paths) {
        std::error_code ignored;
        if (!fs::is_directory(path, ignored)) {
            packs.push_back(path);
            continue;
        }
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator{path, ignored}) {
            const std::string name = entry.path().string();
            if (name.ends_with(".toml") && !name.ends_with(test_ending)) found.push_back(name);
        }
        std::sort(found.begin(), found.end());
        packs.insert(packs.end(), found.begin(), found.end());
    }
    return packs;
}

int check_packs(Shell& shell, const std::vector<std::string>& paths)
{
    bool all_good = true;
    const auto packs = packs_at(paths);
    for (const auto& path : packs) {
        std::string text, error;
        std::vector<Diagnostic> errors;
        std::size_t rules = 0;
        if (read_file(path, text, error)) {
            const PackFolder library{path};
            const PackCheck result = check_pack(text, path, &library);
            errors = result.errors;
            if (result.good()) rules = result.pack->rules.size();
        } else {
            errors.push_back({path, 0, 0, "cannot be read", {}});
        }
        all_good = all_good && errors.empty();
        if (shell.json)
            shell.print({{"file", path},
                         {"ok", errors.empty()},
                         {"rules", rules},
                         {"errors", to_json(errors)}});
        else if (errors.empty())
            std::printf("%s: ok: %zu rules\n", path.c_str(), rules);
        else
            print_errors(errors);
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

int test_packs(Shell& shell, const std::vector<std::string>& paths)
{
    std::size_t passed = 0, not_passed = 0;
    bool all_good = true;
    const auto packs = packs_at(paths);
    for (const auto& path : packs) {
        std::string text, error, tests;
        if (!read_file(path, text, error)) {
            shell.complain(error);
            all_good = false;
            continue;
        }
        const std::string test_path = test_file_of(path);
        std::error_code ignored;
        if (fs::exists(test_path, ignored) && !read_file(test_path, tests, error)) {
            shell.complain(error);
            all_good = false;
        }
        const PackFolder library{path};
        const PackTest result = test_pack(text, tests, path, test_path, &library);
        print_errors(result.errors);
        for (const CaseResult& one : result.cases) {
            print_case(shell, path, one);
            ++(one.passed ? passed : not_passed);
        }
        for (const auto& rule : result.untested)
            std::fprintf(stderr, "%s: %s\n", path.c_str(), rule.c_str());
        all_good = all_good && result.passed();
    }
    if (packs.empty()) shell.complain("no rule packs there");
    if (shell.json)
        shell.print(
            {{"summary", true}, {"passed", passed}, {"failed", not_passed}, {"ok", all_good}});
    else
        std::printf("%zu passed, %zu failed\n", passed, not_passed);
    return all_good && !packs.empty() ? ok : failed;
}

} // namespace

void add_rules(CLI::App& app, Shell& shell)
{
    CLI::App& rules = *group(app, "rules", "rule packs");
    const auto checked = std::make_shared<std::vector<std::string>>();
    leaf(rules, shell, "check", "every mistake in a pack, with its place", Talks::no,
         [=, &shell] { return check_packs(shell, *checked); })
        ->add_option("path", *checked, "packs, or folders of packs")
        ->required();
    const auto tested = std::make_shared<std::vector<std::string>>();
    CLI::App* test = leaf(rules, shell, "test", "run the cases of a pack", Talks::no,
                          [=, &shell] { return test_packs(shell, *tested); });
    test->add_option("path", *tested, "packs, or folders of packs")->required();
    test->footer("Cases stand in the pack and in NAME.test.toml beside it. A rule without a case "
                 "in which it is\n"
                 "raised and one in which it just is not fails the pack. A pack that extends another runs "
                 "its cases too,\nfor every rule that it leaves as it is.");
    add_rules_show(rules, shell);
}

} // namespace magwatch::cli
