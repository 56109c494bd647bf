// Whether an audit trail is what was written: the first row that is not, by name. Reads files alone, also of a running
// daemon or out of a backup.
//
// Blocking.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/audit/keys.hpp"
#include "daemon/audit/row.hpp"

namespace magwatch::audit
{

struct Verified {
    std::string wrong;      // "" = nothing is
    std::uint64_t row = 0;  // the first that is wrong: its number, or the one that should stand there
    std::string file;       // where it stands
    std::uint64_t line = 0; // from 1

    bool by_key = false;    // every row's signature was checked, else the chain of hashes alone
    Head head;              // the last good row
    std::uint64_t first = 0;
    std::uint64_t rows = 0; // good ones
    std::string from, until; // wall times of the first and the last good one
    std::string trail;       // its name, where its first row is there
    std::vector<std::string> notes; // broken lines that are named, rows that retention took
    [[nodiscard]] bool good() const { return wrong.empty(); }
};

// `key`: the verify key. `expected`: a head that was seen elsewhere.
[[nodiscard]] Verified verify(const std::string& folder, const std::optional<KeyFile>& key,
                              const std::optional<Head>& expected);

} // namespace magwatch::audit
