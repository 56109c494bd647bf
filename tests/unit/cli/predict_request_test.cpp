#include "tools/magwatch/predict_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace magwatch::cli
{
namespace
{

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::variant<Course, std::string> read(std::string_view plan, Salt salt = Salt::sulfate_heptahydrate)
{
    const auto steps = adapters::parse_infusion_plan(plan);
    if (const auto* wrong = std::get_if<std::string>(&steps)) return *wrong;
    return course_from(std::get<std::vector<adapters::InfusionStep>>(steps), salt);
}

std::string refusal(std::string_view plan)
{
    const auto course = read(plan);
    return std::holds_alternative<std::string>(course) ? std::get<std::string>(course) : "accepted";
}

TEST(PredictRequest, APlanBecomesACourse)
{
    const Course course = std::get<Course>(read("0s:4g/20min,20min:1g/h,1h:5g im,5h:2g/5min,8h:stop"));
    EXPECT_EQ(course.pieces().size(), 4u);
    EXPECT_NEAR(course.grams(Instant{}, Instant{} + 24h, false), 4 + (8 - 25.0 / 60) * 1 + 2, 1e-12);
    ASSERT_EQ(course.intramuscular_doses().size(), 1u);
    EXPECT_EQ(course.intramuscular_doses()[0].at, Instant{} + 1h);
}

TEST(PredictRequest, AnotherSaltIsConverted)
{
    const Course anhydrous = std::get<Course>(read("0s:2g/20min", Salt::sulfate_anhydrous));
    EXPECT_NEAR(anhydrous.grams(Instant{}, Instant{} + 1h, false), 2 * 246.47 / 120.37, 1e-9);
    const Course chloride = std::get<Course>(read("0s:2g im", Salt::chloride_hexahydrate));
    EXPECT_NEAR(chloride.grams(Instant{}, Instant{} + 1h, true), 2 * 246.47 / 203.3, 1e-9);
}

TEST(PredictRequest, OverlappingInfusionsAreRefusedWithTheStep)
{
    for (const char* plan : {"0s:4g/20min,10min:1g/h", "0s:4g/20min,0s:1g/h", "0s:4g/20min,19min:2g/5min"}) {
        EXPECT_THAT(refusal(plan), HasSubstr("infusion step 2")) << plan;
        EXPECT_THAT(refusal(plan), HasSubstr("overlaps the bolus before it, which runs until 20 min")) << plan;
    }
    EXPECT_THAT(refusal("0s:1g/h,0s:2g/h"), HasSubstr("a rate begins at that time already"));
    // A bolus while the infusion runs is how a fit is treated; the infusion goes on after it.
    for (const char* plan : {"0s:4g/20min,20min:1g/h", "0s:1g/h,5h:2g/5min", "0s:4g/20min,10min:stop,10min:1g/h",
                             "0s:4g/20min,5min:5g im"})
        EXPECT_EQ(refusal(plan), "accepted") << plan;
}

TEST(PredictRequest, LevelsInEveryUnit)
{
    const auto levels = parse_levels("6h:2.1mmol/L, 90min:5.1 mg/dL,0s: 4.2mEq/L");
    ASSERT_TRUE(std::holds_alternative<std::vector<Level>>(levels));
    const auto& found = std::get<std::vector<Level>>(levels);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0], (Level{Instant{} + 6h, 2.1, false}));
    EXPECT_EQ(found[1].drawn, Instant{} + 90min);
    EXPECT_NEAR(found[1].mmol_l, 5.1 / 2.4305, 1e-12);
    EXPECT_NEAR(found[2].mmol_l, 2.1, 1e-12);
}

TEST(PredictRequest, WhatIsNoLevelIsNamed)
{
    const auto wrong = [](std::string_view text) {
        const auto levels = parse_levels(text);
        return std::holds_alternative<std::string>(levels) ? std::get<std::string>(levels) : "accepted";
    };
    EXPECT_THAT(wrong("6h:2.1"), HasSubstr("a level has a unit")); // 13.2 without a unit has killed
    EXPECT_THAT(wrong("6h:2.1mmol"), HasSubstr("'mmol' is no unit of a level"));
    EXPECT_THAT(wrong("6h:2.1umol/L"), HasSubstr("'umol/L' is no unit of a level"));
    EXPECT_THAT(wrong("6h:2.1 stone"), HasSubstr("'stone' is no unit of a level"));
    for (const char* text : {"6h:0mmol/L", "6h:210mmol/L", "6h:-2mmol/L", "6h:0.01mg/dL", "6h:48.7mg/dL"})
        EXPECT_THAT(wrong(text), HasSubstr("not plausible")) << text;
    for (const char* text : {"", "2.1mmol/L", "-6h:2.1mmol/L", "6:2.1mmol/L", "6h:2.1mmol/L,", "6h:nanmmol/L",
                             "6h:infmmol/L", "6h:1e0mmol/L", "6h::2mmol/L", ":2mmol/L"})
        EXPECT_NE(wrong(text), "accepted") << text;
}

TEST(PredictRequest, TimesInAnyOrder)
{
    const auto times = parse_times("2h, 20min,1.5h,0s");
    ASSERT_TRUE(std::holds_alternative<std::vector<Instant>>(times));
    EXPECT_THAT(std::get<std::vector<Instant>>(times),
                ElementsAre(Instant{} + 2h, Instant{} + 20min, Instant{} + 90min, Instant{}));
    for (const char* text : {"", ",", "1h,", "-1h", "60", "1h2", "nan h", "soon", "1e3h", "9999999999h"})
        EXPECT_TRUE(std::holds_alternative<std::string>(parse_times(text))) << text;
}

} // namespace
} // namespace magwatch::cli
