#include "runtime/task_group.hpp"

#include <stdexcept>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>

namespace magwatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

asio::awaitable<void> sleep_for_ever()
{
    asio::steady_timer timer{co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max()};
    co_await timer.async_wait(asio::use_awaitable);
}
asio::awaitable<void> return_at_once()
{
    co_return;
}
asio::awaitable<void> fail_at_once()
{
    throw std::runtime_error{"broken"};
    co_return;
}
asio::awaitable<void> accept_for_ever()
{
    asio::ip::tcp::acceptor acceptor{co_await asio::this_coro::executor};
    const asio::ip::tcp::endpoint any{asio::ip::address_v4::loopback(), 0};
    acceptor.open(any.protocol());
    acceptor.bind(any);
    acceptor.listen();
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
}
asio::awaitable<void> wait_for(TaskGroup& group, Duration limit, std::optional<bool>& result)
{
    result = co_await group.wait_empty(limit);
}

struct TaskGroupTest : ::testing::Test {
    void wait(Duration limit)
    {
        asio::co_spawn(io, wait_for(group, limit, emptied),
                       [](std::exception_ptr e) { EXPECT_FALSE(e); });
    }
    asio::io_context io{1};
    std::vector<std::string> failures;
    TaskGroup group{io.get_executor(),
                    [this](const TaskFailure& f) { failures.push_back(f.task + ": " + f.what); }};
    std::optional<bool> emptied;
};

TEST_F(TaskGroupTest, StopCancelsEveryWaitAndTheGroupEmpties)
{
    EXPECT_TRUE(group.spawn_loop("timer", sleep_for_ever()));
    EXPECT_TRUE(group.spawn_loop("acceptor", accept_for_ever()));
    io.poll();
    EXPECT_EQ(group.size(), 2U);
    EXPECT_THAT(group.names(), ElementsAre("timer", "acceptor"));
    group.stop();
    wait(10s);
    io.run();
    EXPECT_EQ(emptied, true);
    EXPECT_EQ(group.size(), 0U);
    EXPECT_THAT(failures, IsEmpty());
}

TEST_F(TaskGroupTest, StopBeforeATaskFirstRanStillEndsIt)
{
    group.spawn("timer", sleep_for_ever());
    group.stop();
    wait(10s);
    io.run();
    EXPECT_EQ(emptied, true);
    EXPECT_THAT(failures, IsEmpty());
}

TEST_F(TaskGroupTest, AnExceptionIsReportedWithTheNameOfTheTask)
{
    group.spawn("poller bed-3", fail_at_once());
    io.run();
    EXPECT_THAT(failures, ElementsAre("poller bed-3: broken"));
    EXPECT_EQ(group.size(), 0U);
}

TEST_F(TaskGroupTest, ALoopThatReturnsIsAFailureAndASessionThatReturnsIsNot)
{
    group.spawn("session", return_at_once());
    group.spawn_loop("loop", return_at_once());
    io.run();
    EXPECT_THAT(failures, ElementsAre("loop: ended by itself"));
}

TEST_F(TaskGroupTest, AfterStopNothingIsSpawned)
{
    group.stop();
    EXPECT_FALSE(group.spawn("late", fail_at_once()));
    io.run();
    EXPECT_THAT(failures, IsEmpty());
}

TEST_F(TaskGroupTest, WaitEmptyGivesUpAtItsLimit)
{
    group.spawn("stubborn", sleep_for_ever());
    wait(1ms);
    while (!emptied) io.run_one();
    EXPECT_EQ(emptied, false);
    group.stop();
    io.run();
}

TEST_F(TaskGroupTest, ATaskMayOutliveItsGroup)
{
    {
        TaskGroup inner{io.get_executor(), [](const TaskFailure&) { FAIL(); }};
        inner.spawn("orphan", fail_at_once());
    }
    io.run(); // asan: no use of the group that is gone
}

} // namespace
} // namespace magwatch
