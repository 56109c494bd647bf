#include "rules/ward/known_keys.hpp"

#include <algorithm>

#include "rules/base/fnv.hpp"

namespace magwatch {
namespace {

constexpr std::size_t remembered = 1024;

std::uint64_t hash_key(const std::string& key)
{
    Fnv1a hash;
    hash.add(key);
    return hash.value();
}

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
    const std::uint64_t name = hash_key(key);
    for (auto at = names_.begin(); (at = std::find(at, names_.end(), name)) != names_.end(); ++at) {
        const Known& one = known_[static_cast<std::size_t>(at - names_.begin())];
        if (one.key == key) return one.said == said || one.said == 0 ? KeyUse::again : KeyUse::other;
    }
    return KeyUse::fresh;
}

void KnownKeys::remember(const std::string& key, std::uint64_t said)
{
    if (key.empty()) return;
    if (known_.size() >= remembered) {
        known_.pop_front();
        names_.erase(names_.begin());
    }
    known_.push_back({key, said});
    names_.push_back(hash_key(key));
}

void KnownKeys::name_all()
{
    names_.clear();
    for (const Known& one : known_) names_.push_back(hash_key(one.key));
}

} // namespace magwatch
