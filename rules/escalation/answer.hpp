// What a person can say to a call. Links, replies, the board and the CLI all end in one of these.
#pragma once

#include <cstdint>
#include <string_view>

namespace magwatch {

enum class AnswerKind : std::uint8_t {
    coming, // "I am on my way": stops the paging of this rung, not the ward's own signal
    cannot, // "somebody else must go": the next rung at once
    here,   // "I am at the bed": attended
};
[[nodiscard]] std::string_view name(AnswerKind kind);

} // namespace magwatch
