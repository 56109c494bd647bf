// Standard Webhooks 1.0 by OpenSSL alone: what a heartbeat is verified with and what our own pages are signed with.
//
// Written anew on purpose: the pager that signs heartbeats must not be what judges them. Pure: time is handed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace magwatch::deadman {

// The key of "whsec_" and base64; 24 to 64 bytes, the specification's bounds.
[[nodiscard]] std::optional<std::string> signing_key(std::string_view configured);

// "v1,BASE64" over "id.timestamp.body".
[[nodiscard]] std::string signature(std::string_view key, std::string_view id, std::string_view timestamp,
                                    std::string_view body);

struct Signed {
    std::string id, timestamp, signatures, body;
};
enum class Proof : std::uint8_t { good, malformed, stale, wrong };
// The signed time must be within five minutes of ours, either way. Constant time in the signatures.
[[nodiscard]] Proof verify(std::string_view key, const Signed& message, std::int64_t now_seconds);
// The timestamp in seconds; nullopt if it is none.
[[nodiscard]] std::optional<std::int64_t> stamp_of(const Signed& message);

} // namespace magwatch::deadman
