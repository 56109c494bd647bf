#include "daemon/journal/journal_file.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "daemon/journal/disk_space.hpp"
#include "daemon/journal/journal_format.hpp"
#include "daemon/journal/journal_mark.hpp"
#include "daemon/journal/journal_queries.hpp"
#include "daemon/journal/sqlite.hpp"
#include "daemon/journal/store_file.hpp"

namespace magwatch {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view schema = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE incarnations(incarnation INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, ward INTEGER NOT NULL,
                          wall INTEGER NOT NULL, boottime INTEGER NOT NULL);
CREATE TABLE batches(id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, wall INTEGER NOT NULL,
                     count INTEGER NOT NULL, lost INTEGER NOT NULL, records BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE snapshots(id INTEGER PRIMARY KEY, batch INTEGER NOT NULL, ward INTEGER NOT NULL, wall INTEGER NOT NULL,
                       state BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE blobs(hash TEXT PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE named(name TEXT PRIMARY KEY, hash TEXT NOT NULL REFERENCES blobs(hash));
)";

constexpr int checkpoint_pages = 1000; // 4 MiB of log before an idle moment moves it into the file
// As long as that, and a little for what comes before the idle moment: frames of page and header.
constexpr std::size_t log_bytes = (checkpoint_pages + 50) * (4096 + 24);
constexpr std::int64_t prune_rows = 500;   // deleted in one step: a few milliseconds
constexpr std::int64_t vacuum_pages = 256; // given back in one step
constexpr std::int64_t snapshots_kept = 3; // the newest, always
constexpr std::int64_t snapshot_spacing =
    6LL * 3'600'000;                             // of older ones: one in six hours of ward time
constexpr std::size_t reserve_bytes = 16U << 20; // reliability M6
constexpr int failures_before_reopen = 3;

} // namespace

std::int64_t incarnation_floor(WallTime now)
{
    constexpr std::int64_t year_2020_ms = 1'577'836'800'000;
    return std::clamp<std::int64_t>((now.ms - year_2020_ms) / 1000, 1, 0xF0000000);
}

struct JournalFile::Impl {
    Impl(fs::path p, Database d) : path{std::move(p)}, database{std::move(d)}, mark{path.string() + "-mark"}
    {
        prepare();
    }

    fs::path path;
    std::optional<Database> database;
    struct Statements {
        Statement batch, snapshot, blob, name, alive;
    };
    std::optional<Statements> statements;
    std::optional<DatabaseCopy> copy; // goes before the database does
    JournalMark mark;
    std::int64_t last_batch = 0, last_incarnation = 0;
    int failures = 0;

    void prepare()
    {
        last_batch = journal_queries::last_batch(*database);
        last_incarnation = database->integer("SELECT max(incarnation) FROM incarnations");
        statements = Statements{
            database->prepare("INSERT INTO batches VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
            database->prepare("INSERT INTO snapshots VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
            database->prepare("INSERT OR IGNORE INTO blobs VALUES(?1, ?2)"),
            database->prepare("INSERT INTO named VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET "
                              "hash = excluded.hash"),
            database->prepare("INSERT INTO meta VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET "
                              "value = excluded.value")};
    }
    // A connection that keeps failing is replaced: some errors stick to it.
    void reopen_if_stuck()
    {
        if (failures < failures_before_reopen && database && statements) return;
        copy.reset();
        statements.reset();
        database.reset();
        database.emplace(path.string(), Database::Access::read_write);
        prepare();
        failures = 0;
    }
    // The open connection; one that could not be replaced is an error until the next attempt.
    Database& db()
    {
        if (!database) throw SqliteError{0, path.string() + " could not be opened again"};
        return *database;
    }
    void write_one(JournalBatch& batch);
    void write_one(JournalSnapshot& snapshot);
    void write_one(JournalNamed& named);
    void set_meta(std::string_view key, std::int64_t value)
    {
        statements->alive.bind(1, key).bind(2, value).run();
    }

    bool prune_step(const Moment& now, const JournalLimits& limits);
    std::int64_t prune_target(const Moment& now, const JournalLimits& limits);
    bool thin_snapshots();
    std::int64_t used_bytes()
    {
        return (db().integer("PRAGMA page_count") - db().integer("PRAGMA freelist_count")) *
               db().integer("PRAGMA page_size");
    }
    // In words, if more was durable than is here, or may have been.
    [[nodiscard]] std::string falls_short() const
    {
        const auto [known, readable] = mark.find();
        if (!readable) return "how far it had come cannot be read";
        if (known.batch <= last_batch && known.incarnation <= last_incarnation) return {};
        return fmt::format("it had come to batch {} and start {}, and ends with {} and {}", known.batch,
                           known.incarnation, last_batch, last_incarnation);
    }
    [[nodiscard]] JournalReached reached() const { return {last_batch, last_incarnation}; }
    [[nodiscard]] std::string reserve() const
    {
        return (path.parent_path() / "journal.reserve").string();
    }
    void keep_reserve();
    void lengthen_log();
};

void JournalFile::Impl::write_one(JournalBatch& batch)
{
    const Bytes packed = pack_records(batch.records);
    batch.id = ++last_batch;
    const auto count = static_cast<std::int64_t>(batch.records.size());
    const auto lost = static_cast<std::int64_t>(batch.lost_before);
    const std::uint32_t crc = row_crc(
        {batch.id, batch.first.ms, batch.last.ms, batch.wall.ms, count, lost}, as_text(packed));
    statements->batch.bind(1, batch.id)
        .bind(2, batch.first.ms)
        .bind(3, batch.last.ms)
        .bind(4, batch.wall.ms);
    statements->batch.bind(5, count)
        .bind(6, lost)
        .bind_blob(7, as_text(packed))
        .bind(8, std::int64_t{crc})
        .run();
}

void JournalFile::Impl::write_one(JournalSnapshot& snapshot)
{
    const Bytes packed = pack_bytes(as_text(snapshot.state));
    snapshot.id = db().integer("SELECT max(id) FROM snapshots") + 1;
    snapshot.batch = last_batch;
    const std::uint32_t crc = row_crc(
        {snapshot.id, snapshot.batch, snapshot.at.steady.ms, snapshot.at.wall.ms}, as_text(packed));
    statements->snapshot.bind(1, snapshot.id)
        .bind(2, snapshot.batch)
        .bind(3, snapshot.at.steady.ms);
    statements->snapshot.bind(4, snapshot.at.wall.ms)
        .bind_blob(5, as_text(packed))
        .bind(6, std::int64_t{crc})
        .run();
}

void JournalFile::Impl::write_one(JournalNamed& named)
{
    const std::string hash = blob_hash(as_text(named.bytes));
    const Bytes packed = pack_bytes(as_text(named.bytes));
    statements->blob.bind(1, hash).bind_blob(2, as_text(packed)).run();
    statements->name.bind(1, named.name).bind(2, hash).run();
    db().run("DELETE FROM blobs WHERE hash NOT IN (SELECT hash FROM named)");
}

void JournalFile::Impl::keep_reserve()
{
    std::error_code error;
    if (fs::exists(reserve(), error)) return;
    const auto space = read_disk_space(path.parent_path().string());
    if (!space || disk_level(*space, DiskLevel::low) != DiskLevel::ok) return;
    const int fd = ::open(reserve().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;
    if (::posix_fallocate(fd, 0, reserve_bytes) != 0) ::unlink(reserve().c_str());
    ::close(fd);
}

// A commit that lengthens the log has its new size to sync too, and that takes longest on a busy
// disk. So the log gets its length at the start, as zeros: they are no frames, and SQLite writes
// over what lies behind the last frame.
void JournalFile::Impl::lengthen_log()
{
    const std::string log = path.string() + "-wal";
    std::error_code error;
    const std::uintmax_t size = fs::file_size(log, error);
    if (error || size >= log_bytes) return;
    const auto space = read_disk_space(path.parent_path().string());
    if (!space || disk_level(*space, DiskLevel::low) != DiskLevel::ok) return;
    const int fd = ::open(log.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    const std::vector<char> zeros(log_bytes - size);
    // Where there is no room for it, the log grows as it is written.
    if (::pwrite(fd, zeros.data(), zeros.size(), static_cast<off_t>(size)) > 0) ::fdatasync(fd);
    ::close(fd);
}

// Everything up to this batch may go; 0: nothing. Only whole stretches between snapshots go, and
// never what the newest snapshots need, so that a replay always finds a state to start from.
std::int64_t JournalFile::Impl::prune_target(const Moment& now, const JournalLimits& limits)
{
    const std::int64_t first = journal_queries::first_batch(db());
    if (first == 0) return 0;
    Statement rows = db().prepare("SELECT batch, ward FROM snapshots WHERE batch >= ?1 AND id <= "
                                  "(SELECT max(id) FROM snapshots) - 1 ORDER BY id");
    rows.bind(1, first);
    const bool too_large = used_bytes() > static_cast<std::int64_t>(limits.max_bytes);
    std::int64_t target = 0;
    while (rows.step()) {
        const bool old = rows.integer(1) < (now.steady - limits.keep).ms;
        if (!old && !(too_large && target == 0)) break;
        target = rows.integer(0);
    }
    rows.reset();
    return target;
}

bool JournalFile::Impl::prune_step(const Moment& now, const JournalLimits& limits)
{
    const std::int64_t target = prune_target(now, limits);
    if (target == 0) return false;
    Transaction transaction{db()};
    Statement batches = db().prepare(
        "DELETE FROM batches WHERE id <= ?1 AND id < (SELECT min(id) FROM batches) + ?2");
    batches.bind(1, target).bind(2, prune_rows).run();
    Statement snapshots =
        db().prepare("DELETE FROM snapshots WHERE batch < (SELECT min(id) FROM batches) - 1");
    snapshots.run();
    transaction.commit();
    return true;
}

bool JournalFile::Impl::thin_snapshots()
{
    constexpr std::int64_t worth_it = 12;
    if (db().integer("SELECT count(*) FROM snapshots") < snapshots_kept + worth_it) return false;
    const std::int64_t before = db().integer("SELECT count(*) FROM snapshots");
    Transaction transaction{db()};
    Statement thin = db().prepare("DELETE FROM snapshots WHERE id <= (SELECT max(id) FROM snapshots) - ?1 "
                                  "AND id NOT IN (SELECT min(id) FROM snapshots GROUP BY ward / ?2)");
    thin.bind(1, snapshots_kept).bind(2, snapshot_spacing).run();
    transaction.commit();
    return db().integer("SELECT count(*) FROM snapshots") < before;
}

JournalFile::JournalFile(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

JournalFile::~JournalFile() = default;

JournalOpened JournalFile::open(const std::string& directory, WallTime now, Duration check_limit)
{
    const fs::path path = fs::path{directory} / "journal.db";
    StoreOpened store =
        open_store(path.string(), {journal_application_id, journal_version, schema}, now, check_limit);
    JournalOpened opened;
    opened.error = std::move(store.error);
    opened.newer_version = store.newer_version;
    opened.created = store.created;
    opened.moved_aside = std::move(store.moved_aside);
    opened.damage = std::move(store.damage);
    opened.check_complete = store.check_complete;
    if (!store.database) return opened;
    opened.error = attempted([&] {
        auto impl = std::make_unique<Impl>(path, std::move(*store.database));
        if (opened.moved_aside.empty())
            opened.end_missing = store.end_missing ? "a frame of its log is damaged" : impl->falls_short();
        if (!opened.moved_aside.empty())
            impl->set_meta("incarnation_floor", incarnation_floor(now));
        if (!impl->mark.there()) impl->mark.create(impl->reached());
        impl->keep_reserve();
        impl->lengthen_log();
        opened.file.reset(new JournalFile{std::move(impl)});
    });
    return opened;
}

std::string JournalFile::put_aside(const std::string& directory, WallTime now)
{
    return move_aside((fs::path{directory} / "journal.db").string(), now);
}

std::variant<std::optional<LastMoment>, JournalError> JournalFile::last_moment()
{
    return guarded([this]() -> std::optional<LastMoment> {
        Database& database = impl_->db();
        const auto started = journal_queries::incarnations(database);
        if (started.empty()) return std::nullopt;
        const JournalIncarnation& last = started.back();
        std::optional<Moment> written;
        Statement batch =
            database.prepare("SELECT last, wall FROM batches ORDER BY id DESC LIMIT 1");
        if (batch.step()) written = {Instant{batch.integer(0)}, WallTime{batch.integer(1)}};
        const std::int64_t alive =
            database.integer("SELECT value FROM meta WHERE key = 'alive_ward'");
        if (alive > (written ? written->steady.ms : 0))
            written = {Instant{alive}, WallTime{database.integer(
                                           "SELECT value FROM meta WHERE key = 'alive_wall'")}};
        return last_sign_of_life({last.at.steady, last.boottime, last.at.wall, last.boot_id, {}}, written);
    });
}

std::variant<std::uint32_t, JournalError>
JournalFile::begin_incarnation(const Moment& at, Duration boottime, const std::string& boot_id, std::int64_t floor)
{
    const auto begin = [&]() -> std::uint32_t {
        Database& database = impl_->db();
        Transaction transaction{database};
        const std::int64_t next =
            std::max({database.integer("SELECT max(incarnation) FROM incarnations") + 1,
                      database.integer("SELECT value FROM meta WHERE key = 'incarnation_floor'"), floor});
        Statement insert = database.prepare("INSERT INTO incarnations VALUES(?1, ?2, ?3, ?4, ?5)");
        insert.bind(1, next)
            .bind(2, boot_id)
            .bind(3, at.steady.ms)
            .bind(4, at.wall.ms)
            .bind(5, boottime.count())
            .run();
        transaction.commit();
        impl_->last_incarnation = next;
        impl_->mark.create(impl_->reached());
        return static_cast<std::uint32_t>(next);
    };
    auto begun = guarded(begin);
    // A start on a full disk: this is what the reserve is for.
    const auto* error = std::get_if<JournalError>(&begun);
    if (error != nullptr && release_reserve()) begun = guarded(begin);
    return begun;
}

std::variant<std::optional<JournalSnapshot>, JournalError> JournalFile::last_snapshot(int* skipped)
{
    return guarded([&] { return journal_queries::last_snapshot(impl_->db(), skipped); });
}

std::variant<std::vector<JournalBatch>, JournalError> JournalFile::batches_after(std::int64_t batch,
                                                                                 std::size_t limit)
{
    return guarded([&] { return journal_queries::batches_after(impl_->db(), batch, limit); });
}

std::variant<std::optional<Bytes>, JournalError> JournalFile::named(const std::string& name)
{
    return guarded([&] { return journal_queries::named(impl_->db(), name); });
}

std::optional<JournalError> JournalFile::write(std::vector<JournalItem>& items)
{
    std::int64_t before = impl_->last_batch;
    auto failed = attempted([&] {
        impl_->reopen_if_stuck();
        before = impl_->last_batch;
        Transaction transaction{impl_->db()};
        for (JournalItem& item : items)
            std::visit([this](auto& one) { impl_->write_one(one); }, item);
        transaction.commit();
    });
    impl_->failures = failed ? impl_->failures + 1 : 0;
    if (failed)
        impl_->last_batch = before;
    else if (impl_->last_batch != before)
        impl_->mark.reach(impl_->reached());
    return failed;
}

std::optional<JournalError> JournalFile::alive(const Moment& at)
{
    auto failed = attempted([&] {
        impl_->reopen_if_stuck();
        Transaction transaction{impl_->db()};
        impl_->set_meta("alive_ward", at.steady.ms);
        impl_->set_meta("alive_wall", at.wall.ms);
        transaction.commit();
    });
    impl_->failures = failed ? impl_->failures + 1 : 0;
    return failed;
}

std::variant<bool, JournalError> JournalFile::maintain(const Moment& now,
                                                       const JournalLimits& limits)
{
    return guarded([&] {
        Database& database = impl_->db();
        impl_->keep_reserve();
        if (!impl_->mark.there()) impl_->mark.create(impl_->reached());
        if (database.wal_pages() >= checkpoint_pages) {
            database.checkpoint(false);
            return true;
        }
        if (impl_->prune_step(now, limits) || impl_->thin_snapshots()) return true;
        if (database.integer("PRAGMA freelist_count") < vacuum_pages) return false;
        database.pragma("incremental_vacuum", vacuum_pages);
        return true;
    });
}

std::optional<JournalError> JournalFile::checkpoint()
{
    return attempted([this] { impl_->db().checkpoint(true); });
}

std::variant<CopyProgress, JournalError> JournalFile::copy_step(const std::string& path)
{
    return step_copy(impl_->copy, path, [this]() -> Database& { return impl_->db(); });
}

void JournalFile::end_copy()
{
    impl_->copy.reset();
}

std::uint64_t JournalFile::bytes() const
{
    try {
        return static_cast<std::uint64_t>(impl_->used_bytes());
    } catch (const SqliteError&) {
        return 0;
    }
}

bool JournalFile::release_reserve()
{
    return ::unlink(impl_->reserve().c_str()) == 0;
}

} // namespace magwatch
