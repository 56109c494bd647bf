#include "tests/simulation/kills/disk.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/journal/journal.hpp"
#include "rules/base/assert.hpp"

namespace magwatch {

namespace asio = boost::asio;
using kills::Disk;

namespace {

std::uint32_t crc_of(const JournalBatch& batch, std::int64_t count, const Bytes& packed)
{
    return row_crc({batch.id, batch.first.ms, batch.last.ms, batch.wall.ms, count}, as_text(packed));
}

} // namespace

// --- the disk ---

void Disk::store(std::vector<JournalItem> items)
{
    for (JournalItem& item : items) {
        if (auto* batch = std::get_if<JournalBatch>(&item)) {
            BatchRow row;
            row.count = static_cast<std::int64_t>(batch->records.size());
            row.packed = pack_records(batch->records);
            batch->records = {};
            batch->id = static_cast<std::int64_t>(batches.size()) + 1;
            row.crc = crc_of(*batch, row.count, row.packed);
            row.about = std::move(*batch);
            batches.push_back(std::move(row));
        } else if (auto* snapshot = std::get_if<JournalSnapshot>(&item)) {
            snapshot->id = static_cast<std::int64_t>(snapshots.size()) + 1;
            snapshot->batch = static_cast<std::int64_t>(batches.size());
            SnapshotRow row{{}, pack_bytes(as_text(snapshot->state))};
            snapshot->state.clear();
            row.about = std::move(*snapshot);
            snapshots.push_back(std::move(row));
        }
    }
}

Duration Disk::commit_takes()
{
    const double kind = random_.uniform();
    const auto between = [this](double low, double high) {
        return Duration{static_cast<std::int64_t>(random_.uniform(low, high))};
    };
    if (kind < slow_) return between(200, 900);
    return kind < 0.8 ? between(1, 20) : between(20, 190);
}

// --- the file, as far as recovery reads it ---

struct JournalFile::Impl {
    Disk& disk;
};

JournalFile::JournalFile(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
JournalFile::~JournalFile() = default;

JournalOpened JournalFile::open(const std::string&, WallTime, Duration)
{
    JournalOpened opened;
    opened.file.reset(new JournalFile{std::make_unique<Impl>(Impl{*kills::disk_in_use})});
    return opened;
}

std::variant<std::optional<LastMoment>, JournalError> JournalFile::last_moment()
{
    const Disk& disk = impl_->disk;
    if (disk.starts.empty()) return std::optional<LastMoment>{};
    const JournalIncarnation& last = disk.starts.back();
    std::optional<Moment> written = disk.alive;
    if (!disk.batches.empty()) {
        const JournalBatch& batch = disk.batches.back().about;
        if (!written || batch.last > written->steady) written = Moment{batch.last, batch.wall};
    }
    return std::optional{last_sign_of_life({last.at.steady, last.boottime, last.at.wall, last.boot_id, {}}, written)};
}

std::variant<std::uint32_t, JournalError> JournalFile::begin_incarnation(const Moment& at, Duration boottime,
                                                                         const std::string& boot_id,
                                                                         std::int64_t floor)
{
    auto& starts = impl_->disk.starts;
    MAGWATCH_ASSERT(floor == 0); // no records are lost here but to the disk
    starts.push_back({static_cast<std::uint32_t>(starts.size()) + 1, boot_id, at, boottime});
    return starts.back().incarnation;
}

// Nobody stops these daemons on purpose.
std::variant<std::optional<Bytes>, JournalError> JournalFile::named(const std::string&) { return std::optional<Bytes>{}; }

// This disk is never full.
bool JournalFile::release_reserve() { return false; }
std::int64_t incarnation_floor(WallTime now) { return now.ms / 1000; }

std::variant<std::optional<JournalSnapshot>, JournalError> JournalFile::last_snapshot(int*)
{
    const auto& snapshots = impl_->disk.snapshots;
    if (snapshots.empty()) return std::optional<JournalSnapshot>{};
    JournalSnapshot newest = snapshots.back().about;
    auto state = unpack_bytes(as_text(snapshots.back().packed));
    MAGWATCH_ASSERT(state);
    newest.state = std::move(*state);
    return std::optional{std::move(newest)};
}

std::variant<std::vector<JournalBatch>, JournalError> JournalFile::batches_after(std::int64_t batch, std::size_t limit)
{
    const auto& rows = impl_->disk.batches;
    std::vector<JournalBatch> found;
    for (auto i = static_cast<std::size_t>(batch); i < rows.size() && found.size() < limit; ++i) {
        JournalBatch one = rows[i].about;
        MAGWATCH_ASSERT(rows[i].crc == crc_of(one, rows[i].count, rows[i].packed));
        auto records = unpack_records(as_text(rows[i].packed), static_cast<std::size_t>(rows[i].count));
        MAGWATCH_ASSERT(records);
        one.records = std::move(*records);
        found.push_back(std::move(one));
    }
    return found;
}

// --- the journal: gathers while a commit runs, as the daemon's own does ---

struct Journal::State final : kills::DiskUser {
    State(asio::any_io_executor e, Clock& c, Disk& d) : executor{std::move(e)}, clock{c}, disk{d} { disk.user = this; }
    ~State() override
    {
        if (disk.user == this) disk.user = nullptr;
    }

    struct Waiter {
        JournalSequence sequence;
        Instant until;
        std::shared_ptr<asio::steady_timer> timer;
    };
    asio::any_io_executor executor;
    Clock& clock;
    Disk& disk;
    JournalOptions options;
    OnCommit on_commit;
    JournalStatus status;
    std::vector<JournalItem> waiting, flying;
    JournalSequence waiting_up_to = 0, flying_up_to = 0;
    Instant waiting_since, lands;
    bool urgent = false;
    std::vector<Waiter> waiters;

    void kick(Instant now)
    {
        const bool due = urgent || now - waiting_since >= options.commit_delay;
        if (!flying.empty() || waiting.empty() || !due) return;
        flying = std::exchange(waiting, {});
        flying_up_to = waiting_up_to;
        urgent = false;
        lands = now + disk.commit_takes();
    }
    [[nodiscard]] std::optional<Instant> next() const override
    {
        Instant at = Instant::never();
        if (!flying.empty()) at = lands;
        else if (!waiting.empty()) at = waiting_since + options.commit_delay;
        for (const Waiter& waiter : waiters) at = std::min(at, waiter.until);
        if (at == Instant::never()) return std::nullopt;
        return at;
    }
    void run(Instant now) override
    {
        if (!flying.empty() && lands <= now) {
            disk.store(std::exchange(flying, {}));
            status.durable = flying_up_to;
            ++status.commits;
            if (on_commit) on_commit(Duration{1}, 1);
        }
        std::erase_if(waiters, [&](const Waiter& waiter) {
            if (waiter.sequence > status.durable && waiter.until > now) return false;
            waiter.timer->cancel();
            return true;
        });
        kick(now);
    }
    void die() override
    {
        if (!flying.empty() && disk.chance(0.5)) disk.store(std::exchange(flying, {}));
        flying.clear();
        waiting.clear();
        disk.user = nullptr;
    }
    void add(JournalItem item)
    {
        if (waiting.empty()) waiting_since = clock.now().steady;
        waiting.push_back(std::move(item));
    }
};

Journal::Journal(asio::any_io_executor executor, Clock& clock, std::unique_ptr<JournalFile>, std::string,
                 JournalOptions options, OnChange, OnCommit on_commit)
    : state_{std::make_shared<State>(std::move(executor), clock, *kills::disk_in_use)}
{
    state_->options = options;
    state_->on_commit = std::move(on_commit);
}

Journal::~Journal() = default;

JournalSequence Journal::append(std::vector<Bytes> records, const Moment& at, bool urgent)
{
    State& state = *state_;
    state.status.appended += records.size();
    if (records.empty()) return state.status.appended;
    if (state.waiting.empty() || !std::holds_alternative<JournalBatch>(state.waiting.back())) state.add(JournalBatch{});
    auto& batch = std::get<JournalBatch>(state.waiting.back());
    if (batch.records.empty()) batch.first = at.steady;
    batch.last = at.steady;
    batch.wall = at.wall;
    for (const Bytes& record : records) batch.records.push_back(record);
    state.waiting_up_to = state.status.appended;
    state.urgent = state.urgent || urgent;
    state.kick(at.steady);
    return state.status.appended;
}

asio::awaitable<CommitOutcome> Journal::wait_durable(JournalSequence sequence, Duration limit)
{
    const std::shared_ptr<State> state = state_;
    if (state->status.durable >= sequence) co_return CommitOutcome::durable;
    const auto timer = std::make_shared<asio::steady_timer>(state->executor, asio::steady_timer::time_point::max());
    state->waiters.push_back({sequence, state->clock.now().steady + limit, timer});
    co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
    co_return state->status.durable >= sequence ? CommitOutcome::durable : CommitOutcome::late;
}

void Journal::save_snapshot(Bytes bytes, const Moment& at)
{
    state_->add(JournalSnapshot{0, 0, at, std::move(bytes)});
    state_->kick(at.steady);
}

void Journal::alive(const Moment& at) { state_->disk.alive = at; }

const JournalStatus& Journal::status() const { return state_->status; }

} // namespace magwatch
