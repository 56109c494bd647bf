#include "tools/magwatch/shell.hpp"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include "daemon/http/times.hpp"
#include "tools/magwatch/client.hpp"

namespace magwatch::cli
{
namespace
{

TEST(Shell, ReadsLengthsOfTime)
{
    double s = 0;
    for (const auto& [text, seconds] : {std::pair{"20min", 1200.0},
                                        {"90s", 90.0},
                                        {"90", 90.0},
                                        {"2h", 7200.0},
                                        {"1.5 h", 5400.0}}) {
        EXPECT_TRUE(read_duration(text, s)) << text;
        EXPECT_EQ(s, seconds) << text;
    }
    for (const char* text : {"", "min", "-5s", "5 days", "nan", "20min x", "1e400"})
        EXPECT_FALSE(read_duration(text, s)) << text;
}

TEST(Shell, ReadsATimeOfDayAsTheLastOneThatWas)
{
    EXPECT_EQ(read_time("2024-02-29T01:00:00+01:00"), "2024-02-29T00:00:00.000Z");
    for (const char* text :
         {"", "24:00", "12:60", "noon", "12", "12:30x", "2024-02-29T01:00:00", "-1:30"})
        EXPECT_EQ(read_time(text), "") << text;
    const std::time_t now = std::time(nullptr);
    for (int hour = 0; hour < 24; ++hour) {
        char text[16];
        std::snprintf(text, sizeof text, "%02d:17", hour);
        const auto time = http::parse_time(read_time(text));
        ASSERT_TRUE(time) << text;
        const std::time_t at = static_cast<std::time_t>(time->ms / 1000);
        EXPECT_LE(at, now + 61);
        EXPECT_GT(at, now - 25 * 3600 - 120); // a day may have 25 hours
        std::tm local{};
        localtime_r(&at, &local);
        EXPECT_EQ(local.tm_min, 17);
    }
}

TEST(Shell, TablesAlignForPeopleAndSeparateForPrograms)
{
    Table table{{"BED", "RR"}};
    table.row({"bed-3", "14"});
    table.row({"Zoë", "9"});
    EXPECT_EQ(table.text(true), "BED    RR\nbed-3  14\nZoë    9\n");
    EXPECT_EQ(table.text(false), "BED\tRR\nbed-3\t14\nZoë\t9\n");
}

TEST(Shell, NothingInATableSteersTheTerminal)
{
    EXPECT_EQ(cell(Json("a\x1b[2Jb\nc")).find('\x1b'), std::string::npos);
    EXPECT_EQ(cell(Json("a\tb")).find('\t'), std::string::npos);
    EXPECT_EQ(cell(Json{}), "-");
    EXPECT_EQ(cell(Json(true)), "yes");
    EXPECT_EQ(cell(Json(14.0)), "14");
}

TEST(Client, EscapesWhatGoesIntoAPath)
{
    EXPECT_EQ(escaped("bed-3"), "bed-3");
    EXPECT_EQ(escaped("#1207"), "%231207");
    EXPECT_EQ(escaped("../x y"), "..%2Fx%20y");
    EXPECT_NE(fresh_key(), fresh_key());
}

} // namespace
} // namespace magwatch::cli
