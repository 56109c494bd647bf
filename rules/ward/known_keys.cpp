#include "rules/ward/known_keys.hpp"

#include <algorithm>

namespace magwatch {
namespace {

constexpr std::size_t remembered = 1024;

} // namespace

std::uint64_t hash_words(const Bytes& words)
{
    std::uint64_t hash = 0xCBF29CE484222325; // FNV-1a
    for (const std::uint8_t byte : words) hash = (hash ^ byte) * 0x100000001B3;
    return hash | std::uint64_t{1} << 63;
}

KeyUse KnownKeys::use(const std::string& key, std::uint64_t said) const
{
    if (key.empty()) return KeyUse::fresh;
    const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& one) { return one.key == key; });
    if (found == known_.end()) return KeyUse::fresh;
    return found->said == said || found->said == 0 ? KeyUse::again : KeyUse::other;
}

void KnownKeys::remember(const std::string& key, std::uint64_t said)
{
    if (key.empty()) return;
    if (known_.size() >= remembered) known_.erase(known_.begin());
    known_.push_back({key, said});
}

} // namespace magwatch
