#include "daemon/journal/journal.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "rules/base/assert.hpp"
#include "runtime/lane.hpp"

namespace magwatch {

namespace asio = boost::asio;

namespace {

using Steady = std::chrono::steady_clock;

Duration since(Steady::time_point then)
{
    return std::chrono::duration_cast<Duration>(Steady::now() - then);
}

// What a job on the lane brings back.
struct Done {
    std::vector<JournalItem> items; // came back unwritten if there is an error
    std::optional<JournalError> error;
    Duration took{};
    std::optional<DiskSpace> space;
    std::uint64_t bytes = 0;
    bool more = false; // maintenance has more to do
};

std::size_t size_of(const JournalItem& item)
{
    std::size_t size = 64;
    if (const auto* batch = std::get_if<JournalBatch>(&item))
        size += batch->records.framed().size();
    if (const auto* snapshot = std::get_if<JournalSnapshot>(&item)) size += snapshot->state.size();
    if (const auto* named = std::get_if<JournalNamed>(&item)) size += named->bytes.size();
    return size;
}

} // namespace

// Everything here happens on the loop's thread; only the bodies of lane jobs do not, and they touch
// `file` alone, one at a time.
struct Journal::State : std::enable_shared_from_this<Journal::State> {
    State(asio::any_io_executor e, Clock& c, std::unique_ptr<JournalFile> f, std::string d,
          JournalOptions o)
        : executor{std::move(e)}, clock{c}, file{std::move(f)}, directory{std::move(d)}, options{o},
          timer{executor}
    {
    }

    asio::any_io_executor executor;
    Clock& clock;
    std::shared_ptr<JournalFile> file; // shared with the lane's jobs
    std::string directory;
    JournalOptions options;
    OnChange on_change;
    OnCommit on_commit;
    asio::steady_timer timer;
    Lane lane{"journal", 16};

    std::vector<JournalItem> waiting; // in order
    std::size_t waiting_bytes = 0;
    JournalSequence waiting_up_to = 0, flying_up_to = 0;
    Steady::time_point waiting_since, flying_since;
    bool urgent = false;
    bool busy = false;    // a job is on the lane
    bool writing = false; // and it is a commit
    bool closing = false;
    std::uint64_t lost_before = 0; // inputs lost since the last batch that was kept
    JournalStatus status;
    Steady::time_point retry_at{}, maintenance_at{}, last_written = Steady::now();
    std::optional<Moment> alive_at;

    struct Waiter {
        JournalSequence sequence;
        std::weak_ptr<asio::steady_timer> timer;
    };
    std::vector<Waiter> waiters;

