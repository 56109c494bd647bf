#include "daemon/journal/history_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <utility>

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
CREATE TABLE events(id INTEGER PRIMARY KEY, bed INTEGER NOT NULL REFERENCES beds(id), at INTEGER NOT NULL,
                    event BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE INDEX events_by_bed ON events(bed, at);
CREATE INDEX events_by_age ON events(at);
CREATE TABLE marks(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
)";

// What format 1 has not: events, and how far minutes are thinned.
constexpr std::string_view upgrade = schema.substr(schema.find("CREATE TABLE events"));

constexpr std::int64_t minute_ms = 60'000;
constexpr int checkpoint_pages = 1000;
constexpr std::int64_t prune_rows = 200; // in one step
constexpr std::int64_t thin_rows = 200;  // in one step, and the rest of the last one's minute
constexpr std::size_t seldom = 2;        // samples of a signal in a minute that stay when it is thinned
constexpr int catch_up = 2;              // of ward time: how fast what is old goes after the wall clock
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
    samples.clear();
    samples.reserve(std::min(count, most_samples));
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

namespace {

// Into memory that is used again for the next row: `signals` is meaningless unless it is true.
bool unpack_into(std::string_view packed, std::vector<HistorySignal>& signals)
{
    const auto bytes = unpack_bytes(packed);
    if (!bytes) return false;
    Reader in{*bytes};
    const std::size_t count = in.count();
    std::size_t done = 0;
    for (; done < count && in.ok(); ++done) {
        if (done == signals.size()) signals.emplace_back();
        HistorySignal& one = signals[done];
        in(one.signal, one.count, one.min, one.max, one.mean, one.last);
        read_samples(in, one.samples);
    }
    signals.resize(done);
    return in.done();
}

} // namespace

std::optional<std::vector<HistorySignal>> unpack_minute(std::string_view packed)
{
    std::vector<HistorySignal> signals;
    if (!unpack_into(packed, signals)) return std::nullopt;
    return signals;
}

bool thin_minute(std::vector<HistorySignal>& signals)
{
    bool changed = false;
    for (HistorySignal& one : signals) {
        if (one.samples.size() <= seldom) continue;
        std::vector<HistorySample>{}.swap(one.samples);
        changed = true;
    }
    return changed;
}

struct HistoryFile::Impl {
    explicit Impl(Database d) : database{std::move(d)} {}
    Database database;
    std::optional<DatabaseCopy> copy; // goes before the database does
    std::map<std::string, std::int64_t> beds;
    std::optional<WallTime> reached; // age_to() has come so far; nullopt: not looked yet
    Instant reached_at{};            // when it was

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
        put(bed, minute.minute, minute.signals);
    }
    void put(std::int64_t bed, std::int64_t minute, const std::vector<HistorySignal>& signals)
    {
        const Bytes packed = pack_minute(signals);
        const std::uint32_t crc = row_crc({bed, minute}, as_text(packed));
        Statement insert = database.prepare("INSERT OR REPLACE INTO minutes VALUES(?1, ?2, ?3, ?4)");
        insert.bind(1, bed).bind(2, minute).bind_blob(3, as_text(packed)).bind(4, std::int64_t{crc}).run();
    }
    void write_event(const HistoryEvent& event)
    {
        const std::int64_t bed = bed_id(event.bed);
        Bytes bytes;
        Writer{bytes}(event.kind, event.text, event.priority, event.ref);
        const std::uint32_t crc = row_crc({bed, event.at.ms}, as_text(bytes));
        Statement insert = database.prepare("INSERT INTO events(bed, at, event, crc) VALUES(?1, ?2, ?3, ?4)");
        insert.bind(1, bed).bind(2, event.at.ms).bind_blob(3, as_text(bytes)).bind(4, std::int64_t{crc}).run();
    }
    std::int64_t thinned_to() { return database.integer("SELECT value FROM marks WHERE name = 'thinned_to'"); }
    WallTime first_reached(WallTime wall);
    WallTime age_to(const Moment& now);
    bool prune(WallTime age, const HistoryLimits& limits);
    bool thin(WallTime age, const HistoryLimits& limits);
};

// Where an earlier run came to; a file of a version that kept no such mark tells it by its newest rows.
WallTime HistoryFile::Impl::first_reached(WallTime wall)
{
    const std::int64_t mark = database.integer("SELECT value FROM marks WHERE name = 'reached'");
    if (mark != 0) return WallTime{mark * minute_ms};
    Statement newest = database.prepare("SELECT max(minute) FROM minutes WHERE minute <= ?1");
    newest.bind(1, wall.ms / minute_ms);
    const bool any = newest.step() && newest.integer(0) != 0;
    return any ? std::min(wall, WallTime{(newest.integer(0) + 1) * minute_ms}) : wall;
}

