#include "rules/escalation/gsm7.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace magwatch {
namespace {

constexpr char32_t broken = 0xFFFD;

// The next code point of `text` from `at`, which moves on by at least one byte.
char32_t next_code_point(std::string_view text, std::size_t& at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at++);
    if (first < 0x80) return first;
    std::size_t more = 0;
    char32_t point = 0;
    if (first >= 0xC2 && first <= 0xDF) {
        more = 1, point = first & 0x1FU;
    } else if (first >= 0xE0 && first <= 0xEF) {
        more = 2, point = first & 0x0FU;
    } else if (first >= 0xF0 && first <= 0xF4) {
        more = 3, point = first & 0x07U;
    } else {
        return broken;
    }
    for (std::size_t i = 0; i < more; ++i) {
        if (at >= text.size() || (byte(at) & 0xC0U) != 0x80) return broken;
        point = (point << 6U) | (byte(at++) & 0x3FU);
    }
    return point;
}

// Characters of the default alphabet beyond ASCII.
constexpr std::u32string_view beyond_ascii = U"£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
// ASCII characters that are not in the default alphabet (the extension table, and the grave accent).
constexpr std::u32string_view not_basic = U"[\\]^{|}~`";

bool in_alphabet(char32_t c)
{
    if (c >= 0x20 && c < 0x7F) return not_basic.find(c) == std::u32string_view::npos;
    return beyond_ascii.find(c) != std::u32string_view::npos;
}

struct Replacement {
    char32_t from;
    std::string_view to;
};
constexpr std::array<Replacement, 41> replacements{{
    {U'[', "("},       {U']', ")"},      {U'{', "("},       {U'}', ")"},     {U'\\', "/"},
    {U'|', "/"},       {U'~', "-"},      {U'^', "-"},       {U'`', "'"},     {0x00B0, " deg"},
    {0x00B1, "+/-"},   {0x00B2, "2"},    {0x00B3, "3"},     {0x00B5, "u"},   {0x00B7, "-"},
    {0x00DE, "Th"},    {0x00FE, "th"},   {0x0132, "IJ"},    {0x0133, "ij"},  {0x0152, "OE"},
    {0x0153, "oe"},    {0x03BC, "u"},    {0x2018, "'"},     {0x2019, "'"},   {0x201A, "'"},
    {0x201C, "\""},    {0x201D, "\""},   {0x201E, "\""},    {0x2022, "-"},   {0x2026, "..."},
    {0x2032, "'"},     {0x2033, "\""},   {0x20AC, "EUR"},   {0x2192, "->"},  {0x2212, "-"},
    {0x2264, "<="},    {0x2265, ">="},   {0x03B1, "a"},     {0x03B2, "b"},
    {0x2206, "Δ"},   {0x2126, "Ω"},
}};

// Base letters of U+00C0 to U+00FF and of U+0100 to U+017F.
constexpr std::string_view latin_1 = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";
constexpr std::string_view latin_a = "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNn"
                                     "OoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
static_assert(latin_1.size() == 0x40 && latin_a.size() == 0x80);

bool is_blank(char32_t c)
{
    return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_invisible(char32_t c)
{
    return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
           c == 0xFEFF || c == 0x00AD || (c >= 0x0300 && c <= 0x036F) || c == 0x061C;
}

std::string utf8(char32_t c)
{
    if (c < 0x80) return {static_cast<char>(c)};
    return {static_cast<char>(0xC0U | (c >> 6U)), static_cast<char>(0x80U | (c & 0x3FU))}; // all are < U+0800
}

std::string plain(char32_t c)
{
    if (in_alphabet(c)) return utf8(c);
    const auto* known = std::find_if(replacements.begin(), replacements.end(),
                                     [c](const Replacement& r) { return r.from == c; });
    if (known != replacements.end()) return std::string{known->to};
    if (c >= 0xC0 && c <= 0xFF) return {latin_1[c - 0xC0]};
    if (c >= 0x100 && c <= 0x17F) return {latin_a[c - 0x100]};
    if (c >= 0x2010 && c <= 0x2015) return "-";
    if (c >= 0x2080 && c <= 0x2089) return {static_cast<char>('0' + (c - 0x2080))};
    return "?";
}

} // namespace

std::string to_gsm7(std::string_view text)
{
    std::string out;
    bool blank = false; // owed before the next character
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = next_code_point(text, at);
        if (is_invisible(c)) continue;
        if (is_blank(c)) {
            blank = !out.empty();
            continue;
        }
        std::string one = plain(c);
        if (one.front() == ' ' && (blank || out.empty())) one.erase(0, 1);
        if (blank) out += ' ';
        blank = false;
        out += one;
    }
    return out;
}

std::size_t gsm7_length(std::string_view text)
{
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

std::string_view gsm7_prefix(std::string_view text, std::size_t length)
{
    std::size_t at = 0;
    for (std::size_t taken = 0; at < text.size() && taken < length; ++taken) next_code_point(text, at);
    return text.substr(0, at);
}

bool is_gsm7(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();)
        if (!in_alphabet(next_code_point(text, at))) return false;
    return true;
}

} // namespace magwatch
