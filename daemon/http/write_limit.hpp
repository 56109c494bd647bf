// How often an address may change something that asks for nobody: a token bucket each. Times are of the boot-time
// clock. Bounded; not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>

#include "rules/base/instant.hpp"

namespace magwatch::http
{

// Somebody who goes round a ward's beds taps each once; a program that writes without end is held to ten a minute.
inline constexpr unsigned writes_at_once = 20;      // design value
inline constexpr Duration write_every{6'000};       // design value
inline constexpr std::size_t write_addresses = 256; // that are remembered; then those who wrote longest ago make way

class WriteLimit
{
public:
    // 0: it may write, and has; else how long it must wait.
    [[nodiscard]] Duration take(const std::string& address, Duration now)
    {
        auto found = filled_.find(address);
        if (found == filled_.end()) {
            if (filled_.size() >= write_addresses)
                filled_.erase(std::min_element(filled_.begin(), filled_.end(), [](const auto& a, const auto& b) {
                    return a.second < b.second;
                }));
            found = filled_.emplace(address, now).first;
        }
        // When the bucket is full again: each write puts it off by one step.
        const Duration full = std::max(found->second, now);
        const Duration wait = full + write_every - now - write_every * writes_at_once;
        if (wait > Duration{0}) return wait;
        found->second = full + write_every;
        return Duration{0};
    }

private:
    std::map<std::string, Duration> filled_;
};

} // namespace magwatch::http
