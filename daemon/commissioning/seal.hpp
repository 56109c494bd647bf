// The seal of a commissioning record: its text, and an Ed25519 signature over it by a key that this installation made
// and keeps beside its journal.
//
// It proves that this installation took the record as it stands and that no byte of it changed since; not that the
// person was who they said, nor that they looked at the screen. Whoever may read the key (root, the daemon's user) can
// seal anything. A record whose seal does not fit counts as none. Thread-safe: nothing changes after the key is read.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "rules/commissioning/record.hpp"

namespace magwatch
{

inline constexpr std::string_view seal_file = "commission.key";

// Everything that is sealed, in lines that a person can read; not the revocation, which the journal holds.
[[nodiscard]] std::string record_text(const CommissionRecord& record);
// The same with its seal: what `magwatch commission --export` writes.
[[nodiscard]] std::string sealed_text(const CommissionRecord& record);

// Of a text that sealed_text wrote: the key that sealed it, or nothing if any byte is another.
[[nodiscard]] std::optional<std::string> sealed_by(std::string_view text);

class Seal
{
public:
    // Reads the key of a state directory, or makes one (mode 0600). Without a writable directory the key lives as long
    // as the process, and its records count as none afterwards.
    explicit Seal(const std::string& directory);

    void put_on(CommissionRecord& record) const;
    [[nodiscard]] bool fits(const CommissionRecord& record) const;
    [[nodiscard]] const std::string& key() const { return public_hex_; }

private:
    std::array<unsigned char, 64> secret_{};
    std::array<unsigned char, 32> public_{};
    std::string public_hex_;
};

} // namespace magwatch
