#include "adapters/monitors/hl7/duplicates.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace magwatch::adapters::hl7
{
namespace
{

constexpr Duration remembered = std::chrono::hours{24 * 7};
constexpr std::uint64_t prime = 0x100000001b3ULL;

std::uint64_t mix(std::uint64_t h)
{
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ULL;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ULL;
    return h ^ (h >> 32);
}

} // namespace

std::uint64_t hash_of(std::string_view text, std::uint64_t seed)
{
    std::uint64_t h = 0xcbf29ce484222325ULL ^ mix(seed ^ text.size());
    while (text.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        h = (h ^ word) * prime;
        h ^= h >> 29; // plain FNV lets the high bits of a word go unmixed
        text.remove_prefix(8);
    }
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * prime;
    return mix(h);
}

DuplicateMemory::Entry* DuplicateMemory::Generation::find(std::uint64_t key)
{
    if (table.empty()) return nullptr;
    const std::size_t mask = table.size() - 1;
    for (std::size_t at = key & mask;; at = (at + 1) & mask) {
        if (table[at].key == key) return &table[at];
        if (table[at].key == 0) return nullptr;
    }
}

void DuplicateMemory::Generation::insert(Entry entry)
{
    if ((used + 1) * 2 > table.size()) {
        std::vector<Entry> old = std::move(table);
        table.assign(std::max<std::size_t>(1024, old.size() * 2), Entry{});
        used = 0;
        for (const Entry& e : old) {
            if (e.key != 0) insert(e);
        }
    }
    const std::size_t mask = table.size() - 1;
    std::size_t at = entry.key & mask;
    while (table[at].key != 0) at = (at + 1) & mask;
    table[at] = entry;
    ++used;
}

Seen DuplicateMemory::see(std::uint64_t key, std::uint64_t content, WallTime now)
{
    key = key == 0 ? 1 : key;
    Entry* found = current_.find(key);
    if (found == nullptr) found = previous_.find(key);
    if (found != nullptr) {
        if (found->content == content) return Seen::again;
        found->content = content;
        return Seen::other_content;
    }
    if (current_.used == 0) current_.began = now;
    if (current_.used >= capacity_ || now - current_.began > remembered) {
        previous_ = std::move(current_);
        current_ = {};
        current_.began = now;
    }
    current_.insert({key, content});
    return Seen::first;
}

} // namespace magwatch::adapters::hl7
