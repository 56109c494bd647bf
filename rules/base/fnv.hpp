// FNV-1a of 64 bits: tells texts and states apart that nobody makes alike on purpose. No protection.
#pragma once

#include <cstdint>
#include <string_view>

namespace magwatch {

class Fnv1a {
public:
    void add(std::uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001B3; }
    void add(std::string_view text)
    {
        for (const char c : text) add(static_cast<std::uint8_t>(c));
    }
    [[nodiscard]] std::uint64_t value() const { return hash_; }

private:
    std::uint64_t hash_ = 0xCBF29CE484222325;
};

} // namespace magwatch
