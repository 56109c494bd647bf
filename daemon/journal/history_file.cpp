#include "daemon/journal/history_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "daemon/journal/journal_format.hpp"
#include "daemon/journal/sqlite.hpp"
#include "daemon/journal/store_file.hpp"

namespace magwatch {

namespace {

constexpr std::string_view schema = R"(
CREATE TABLE beds(id INTEGER PRIMARY KEY, alias TEXT NOT NULL UNIQUE);
CREATE TABLE minutes(bed INTEGER NOT NULL REFERENCES beds(id), minute INTEGER NOT NULL, signals BLOB NOT NULL,
                     crc INTEGER NOT NULL, PRIMARY KEY(bed, minute)) WITHOUT ROWID;
CREATE INDEX minutes_by_age ON minutes(minute);
)";

constexpr int checkpoint_pages = 1000;
constexpr std::int64_t prune_rows = 200; // in one step
constexpr std::int64_t vacuum_pages = 256;
constexpr std::size_t most_samples = 6000; // of one signal and minute: 100 a second

// Devices speak in whole numbers, tenths or hundredths: as integers and differences they take a byte or two.
// 0: the values are not such numbers and stay doubles.
std::uint32_t scale_of(const std::vector<HistorySample>& samples)
{
    for (const std::uint32_t scale : {1U, 10U, 100U, 1000U}) {
        const auto exact = [scale](const HistorySample& sample) {
            const double scaled = std::round(sample.value * scale);
            constexpr double safe = 1e12; // far inside the integers that doubles hold exactly
            return std::abs(scaled) < safe && scaled / scale == sample.value;
        };
        if (std::all_of(samples.begin(), samples.end(), exact)) return scale;
    }
    return 0;
}

void write_samples(Writer& out, const std::vector<HistorySample>& samples)
{
    const std::uint32_t scale = scale_of(samples);
    out(scale);
    out.varint(samples.size());
    std::int64_t before = 0;
    std::uint16_t offset = 0;
    for (const HistorySample& sample : samples) {
        out(static_cast<std::int32_t>(sample.offset_ms - std::exchange(offset, sample.offset_ms)));
        if (scale == 0) {
            out(sample.value);
            continue;
        }
        const auto scaled = static_cast<std::int64_t>(std::llround(sample.value * scale));
        out(scaled - std::exchange(before, scaled));
    }
}

void read_samples(Reader& in, std::vector<HistorySample>& samples)
{
    std::uint32_t scale = 0;
    in(scale);
    const std::size_t count = in.count();
    std::int64_t scaled = 0, offset = 0;
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        std::int32_t step = 0;
        HistorySample sample;
        in(step);
        offset += step;
        if (offset < 0 || offset >= 60'000) return in.fail();
        sample.offset_ms = static_cast<std::uint16_t>(offset);
        if (scale == 0) {
            in(sample.value);
        } else {
            std::int64_t difference = 0;
            in(difference);
            scaled = static_cast<std::int64_t>(static_cast<std::uint64_t>(scaled) +
                                               static_cast<std::uint64_t>(difference));
            sample.value = static_cast<double>(scaled) / scale;
        }
        samples.push_back(sample);
    }
}

} // namespace

void HistorySignal::add(std::uint16_t offset_ms, double value, bool keep_sample)
{
    min = count == 0 ? value : std::min(min, value);
    max = count == 0 ? value : std::max(max, value);
    ++count;
    mean += (value - mean) / count;
    last = value;
    if (keep_sample && samples.size() < most_samples) samples.push_back({offset_ms, value});
}

void HistorySignal::add(const HistorySignal& later)
{
    if (later.count == 0) return;
    min = count == 0 ? later.min : std::min(min, later.min);
    max = count == 0 ? later.max : std::max(max, later.max);
    mean = (mean * count + later.mean * later.count) / (count + later.count);
    count += later.count;
    last = later.last;
    samples.insert(samples.end(), later.samples.begin(), later.samples.end());
    if (samples.size() > most_samples) samples.resize(most_samples);
    // A wall clock set back within the minute.
    std::stable_sort(samples.begin(), samples.end(),
                     [](const HistorySample& a, const HistorySample& b) { return a.offset_ms < b.offset_ms; });
}

HistorySignal& HistoryMinute::of(std::string_view signal)
{
    const auto at = std::lower_bound(signals.begin(), signals.end(), signal,
                                     [](const HistorySignal& one, std::string_view name) { return one.signal < name; });
    if (at != signals.end() && at->signal == signal) return *at;
    return *signals.insert(at, HistorySignal{std::string{signal}, 0, 0, 0, 0, 0, {}});
}

Bytes pack_minute(const std::vector<HistorySignal>& signals)
{
    Bytes bytes;
    Writer out{bytes};
    out.varint(signals.size());
    for (const HistorySignal& one : signals) {
        out(one.signal, one.count, one.min, one.max, one.mean, one.last);
        write_samples(out, one.samples);
    }
    return pack_bytes(as_text(bytes));
}

std::optional<std::vector<HistorySignal>> unpack_minute(std::string_view packed)
{
    const auto bytes = unpack_bytes(packed);
    if (!bytes) return std::nullopt;
    Reader in{*bytes};
    std::vector<HistorySignal> signals;
    const std::size_t count = in.count();
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        HistorySignal one;
        in(one.signal, one.count, one.min, one.max, one.mean, one.last);
        read_samples(in, one.samples);
        signals.push_back(std::move(one));
    }
    if (!in.done()) return std::nullopt;
    return signals;
}

