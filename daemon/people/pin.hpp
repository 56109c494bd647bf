// PINs: what may be one, and its hash. Hashing takes some 80 ms and 64 MiB: on a lane.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace magwatch
{

// Why it may not be a PIN: six to twelve digits, neither one digit alone nor a run. "" = it may.
[[nodiscard]] std::string pin_mistake(std::string_view pin);

// argon2id, t = 3, 64 MiB (reliability.md 5.2). "" if there was no memory for it.
[[nodiscard]] std::string hash_pin(std::string_view pin);
// unknown: there was no memory to look.
enum class PinFit : std::uint8_t { wrong, right, unknown };
// In constant time. An empty hash takes as long, and nothing is right for it: nobody learns whose PIN is not set.
[[nodiscard]] PinFit fit_of(const std::string& hash, std::string_view pin);

// 256 bits that nobody can guess, as hexadecimal digits.
[[nodiscard]] std::string fresh_token();

} // namespace magwatch
