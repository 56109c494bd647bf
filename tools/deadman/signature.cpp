#include "tools/deadman/signature.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace magwatch::deadman {
namespace {

constexpr std::int64_t tolerance_seconds = 300; // of the specification
constexpr std::size_t key_min = 24, key_max = 64;
constexpr std::size_t signatures_max = 8; // of one message: more are no change of keys but work for us

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string base64(std::string_view raw)
{
    std::string text(4 * ((raw.size() + 2) / 3) + 1, '\0'); // OpenSSL ends it with a NUL
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes(raw),
                                       static_cast<int>(raw.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

} // namespace

std::optional<std::string> signing_key(std::string_view configured)
{
    constexpr std::string_view prefix = "whsec_";
    if (!configured.starts_with(prefix)) return std::nullopt;
    const std::string_view text = configured.substr(prefix.size());
    if (text.empty() || text.size() % 4 != 0 || text.size() > 2 * key_max) return std::nullopt;
    std::string key(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()), bytes(text),
                                     static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    key.resize(static_cast<std::size_t>(size) - padding);
    if (key.size() < key_min || key.size() > key_max) return std::nullopt;
    // OpenSSL takes more than one spelling of a key; whoever signs takes one alone.
    return base64(key) == text ? std::optional{key} : std::nullopt;
}

std::string signature(std::string_view key, std::string_view id, std::string_view timestamp, std::string_view body)
{
    std::string content;
    content.append(id).append(".").append(timestamp).append(".").append(body);
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(content), content.size(), mac.data(), &size);
    return "v1," + base64({reinterpret_cast<const char*>(mac.data()), size});
}

std::optional<std::int64_t> stamp_of(const Signed& message)
{
    const std::string& stamp = message.timestamp;
    std::int64_t seconds = 0;
    if (stamp.empty() || stamp.size() > 12) return std::nullopt;
    const auto read = std::from_chars(stamp.data(), stamp.data() + stamp.size(), seconds);
    if (read.ec != std::errc{} || read.ptr != stamp.data() + stamp.size() || seconds < 0) return std::nullopt;
    return seconds;
}

Proof verify(std::string_view key, const Signed& message, std::int64_t now_seconds)
{
    const auto stamp = stamp_of(message);
    if (!stamp || message.id.empty() || message.signatures.empty()) return Proof::malformed;
    const std::string expected = signature(key, message.id, message.timestamp, message.body);
    std::string_view rest = message.signatures;
    bool match = false;
    for (std::size_t count = 0; count < signatures_max && !rest.empty(); ++count) {
        const std::size_t blank = std::min(rest.find(' '), rest.size());
        const std::string_view given = rest.substr(0, blank);
        if (given.size() == expected.size() && CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0)
            match = true;
        rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
    if (!match) return Proof::wrong;
    const std::int64_t age = now_seconds - *stamp;
    return age > tolerance_seconds || -age > tolerance_seconds ? Proof::stale : Proof::good;
}

} // namespace magwatch::deadman
