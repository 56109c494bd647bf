// The watchdog is fed only while every loop does what it owes.
#include "daemon/app/contracts.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

TEST(Contracts, HoldWhileEveryLoopIsWithinItsBound)
{
    Contracts contracts;
    EXPECT_EQ(contracts.broken(), "");
    Duration pages{}, http{};
    contracts.add("pages", 5s, [&] { return pages; });
    contracts.add("http", 1s, [&] { return http; });
    pages = 5s;
    http = 1s;
    EXPECT_EQ(contracts.broken(), "");
}

TEST(Contracts, NameEveryLoopThatIsBehindUntilItMovesAgain)
{
    Contracts contracts;
    Duration pages = 5001ms, http = 1001ms;
    contracts.add("pages", 5s, [&] { return pages; });
    contracts.add("http", 1s, [&] { return http; });
    EXPECT_EQ(contracts.broken(), "pages, http");
    EXPECT_EQ(contracts.broken(), "pages, http") << "as long as it lasts";
    pages = 0s;
    EXPECT_EQ(contracts.broken(), "http");
    http = 0s;
    EXPECT_EQ(contracts.broken(), "");
}

} // namespace
} // namespace magwatch
