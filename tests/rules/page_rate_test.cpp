// The budget of pages when nothing is wrong, and the page before every respiratory arrest, of one frozen pack.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/support/packs.hpp"
#include "tools/rate/rate.hpp"

namespace magwatch {
namespace {

// Measures Glasgow's pack; the test fails where it cannot.
rate::Report measured(int bed_days, int courses, std::uint64_t seed = rate::Request{}.seed)
{
    rate::Request request;
    request.pack_text = test::effective_pack_text(test::shipped_pack("ggc"));
    request.pack_name = "ggc";
    request.bed_days = bed_days;
    request.courses = courses;
    request.seed = seed;
    std::vector<std::string> errors;
    rate::Report report = rate::measure(request, errors);
    for (const auto& error : errors) ADD_FAILURE() << error;
    return report;
}

TEST(PageRate, AWardWhereNothingIsWrongIsQuiet)
{
    const rate::Report report = measured(200, 0);
    for (const auto& [rule, count] : report.raised_high) std::printf("%s %d\n", rule.c_str(), count);
    std::printf("%d high physiological pages in %d bed-days: %.3f\n", report.calls_high, report.bed_days,
                report.high_per_bed_day());
    EXPECT_LE(report.high_per_bed_day(), 0.1);
    EXPECT_LE(report.frozen_per_bed_day(), 0.01) << "its numbers move as those of real monitors do";
}

TEST(PageRate, EveryCourseIsPagedBeforeBreathingStops)
{
    const rate::Report report = measured(0, 500);
    ASSERT_EQ(report.courses.size(), 500U);
    for (const rate::Course& course : report.courses) {
        EXPECT_GT(course.arrest_s, 0) << course.kind << ": no arrest came, so it proves nothing";
        EXPECT_GE(course.paged_s, 0) << course.kind << ", arrest at " << course.arrest_s;
    }
    std::printf("lead time p5 %.0f s, median %.0f s\n", report.lead(0.05), report.lead(0.5));
    EXPECT_GT(report.lead(0.05), 0);
}

TEST(PageRate, EqualSeedsGiveEqualReports)
{
    const rate::Report one = measured(1, 3, 5), two = measured(1, 3, 5);
    ASSERT_EQ(one.courses.size(), 3U);
    ASSERT_EQ(two.courses.size(), 3U);
    EXPECT_EQ(one.raised_high, two.raised_high);
    EXPECT_EQ(one.raised_other, two.raised_other);
    EXPECT_EQ(one.observations, two.observations);
    for (std::size_t i = 0; i < one.courses.size(); ++i) {
        EXPECT_EQ(one.courses[i].paged_s, two.courses[i].paged_s);
        EXPECT_EQ(one.courses[i].arrest_s, two.courses[i].arrest_s);
    }
}

} // namespace
} // namespace magwatch
