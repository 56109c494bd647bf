#include "tools/box/disk.hpp"

#include "rules/base/archive.hpp"

namespace magwatch::box {

Row Disk::pack(const Records& records, std::uint64_t up_to, const Moment& last)
{
    Row row;
    row.count = static_cast<std::int64_t>(records.size());
    row.packed = pack_records(records);
    row.crc = row_crc({row.count, last.steady.ms, last.wall.ms}, as_text(row.packed));
    row.up_to = up_to;
    row.last = last;
    return row;
}

std::optional<Records> Disk::unpack(const Row& row)
{
    if (row.crc != row_crc({row.count, row.last.steady.ms, row.last.wall.ms}, as_text(row.packed))) return std::nullopt;
    return unpack_records(as_text(row.packed), static_cast<std::size_t>(row.count));
}

void Disk::store(SavedWard ward, const std::function<void(const Row&)>& dropped)
{
    saved_.push_back(std::move(ward));
    if (saved_.size() > 2) saved_.pop_front();
    while (!rows_.empty() && rows_.front().up_to <= saved_.front().up_to) {
        dropped(rows_.front());
        rows_.pop_front();
    }
}

void Disk::tear(Row row, bool power)
{
    const double dice = random_.uniform();
    if (dice < 0.4) return;
    if (dice > 0.6 || !power || row.packed.empty()) return store(std::move(row));
    if (random_.chance(0.5)) row.packed.resize(random_.next() % row.packed.size());
    else row.packed[random_.next() % row.packed.size()] ^= static_cast<std::uint8_t>(1U << (random_.next() % 8));
    store(std::move(row));
}

void Disk::drop_torn()
{
    if (!rows_.empty() && !unpack(rows_.back())) rows_.pop_back();
}

Duration Disk::commit_takes()
{
    const auto between = [this](double low, double high) {
        return Duration{static_cast<std::int64_t>(random_.uniform(low, high))};
    };
    if (random_.chance(slow_)) return between(200, 900);
    return random_.chance(0.8) ? between(1, 20) : between(20, 190);
}

} // namespace magwatch::box
