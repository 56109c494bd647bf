#include "daemon/journal/history.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include "runtime/lane.hpp"

namespace magwatch {

namespace asio = boost::asio;

namespace {

constexpr std::int64_t minute_ms = 60'000;
// Minutes that may be open at once: a bed has the running one and, by late values, some before.
constexpr std::size_t most_open = 4096;
// A late value is written with its minute this long after the minute is over.
constexpr std::int64_t patience_ms = 5'000;
constexpr std::size_t most_events = 4096; // not written yet
constexpr Duration stuck_after{30'000};   // design value: no write and no look back takes so long
constexpr int most_asking = 16;           // of the lane's 64 places: readers must not crowd out what is written

} // namespace

struct History::State : std::enable_shared_from_this<History::State> {
    State(asio::any_io_executor e, std::unique_ptr<HistoryFile> f, HistoryLimits l)
        : executor{std::move(e)}, file{std::move(f)}, limits{l}
    {
    }

    asio::any_io_executor executor;
    std::shared_ptr<HistoryFile> file; // shared with the lane's jobs
    HistoryLimits limits;
    OnChange on_change;
    DiskLevel disk = DiskLevel::ok;
    HistoryStatus status;
    Lane lane{"history", 64};
    std::map<std::pair<std::int64_t, std::string>, HistoryMinute> open; // by minute and bed
    std::vector<HistoryEvent> events;                                   // not written yet
    std::atomic<int> asking{0};
    Instant looked_after{}; // when minutes were last written, or what is old was looked for

