// A disk under virtual time, with the journal's own rows on it: records framed, packed and guarded by their checksum,
// as the daemon writes them (daemon/journal/journal_format.hpp).
//
// What was not committed when the machine dies is gone. Of the commit that was on its way nothing is there, or all of
// it; after a power cut perhaps a row that is torn. What stands before the last snapshot but one is given to whoever
// keeps the books and dropped. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "daemon/journal/journal_format.hpp"
#include "rules/base/instant.hpp"
#include "tools/simulator/random.hpp"

namespace magwatch::box {

struct Row {
    std::int64_t count = 0; // of records
    Bytes packed;
    std::uint32_t crc = 0;
    std::uint64_t up_to = 0; // how many inputs were kept before and with it
    Moment last;             // of its newest input
};

struct SavedWard {
    Bytes state; // packed only by whoever reads it: nothing but that sees the difference
    std::uint64_t up_to = 0; // rows with more stand after it
    Moment at;
};

class Disk {
public:
    Disk(std::uint64_t seed, double slow) : random_{seed, 17}, slow_{slow} {}

    void store(Row row) { rows_.push_back(std::move(row)); }
    // Keeps two; gives rows that both cover to `dropped`.
    void store(SavedWard ward, const std::function<void(const Row&)>& dropped);
    // The machine dies while this is written. `power`: the disk loses its power as well.
    void tear(Row row, bool power);
    [[nodiscard]] Duration commit_takes();

    [[nodiscard]] static Row pack(const Records& records, std::uint64_t up_to, const Moment& last);
    // Nothing of a row whose checksum is wrong.
    [[nodiscard]] static std::optional<Records> unpack(const Row& row);
    [[nodiscard]] const std::deque<Row>& rows() const { return rows_; }
    [[nodiscard]] const SavedWard* newest() const { return saved_.empty() ? nullptr : &saved_.back(); }
    // A row that cannot be read, and all after it: as SQLite drops what its own checksum does not hold.
    void drop_torn();

private:
    simulator::Random random_;
    double slow_;
    std::deque<Row> rows_;
    std::deque<SavedWard> saved_;
};

} // namespace magwatch::box
