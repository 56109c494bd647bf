#include "runtime/pulse.hpp"

#include <future>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "runtime/task_group.hpp"

namespace magwatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

template <class Condition> bool soon(Condition condition)
{
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return condition();
}

TEST(Pulse, OwesNothingBeforeItRunsAndAfterItStopped)
{
    Pulse pulse;
    EXPECT_EQ(pulse.age(), 0ms);
    asio::io_context io{1};
    TaskGroup tasks{io.get_executor(), [](const TaskFailure&) {}};
    tasks.spawn_loop("pulse", pulse.run());
    io.poll();
    EXPECT_TRUE(soon([&] { return pulse.age() > 0ms; }));
    pulse.stop();
    EXPECT_EQ(pulse.age(), 0ms);
    tasks.stop();
    io.poll();
}

TEST(Pulse, AgesWhileItsThreadStandsStillAndIsYoungAgainWhenItTurns)
{
    Pulse pulse;
    asio::io_context io{1};
    TaskGroup tasks{io.get_executor(), [](const TaskFailure&) {}};
    tasks.spawn_loop("pulse", pulse.run());
    std::promise<void> held, go_on;
    asio::post(io, [&] {
        held.set_value();
        go_on.get_future().wait();
    });
    std::thread thread{[&] { io.run(); }};
    held.get_future().wait();
    EXPECT_TRUE(soon([&] { return pulse.age() > 1500ms; })) << "a second is what it owes";
    const Duration old = pulse.age();
    go_on.set_value();
    EXPECT_TRUE(soon([&] { return pulse.age() < old; }));
    asio::post(io, [&] { tasks.stop(); });
    thread.join();
}

} // namespace
} // namespace magwatch
