#include "adapters/pagers/page_token.hpp"

#include <cstdint>

#include "adapters/pagers/signing.hpp"

namespace magwatch::adapters {
namespace {

// Layout before the MAC: version, call (2 x 4 bytes), rung, repetition, size of person, person, channel. Big endian.
constexpr char version = 1;
constexpr std::size_t fixed_size = 1 + 4 + 4 + 2 + 4 + 1;
constexpr std::size_t mac_size = 32;
constexpr std::size_t name_max = 200;
constexpr std::size_t text_max = 640;
// Keeps these MACs apart from any other use of a key.
constexpr std::string_view domain = "magwatch page status\n";

void put(std::string& out, std::uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

template <class Value> Value take(std::string_view& in)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Value); ++i) value = (value << 8U) | static_cast<unsigned char>(in[i]);
    in.remove_prefix(sizeof(Value));
    return static_cast<Value>(value);
}

std::string mac(std::string_view payload, std::string_view key)
{
    return hmac_sha256(key, std::string{domain}.append(payload));
}

} // namespace

std::string make_page_token(const PageKey& page, std::string_view key)
{
    if (key.size() < 16 || page.person.size() > name_max || page.channel.size() > name_max) return "";
    std::string payload{version};
    put(payload, page.call.incarnation, 4);
    put(payload, page.call.counter, 4);
    put(payload, page.rung, 2);
    put(payload, page.repetition, 4);
    put(payload, page.person.size(), 1);
    payload += page.person;
    payload += page.channel;
    return base64url(payload + mac(payload, key));
}

std::optional<PageKey> check_page_token(std::string_view text, std::string_view key)
{
    if (text.size() > text_max || key.size() < 16) return std::nullopt;
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() < fixed_size + mac_size) return std::nullopt;
    std::string_view payload{*bytes};
    const std::string_view given = payload.substr(payload.size() - mac_size);
    payload.remove_suffix(mac_size);
    if (!equal_in_constant_time(given, mac(payload, key))) return std::nullopt;

    // Signed by us, so well-formed; the checks guard against a later layout under the same key.
    if (take<std::uint8_t>(payload) != static_cast<std::uint8_t>(version)) return std::nullopt;
    PageKey page;
    page.call.incarnation = take<std::uint32_t>(payload);
    page.call.counter = take<std::uint32_t>(payload);
    page.rung = take<std::uint16_t>(payload);
    page.repetition = take<std::uint32_t>(payload);
    const std::size_t person = take<std::uint8_t>(payload);
    if (person > payload.size()) return std::nullopt;
    page.person = std::string{payload.substr(0, person)};
    page.channel = std::string{payload.substr(person)};
    return page;
}

} // namespace magwatch::adapters