// The time that the age of what is kept is counted to: never after the wall clock, and never ahead of what has passed
// by more than catch_up allows.
WallTime HistoryFile::Impl::age_to(const Moment& now)
{
    const bool first = !reached;
    if (first) {
        reached = first_reached(now.wall);
        reached_at = now.steady;
    }
    const WallTime before = *reached;
    const Duration passed = now.steady - std::exchange(reached_at, now.steady);
    // Nothing is older than the oldest row. Without it, a file that a clock of 1970 began would never forget.
    const WallTime oldest{database.integer("SELECT min(minute) FROM minutes") * minute_ms};
    *reached = std::max(*reached, std::min(oldest, now.wall));
    *reached = std::max(*reached, std::min(now.wall, *reached + passed * catch_up));
    if (first || reached->ms / minute_ms != before.ms / minute_ms) {
        Statement mark = database.prepare("INSERT OR REPLACE INTO marks VALUES('reached', ?1)");
        mark.bind(1, reached->ms / minute_ms).run();
    }
    return std::min(*reached, now.wall);
}

// True if anything was too old, or too much.
bool HistoryFile::Impl::prune(WallTime age, const HistoryLimits& limits)
{
    const std::int64_t used = (database.integer("PRAGMA page_count") - database.integer("PRAGMA freelist_count")) *
                              database.integer("PRAGMA page_size");
    const std::int64_t oldest = database.integer("SELECT min(minute) FROM minutes");
    const WallTime cut = age - limits.keep;
    const bool by_age = oldest != 0 && oldest < cut.ms / minute_ms;
    const bool by_size = oldest != 0 && used > static_cast<std::int64_t>(limits.max_bytes);
    const std::int64_t oldest_event = database.integer("SELECT min(at) FROM events");
    const bool events = oldest_event != 0 && oldest_event < cut.ms;
    if (!by_age && !by_size && !events) return false;
    Transaction transaction{database};
    if (by_age || by_size) {
        Statement prune = database.prepare("DELETE FROM minutes WHERE (bed, minute) IN "
                                           "(SELECT bed, minute FROM minutes "
                                           "WHERE minute < ?1 ORDER BY minute LIMIT ?2)");
        prune.bind(1, by_age ? cut.ms / minute_ms : INT64_MAX).bind(2, prune_rows).run();
    }
    if (events) {
        Statement prune = database.prepare("DELETE FROM events WHERE id IN "
                                           "(SELECT id FROM events WHERE at < ?1 ORDER BY at LIMIT ?2)");
        prune.bind(1, cut.ms).bind(2, prune_rows).run();
    }
    transaction.commit();
    return true;
}

// True if there were minutes to thin: whole ones, so that the mark can be moved behind them.
bool HistoryFile::Impl::thin(WallTime age, const HistoryLimits& limits)
{
    const std::int64_t from = thinned_to();
    std::int64_t to = (age - limits.full).ms / minute_ms;
    Statement last = database.prepare("SELECT minute FROM minutes WHERE minute >= ?1 AND minute < ?2 "
                                      "ORDER BY minute LIMIT 1 OFFSET ?3");
    last.bind(1, from).bind(2, to).bind(3, thin_rows - 1);
    if (last.step()) to = last.integer(0) + 1;
    last.reset();
    std::vector<std::pair<std::int64_t, HistoryMinute>> thinned; // by the number of their bed
    bool any = false;
    {
        Statement rows = database.prepare("SELECT bed, minute, signals, crc FROM minutes "
                                          "WHERE minute >= ?1 AND minute < ?2");
        rows.bind(1, from).bind(2, to);
        for (; rows.step(); any = true) {
            HistoryMinute minute{"", rows.integer(1), {}};
            const std::string_view packed = rows.blob(2);
            if (rows.integer(3) != row_crc({rows.integer(0), minute.minute}, packed)) continue;
            if (unpack_into(packed, minute.signals) && thin_minute(minute.signals))
                thinned.emplace_back(rows.integer(0), std::move(minute));
        }
    }
    if (!any) return false;
    Transaction transaction{database};
    for (const auto& [bed, minute] : thinned) put(bed, minute.minute, minute.signals);
    Statement mark = database.prepare("INSERT OR REPLACE INTO marks VALUES('thinned_to', ?1)");
    mark.bind(1, to).run();
    transaction.commit();
    return true;
}

