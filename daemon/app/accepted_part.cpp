#include "daemon/app/accepted_part.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace magwatch {
namespace {

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t\r") == std::string::npos; }
bool is_header(const std::string& line) { return !is_blank(line) && line[line.find_first_not_of(" \t")] == '['; }

// True if something went.
bool leave_out(std::vector<std::string>& lines, std::size_t at)
{
    if (!is_blank(lines[at]) && !is_header(lines[at])) {
        lines[at].clear();
        return true;
    }
    std::size_t first = at;
    while (first > 0 && !is_header(lines[first])) --first;
    bool any = false;
    for (std::size_t i = first; i < lines.size() && (i == first || !is_header(lines[i])); ++i) {
        any = any || !is_blank(lines[i]);
        lines[i].clear();
    }
    return any;
}

} // namespace

std::optional<AcceptedPart> accepted_part(const std::string& text, const std::string& path, const FileReader& read,
                                          const ConfigChecks& checks)
{
    std::vector<std::string> lines = lines_of(text);
    std::string first;
    for (std::size_t left_out = 0;; ++left_out) {
        LoadedConfig loaded = parse_config(fmt::format("{}\n", fmt::join(lines, "\n")), path, read, checks);
        if (loaded.config) {
            const std::string more = left_out > 1 ? fmt::format(" (and {} more)", left_out - 1) : "";
            return AcceptedPart{std::move(*loaded.config), first + more};
        }
        const auto here = std::find_if(loaded.errors.begin(), loaded.errors.end(), [&](const Diagnostic& one) {
            return one.file == path && one.line > 0 && one.line <= lines.size();
        });
        if (here == loaded.errors.end() || !leave_out(lines, here->line - 1)) return std::nullopt;
        if (first.empty()) first = fmt::format("line {}: {}", here->line, here->message);
    }
}

} // namespace magwatch
