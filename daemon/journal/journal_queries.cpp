#include "daemon/journal/journal_queries.hpp"

#include "daemon/journal/journal_format.hpp"

namespace magwatch::journal_queries {

namespace {

std::optional<JournalSnapshot> snapshot_from(const Statement& row)
{
    JournalSnapshot snapshot{
        row.integer(0), row.integer(1), {Instant{row.integer(2)}, WallTime{row.integer(3)}}, {}};
    const std::string_view packed = row.blob(4);
    if (row.integer(5) !=
        row_crc({snapshot.id, snapshot.batch, snapshot.at.steady.ms, snapshot.at.wall.ms}, packed))
        return std::nullopt;
    auto state = unpack_bytes(packed);
    if (!state) return std::nullopt;
    snapshot.state = std::move(*state);
    return snapshot;
}

// A snapshot is of use only if every batch after it is still there.
std::optional<JournalSnapshot> first_usable(Database& database, Statement& rows, int* skipped)
{
    const std::int64_t first = first_batch(database);
    while (rows.step()) {
        if (first > 0 && rows.integer(1) < first - 1) continue;
        if (auto snapshot = snapshot_from(rows)) return snapshot;
        if (skipped != nullptr) ++*skipped;
    }
    return std::nullopt;
}

} // namespace

std::optional<JournalSnapshot> last_snapshot(Database& database, int* skipped)
{
    Statement rows = database.prepare(
        "SELECT id, batch, ward, wall, state, crc FROM snapshots ORDER BY id DESC");
    return first_usable(database, rows, skipped);
}

std::optional<JournalSnapshot> snapshot_before(Database& database, WallTime wall)
{
    Statement rows = database.prepare("SELECT id, batch, ward, wall, state, crc FROM snapshots "
                                      "WHERE wall <= ?1 ORDER BY id DESC");
    rows.bind(1, wall.ms);
    return first_usable(database, rows, nullptr);
}

std::optional<JournalSnapshot> first_snapshot(Database& database)
{
    Statement rows = database.prepare("SELECT id, batch, ward, wall, state, crc FROM snapshots ORDER BY id");
    return first_usable(database, rows, nullptr);
}

std::vector<JournalBatch> batches_after(Database& database, std::int64_t batch, std::size_t limit)
{
    Statement rows = database.prepare(
        "SELECT id, first, last, wall, count, lost, records, crc FROM batches WHERE id > ?1 "
        "ORDER BY id LIMIT ?2");
    rows.bind(1, batch).bind(2, static_cast<std::int64_t>(limit));
    std::vector<JournalBatch> batches;
    while (rows.step()) {
        JournalBatch one;
        one.id = rows.integer(0);
        one.first = Instant{rows.integer(1)};
        one.last = Instant{rows.integer(2)};
        one.wall = WallTime{rows.integer(3)};
        const std::int64_t count = rows.integer(4), lost = rows.integer(5);
        one.lost_before = static_cast<std::uint64_t>(lost);
        const std::string_view packed = rows.blob(6);
        const bool right =
            rows.integer(7) ==
            row_crc({one.id, one.first.ms, one.last.ms, one.wall.ms, count, lost}, packed);
        auto records = right && count >= 0 ? unpack_records(packed, static_cast<std::size_t>(count))
                                           : std::nullopt;
        one.damaged = !records.has_value();
        if (records) one.records = std::move(*records);
        batches.push_back(std::move(one));
    }
    return batches;
}

std::vector<JournalIncarnation> incarnations(Database& database)
{
    Statement rows = database.prepare(
        "SELECT incarnation, boot_id, ward, wall, boottime FROM incarnations ORDER BY incarnation");
    std::vector<JournalIncarnation> all;
    while (rows.step())
        all.push_back({static_cast<std::uint32_t>(rows.integer(0)), std::string{rows.text(1)},
                       Moment{Instant{rows.integer(2)}, WallTime{rows.integer(3)}},
                       Duration{rows.integer(4)}});
    return all;
}

std::optional<Bytes> named(Database& database, const std::string& name)
{
    Statement row = database.prepare(
        "SELECT b.hash, b.bytes FROM named n JOIN blobs b ON b.hash = n.hash WHERE n.name = ?1");
    row.bind(1, name);
    if (!row.step()) return std::nullopt;
    auto bytes = unpack_bytes(row.blob(1));
    if (!bytes || blob_hash(as_text(*bytes)) != row.text(0)) return std::nullopt;
    return bytes;
}

std::int64_t first_batch(Database& database)
{
    return database.integer("SELECT min(id) FROM batches");
}

std::int64_t last_batch(Database& database)
{
    // All of them may have been pruned behind a snapshot, of a ward where nothing happened for a month.
    return database.integer("SELECT max(ifnull((SELECT max(id) FROM batches), 0), "
                            "ifnull((SELECT max(batch) FROM snapshots), 0))");
}

} // namespace magwatch::journal_queries
