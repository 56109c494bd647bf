// Numbers and texts as JSON and CSV write them, appended to one growing text. Pure.
#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "daemon/history/question.hpp"
#include "daemon/journal/journal_file.hpp"

namespace magwatch
{

// The shortest that reads back as the same value; independent of any locale. Finite.
template <class Number> void append_number(std::string& out, Number value)
{
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
}

// A mean is no measured value: three decimals say all that it can say.
[[nodiscard]] inline double rounded(double mean) { return std::round(mean * 1000) / 1000; }

// Quoted and escaped. The text is UTF-8.
void append_json(std::string& out, std::string_view text);
void append_json_or_null(std::string& out, std::string_view text);

// One field of CSV (RFC 4180), quoted where it must be. A text that a spreadsheet would take for a formula gets an
// apostrophe before it.
void append_csv(std::string& out, std::string_view text);

[[nodiscard]] inline HistoryAnswer unreadable(const JournalError& error)
{
    return {503, "the history cannot be read: " + error.what, "", "", ""};
}

} // namespace magwatch
