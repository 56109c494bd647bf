#include "daemon/http/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace magwatch::http
{
namespace
{

// The next code point, taken off the text; nullopt where it is not UTF-8 (RFC 3629).
std::optional<std::uint32_t> next(std::string_view& text)
{
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t first = byte(0);
    std::size_t length = 1;
    std::uint32_t point = first;
    if (first >= 0x80) {
        if (first >= 0xC2 && first <= 0xDF) {
            length = 2;
            point = first & 0x1FU;
        } else if (first >= 0xE0 && first <= 0xEF) {
            length = 3;
            point = first & 0x0FU;
        } else if (first >= 0xF0 && first <= 0xF4) {
            length = 4;
            point = first & 0x07U;
        } else {
            return std::nullopt;
        }
    }
    if (text.size() < length) return std::nullopt;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
        point = (point << 6) | (byte(i) & 0x3FU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return std::nullopt;
    text.remove_prefix(length);
    return point;
}

bool is_dangerous(std::uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

} // namespace

bool is_plain_text(std::string_view text)
{
    while (!text.empty()) {
        const auto point = next(text);
        if (!point || is_dangerous(*point)) return false;
    }
    return true;
}

} // namespace magwatch::http
