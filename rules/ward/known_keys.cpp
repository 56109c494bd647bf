#include "rules/ward/known_keys.hpp"

#include <algorithm>

#include "rules/base/fnv.hpp"

namespace magwatch {
namespace {

constexpr std::size_t remembered = 1024;

} // namespace

std::uint64_t hash_words(const Bytes& words)
{
    Fnv1a hash;
    hash.add(as_text(words));
    return hash.value() | std::uint64_t{1} << 63;
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
