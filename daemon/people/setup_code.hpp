// The code that lets somebody be set up as the first person of a ward: shown once to whoever has the machine, good once
// and for an hour, and never again after a restart. Only its hash is kept, in memory alone.
//
// Ten characters of 32 that nobody mistakes for each other: 50 bits. Times are of the boot-time clock. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "rules/base/instant.hpp"

namespace magwatch
{

inline constexpr Duration setup_code_lasts{3'600'000}; // design value

class SetupCode
{
public:
    // A new one, "7K2QX-M9PTD"; the one before is none any more. "" if there is no randomness to be had.
    [[nodiscard]] std::string make(Duration now);
    // In capital or small letters, with or without what parts it.
    [[nodiscard]] bool fits(std::string_view code, Duration now) const;
    void forget();

private:
    std::string key_, hash_; // "" = there is none
    Duration until_{};
};

} // namespace magwatch
