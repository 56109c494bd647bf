#include "daemon/people/setup_code.hpp"

#include <sodium.h>

namespace magwatch
{
namespace
{

constexpr std::string_view letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // without I, L, O and U
constexpr std::size_t length = 10, part = 5;

std::string hash_of(const std::string& key, std::string_view text)
{
    std::string out(crypto_generichash_BYTES, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       reinterpret_cast<const unsigned char*>(key.data()), key.size());
    return out;
}

// As it was made, however it was typed. "" if it is none.
std::string plain(std::string_view typed)
{
    std::string out;
    for (char c : typed) {
        if (c == '-' || c == ' ') continue;
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (letters.find(c) == std::string_view::npos || out.size() == length) return "";
        out += c;
    }
    return out.size() == length ? out : "";
}

} // namespace

std::string SetupCode::make(Duration now)
{
    forget();
    if (sodium_init() < 0) return "";
    std::string code;
    for (std::size_t i = 0; i < length; ++i) code += letters[randombytes_uniform(letters.size())];
    key_.assign(crypto_generichash_KEYBYTES, '\0');
    randombytes_buf(key_.data(), key_.size());
    hash_ = hash_of(key_, code);
    until_ = now + setup_code_lasts;
    return code.insert(part, "-");
}

bool SetupCode::fits(std::string_view code, Duration now) const
{
    const std::string typed = plain(code);
    if (hash_.empty() || typed.empty() || now >= until_) return false;
    const std::string hash = hash_of(key_, typed);
    return sodium_memcmp(hash.data(), hash_.data(), hash_.size()) == 0;
}

void SetupCode::forget()
{
    hash_.clear();
    key_.clear();
}

} // namespace magwatch
