// HMACs and their text forms: what webhooks, answer links and callbacks are signed with.
//
// Pure (OpenSSL does the arithmetic). Comparing takes the same time wherever two texts differ.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace magwatch::adapters {

// 32 bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view data);
// 20 bytes: only for peers that sign so (Twilio); as a MAC it is still sound.
[[nodiscard]] std::string hmac_sha1(std::string_view key, std::string_view data);
[[nodiscard]] std::string sha256(std::string_view data);

// True if equal; the time taken depends on the lengths alone.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

// RFC 4648: section 4 with padding, and section 5 (URL-safe) without.
[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] std::string base64url(std::string_view bytes);
// Strict: nullopt for a foreign character, wrong padding or left-over bits, so that one value has one text.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

} // namespace magwatch::adapters
