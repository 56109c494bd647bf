// Which keys of clients came before, and what was said under them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "rules/base/archive.hpp"

namespace magwatch {

// Names the words of a change, so that the same again can be told from another change. Never 0. No checksum: who gives
// two changes one key errs, and does not search for two that are named alike.
[[nodiscard]] std::uint64_t hash_words(const Bytes& words);
template <class... T> [[nodiscard]] std::uint64_t hash_said(const T&... words)
{
    Bytes bytes;
    Writer writer{bytes};
    writer(words...);
    return hash_words(bytes);
}

enum class KeyUse : std::uint8_t {
    fresh, // no such key is known, or none was given
    again, // the same was said under it
    other, // something else was said under it
};

// Pure. Holds the newest 1,024 keys (design value: no client waits for an answer that long).
class KnownKeys {
public:
    [[nodiscard]] KeyUse use(const std::string& key, std::uint64_t said) const;
    // "" is no key and is not kept.
    void remember(const std::string& key, std::uint64_t said);
    template <class Archive> void archive(Archive& a)
    {
        a(known_);
        if constexpr (Archive::reading) name_all();
    }

private:
    struct Known {
        std::string key;
        std::uint64_t said = 0; // 0: kept by an older program, which knew the key alone
        template <class Archive> void archive(Archive& a)
        {
            a(key);
            if (a.format() >= 12) a(said);
        }
    };
    void name_all();

    std::deque<Known> known_;          // the newest last
    std::vector<std::uint64_t> names_; // of each, the hash of its key: nearly every key that is asked for is a new one
};

} // namespace magwatch
