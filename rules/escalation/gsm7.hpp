// Text that any pager and any phone can show: the GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1).
//
// Pure. The extension table is not used (its characters count twice and some gateways drop them), so one
// character is one septet and 160 characters are one message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace magwatch {

// One message without segmentation: 140 bytes of 8 bits are 160 septets.
inline constexpr std::size_t gsm7_message_max = 160;

// UTF-8 in, UTF-8 out, but only characters of the default alphabet: accents that it lacks are taken off,
// brackets and typographic marks become their plain likes, "2" stands for a lowered 2, anything else is "?".
// Line breaks, control characters and runs of blanks become one blank; direction marks and zero-width
// characters vanish (they could turn a text round); no blank at either end. Broken UTF-8 gives "?".
[[nodiscard]] std::string to_gsm7(std::string_view utf8);

// Septets of a text that came out of to_gsm7.
[[nodiscard]] std::size_t gsm7_length(std::string_view text);

// The first `length` characters of such a text; a character is never cut in two.
[[nodiscard]] std::string_view gsm7_prefix(std::string_view text, std::size_t length);

// True if every character is in the default alphabet and none is a line break.
[[nodiscard]] bool is_gsm7(std::string_view utf8);

} // namespace magwatch
