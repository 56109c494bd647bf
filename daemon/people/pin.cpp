#include "daemon/people/pin.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sodium.h>

#include "runtime/ascii.hpp"

namespace magwatch
{
namespace
{

constexpr unsigned long long passes = 3;
constexpr std::size_t memory = 64ULL * 1024 * 1024;
constexpr std::size_t shortest = 6, longest = 12;

} // namespace

std::string pin_mistake(std::string_view pin)
{
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (pin.size() < shortest || pin.size() > longest || !std::all_of(pin.begin(), pin.end(), digit))
        return "a PIN has 6 to 12 digits";
    const int step = pin[1] - pin[0];
    const bool run = step >= -1 && step <= 1 &&
                     std::adjacent_find(pin.begin(), pin.end(), [step](char a, char b) { return b - a != step; }) ==
                         pin.end();
    return run ? "a PIN is neither one digit alone nor a run such as 123456" : "";
}

std::string hash_pin(std::string_view pin)
{
    std::array<char, crypto_pwhash_STRBYTES> out{};
    if (sodium_init() < 0 ||
        crypto_pwhash_str_alg(out.data(), pin.data(), pin.size(), passes, memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return "";
    return out.data();
}

PinFit fit_of(const std::string& hash, std::string_view pin)
{
    if (sodium_init() < 0) return PinFit::unknown;
    if (hash.empty()) return hash_pin(pin).empty() ? PinFit::unknown : PinFit::wrong;
    errno = 0; // libsodium says one word for both, and leaves the reason there
    if (crypto_pwhash_str_verify(hash.c_str(), pin.data(), pin.size()) == 0) return PinFit::right;
    return errno == ENOMEM ? PinFit::unknown : PinFit::wrong;
}

std::string fresh_token()
{
    std::string bytes(32, '\0');
    if (sodium_init() < 0) return "";
    randombytes_buf(bytes.data(), bytes.size());
    return hex(bytes);
}

} // namespace magwatch