struct HistoryFile::Impl {
    explicit Impl(Database d) : database{std::move(d)} {}
    Database database;
    std::optional<DatabaseCopy> copy; // goes before the database does
    std::map<std::string, std::int64_t> beds;

    std::int64_t bed_id(const std::string& alias)
    {
        if (const auto known = beds.find(alias); known != beds.end()) return known->second;
        Statement insert = database.prepare("INSERT OR IGNORE INTO beds(alias) VALUES(?1)");
        insert.bind(1, alias).run();
        Statement select = database.prepare("SELECT id FROM beds WHERE alias = ?1");
        select.bind(1, alias);
        return beds[alias] = select.step() ? select.integer(0) : 0;
    }
    std::optional<std::vector<HistorySignal>> stored(std::int64_t bed, std::int64_t minute)
    {
        Statement row = database.prepare("SELECT signals, crc FROM minutes WHERE bed = ?1 AND minute = ?2");
        row.bind(1, bed).bind(2, minute);
        if (!row.step() || row.integer(1) != row_crc({bed, minute}, row.blob(0))) return std::nullopt;
        return unpack_minute(row.blob(0));
    }
    void write_one(HistoryMinute minute)
    {
        const std::int64_t bed = bed_id(minute.bed);
        if (auto before = stored(bed, minute.minute)) {
            HistoryMinute merged{minute.bed, minute.minute, std::move(*before)};
            for (const HistorySignal& one : minute.signals) merged.of(one.signal).add(one);
            minute = std::move(merged);
        }
        const Bytes packed = pack_minute(minute.signals);
        const std::uint32_t crc = row_crc({bed, minute.minute}, as_text(packed));
        Statement insert = database.prepare("INSERT OR REPLACE INTO minutes VALUES(?1, ?2, ?3, ?4)");
        insert.bind(1, bed).bind(2, minute.minute).bind_blob(3, as_text(packed)).bind(4, std::int64_t{crc}).run();
    }
};

HistoryFile::HistoryFile(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

HistoryFile::~HistoryFile() = default;

HistoryOpened HistoryFile::open(const std::string& directory, WallTime now)
{
    const std::string path = (std::filesystem::path{directory} / "history.db").string();
    constexpr Duration check_limit{300};
    StoreOpened store = open_store(path, {history_application_id, history_version, schema}, now, check_limit);
    HistoryOpened opened{nullptr, std::move(store.error), store.newer_version, std::move(store.moved_aside)};
    if (store.database) opened.file.reset(new HistoryFile{std::make_unique<Impl>(std::move(*store.database))});
    return opened;
}

std::optional<JournalError> HistoryFile::write(const std::vector<HistoryMinute>& minutes)
{
    auto failed = attempted([&] {
        Transaction transaction{impl_->database};
        for (const HistoryMinute& minute : minutes) impl_->write_one(minute);
        transaction.commit();
    });
    if (failed) impl_->beds.clear(); // new ones were rolled back
    return failed;
}

std::variant<std::vector<HistoryMinute>, JournalError> HistoryFile::read(const std::string& bed, std::int64_t from,
                                                                         std::int64_t to, std::size_t limit)
{
    return guarded([&] {
        std::vector<HistoryMinute> minutes;
        Statement rows = impl_->database.prepare("SELECT m.bed, m.minute, m.signals, m.crc FROM minutes m "
                                                 "JOIN beds b ON b.id = m.bed WHERE b.alias = ?1 AND m.minute >= ?2 "
                                                 "AND m.minute < ?3 ORDER BY m.minute LIMIT ?4");
        rows.bind(1, bed).bind(2, from).bind(3, to).bind(4, static_cast<std::int64_t>(limit));
        while (rows.step()) {
            const std::string_view packed = rows.blob(2);
            if (rows.integer(3) != row_crc({rows.integer(0), rows.integer(1)}, packed)) continue;
            if (auto signals = unpack_minute(packed)) minutes.push_back({bed, rows.integer(1), std::move(*signals)});
        }
        return minutes;
    });
}

std::variant<bool, JournalError> HistoryFile::maintain(WallTime now, const HistoryLimits& limits)
{
    return guarded([&] {
        Database& database = impl_->database;
        if (database.wal_pages() >= checkpoint_pages) {
            database.checkpoint(false);
            return true;
        }
        const std::int64_t used = (database.integer("PRAGMA page_count") - database.integer("PRAGMA freelist_count")) *
                                  database.integer("PRAGMA page_size");
        const std::int64_t oldest = database.integer("SELECT min(minute) FROM minutes");
        const std::int64_t cut = (now - limits.keep).ms / 60'000;
        if (oldest != 0 && (oldest < cut || used > static_cast<std::int64_t>(limits.max_bytes))) {
            const bool by_size = oldest >= cut;
            Transaction transaction{database};
            Statement prune = database.prepare("DELETE FROM minutes WHERE (bed, minute) IN "
                                               "(SELECT bed, minute FROM minutes "
                                               "WHERE minute < ?1 ORDER BY minute LIMIT ?2)");
            prune.bind(1, by_size ? INT64_MAX : cut).bind(2, prune_rows).run();
            transaction.commit();
            return true;
        }
        if (database.integer("PRAGMA freelist_count") < vacuum_pages) return false;
        database.run(fmt::format("PRAGMA incremental_vacuum({})", vacuum_pages));
        return true;
    });
}

std::variant<CopyProgress, JournalError> HistoryFile::copy_step(const std::string& path)
{
    return step_copy(impl_->copy, path, [this]() -> Database& { return impl_->database; });
}

void HistoryFile::end_copy() { impl_->copy.reset(); }

} // namespace magwatch
