// Signed webhooks as the Standard Webhooks specification 1.0 says: three headers, HMAC-SHA256 over
// "id.timestamp.body". Both ends stand here: the pager signs, receivers and tests verify.
//
// Pure: the wall time is handed in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch::adapters {

// The specification's tolerance between the sender's clock and the receiver's.
inline constexpr Duration webhook_tolerance{5 * 60 * 1000};
// Keys: 24 to 64 bytes are the specification's bounds.
inline constexpr std::size_t webhook_key_min = 24, webhook_key_max = 64;

// The bytes of a configured key, "whsec_" + base64; nullopt if it is not one or out of bounds.
[[nodiscard]] std::optional<std::string> webhook_key(std::string_view configured);

struct WebhookHeaders {
    std::string id;        // webhook-id: stable over every retry
    std::string timestamp; // webhook-timestamp: seconds since 1970, of this attempt
    std::string signature; // webhook-signature: "v1,BASE64", several with a blank between
};

// One signature for each key: while keys change, the receiver may know either.
[[nodiscard]] WebhookHeaders sign_webhook(std::string_view id, WallTime now, std::string_view body,
                                          const std::vector<std::string_view>& keys);

enum class WebhookCheck : std::uint8_t {
    good,
    malformed, // a header is missing or cannot be read
    too_old,
    too_new,
    wrong_signature,
};
[[nodiscard]] std::string_view name(WebhookCheck check);

// Does any signature match any key? Constant time in the signatures.
[[nodiscard]] WebhookCheck verify_webhook(const WebhookHeaders& headers, std::string_view body,
                                          const std::vector<std::string_view>& keys, WallTime now,
                                          Duration tolerance = webhook_tolerance);

// A text as an id on the wire: letters, digits, "-", "_" and "/" stay, any other byte becomes %XX. A full
// stop would blur "id.timestamp.body"; two different texts never give one id.
[[nodiscard]] std::string wire_id(std::string_view text);

} // namespace magwatch::adapters
