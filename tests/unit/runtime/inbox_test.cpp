#include "runtime/inbox.hpp"

#include <string>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

namespace magwatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct Thing {
    int key = -1; // < 0: an event
    int value = 0;
    friend bool operator==(const Thing&, const Thing&) = default;
};
struct KeyOfThing {
    std::optional<std::uint64_t> operator()(const Thing& t) const
    {
        if (t.key < 0) return std::nullopt;
        return static_cast<std::uint64_t>(t.key);
    }
};
using TestInbox = Inbox<Thing, KeyOfThing>;

std::vector<Thing> taken(TestInbox& inbox)
{
    std::vector<Thing> out;
    inbox.take(out);
    return out;
}

TEST(Inbox, KeepsTheOrderOfArrival)
{
    asio::io_context io{1};
    TestInbox inbox{io.get_executor()};
    inbox.push({1, 10});
    inbox.push({-1, 11});
    inbox.push({1, 12});
    ASSERT_TRUE(inbox.try_post({-1, 13}));
    EXPECT_EQ(inbox.size(), 4U);
    EXPECT_THAT(taken(inbox),
                ElementsAre(Thing{1, 10}, Thing{-1, 11}, Thing{1, 12}, Thing{-1, 13}));
    EXPECT_TRUE(inbox.empty());
    EXPECT_EQ(inbox.dropped(), 0U);
}

TEST(Inbox, WhatIsUrgentHasAShareOfItsOwn)
{
    asio::io_context io{1};
    TestInbox inbox{io.get_executor(), {.posted = 2, .urgent = 1}};
    ASSERT_TRUE(inbox.try_post({-1, 1}));
    ASSERT_TRUE(inbox.try_post({-1, 2}));
    EXPECT_FALSE(inbox.try_post({-1, 3}));
    EXPECT_TRUE(inbox.try_post_urgent({-1, 4})) << "refused because of other traffic";
    EXPECT_FALSE(inbox.try_post_urgent({-1, 5})) << "its share is bounded too";
    EXPECT_THAT(taken(inbox), ElementsAre(Thing{-1, 1}, Thing{-1, 2}, Thing{-1, 4}));
    EXPECT_TRUE(inbox.try_post_urgent({-1, 6}));
    EXPECT_TRUE(inbox.try_post({-1, 7}));
    EXPECT_TRUE(inbox.try_post({-1, 8})) << "what is urgent takes nothing from the rest";
}

TEST(Inbox, OverItsBoundTheNewestOfAKeyReplacesTheOlderAndTheLossIsCounted)
{
    asio::io_context io{1};
    TestInbox inbox{io.get_executor(), {.state = 3}};
    inbox.push({1, 1});
    inbox.push({2, 2});
    inbox.push({-1, 3});
    inbox.push({1, 4});
    inbox.push({2, 5});
    inbox.push({7, 6}); // a key that is not there yet is never turned away
    EXPECT_THAT(taken(inbox), ElementsAre(Thing{-1, 3}, Thing{1, 4}, Thing{2, 5}, Thing{7, 6}));
    EXPECT_EQ(inbox.dropped(), 2U);
}

TEST(Inbox, EventsAreNeverDropped)
{
    asio::io_context io{1};
    TestInbox inbox{io.get_executor(), {.state = 2}};
    for (int i = 0; i < 1000; ++i) {
        inbox.push({-1, i});
        inbox.push({i % 5, i});
    }
    const auto all = taken(inbox);
    EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const Thing& t) { return t.key < 0; }),
              1000);
    EXPECT_EQ(all.size(), 1005U);
    EXPECT_EQ(all.back(), (Thing{4, 999}));
    EXPECT_EQ(inbox.dropped(), 995U);
}

TEST(Inbox, AFloodInFrontOfALoopThatStandsStillStaysBounded)
{
    asio::io_context io{1};
    TestInbox inbox{io.get_executor(), {.state = 8}};
    for (int i = 0; i < 100'000; ++i) inbox.push({i % 4, i});
    EXPECT_LE(inbox.size(), 12U);
    const auto all = taken(inbox);
    EXPECT_EQ(all.back(), (Thing{3, 99'999}));
}

TEST(Inbox, AnotherThreadIsRefusedWhenTooMuchOfItWaits)
{
    asio::io_context io{1};
    TestInbox inbox{io.get_executor(), {.posted = 2}};
    EXPECT_TRUE(inbox.try_post({-1, 1}));
    EXPECT_TRUE(inbox.try_post({-1, 2}));
    EXPECT_FALSE(inbox.try_post({-1, 3}));
    EXPECT_THAT(taken(inbox), ElementsAre(Thing{-1, 1}, Thing{-1, 2}));
    EXPECT_TRUE(inbox.try_post({-1, 4}));
}

asio::awaitable<void> collect(TestInbox& inbox, std::size_t count, std::vector<Thing>& out)
{
    while (out.size() < count) {
        co_await inbox.wait(60s);
        inbox.take(out);
    }
}

TEST(Inbox, APostFromAnotherThreadWakesTheLoop)
{
    asio::io_context io{1};
    TestInbox inbox{io.get_executor(), {.posted = 64}};
    std::vector<Thing> out;
    asio::co_spawn(io, collect(inbox, 20'000, out), [](std::exception_ptr e) { EXPECT_FALSE(e); });
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i)
                while (!inbox.try_post({-1, i})) std::this_thread::yield();
        });
    io.run(); // hangs for a minute a lost wake-up, which CTest's limit ends
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(out.size(), 20'000U);
}

asio::awaitable<void> wait_once(TestInbox& inbox, Duration limit, bool& resumed)
{
    co_await inbox.wait(limit);
    resumed = true;
}

TEST(Inbox, AWakeUpBetweenTwoWaitsIsNotLostAndAWaitEndsAtItsLimit)
{
    asio::io_context io{1};
    TestInbox inbox{io.get_executor()};
    bool resumed = false;
    inbox.wake();
    asio::co_spawn(io, wait_once(inbox, 1h, resumed), [](std::exception_ptr) {});
    io.run();
    EXPECT_TRUE(resumed);
    resumed = false;
    io.restart();
    asio::co_spawn(io, wait_once(inbox, 1ms, resumed), [](std::exception_ptr) {});
    io.run();
    EXPECT_TRUE(resumed);
}

} // namespace
} // namespace magwatch
