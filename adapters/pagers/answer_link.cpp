#include "adapters/pagers/answer_link.hpp"

#include "adapters/pagers/signing.hpp"

namespace magwatch::adapters {
namespace {

// Layout before the MAC: version, kind, incarnation, counter, expiry (s), person to the end. Big endian.
constexpr char version = 1;
constexpr std::size_t fixed_size = 2 + 4 + 4 + 8;
constexpr std::size_t mac_size = 32;
constexpr std::size_t person_max = 200;
constexpr std::size_t text_max = 512;
// Keeps these MACs apart from any other use of a key.
constexpr std::string_view domain = "magwatch answer link\n";

void put(std::string& out, std::uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

std::uint64_t take(std::string_view& in, int bytes)
{
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = (value << 8U) | static_cast<unsigned char>(in[static_cast<std::size_t>(i)]);
    in.remove_prefix(static_cast<std::size_t>(bytes));
    return value;
}

std::string mac(std::string_view payload, std::string_view key)
{
    return hmac_sha256(key, std::string{domain}.append(payload));
}

} // namespace

std::string make_answer_token(const AnswerToken& token, std::string_view key)
{
    if (token.person.size() > person_max || token.person.empty() || key.size() < 16) return "";
    std::string payload;
    payload += version;
    payload += static_cast<char>(token.kind);
    put(payload, token.call.incarnation, 4);
    put(payload, token.call.counter, 4);
    put(payload, static_cast<std::uint64_t>(token.expires.ms / 1000), 8);
    payload += token.person;
    return base64url(payload + mac(payload, key));
}

CheckedAnswerToken check_answer_token(std::string_view text, std::string_view key, WallTime now)
{
    if (text.size() > text_max || key.size() < 16) return {};
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() <= fixed_size + mac_size) return {};
    std::string_view payload{*bytes};
    const std::string_view given = payload.substr(payload.size() - mac_size);
    payload.remove_suffix(mac_size);
    if (!equal_in_constant_time(given, mac(payload, key))) return {};

    // Signed by us, so well-formed; the checks guard against a later layout under the same key.
    if (take(payload, 1) != static_cast<std::uint64_t>(version)) return {};
    const std::uint64_t kind = take(payload, 1);
    if (kind > static_cast<std::uint64_t>(AnswerKind::here)) return {};
    CheckedAnswerToken checked;
    checked.token.kind = static_cast<AnswerKind>(kind);
    checked.token.call.incarnation = static_cast<std::uint32_t>(take(payload, 4));
    checked.token.call.counter = static_cast<std::uint32_t>(take(payload, 4));
    checked.token.expires = WallTime{static_cast<std::int64_t>(take(payload, 8)) * 1000};
    checked.token.person = std::string{payload};
    checked.check = now >= checked.token.expires ? AnswerTokenCheck::expired : AnswerTokenCheck::good;
    return checked;
}

AnswerLinks make_answer_links(std::string_view base, CallId call, std::string_view person, WallTime expires,
                              std::string_view key)
{
    const auto link = [&](AnswerKind kind) -> std::string {
        const std::string token = make_answer_token({call, std::string{person}, kind, expires}, key);
        if (token.empty()) return {};
        return std::string{base} + "/answer/" + token;
    };
    return {link(AnswerKind::coming), link(AnswerKind::cannot), link(AnswerKind::here)};
}

AnswerTokens::AnswerTokens(Secret key, std::size_t bound) : key_{std::move(key)}, bound_{bound} {}

AnswerTokens::Result AnswerTokens::look(std::string_view text, WallTime now) const
{
    CheckedAnswerToken checked = check_answer_token(text, key_.reveal(), now);
    switch (checked.check) {
    case AnswerTokenCheck::forged: return {};
    case AnswerTokenCheck::expired: return {Use::expired, std::move(checked.token)};
    case AnswerTokenCheck::good: break;
    }
    return {used_.contains(text) ? Use::repeated : Use::first, std::move(checked.token)};
}

AnswerTokens::Result AnswerTokens::redeem(std::string_view text, WallTime now)
{
    Result result = look(text, now);
    if (result.use != Use::first) return result;
    // What has expired can never be `first` again and need not be remembered.
    while (!by_expiry_.empty() && (by_expiry_.size() >= bound_ || by_expiry_.begin()->first <= now.ms)) {
        used_.erase(by_expiry_.begin()->second);
        by_expiry_.erase(by_expiry_.begin());
    }
    used_.emplace(text);
    by_expiry_.emplace(result.token.expires.ms, text);
    return result;
}

} // namespace magwatch::adapters
