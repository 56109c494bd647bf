// A lane: one named thread for blocking work (SQLite, password hashing, pack compilation), behind a
// bounded queue. Work and results travel by value; nothing on a lane touches the core.
//
// Lane::post and run_blocking may be called from any thread; jobs run in order, one at a time.
// stop() runs what is queued, then joins: a job that was accepted is never dropped.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "rules/base/instant.hpp"

namespace magwatch {

class Lane
{
public:
    // `name` becomes the thread's name (15 characters are kept); `bound` jobs may wait. Throws std::system_error if
    // there is no thread to be had.
    explicit Lane(std::string name, std::size_t bound = 64);
    ~Lane(); // as stop()
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    // False, and `job` is not kept, if the queue is full or the lane stops. A job must not throw.
    bool post(std::function<void()> job);
    // Accepts no more, runs what is queued, joins. Idempotent; never from a job of the lane.
    void stop();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::size_t depth() const; // jobs waiting or running
    // How long the oldest unfinished job has been here; 0 if there is none. For the watchdog.
    [[nodiscard]] Duration oldest_age() const;

private:
    using Steady = std::chrono::steady_clock;
    struct Job {
        std::function<void()> work;
        Steady::time_point posted;
    };
    void run();

    const std::string name_;
    const std::size_t bound_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_; // the front one is running while busy_
    bool busy_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

// What run_blocking gives back: the work's value, or nothing if the lane was full or stopping. For
// work that returns void: true once done, false if it was not accepted.
template <class R> struct LaneOutcome {
    using type = std::optional<R>;
};
template <> struct LaneOutcome<void> {
    using type = bool;
};
template <class Work> using LaneOutcomeOf = typename LaneOutcome<std::invoke_result_t<Work&>>::type;

namespace detail {

template <class Work, class Handler> class LaneCall
{
public:
    using Outcome = LaneOutcomeOf<Work>;

    LaneCall(Work work, Handler handler, boost::asio::any_io_executor executor)
        : work_{std::move(work)}, handler_{std::move(handler)}, guard_{executor}
    {
    }

    static void run(const std::shared_ptr<LaneCall>& self)
    {
        try {
            if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
                self->work_();
                self->outcome_ = true;
            } else {
                self->outcome_ = Outcome{self->work_()};
            }
        } catch (...) {
            self->error_ = std::current_exception();
        }
        complete(self);
    }
    // The handler runs, and dies, on the caller's executor: it owns the caller's coroutine.
    static void complete(std::shared_ptr<LaneCall> self)
    {
        const auto executor = self->guard_.get_executor();
        boost::asio::post(executor, [self = std::move(self)]() mutable {
            const auto call = std::move(self);
            auto handler = std::move(*call->handler_);
            call->handler_.reset();
            call->guard_.reset();
            std::move(handler)(call->error_, std::move(call->outcome_));
        });
    }

private:
    Work work_;
    std::optional<Handler> handler_;
    boost::asio::executor_work_guard<boost::asio::any_io_executor> guard_;
    Outcome outcome_{};
    std::exception_ptr error_;
};

} // namespace detail

// Runs `work` on the lane and resumes the caller on its own executor. An exception of `work` comes
// out of the co_await. Cancelling the caller does not interrupt the work: the wait ends when the
// work ends. `work` must be a named, moved local of the caller (g++ 12), and be movable.
template <std::invocable Work>
boost::asio::awaitable<LaneOutcomeOf<Work>> run_blocking(Lane& lane, Work work)
{
    namespace asio = boost::asio;
    using Outcome = LaneOutcomeOf<Work>;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto initiate = [&lane, executor](auto handler, Work w) {
        using Pending = detail::LaneCall<Work, decltype(handler)>;
        auto call = std::make_shared<Pending>(std::move(w), std::move(handler), executor);
        // The queue holds the last reference on the lane only until complete() has moved it on.
        auto job = [call]() mutable { Pending::run(std::exchange(call, nullptr)); };
        if (!lane.post(job)) Pending::complete(std::move(call));
    };
    auto operation =
        asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, Outcome)>(
            initiate, asio::use_awaitable, std::move(work));
    co_return co_await std::move(operation);
}

} // namespace magwatch
