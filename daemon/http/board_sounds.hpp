// Which boards can sound: each says so when that changes and every half minute, and is forgotten when it is silent.
//
// Pure; used on the HTTP server's thread. It counts screens for the engineer. No alarm waits for it.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "rules/base/instant.hpp"

namespace magwatch::http
{

struct SoundCount {
    std::size_t on = 0, off = 0;
    friend bool operator==(const SoundCount&, const SoundCount&) = default;
};

class BoardSounds
{
public:
    // `now` of the boot-time clock. True: it is news, this board said something else before, or nothing.
    bool told(const std::string& board, bool on, Duration now);
    // Of the boards that spoke in the last 90 s.
    [[nodiscard]] SoundCount count(Duration now);

private:
    struct Said {
        bool on;
        Duration at;
    };
    std::map<std::string, Said> boards_; // at most 64: the one that was silent longest makes room
};

} // namespace magwatch::http
