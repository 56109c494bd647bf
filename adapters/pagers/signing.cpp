#include "adapters/pagers/signing.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace magwatch::adapters {
namespace {

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string encoded(std::string_view bytes, std::string_view alphabet, bool padded)
{
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (held += 8; held >= 6; held -= 6) out += alphabet[(bits >> (held - 6)) & 0x3FU];
    }
    if (held > 0) out += alphabet[(bits << (6 - held)) & 0x3FU];
    while (padded && out.size() % 4 != 0) out += '=';
    return out;
}

std::optional<std::string> decoded(std::string_view text, std::string_view alphabet)
{
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out += static_cast<char>((bits >> held) & 0xFFU);
        }
    }
    if (held >= 6 || (bits & ((1U << held) - 1U)) != 0) return std::nullopt;
    return out;
}

std::string hmac(const EVP_MD* hash, std::string_view key, std::string_view data)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    // An empty key must still be a key for OpenSSL: nullptr would mean "as before".
    const void* key_bytes = key.empty() ? static_cast<const void*>("") : key.data();
    if (::HMAC(hash, key_bytes, static_cast<int>(key.size()), bytes_of(data), data.size(), mac.data(), &size) ==
        nullptr)
        throw std::runtime_error{"HMAC failed"};
    return {reinterpret_cast<const char*>(mac.data()), size};
}

} // namespace

std::string hmac_sha256(std::string_view key, std::string_view data) { return hmac(::EVP_sha256(), key, data); }
std::string hmac_sha1(std::string_view key, std::string_view data) { return hmac(::EVP_sha1(), key, data); }

std::string sha256(std::string_view data)
{
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    ::SHA256(bytes_of(data), data.size(), digest.data());
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool equal_in_constant_time(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64(std::string_view bytes) { return encoded(bytes, standard, true); }
std::string base64url(std::string_view bytes) { return encoded(bytes, url_safe, false); }

std::optional<std::string> from_base64(std::string_view text)
{
    if (text.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
    return decoded(text, standard);
}

std::optional<std::string> from_base64url(std::string_view text) { return decoded(text, url_safe); }

} // namespace magwatch::adapters
