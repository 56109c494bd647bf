#include <gtest/gtest.h>

#include "adapters/monitors/hl7/time.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

std::string read(std::string_view text, std::string_view zone = "Z")
{
    const auto stamp = time_from(text, *Zone::from(zone));
    return stamp ? iso_time(stamp->time) : "none";
}

TEST(Time, reads_what_devices_write)
{
    EXPECT_EQ(read("20060922152300"), "2006-09-22T15:23:00Z");
    EXPECT_EQ(read("20180115171714-0500"), "2018-01-15T22:17:14Z");
    EXPECT_EQ(read("20260101101500.000+0100"), "2026-01-01T09:15:00Z");
    EXPECT_EQ(read("20260101101500.0000+0000"), "2026-01-01T10:15:00Z");
    EXPECT_EQ(read("20260101101500.25"), "2026-01-01T10:15:00.250Z");
    EXPECT_EQ(read("20160815124738000+0800"), "2016-08-15T04:47:38Z"); // milliseconds with no dot
    EXPECT_EQ(read("20160815124738123+0530"), "2016-08-15T07:17:38.123Z");
    EXPECT_EQ(read("20130101000000"), "2013-01-01T00:00:00Z"); // a clock years off is still a time
    EXPECT_EQ(read("202102090000-0600"), "2021-02-09T06:00:00Z");
    EXPECT_EQ(read("20260101101500+01:00"), "2026-01-01T09:15:00Z");
    EXPECT_EQ(read("20260101101500Z"), "2026-01-01T10:15:00Z");
    EXPECT_EQ(read("20260101101500^S"), "2026-01-01T10:15:00Z");
    EXPECT_EQ(read("20260101101560"), "2026-01-01T10:16:00Z"); // a leap second
}

TEST(Time, refuses_what_is_no_time)
{
    for (const char* const text : {"",
                                   "2026",
                                   "202601",
                                   "2026010",
                                   "20261301101500",
                                   "20260230101500",
                                   "20260101251500",
                                   "20260101106100",
                                   "20260101101561",
                                   "2026010110150",
                                   "202601011015001",
                                   "20260101101500.",
                                   "20260101101500+1",
                                   "20260101101500+9900",
                                   "20260101101500 UTC",
                                   "Aug 15, 1942",
                                   "00000000000000",
                                   "2008081830-0700",
                                   "20260101-05:0x",
                                   "99999999999999"}) {
        EXPECT_EQ(read(text), "none") << text;
    }
}

TEST(Time, knows_how_exact_it_is)
{
    EXPECT_FALSE(time_from("19990702", {})->to_the_minute);
    EXPECT_FALSE(time_from("1999070210", {})->to_the_minute);
    EXPECT_TRUE(time_from("199907021015", {})->to_the_minute);
    EXPECT_TRUE(time_from("20260101101500+0100", {})->has_offset);
    EXPECT_FALSE(time_from("20260101101500", {})->has_offset);
}

TEST(Time, is_written_as_hl7_too)
{
    EXPECT_EQ(hl7_time(time_from("20260101101500.250", {})->time), "20260101101500.250+0000");
}

TEST(Zone, is_a_fixed_offset)
{
    EXPECT_EQ(read("20260701120000", "+01:00"), "2026-07-01T11:00:00Z");
    EXPECT_EQ(read("20260701120000", "-0530"), "2026-07-01T17:30:00Z");
    EXPECT_EQ(read("20260701120000", "+8"), "2026-07-01T04:00:00Z");
    EXPECT_EQ(read("20260701120000+0000", "+8"), "2026-07-01T12:00:00Z"); // the message's own wins
}

TEST(Zone, is_a_posix_rule_with_summer_time)
{
    const char* const london = "GMT0BST,M3.5.0/1,M10.5.0";
    EXPECT_EQ(read("20260115120000", london), "2026-01-15T12:00:00Z");
    EXPECT_EQ(read("20260715120000", london), "2026-07-15T11:00:00Z");
    EXPECT_EQ(read("20260329005959", london), "2026-03-29T00:59:59Z"); // the last second of winter
    EXPECT_EQ(read("20260329020000", london), "2026-03-29T01:00:00Z");
    EXPECT_EQ(read("20261025003000", london), "2026-10-24T23:30:00Z");
    EXPECT_EQ(read("20261025013000", london), "2026-10-25T01:30:00Z"); // twice: the later is taken
    EXPECT_EQ(read("20261025023000", london), "2026-10-25T02:30:00Z");
    const char* const new_york = "EST5EDT,M3.2.0,M11.1.0";
    EXPECT_EQ(read("20260115120000", new_york), "2026-01-15T17:00:00Z");
    EXPECT_EQ(read("20260715120000", new_york), "2026-07-15T16:00:00Z");
    const char* const sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3"; // summer over the turn of the year
    EXPECT_EQ(read("20260115120000", sydney), "2026-01-15T01:00:00Z");
    EXPECT_EQ(read("20260715120000", sydney), "2026-07-15T02:00:00Z");
    EXPECT_EQ(read("20260115120000", "<+0530>-5:30"), "2026-01-15T06:30:00Z");
}

TEST(Zone, refuses_what_it_cannot_follow)
{
    for (const char* const text :
         {"", "Europe/London", "+15", "+1:60", "GMT", "GMT0BST", "GMT0BST,M3.5.0",
          "GMT0BST,M13.5.0,M10.5.0", "GMT0BST,M3.6.0,M10.5.0", "+01:00x"}) {
        EXPECT_FALSE(Zone::from(text).has_value()) << text;
    }
}

} // namespace
} // namespace magwatch::adapters::hl7
