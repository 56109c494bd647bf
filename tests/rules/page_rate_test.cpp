// The budget of pages when nothing is wrong, and the page before every respiratory arrest, of one frozen pack.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "daemon/config/pack_library.hpp"
#include "rules/language/pack.hpp"
#include "tools/rate/rate.hpp"

namespace magwatch {
namespace {

std::string glasgow()
{
    const std::string path = MAGWATCH_SOURCE_DIR "/rules/packs/ggc.toml";
    std::ifstream in{path};
    std::stringstream text;
    text << in.rdbuf();
    const PackFolder library{path};
    return effective_text(text.str(), path, &library).text;
}

TEST(PageRate, AWardWhereNothingIsWrongIsQuiet)
{
    rate::Request request;
    request.pack_text = glasgow();
    request.pack_name = "ggc";
    request.bed_days = 200;
    request.courses = 0;
    std::vector<std::string> errors;
    const rate::Report report = rate::measure(request, errors);
    ASSERT_TRUE(errors.empty()) << errors[0];
    for (const auto& [rule, count] : report.raised_high) std::printf("%s %d\n", rule.c_str(), count);
    std::printf("%d high physiological pages in %d bed-days: %.3f\n", report.calls_high, report.bed_days,
                report.high_per_bed_day());
    EXPECT_LE(report.high_per_bed_day(), 0.1);
}

TEST(PageRate, EveryCourseIsPagedBeforeBreathingStops)
{
    rate::Request request;
    request.pack_text = glasgow();
    request.pack_name = "ggc";
    request.bed_days = 0;
    request.courses = 500;
    std::vector<std::string> errors;
    const rate::Report report = rate::measure(request, errors);
    ASSERT_TRUE(errors.empty()) << errors[0];
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
    rate::Request request;
    request.pack_text = glasgow();
    request.pack_name = "ggc";
    request.seed = 5;
    request.bed_days = 1;
    request.courses = 3;
    std::vector<std::string> errors;
    const rate::Report one = rate::measure(request, errors), two = rate::measure(request, errors);
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
