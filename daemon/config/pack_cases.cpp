#include "daemon/config/pack_cases.hpp"

#include <algorithm>
#include <filesystem>

#include "daemon/config/pack_library.hpp"
#include "rules/alarm/rule_tests.hpp"

namespace magwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t shown_max = 3; // of cases that fail: the first ones name the mistake

std::string line_of(std::string_view text, std::uint32_t line)
{
    for (; line > 1; --line) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return "";
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    return std::string{text.substr(0, text.find('\r'))};
}

void add_failures(const PackTest& result, const ReferencedFile& pack, const ReferencedFile& tests, PackCases& out)
{
    std::size_t failures = 0;
    std::string last_file;
    for (const CaseResult& one : result.cases) {
        if (one.passed) {
            ++out.passed;
            continue;
        }
        last_file = one.file;
        if (++failures > shown_max) continue;
        std::string message = "the case \"" + one.title + "\" fails";
        if (!one.differences.empty()) message += ": " + one.differences.front();
        if (one.differences.size() > 1) message += " (and " + std::to_string(one.differences.size() - 1) + " more)";
        std::string_view text; // inherited cases are told without their line
        if (one.file == tests.path) text = tests.text;
        if (one.file == pack.path) text = pack.text;
        out.errors.push_back({one.file, one.line, 1, std::move(message), line_of(text, one.line)});
    }
    if (failures > shown_max) {
        out.errors.push_back({last_file, 0, 0,
                              std::to_string(failures - shown_max) + " more cases fail: 'magwatch rules test " +
                                  pack.path + "' shows them all",
                              ""});
    }
}

// What is said of rules that no case covers; "" if all are covered.
std::string gap(const PackTest& result)
{
    const auto rules = std::count_if(result.coverage.begin(), result.coverage.end(),
                                     [](const RuleCoverage& one) { return !one.complete(); });
    if (rules == 0) return "";
    std::string first;
    for (std::size_t i = 0; i < result.untested.size() && i < shown_max; ++i) {
        first += (i == 0 ? "" : "; ") + result.untested[i];
    }
    if (result.untested.size() > shown_max) first += "; ...";
    return std::to_string(rules) + (rules == 1 ? " rule lacks" : " rules lack") +
           " a case that raises it or a near miss (" + first + ")";
}

} // namespace

PackCases run_pack_cases(const ReferencedFile& pack, const PackLibrary& library, const FileReader& read,
                         Coverage coverage)
{
    PackCases out;
    ReferencedFile tests{test_file_of(pack.path), ""};
    auto found = (read ? read : FileReader{read_pack_file})(tests.path);
    const bool beside = std::holds_alternative<std::string>(found);
    if (beside) {
        tests.text = std::move(std::get<std::string>(found));
    } else if (std::error_code none; fs::exists(tests.path, none)) {
        out.errors.push_back(std::get<Diagnostic>(found)); // there, but not for us: its cases are unknown
        return out;
    }
    const PackTest result = test_pack(pack.text, tests.text, pack.path, tests.path, &library);
    out.errors = result.errors;
    if (!out.errors.empty()) return out;
    add_failures(result, pack, tests, out);
    const std::string name = fs::path{tests.path}.filename().string();
    const std::string missing = beside ? "" : "; there is no " + name + " beside it";
    if (const std::string untested = gap(result); !untested.empty()) {
        if (coverage == Coverage::required) {
            const std::string why = untested + ": a ward runs a pack only when its cases cover every rule" + missing;
            out.errors.push_back({pack.path, 0, 0, why, ""});
        } else {
            out.notes.push_back(pack.path + ": " + untested + ": a ward refuses this pack" + missing);
        }
    } else if (!beside) {
        out.notes.push_back(pack.path + ": there is no " + name + " beside it: " + std::to_string(result.cases.size()) +
                            " cases in it or inherited ran");
    }
    return out;
}

} // namespace magwatch
