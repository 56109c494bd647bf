#include "runtime/lane.hpp"

#include <csignal>
#include <pthread.h>

#include "rules/base/assert.hpp"

namespace magwatch {

Lane::Lane(std::string name, std::size_t bound) : name_{std::move(name)}, bound_{bound}
{
    // Signals belong to the thread that waits for them: a new thread inherits this mask.
    struct NoSignals {
        NoSignals()
        {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_SETMASK, &all, &before);
        }
        ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before, nullptr); } // also when there is no thread to be had
        sigset_t before{};
    };
    {
        const NoSignals meanwhile;
        thread_ = std::thread{[this] { run(); }};
    }
    pthread_setname_np(thread_.native_handle(), name_.substr(0, 15).c_str());
}

Lane::~Lane()
{
    stop();
}

bool Lane::post(std::function<void()> job)
{
    {
        const std::lock_guard lock{mutex_};
        if (stopping_ || jobs_.size() >= bound_ + (busy_ ? 1 : 0)) return false;
        jobs_.push_back({std::move(job), Steady::now()});
    }
    wake_.notify_one();
    return true;
}

void Lane::stop()
{
    MAGWATCH_ASSERT(std::this_thread::get_id() != thread_.get_id());
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

std::size_t Lane::depth() const
{
    const std::lock_guard lock{mutex_};
    return jobs_.size();
}

Duration Lane::oldest_age() const
{
    const std::lock_guard lock{mutex_};
    if (jobs_.empty()) return Duration{0};
    return std::chrono::duration_cast<Duration>(Steady::now() - jobs_.front().posted);
}

void Lane::run()
{
    std::unique_lock lock{mutex_};
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        busy_ = true;
        std::function<void()> work = std::move(jobs_.front().work);
        lock.unlock();
        work();
        work = nullptr; // what it captured ends here, not under the lock
        lock.lock();
        busy_ = false;
        jobs_.pop_front();
    }
}

} // namespace magwatch
