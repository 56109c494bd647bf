#include "tools/deadman/state_writer.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace magwatch::deadman {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto last_write = 5s;

} // namespace

struct StateWriter::Shared {
    Shared(std::string in, Milliseconds limit) : folder{std::move(in)}, hangs_after{limit} {}
    void run();

    const std::string folder;
    const Milliseconds hangs_after;
    std::mutex mutex;
    std::condition_variable wake, done;
    std::optional<ReadState> found;
    std::optional<States> next;
    Written last;
    bool busy = true, stopping = false; // it begins by reading
    Steady::time_point busy_since = Steady::now();
};

void StateWriter::Shared::run()
{
    ReadState read = read_state(folder);
    std::unique_lock lock{mutex};
    found = std::move(read);
    while (true) {
        busy = false;
        done.notify_all();
        wake.wait(lock, [this] { return stopping || next; });
        if (!next) return;
        const States states = *std::exchange(next, std::nullopt);
        busy = true;
        busy_since = Steady::now();
        lock.unlock();
        Written written = write_state(folder, states);
        lock.lock();
        last = std::move(written);
    }
}

StateWriter::StateWriter(std::string folder, Milliseconds hangs_after)
    : shared_{std::make_shared<Shared>(std::move(folder), hangs_after)}, thread_{[shared = shared_] { shared->run(); }}
{
}

StateWriter::~StateWriter()
{
    bool over = false;
    {
        std::unique_lock lock{shared_->mutex};
        shared_->stopping = true;
        shared_->wake.notify_all();
        over = shared_->done.wait_for(lock, last_write, [this] { return !shared_->busy && !shared_->next; });
    }
    if (over) thread_.join();
    else thread_.detach();
}

std::optional<ReadState> StateWriter::read(Milliseconds limit)
{
    std::unique_lock lock{shared_->mutex};
    shared_->done.wait_for(lock, limit, [this] { return shared_->found.has_value(); });
    return std::exchange(shared_->found, std::nullopt);
}

void StateWriter::write(States states)
{
    {
        const std::lock_guard lock{shared_->mutex};
        shared_->next = std::move(states);
    }
    shared_->wake.notify_all();
}

std::optional<Written> StateWriter::wait(Milliseconds limit)
{
    std::unique_lock lock{shared_->mutex};
    const bool over = shared_->done.wait_for(lock, limit, [this] { return !shared_->busy && !shared_->next; });
    return over ? std::optional{shared_->last} : std::nullopt;
}

std::string StateWriter::trouble() const
{
    const std::lock_guard lock{shared_->mutex};
    if (shared_->busy && Steady::now() - shared_->busy_since > shared_->hangs_after) return "the disk does not answer";
    return shared_->last.wrong;
}

} // namespace magwatch::deadman
