#include "daemon/audit/tally.hpp"

#include <gtest/gtest.h>

namespace magwatch::audit
{
namespace
{

Event event(const std::string& outcome, const std::string& object = "bed-3", const std::string& station = "127.0.0.1")
{
    Event out;
    out.station = station;
    out.action = "bed";
    out.object = object;
    out.outcome = outcome;
    out.body = "{}";
    return out;
}

TEST(AuditTally, WhatWasDoneIsAlwaysARow)
{
    Tally tally;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(tally.admit(event("accepted")));
    EXPECT_TRUE(tally.turn().empty());
}

TEST(AuditTally, AReaderOfABedIsARowAnHourAndACount)
{
    Tally tally;
    EXPECT_TRUE(tally.admit(event("read")));
    EXPECT_TRUE(tally.admit(event("read", "bed-4")));
    EXPECT_TRUE(tally.admit(event("read", "bed-3", "192.0.2.7")));
    for (int i = 0; i < 7; ++i) EXPECT_FALSE(tally.admit(event("read")));
    const auto counted = tally.turn();
    ASSERT_EQ(counted.size(), 1U);
    EXPECT_EQ(counted[0].times, 7U);
    EXPECT_EQ(counted[0].object, "bed-3");
    EXPECT_TRUE(tally.admit(event("read"))) << "the next hour begins anew";
}

TEST(AuditTally, AFloodOfRefusalsIsTwentyRowsAndACount)
{
    Tally tally;
    int rows = 0;
    for (int i = 0; i < 500; ++i) rows += tally.admit(event("refused", "object " + std::to_string(i))) ? 1 : 0;
    EXPECT_EQ(rows, 20);
    const auto counted = tally.turn();
    ASSERT_EQ(counted.size(), 1U);
    EXPECT_EQ(counted[0].times, 480U);
}

TEST(AuditTally, NamesThatSomebodyMakesUpTakeNoMemory)
{
    Tally tally;
    int rows = 0;
    for (int i = 0; i < 10'000; ++i)
        rows += tally.admit(event("read", "bed-" + std::to_string(i))) ? 1 : 0;
    EXPECT_LE(rows, 600);
    std::uint64_t counted = 0;
    for (const Event& one : tally.turn()) counted += one.times;
    EXPECT_EQ(counted + static_cast<std::uint64_t>(rows), 10'000U);
}

} // namespace
} // namespace magwatch::audit
