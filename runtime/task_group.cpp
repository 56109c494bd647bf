#include "runtime/task_group.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace magwatch {

namespace asio = boost::asio;

// Shared with the completion of each task: one that outlives the group finds valid memory.
struct TaskGroup::State {
    struct Task {
        std::string name;
        std::shared_ptr<asio::cancellation_signal> signal;
    };

    State(asio::any_io_executor e, OnFailure f) : executor{std::move(e)}, on_failure{std::move(f)}
    {
    }

    asio::any_io_executor executor;
    OnFailure on_failure;
    std::map<std::uint64_t, Task> running;
    std::vector<std::weak_ptr<asio::steady_timer>> waiters;
    std::uint64_t next_id = 0;
    bool stopping = false;

    void ended(std::uint64_t id, const std::exception_ptr& error, bool must_run_on)
    {
        const auto found = running.find(id);
        if (found == running.end()) return;
        const std::string name = std::move(found->second.name);
        running.erase(found);
        report(name, error, must_run_on);
        if (!running.empty()) return;
        for (const auto& waiter : waiters)
            if (const auto timer = waiter.lock()) timer->cancel();
    }

    void report(const std::string& name, const std::exception_ptr& error, bool must_run_on)
    {
        if (!error) {
            if (must_run_on && !stopping) on_failure({name, "ended by itself", false});
            return;
        }
        try {
            std::rethrow_exception(error);
        } catch (const boost::system::system_error& e) {
            if (stopping && e.code() == asio::error::operation_aborted) return;
            on_failure({name, e.what(), stopping});
        } catch (const std::exception& e) {
            on_failure({name, e.what(), stopping});
        } catch (...) {
            on_failure({name, "unknown exception", stopping});
        }
    }
};

TaskGroup::TaskGroup(asio::any_io_executor executor, OnFailure on_failure)
    : state_{std::make_shared<State>(std::move(executor), std::move(on_failure))}
{
}

TaskGroup::~TaskGroup()
{
    state_->on_failure = [](const TaskFailure&) {}; // its owner is going away
    state_->stopping = true;
}

bool TaskGroup::spawn(std::string name, asio::awaitable<void> task)
{
    return start(std::move(name), std::move(task), false);
}

bool TaskGroup::spawn_loop(std::string name, asio::awaitable<void> task)
{
    return start(std::move(name), std::move(task), true);
}

bool TaskGroup::start(std::string name, asio::awaitable<void> task, bool must_run_on)
{
    if (state_->stopping) return false;
    const std::uint64_t id = state_->next_id++;
    auto signal = std::make_shared<asio::cancellation_signal>();
    state_->running.emplace(id, State::Task{std::move(name), signal});
    // The completion keeps the signal alive while emit() may still be inside it.
    auto on_exit = [state = state_, signal, id, must_run_on](std::exception_ptr error) {
        state->ended(id, error, must_run_on);
    };
    asio::co_spawn(state_->executor, std::move(task),
                   asio::bind_cancellation_slot(signal->slot(), std::move(on_exit)));
    return true;
}

void TaskGroup::stop()
{
    if (state_->stopping) return;
    state_->stopping = true;
    std::vector<std::shared_ptr<asio::cancellation_signal>>
        signals; // a copy: an exit may erase while we emit
    for (const auto& [id, task] : state_->running) signals.push_back(task.signal);
    for (const auto& signal : signals) signal->emit(asio::cancellation_type::terminal);
}

bool TaskGroup::stopping() const
{
    return state_->stopping;
}

std::size_t TaskGroup::size() const
{
    return state_->running.size();
}

std::vector<std::string> TaskGroup::names() const
{
    std::vector<std::string> names;
    for (const auto& [id, task] : state_->running) names.push_back(task.name);
    return names;
}

asio::awaitable<bool> TaskGroup::wait_empty(Duration limit)
{
    const std::shared_ptr<State> state = state_;
    if (state->running.empty()) co_return true;
    const auto timer = std::make_shared<asio::steady_timer>(state->executor, limit);
    std::erase_if(state->waiters, [](const auto& waiter) { return waiter.expired(); });
    state->waiters.emplace_back(timer);
    co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
    co_return state->running.empty();
}

} // namespace magwatch
