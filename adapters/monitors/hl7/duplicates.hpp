// Messages that were answered before: the same sender, control id and content.
//
// Pure: the caller hands in the time. One memory belongs to one source. Bound: two generations of
// at most `capacity` messages; a generation is closed when it is full or 7 days old, and dropped
// when the next one is. So a message is remembered for at least 7 days by a source that sends no
// more than `capacity` in that time (1,048,576 by default: 1.7 a second), and for the last
// `capacity` messages by a faster one. 16 bytes a message, twice that while the table is half full.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch::adapters::hl7
{

enum class Seen : std::uint8_t {
    first,
    again,        // the same message
    other_content // a control id that was used before, for something else
};

class DuplicateMemory
{
public:
    explicit DuplicateMemory(std::size_t capacity) : capacity_{capacity} {}
    // Looks the message up and remembers it. Keys and contents are 64-bit hashes; both must agree.
    Seen see(std::uint64_t key, std::uint64_t content, WallTime now);

private:
    struct Entry {
        std::uint64_t key = 0; // 0: empty
        std::uint64_t content = 0;
    };
    struct Generation {
        std::vector<Entry> table; // open addressing, at most half full, size a power of 2
        std::size_t used = 0;
        WallTime began;
        [[nodiscard]] Entry* find(std::uint64_t key);
        void insert(Entry entry);
    };
    Generation current_, previous_;
    std::size_t capacity_;
};

// FNV-1a with a final mix, 8 bytes at a time: the same on every machine.
[[nodiscard]] std::uint64_t hash_of(std::string_view text, std::uint64_t seed = 0);

} // namespace magwatch::adapters::hl7
