#include "adapters/pagers/standard_webhooks.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "adapters/pagers/signing.hpp"

namespace magwatch::adapters {
namespace {

std::string signature(std::string_view id, std::string_view timestamp, std::string_view body,
                      std::string_view key)
{
    std::string content;
    content.reserve(id.size() + timestamp.size() + body.size() + 2);
    content.append(id).append(".").append(timestamp).append(".").append(body);
    return base64(hmac_sha256(key, content));
}

} // namespace

std::optional<std::string> webhook_key(std::string_view configured)
{
    constexpr std::string_view prefix = "whsec_";
    if (!configured.starts_with(prefix)) return std::nullopt;
    auto key = from_base64(configured.substr(prefix.size()));
    if (!key || key->size() < webhook_key_min || key->size() > webhook_key_max) return std::nullopt;
    return key;
}

WebhookHeaders sign_webhook(std::string_view id, WallTime now, std::string_view body,
                            const std::vector<std::string_view>& keys)
{
    WebhookHeaders headers{std::string{id}, std::to_string(now.ms / 1000), {}};
    for (const std::string_view key : keys) {
        if (!headers.signature.empty()) headers.signature += ' ';
        headers.signature += "v1," + signature(id, headers.timestamp, body, key);
    }
    return headers;
}

std::string_view name(WebhookCheck check)
{
    switch (check) {
    case WebhookCheck::good: return "good";
    case WebhookCheck::malformed: return "malformed";
    case WebhookCheck::too_old: return "too old";
    case WebhookCheck::too_new: return "too new";
    case WebhookCheck::wrong_signature: return "wrong signature";
    }
    return "unknown";
}

WebhookCheck verify_webhook(const WebhookHeaders& headers, std::string_view body,
                            const std::vector<std::string_view>& keys, WallTime now, Duration tolerance)
{
    // 12 digits reach the year 33658; more would overflow milliseconds.
    const std::string& stamp = headers.timestamp;
    if (headers.id.empty() || headers.signature.empty() || stamp.empty() || stamp.size() > 12)
        return WebhookCheck::malformed;
    std::int64_t seconds = 0;
    const auto parsed = std::from_chars(stamp.data(), stamp.data() + stamp.size(), seconds);
    if (parsed.ec != std::errc{} || parsed.ptr != stamp.data() + stamp.size() || seconds < 0)
        return WebhookCheck::malformed;
    const Duration age = now - WallTime{seconds * 1000};
    if (age > tolerance) return WebhookCheck::too_old;
    // The timestamp has lost its milliseconds, so a sender in step is never ahead.
    if (-age > tolerance) return WebhookCheck::too_new;

    bool match = false;
    for (const std::string_view key : keys) {
        const std::string expected = "v1," + signature(headers.id, stamp, body, key);
        std::string_view rest = headers.signature;
        while (!rest.empty()) {
            const std::size_t blank = std::min(rest.find(' '), rest.size());
            if (equal_in_constant_time(rest.substr(0, blank), expected)) match = true;
            rest.remove_prefix(std::min(blank + 1, rest.size()));
        }
    }
    return match ? WebhookCheck::good : WebhookCheck::wrong_signature;
}

std::string wire_id(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string id;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '/';
        if (plain) {
            id += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        id.append("%").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
    }
    return id;
}

} // namespace magwatch::adapters