HistoryFile::HistoryFile(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

HistoryFile::~HistoryFile() = default;

HistoryOpened HistoryFile::open(const std::string& directory, WallTime now)
{
    const std::string path = (std::filesystem::path{directory} / "history.db").string();
    constexpr Duration check_limit{300};
    StoreOpened store = open_store(path, {history_application_id, history_version, schema, upgrade}, now, check_limit);
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

std::optional<JournalError> HistoryFile::write_events(const std::vector<HistoryEvent>& events)
{
    auto failed = attempted([&] {
        Transaction transaction{impl_->database};
        for (const HistoryEvent& event : events) impl_->write_event(event);
        transaction.commit();
    });
    if (failed) impl_->beds.clear(); // new ones were rolled back
    return failed;
}

std::optional<JournalError> HistoryFile::visit(const std::string& bed, std::int64_t from, std::int64_t to,
                                               const std::function<void(const HistoryMinute&)>& take)
{
    return attempted([&] {
        Statement rows = impl_->database.prepare("SELECT m.bed, m.minute, m.signals, m.crc FROM minutes m "
                                                 "JOIN beds b ON b.id = m.bed WHERE b.alias = ?1 AND m.minute >= ?2 "
                                                 "AND m.minute < ?3 ORDER BY m.minute");
        rows.bind(1, bed).bind(2, from).bind(3, to);
        HistoryMinute minute{bed, 0, {}};
        while (rows.step()) {
            const std::string_view packed = rows.blob(2);
            minute.minute = rows.integer(1);
            if (rows.integer(3) != row_crc({rows.integer(0), minute.minute}, packed)) continue;
            if (unpack_into(packed, minute.signals)) take(minute);
        }
    });
}

std::variant<std::vector<HistoryMinute>, JournalError> HistoryFile::read(const std::string& bed, std::int64_t from,
                                                                         std::int64_t to, std::size_t limit)
{
    std::vector<HistoryMinute> minutes;
    auto error = visit(bed, from, to, [&](const HistoryMinute& minute) {
        if (minutes.size() < limit) minutes.push_back(minute);
    });
    if (error) return std::move(*error);
    return minutes;
}

std::variant<std::vector<HistoryEvent>, JournalError> HistoryFile::events(const std::string& bed, WallTime from,
                                                                          WallTime to, std::size_t limit)
{
    return guarded([&] {
        std::vector<HistoryEvent> events;
        Statement rows = impl_->database.prepare("SELECT e.bed, e.at, e.event, e.crc FROM events e "
                                                 "JOIN beds b ON b.id = e.bed WHERE b.alias = ?1 AND e.at >= ?2 "
                                                 "AND e.at < ?3 ORDER BY e.at DESC, e.id DESC LIMIT ?4");
        rows.bind(1, bed).bind(2, from.ms).bind(3, to.ms).bind(4, static_cast<std::int64_t>(limit));
        while (rows.step()) {
            const std::string_view bytes = rows.blob(2);
            if (rows.integer(3) != row_crc({rows.integer(0), rows.integer(1)}, bytes)) continue;
            HistoryEvent event{bed, WallTime{rows.integer(1)}, "", "", "", ""};
            Reader in{bytes};
            in(event.kind, event.text, event.priority, event.ref);
            if (in.done()) events.push_back(std::move(event));
        }
        std::reverse(events.begin(), events.end());
        return events;
    });
}

std::variant<std::int64_t, JournalError> HistoryFile::thinned_to()
{
    return guarded([&] { return impl_->thinned_to(); });
}

std::variant<bool, JournalError> HistoryFile::maintain(const Moment& now, const HistoryLimits& limits)
{
    return guarded([&] {
        Database& database = impl_->database;
        if (database.wal_pages() >= checkpoint_pages) {
            database.checkpoint(false);
            return true;
        }
        const WallTime age = impl_->age_to(now);
        if (impl_->prune(age, limits) || impl_->thin(age, limits)) return true;
        if (database.integer("PRAGMA freelist_count") < vacuum_pages) return false;
        database.pragma("incremental_vacuum", vacuum_pages);
        return true;
    });
}

std::variant<CopyProgress, JournalError> HistoryFile::copy_step(const std::string& path)
{
    return step_copy(impl_->copy, path, [this]() -> Database& { return impl_->database; });
}

void HistoryFile::end_copy() { impl_->copy.reset(); }

} // namespace magwatch
