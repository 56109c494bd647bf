// What a PIN unlocks, and how long a wrong one waits. Times are of the boot-time clock, so that a set wall clock
// lengthens nothing. In memory alone: a restart locks every station. Not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "rules/base/instant.hpp"

namespace magwatch
{

// A station is unlocked for charting for so long, from the PIN on.
inline constexpr Duration unlocked_for{10 * 60'000};

class Sessions
{
public:
    struct Session {
        std::string person;
        std::string station; // whose PIN it was is known there alone
        Duration until{};
    };

    // The token of a new one. The oldest makes way when there are too many.
    [[nodiscard]] std::string open(const std::string& person, const std::string& station, Duration now);
    // Nothing: not ours, over, or of another station: a stolen token opens nothing elsewhere.
    [[nodiscard]] std::optional<Session> find(std::string_view token, std::string_view station, Duration now) const;
    void close(std::string_view token);
    void close_of(std::string_view person); // everywhere

private:
    std::map<std::string, Session, std::less<>> sessions_; // by token
};

// Growing delays after wrong PINs, of a person and of a station: each guess costs more, and nobody is ever shut out for
// longer than a minute.
class Attempts
{
public:
    // How long this person or station must wait now; 0: it may try.
    [[nodiscard]] Duration wait(const std::string& key, Duration now) const;
    // Counts as wrong until right() says otherwise, so that guesses side by side gain nothing.
    void begin(const std::string& key, Duration now);
    void right(const std::string& key) { keys_.erase(key); }
    // Nobody could look whether it was right: it does not count.
    void unknown(const std::string& key);

private:
    struct Key {
        unsigned wrong = 0;
        Duration last{}, until{};
    };
    std::map<std::string, Key, std::less<>> keys_;
};

} // namespace magwatch