    JournalBatch& open_batch();
    void make_room();
    void kick();
    void arm();
    void start_commit();
    void start_maintenance();
    void finished_commit(Done done);
    void finished_maintenance(Done done);
    void wake_waiters(bool all);
    void changed(const JournalStatus& before);
    void note_slow();
    void note_stuck();
    // Runs `work` on the lane and `then` with its result back here.
    template <class Work> void on_lane(Work work, void (State::*then)(Done));
};

template <class Work> void Journal::State::on_lane(Work work, void (State::*then)(Done))
{
    busy = true;
    auto self = shared_from_this();
    // The loop must not end while an answer is on its way.
    const asio::any_io_executor to =
        asio::prefer(executor, asio::execution::outstanding_work.tracked);
    auto job = [self, to, work = std::move(work), then]() mutable {
        auto done = std::make_shared<Done>(work());
        auto back = [self = std::move(self), done, then] {
            self->busy = false;
            ((*self).*then)(std::move(*done));
        };
        asio::post(to, std::move(back));
    };
    // One job at a time, and the lane is only ours: there is always room until it is stopped.
    if (!lane.post(std::move(job))) busy = false;
}

JournalBatch& Journal::State::open_batch()
{
    // While the disk fails, batches stay small, so that making room loses as little as it must.
    constexpr std::size_t enough = 1000;
    const auto* last = waiting.empty() ? nullptr : std::get_if<JournalBatch>(&waiting.back());
    if (last == nullptr || (status.failing && last->records.size() >= enough)) {
        if (waiting.empty()) waiting_since = Steady::now();
        waiting.emplace_back(JournalBatch{});
        waiting_bytes += size_of(waiting.back());
        std::get<JournalBatch>(waiting.back()).lost_before = std::exchange(lost_before, 0);
    }
    return std::get<JournalBatch>(waiting.back());
}

// A disk that fails for hours must not take the memory: the oldest inputs go, are counted, and the
// count is written with the next batch. A snapshot then makes the journal whole again.
void Journal::State::make_room()
{
    while (waiting_bytes > options.memory && waiting.size() > 1) {
        const auto oldest =
            std::find_if(waiting.begin(), waiting.end() - 1, [](const JournalItem& item) {
                return std::holds_alternative<JournalBatch>(item);
            });
        if (oldest == waiting.end() - 1) return;
        const auto& batch = std::get<JournalBatch>(*oldest);
        const std::uint64_t gone = batch.records.size() + batch.lost_before;
        status.lost += batch.records.size();
        status.snapshot_wanted = true;
        waiting_bytes -= size_of(*oldest);
        const auto after = waiting.erase(oldest);
        const auto next = std::find_if(after, waiting.end(), [](const JournalItem& item) {
            return std::holds_alternative<JournalBatch>(item);
        });
        if (next != waiting.end())
            std::get<JournalBatch>(*next).lost_before += gone;
        else
            lost_before += gone;
    }
}

// Decides what the lane does next.
void Journal::State::kick()
{
    if (busy || !file) return;
    const auto now = Steady::now();
    const bool due = urgent || closing || since(waiting_since) >= options.commit_delay;
    const bool commit = !waiting.empty() && due && (!status.failing || now >= retry_at);
    // Housekeeping fills the gaps between commits; under a load that leaves none it takes its turn
    // in the end.
    constexpr Duration overdue{5'000};
    const bool maintain =
        !closing && now >= maintenance_at && (!commit || now >= maintenance_at + overdue);
    if (maintain) return start_maintenance();
    if (commit) return start_commit();
    arm();
}

void Journal::State::arm()
{
    auto at = maintenance_at;
    if (!waiting.empty())
        at = std::min(at, status.failing ? retry_at : waiting_since + options.commit_delay);
    timer.expires_at(std::max(at, Steady::now() + Duration{1}));
    auto on_time = [weak = weak_from_this()](const boost::system::error_code& error) {
        if (error) return;
        if (const auto self = weak.lock()) self->kick();
    };
    timer.async_wait(std::move(on_time));
}

void Journal::State::start_commit()
{
    auto items = std::exchange(waiting, {});
    waiting_bytes = 0;
    urgent = false;
    flying_up_to = waiting_up_to;
    flying_since = waiting_since;
    writing = true;
    const bool retrying = status.failing;
    auto work = [target = file, items = std::move(items), retrying]() mutable {
        Done done;
        const auto begin = Steady::now();
        done.error = target->write(items);
        // Bytes kept for this moment: the disk is full, and the ward's inputs matter more than
        // anything.
        if (done.error && (done.error->disk_full || retrying) && target->release_reserve())
            done.error = target->write(items);
        done.took = since(begin);
        done.items = std::move(items);
        return done;
    };
    on_lane(std::move(work), &State::finished_commit);
}

void Journal::State::finished_commit(Done done)
{
    writing = false;
    const JournalStatus before = status;
    status.last_commit = done.took;
    status.slow = done.took > options.slow;
    status.failing = done.error.has_value();
    if (done.error) {
        ++status.failures;
        status.reason = done.error->what;
        status.disk_full = done.error->disk_full;
        retry_at = Steady::now() + options.retry;
        // Back to the front, before what came meanwhile.
        for (const JournalItem& item : done.items) waiting_bytes += size_of(item);
        waiting.insert(waiting.begin(), std::make_move_iterator(done.items.begin()),
                       std::make_move_iterator(done.items.end()));
        waiting_since = flying_since;
        make_room();
    } else {
        std::size_t records = 0;
        for (const JournalItem& item : done.items) {
            if (const auto* batch = std::get_if<JournalBatch>(&item)) {
                records += batch->records.size();
                status.snapshot_wanted = status.snapshot_wanted || batch->lost_before > 0;
            } else if (std::holds_alternative<JournalSnapshot>(item)) {
                status.snapshot_wanted = false;
            }
        }
        ++status.commits;
        status.reason.clear();
        status.disk_full = false;
        status.snapshot_wanted = status.snapshot_wanted || lost_before > 0;
        // Among what is older than these bytes are inputs that were lost: nothing counts as durable before a
        // snapshot holds what they did.
        if (!status.snapshot_wanted) status.durable = flying_up_to;
        last_written = Steady::now();
        alive_at.reset();
        if (on_commit) on_commit(done.took, records);
    }
    wake_waiters(status.failing);
    changed(before);
    kick();
}

void Journal::State::start_maintenance()
{
    // After a failure only a write that succeeds proves that the disk is well again.
    std::optional<Moment> sign;
    if (status.failing)
        sign = clock.now();
    else if (alive_at && since(last_written) >= options.alive)
        sign = std::exchange(alive_at, std::nullopt);
    auto work = [target = file, where = directory, now = clock.now(), limits = options.limits,
                 sign]() mutable {
        Done done;
        if (sign) done.error = target->alive(*sign);
        if (!done.error) {
            auto result = target->maintain(now, limits);
            if (auto* error = std::get_if<JournalError>(&result))
                done.error = std::move(*error);
            else
                done.more = std::get<bool>(result);
        }
        done.space = read_disk_space(where);
        done.bytes = target->bytes();
        return done;
    };
    if (sign) last_written = Steady::now();
    on_lane(std::move(work), &State::finished_maintenance);
}

void Journal::State::finished_maintenance(Done done)
{
    const JournalStatus before = status;
    // More to do: soon again, but between two steps every commit has its turn.
    maintenance_at = Steady::now() + (done.more ? Duration{20} : options.maintenance);
    status.bytes = done.bytes;
    if (done.space) status.disk = disk_level(*done.space, status.disk);
    if (done.error) {
        ++status.failures;
        status.failing = true;
        status.reason = done.error->what;
        status.disk_full = done.error->disk_full;
        retry_at = maintenance_at = Steady::now() + options.retry;
    } else {
        status.failing = false; // start_maintenance() wrote, if it had failed before
        status.disk_full = false;
        status.reason.clear();
        status.slow = status.slow && !waiting.empty();
    }
    if (status.failing) wake_waiters(true);
    changed(before);
    kick();
}

void Journal::State::wake_waiters(bool all)
{
    std::erase_if(waiters, [&](const Waiter& waiter) {
        const auto one = waiter.timer.lock();
        if (one && !all && waiter.sequence > status.durable) return false;
        if (one) one->cancel();
        return true;
    });
}

void Journal::State::changed(const JournalStatus& before)
{
    const bool differs = before.failing != status.failing || before.slow != status.slow ||
                         before.disk != status.disk || before.disk_full != status.disk_full ||
                         before.snapshot_wanted != status.snapshot_wanted;
    if (differs && on_change) on_change(status);
}

// A commit that is late is news before it ends.
void Journal::State::note_slow()
{
    if (!writing || status.slow || since(flying_since) <= options.slow) return;
    const JournalStatus before = status;
    status.slow = true;
    changed(before);
}

// On a quiet ward nobody waits for a commit: a disk that does not answer at all is found here.
void Journal::State::note_stuck()
{
    if (status.slow || lane.oldest_age() <= options.stuck) return;
    const JournalStatus before = status;
    status.slow = true;
    changed(before);
}

Journal::Journal(asio::any_io_executor executor, Clock& clock, std::unique_ptr<JournalFile> file,
                 std::string directory, JournalOptions options, OnChange on_change,
                 OnCommit on_commit)
    : state_{std::make_shared<State>(std::move(executor), clock, std::move(file),
                                     std::move(directory), options)}
{
    state_->on_change = std::move(on_change);
    state_->on_commit = std::move(on_commit);
    if (!state_->file) {
        state_->status.failing = true;
        state_->status.reason = "the journal could not be opened";
        return;
    }
    state_->arm();
}

Journal::~Journal()
{
    state_->on_change = {};
    state_->on_commit = {};
    state_->timer.cancel();
    state_->lane.stop();
    state_->file.reset();
}

JournalSequence Journal::append(std::vector<Bytes> records, const Moment& at, bool urgent)
{
    State& state = *state_;
    state.note_stuck();
    state.status.appended += records.size();
    if (records.empty() || !state.file) return state.status.appended;
    const bool was_empty = state.waiting.empty();
    JournalBatch& batch = state.open_batch();
    if (batch.records.empty()) batch.first = at.steady;
    batch.last = at.steady;
    batch.wall = at.wall;
    const std::size_t before = batch.records.framed().size();
    for (const Bytes& record : records) batch.records.push_back(record);
    state.waiting_bytes += batch.records.framed().size() - before;
    state.waiting_up_to = state.status.appended;
    const bool first_urgent = urgent && !state.urgent;
    state.urgent = state.urgent || urgent;
    state.make_room();
    if (was_empty || first_urgent) state.kick();
    return state.status.appended;
}

asio::awaitable<CommitOutcome> Journal::wait_durable(JournalSequence sequence, Duration limit)
{
    const std::shared_ptr<State> state = state_;
    if (state->status.durable >= sequence) co_return CommitOutcome::durable;
    if (state->status.failing || !state->file) co_return CommitOutcome::failed;
    const auto timer = std::make_shared<asio::steady_timer>(state->executor, limit);
    state->waiters.push_back({sequence, timer});
    co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
    if (state->status.durable >= sequence) co_return CommitOutcome::durable;
    if (state->status.failing) co_return CommitOutcome::failed;
    state->note_slow();
    co_return CommitOutcome::late;
}

void Journal::save_snapshot(Bytes state_bytes, const Moment& at)
{
    State& state = *state_;
    if (!state.file) return;
    // While the disk fails, only the newest one is of use.
    std::erase_if(state.waiting, [&](const JournalItem& item) {
        const bool older = std::holds_alternative<JournalSnapshot>(item);
        if (older) state.waiting_bytes -= size_of(item);
        return older;
    });
    if (state.waiting.empty()) state.waiting_since = Steady::now();
    state.waiting.emplace_back(JournalSnapshot{0, 0, at, std::move(state_bytes)});
    state.waiting_bytes += size_of(state.waiting.back());
    state.kick();
}

void Journal::save_named(std::string name, Bytes bytes)
{
    State& state = *state_;
    if (!state.file) return;
    if (state.waiting.empty()) state.waiting_since = Steady::now();
    state.waiting.emplace_back(JournalNamed{std::move(name), std::move(bytes)});
    state.waiting_bytes += size_of(state.waiting.back());
    state.urgent = true;
    state.kick();
}

void Journal::alive(const Moment& at)
{
    state_->note_stuck();
    state_->alive_at = at;
}

asio::awaitable<std::string> Journal::copy_to(std::string path, CopyNews news)
{
    const std::shared_ptr<State> state = state_;
    CopySource<JournalFile> source;
    source.file = [state] { return state->closing ? nullptr : state->file; };
    source.hold = [state] { return state->status.failing || state->status.slow; };
    auto copying = paced_copy(state->lane, std::move(source), std::move(path), std::move(news));
    std::string wrong = co_await std::move(copying);
    co_return wrong;
}

void Journal::abandon_copy()
{
    if (!state_->file) return;
    auto end = [target = state_->file] { target->end_copy(); };
    (void)state_->lane.post(std::move(end));
}

const JournalStatus& Journal::status() const
{
    return state_->status;
}

Duration Journal::oldest_waiting() const
{
    if (state_->writing) return since(state_->flying_since);
    return state_->waiting.empty() ? Duration{0} : since(state_->waiting_since);
}

void Journal::set_limits(const JournalLimits& limits)
{
    state_->options.limits = limits;
}

asio::awaitable<bool> Journal::close(Duration limit)
{
    const std::shared_ptr<State> state = state_;
    if (!state->file) co_return false;
    const Steady::time_point until = Steady::now() + limit;
    state->closing = true;
    state->kick();
    asio::steady_timer poll{state->executor};
    while ((state->busy || !state->waiting.empty()) && Steady::now() < until) {
        constexpr Duration look_again{5};
        poll.expires_after(look_again);
        co_await poll.async_wait(asio::as_tuple(asio::use_awaitable));
        state->kick();
    }
    const bool all = state->waiting.empty() && !state->busy;
    state->timer.cancel();
    std::shared_ptr<JournalFile> file = std::exchange(state->file, nullptr);
    if (!file) co_return all; // another call closed it meanwhile
    auto work = [target = std::move(file)]() mutable {
        (void)target->checkpoint();
        target.reset();
    };
    if (!state->busy) co_await run_blocking(state->lane, std::move(work));
    co_return all;
}

} // namespace magwatch
