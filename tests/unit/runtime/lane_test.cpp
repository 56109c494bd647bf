#include "runtime/lane.hpp"

#include <atomic>
#include <future>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace magwatch {
namespace {

namespace asio = boost::asio;

struct Seen {
    std::thread::id worked_on, resumed_on;
    std::optional<std::string> result;
    std::string error;
    std::optional<bool> done;
};

asio::awaitable<void> ask(Lane& lane, Seen& seen)
{
    auto work = [&seen] {
        seen.worked_on = std::this_thread::get_id();
        return std::string(100, 'x');
    };
    seen.result = co_await run_blocking(lane, std::move(work));
    seen.resumed_on = std::this_thread::get_id();
}

asio::awaitable<void> ask_void(Lane& lane, Seen& seen)
{
    auto work = [owned = std::make_unique<int>(3)] { EXPECT_EQ(*owned, 3); };
    seen.done = co_await run_blocking(lane, std::move(work));
}

asio::awaitable<void> ask_throwing(Lane& lane, Seen& seen)
{
    auto work = []() -> int { throw std::runtime_error{"no disk"}; };
    try {
        const auto result = co_await run_blocking(lane, std::move(work));
        EXPECT_FALSE(result.has_value());
    } catch (const std::runtime_error& e) {
        seen.error = e.what();
    }
}

void rethrow(std::exception_ptr error)
{
    if (error) std::rethrow_exception(error);
}

TEST(Lane, RunsTheWorkOnItsThreadAndResumesTheCallerOnItsOwn)
{
    asio::io_context io{1};
    Lane lane{"test"};
    Seen seen;
    asio::co_spawn(io, ask(lane, seen), rethrow);
    io.run(); // must not return before the lane has answered
    EXPECT_EQ(seen.result, std::string(100, 'x'));
    EXPECT_NE(seen.worked_on, std::this_thread::get_id());
    EXPECT_EQ(seen.resumed_on, std::this_thread::get_id());
}

TEST(Lane, TakesWorkThatOnlyMovesAndReturnsNothing)
{
    asio::io_context io{1};
    Lane lane{"test"};
    Seen seen;
    asio::co_spawn(io, ask_void(lane, seen), rethrow);
    io.run();
    EXPECT_EQ(seen.done, true);
}

TEST(Lane, AnExceptionOfTheWorkReachesTheCaller)
{
    asio::io_context io{1};
    Lane lane{"test"};
    Seen seen;
    asio::co_spawn(io, ask_throwing(lane, seen), rethrow);
    io.run();
    EXPECT_EQ(seen.error, "no disk");
}

TEST(Lane, AFullQueueRefusesAndTheCallerLearnsIt)
{
    asio::io_context io{1};
    std::promise<void> started, release;
    Lane lane{"test", 1};
    ASSERT_TRUE(lane.post([&] {
        started.set_value();
        release.get_future().wait();
    }));
    started.get_future().wait();
    ASSERT_TRUE(lane.post([] {}));
    EXPECT_FALSE(lane.post([] {}));
    EXPECT_EQ(lane.depth(), 2U);
    Seen seen;
    asio::co_spawn(io, ask(lane, seen), rethrow);
    io.run();
    EXPECT_FALSE(seen.result.has_value());
    release.set_value();
}

TEST(Lane, StopRunsEverythingThatWasAcceptedInOrder)
{
    std::vector<int> order;
    Lane lane{"test", 1000};
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(lane.post([&order, i] { order.push_back(i); }));
    lane.stop();
    ASSERT_EQ(order.size(), 1000U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    EXPECT_FALSE(lane.post([] {}));
    EXPECT_EQ(lane.oldest_age(), Duration{0});
}

TEST(Lane, ManyCallersOfManyJobs)
{
    asio::io_context io{1};
    Lane lane{"test", 500};
    std::vector<Seen> seen(500);
    for (Seen& one : seen) asio::co_spawn(io, ask(lane, one), rethrow);
    io.run();
    for (const Seen& one : seen) EXPECT_TRUE(one.result.has_value());
}

} // namespace
} // namespace magwatch
