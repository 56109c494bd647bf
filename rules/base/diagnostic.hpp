// Mistakes in text files that people write (rule packs, configuration, register maps), as
// file:line:column with the line and a caret, and the name that was probably meant.
//
// Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace magwatch {

// One mistake in a text file. Lines and columns count from 1; 0 = the file as a whole. Columns
// count code points, as editors and toml++ do.
struct Diagnostic {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string message;
    std::string source_line; // the line it stands on, for the caret

    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;

    // "pack.toml:14:12: error: unknown signal 'spo'; did you mean 'spo2'?" and the caret lines.
    [[nodiscard]] std::string text() const
    {
        std::string out = file;
        if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
        out += ": error: " + message;
        if (line == 0 || source_line.empty()) return out;
        const std::string number = std::to_string(line);
        const std::string gutter(number.size() < 5 ? 5 - number.size() : 0, ' ');
        out += "\n" + gutter + number + " | " + source_line + "\n";
        out += std::string(std::max<std::size_t>(5, number.size()), ' ') + " | ";
        std::uint32_t at = 1;
        for (const char c : source_line) {
            if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue; // inside a code point
            if (at++ >= column) break;
            out +=
                c == '\t' ? '\t' : ' '; // the caret stands below its place whatever the tab width
        }
        return out + "^";
    }
};

// Edits (insert, delete, replace, swap of neighbours) that make `a` into `b`.
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min(
                {above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

// The candidate that `name` was probably meant to be, or nullopt if none is near enough. Of equally
// near ones the first wins.
template <class Candidates>
[[nodiscard]] std::optional<std::string> closest(std::string_view name,
                                                 const Candidates& candidates)
{
    constexpr std::size_t longest = 64; // of a name that anybody meant
    if (name.size() > longest) return std::nullopt;
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        const std::string_view text{candidate};
        if (text.size() > longest) continue;
        const std::size_t distance = edit_distance(name, text);
        if (distance < best_distance && distance < std::max(name.size(), text.size())) {
            best_distance = distance;
            best = std::string{text};
        }
    }
    return best;
}

// "; did you mean 'spo2'?" or "".
template <class Candidates>
[[nodiscard]] std::string did_you_mean(std::string_view name, const Candidates& candidates)
{
    const std::optional<std::string> found = closest(name, candidates);
    return found ? "; did you mean '" + *found + "'?" : std::string{};
}

} // namespace magwatch