    std::vector<HistoryMinute> take(std::int64_t before_minute);
    void write(std::vector<HistoryMinute> minutes, const Moment& now);
    void write_events();
    void written(std::size_t count, const std::optional<JournalError>& error);
    void set_writing(bool writing, std::string reason);
};

std::vector<HistoryMinute> History::State::take(std::int64_t before_minute)
{
    std::vector<HistoryMinute> over;
    const auto end = open.lower_bound({before_minute, std::string{}});
    for (auto it = open.begin(); it != end; ++it) over.push_back(std::move(it->second));
    open.erase(open.begin(), end);
    return over;
}

void History::State::set_writing(bool writing, std::string reason)
{
    const bool changed = status.writing != writing;
    status.writing = writing;
    status.reason = std::move(reason);
    if (changed && on_change) on_change(status);
}

void History::State::write(std::vector<HistoryMinute> minutes, const Moment& now)
{
    looked_after = now.steady;
    if (!file || disk == DiskLevel::critical) {
        status.lost += minutes.size();
        return;
    }
    const std::size_t count = minutes.size();
    const asio::any_io_executor to = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    auto job = [self = shared_from_this(), to, minutes = std::move(minutes), now, target = file,
                bounds = limits]() mutable {
        std::optional<JournalError> error = target->write(minutes);
        constexpr int steps = 5; // of housekeeping for each write: more than a minute adds
        for (int i = 0; i < steps && !error; ++i) {
            auto result = target->maintain(now, bounds);
            if (auto* failed = std::get_if<JournalError>(&result)) error = std::move(*failed);
            else if (!std::get<bool>(result)) break;
        }
        auto back = [self = std::move(self), count = minutes.size(), error = std::move(error)] {
            self->written(count, error);
        };
        asio::post(to, std::move(back));
    };
    if (!lane.post(std::move(job))) status.lost += count; // the disk is slower than time
}

void History::State::write_events()
{
    if (events.empty()) return;
    std::vector<HistoryEvent> taken = std::exchange(events, {});
    const std::size_t count = taken.size();
    if (!file || disk == DiskLevel::critical) {
        status.lost += count;
        return;
    }
    const asio::any_io_executor to = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    auto job = [self = shared_from_this(), to, taken = std::move(taken), target = file]() mutable {
        if (auto error = target->write_events(taken)) {
            auto back = [self = std::move(self), count = taken.size(), error = std::move(error)] {
                self->written(count, error);
            };
            asio::post(to, std::move(back));
        }
    };
    if (!lane.post(std::move(job))) status.lost += count;
}

void History::State::written(std::size_t count, const std::optional<JournalError>& error)
{
    if (error) {
        status.lost += count;
        set_writing(false, error->what);
        return;
    }
    status.minutes += count;
    if (disk != DiskLevel::critical) set_writing(true, "");
}

History::History(asio::any_io_executor executor, std::unique_ptr<HistoryFile> file, HistoryLimits limits,
                 OnChange on_change)
    : state_{std::make_shared<State>(std::move(executor), std::move(file), limits)}
{
    state_->on_change = std::move(on_change);
    if (!state_->file) state_->set_writing(false, "the history could not be opened");
}

History::~History()
{
    state_->on_change = {};
    state_->lane.stop();
    state_->file.reset();
}

void History::add(const std::string& bed, std::string_view signal, WallTime at, double value)
{
    State& state = *state_;
    if (!state.status.writing && !state.file) return;
    if (at.ms < 0) return;
    const std::int64_t minute = at.ms / minute_ms;
    const auto key = std::pair{minute, bed};
    auto found = state.open.find(key);
    if (found == state.open.end()) {
        if (state.open.size() >= most_open) {
            ++state.status.lost;
            return;
        }
        found = state.open.emplace(key, HistoryMinute{bed, minute, {}}).first;
    }
    found->second.of(signal).add(static_cast<std::uint16_t>(at.ms % minute_ms), value, state.disk == DiskLevel::ok);
}

void History::add_event(HistoryEvent event)
{
    State& state = *state_;
    if (!state.file || state.events.size() >= most_events) {
        ++state.status.lost;
        return;
    }
    state.events.push_back(std::move(event));
}

void History::tick(const Moment& now)
{
    if (state_->lane.oldest_age() > stuck_after) state_->set_writing(false, "the disk does not answer");
    state_->write_events();
    auto over = state_->take((now.wall.ms - patience_ms) / minute_ms);
    // A long time without a look would let a clock that jumped at its end have all of it at once.
    if (!over.empty() || now.steady - state_->looked_after >= Duration{minute_ms})
        state_->write(std::move(over), now);
}

void History::set_limits(const HistoryLimits& limits) { state_->limits = limits; }

void History::set_disk(DiskLevel level)
{
    const DiskLevel before = std::exchange(state_->disk, level);
    if (!state_->file || before == level) return;
    if (level == DiskLevel::critical) state_->set_writing(false, "the disk is nearly full");
    else if (before == DiskLevel::critical) state_->set_writing(true, "");
}

asio::awaitable<std::vector<HistoryMinute>> History::read(std::string bed, std::int64_t from, std::int64_t to)
{
    const std::shared_ptr<State> state = state_;
    std::vector<HistoryMinute> minutes;
    if (!state->file) co_return minutes;
    auto work = [target = state->file, bed = std::move(bed), from, to] {
        auto result = target->read(bed, from, to);
        auto* found = std::get_if<std::vector<HistoryMinute>>(&result);
        return found != nullptr ? std::move(*found) : std::vector<HistoryMinute>{};
    };
    auto result = co_await run_blocking(state->lane, std::move(work));
    if (result) minutes = std::move(*result);
    co_return minutes;
}

bool History::ask(const std::string& bed, Work work)
{
    State& state = *state_;
    if (state.asking.load() >= most_asking) return false;
    state.write_events();
    std::vector<HistoryMinute> running;
    for (const auto& [key, minute] : state.open) {
        if (key.second == bed) running.push_back(minute);
    }
    ++state.asking;
    auto job = [self = state_, target = state.file, running = std::move(running), work = std::move(work)] {
        work(target.get(), running);
        --self->asking;
    };
    if (state.lane.post(std::move(job))) return true;
    --state.asking;
    return false;
}

asio::awaitable<std::string> History::copy_to(std::string path, CopyNews news)
{
    const std::shared_ptr<State> state = state_;
    CopySource<HistoryFile> source;
    source.file = [state] { return state->file; };
    source.hold = [] { return false; };
    auto copying = paced_copy(state->lane, std::move(source), std::move(path), std::move(news));
    std::string wrong = co_await std::move(copying);
    co_return wrong;
}

void History::abandon_copy()
{
    if (!state_->file) return;
    auto end = [target = state_->file] { target->end_copy(); };
    (void)state_->lane.post(std::move(end));
}

const HistoryStatus& History::status() const { return state_->status; }

asio::awaitable<void> History::close(const Moment& now)
{
    const std::shared_ptr<State> state = state_;
    state->write_events();
    auto rest = state->take(INT64_MAX);
    if (!rest.empty()) state->write(std::move(rest), now);
    auto work = [target = std::exchange(state->file, nullptr)]() mutable { target.reset(); };
    co_await run_blocking(state->lane, std::move(work));
}

} // namespace magwatch
