// Every coroutine starts and ends in a TaskGroup; asio::detached appears nowhere.
//
// Not thread-safe: used on the thread of its executor alone. A task that ends by an exception is
// reported to `on_failure`, whose owner ends the process (systemd starts it again, the journal
// brings its state back).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "rules/base/instant.hpp"

namespace magwatch {

struct TaskFailure {
    std::string task;
    std::string what;
    bool stopping = false; // it happened while the group was being stopped
};

class TaskGroup
{
public:
    using OnFailure = std::function<void(const TaskFailure&)>;

    TaskGroup(boost::asio::any_io_executor executor, OnFailure on_failure);
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    // Runs a task that may end by itself, such as a session. False, and the task never runs, after
    // stop().
    bool spawn(std::string name, boost::asio::awaitable<void> task);
    // Runs a task that must not end before stop(): its return is a failure too.
    bool spawn_loop(std::string name, boost::asio::awaitable<void> task);

    // Cancels every task (`terminal`). A cancelled wait is the quiet way out of a task. Idempotent.
    void stop();
    [[nodiscard]] bool stopping() const;
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] std::vector<std::string>
    names() const; // of what still runs, for the shutdown log

    // Resumes when no task runs any more, or after `limit`; true if none runs.
    boost::asio::awaitable<bool> wait_empty(Duration limit);

private:
    struct State;
    bool start(std::string name, boost::asio::awaitable<void> task, bool must_run_on);
    std::shared_ptr<State> state_;
};

} // namespace magwatch
