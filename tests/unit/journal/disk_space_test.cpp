#include "daemon/journal/disk_space.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

DiskLevel level(std::uint64_t free, DiskLevel before = DiskLevel::ok)
{
    return disk_level({free, 1000}, before);
}

TEST(DiskLevel, IsLowBelowTenAndCriticalBelowTwoPerCent)
{
    EXPECT_EQ(level(100), DiskLevel::ok);
    EXPECT_EQ(level(99), DiskLevel::low);
    EXPECT_EQ(level(20), DiskLevel::low);
    EXPECT_EQ(level(19), DiskLevel::critical);
    EXPECT_EQ(level(0), DiskLevel::critical);
}

TEST(DiskLevel, DoesNotFlutterAroundALimit)
{
    EXPECT_EQ(level(105, DiskLevel::low), DiskLevel::low);
    EXPECT_EQ(level(110, DiskLevel::low), DiskLevel::ok);
    EXPECT_EQ(level(21, DiskLevel::critical), DiskLevel::critical);
    EXPECT_EQ(level(22, DiskLevel::critical), DiskLevel::low);
    EXPECT_EQ(level(500, DiskLevel::critical), DiskLevel::ok);
}

TEST(DiskLevel, AnUnreadableDiskChangesNothing)
{
    EXPECT_EQ(disk_level({0, 0}, DiskLevel::low), DiskLevel::low);
    EXPECT_FALSE(read_disk_space("/nonexistent"));
    EXPECT_GT(read_disk_space("/tmp")->total, 0U);
}

} // namespace
} // namespace magwatch
