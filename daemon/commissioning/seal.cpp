#include "daemon/commissioning/seal.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include "daemon/http/times.hpp"
#include "rules/observation/signal.hpp"
#include "runtime/ascii.hpp"
#include "runtime/key_file.hpp"

namespace magwatch
{
namespace
{

constexpr std::string_view signature_line = "signature: ";
constexpr std::string_view key_line = "key: ";

template <std::size_t N> std::string hex_of(const std::array<unsigned char, N>& bytes)
{
    return hex({reinterpret_cast<const char*>(bytes.data()), N});
}

template <std::size_t N> bool unhex(std::string_view text, std::array<unsigned char, N>& out)
{
    std::size_t got = 0;
    return text.size() == N * 2 &&
           sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &got, nullptr) == 0 && got == N;
}

bool verified(std::string_view text, std::string_view signature, std::string_view key)
{
    std::array<unsigned char, crypto_sign_BYTES> sig{};
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> pub{};
    if (sodium_init() < 0 || !unhex(signature, sig) || !unhex(key, pub)) return false;
    return crypto_sign_verify_detached(sig.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                       pub.data()) == 0;
}

// What was typed or configured cannot begin a line of its own.
std::string one_line(std::string text)
{
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    return text;
}

// The line that starts so, taken off the end of the text; nothing if the last line is another.
std::optional<std::string> last_line(std::string_view& text, std::string_view start)
{
    if (!text.ends_with('\n')) return std::nullopt;
    const auto before = text.substr(0, text.size() - 1).rfind('\n');
    if (before == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(before + 1, text.size() - before - 2);
    if (!line.starts_with(start)) return std::nullopt;
    text = text.substr(0, before + 1);
    return std::string{line.substr(start.size())};
}

} // namespace

std::string record_text(const CommissionRecord& r)
{
    using http::format_time;
    std::string out = "magwatch commissioning record 1\n";
    out += fmt::format("device: {}\nmap: {}\nfingerprint: {}\nplace: {}\n", one_line(r.device), one_line(r.map),
                       one_line(r.fingerprint), one_line(r.place));
    out += fmt::format("simulation: {}\nfirmware: {}\nserial: {}\n", r.simulation ? "yes" : "no",
                       one_line(r.firmware), one_line(r.serial));
    out += fmt::format("signed off by: {}\nrole: {}\nremark: {}\nat: {}\n", one_line(r.by), one_line(r.role),
                       one_line(r.remark), format_time(r.at));
    for (const ScreenPair& pair : r.pairs) {
        const std::string unit{name(info(pair.signal).unit)};
        out += fmt::format("compared: {}, {}, {}: magwatch {}, screen {}{}\n", format_time(pair.at), one_line(pair.bed),
                           name(pair.signal),
                           pair.read ? fmt::format("{}{}{}", *pair.read, unit.empty() ? "" : " ", unit) : "none",
                           one_line(pair.screen), pair.looks > 1 ? fmt::format(", at look {}", int{pair.looks}) : "");
    }
    for (const LeftOut& left : r.left_out)
        out += fmt::format("left out: {}: {}\n", name(left.signal), one_line(left.reason));
    out += "verdict: what was compared is what the screen showed\n";
    return out;
}

std::string sealed_text(const CommissionRecord& record)
{
    return fmt::format("{}{}{}\n{}{}\n", record_text(record), signature_line, record.signature, key_line, record.key);
}

std::optional<std::string> sealed_by(std::string_view text)
{
    auto key = last_line(text, key_line);
    const auto signature = key ? last_line(text, signature_line) : std::nullopt;
    if (!signature || !verified(text, *signature, *key)) return std::nullopt;
    return key;
}

Seal::Seal(const std::string& directory)
{
    static_assert(crypto_sign_SECRETKEYBYTES == 64 && crypto_sign_PUBLICKEYBYTES == 32);
    if (sodium_init() < 0) return; // no record fits an empty key
    std::string seed = read_or_make_key(directory + "/" + std::string{seal_file}, crypto_sign_SEEDBYTES);
    crypto_sign_seed_keypair(public_.data(), secret_.data(), reinterpret_cast<const unsigned char*>(seed.data()));
    sodium_memzero(seed.data(), seed.size());
    public_hex_ = hex_of(public_);
}

void Seal::put_on(CommissionRecord& record) const
{
    const std::string text = record_text(record);
    std::array<unsigned char, crypto_sign_BYTES> signature{};
    crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                         secret_.data());
    record.signature = hex_of(signature);
    record.key = public_hex_;
}

bool Seal::fits(const CommissionRecord& record) const
{
    return !public_hex_.empty() && record.key == public_hex_ &&
           verified(record_text(record), record.signature, public_hex_);
}

} // namespace magwatch
