#include "adapters/monitors/replay/infusion_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace magwatch;
using namespace magwatch::adapters;
using namespace std::chrono_literals;

namespace {

std::vector<InfusionStep> steps(std::string_view text)
{
    auto result = parse_infusion_plan(text);
    if (const auto* why = std::get_if<std::string>(&result)) {
        ADD_FAILURE() << *why;
        return {};
    }
    return std::get<std::vector<InfusionStep>>(std::move(result));
}

std::string refusal(std::string_view text)
{
    auto result = parse_infusion_plan(text);
    return std::holds_alternative<std::string>(result) ? std::get<std::string>(result) : "accepted";
}

using Steps = std::vector<InfusionStep>;

} // namespace

TEST(InfusionPlan, ALoadAndAMaintenanceInfusion)
{
    EXPECT_EQ(steps("0s:4g/20min,20min:1g/h"),
              (Steps{{0s, PlannedBolus{4, 20min}}, {20min, PlannedRate{1}}}));
}

TEST(InfusionPlan, StopAndIntramuscularDoses)
{
    EXPECT_EQ(steps("0s:4g/300s, 0s:5g im, 0s:5 g im, 2h:stop, 4.5h:0.5g/h"),
              (Steps{{0s, PlannedBolus{4, 5min}},
                     {0s, PlannedIntramuscular{5}},
                     {0s, PlannedIntramuscular{5}},
                     {2h, PlannedStop{}},
                     {270min, PlannedRate{0.5}}}));
}

TEST(InfusionPlan, AWrongStepIsNamedAndTheRightFormShown)
{
    EXPECT_EQ(refusal("0s:4g/20min,20min"),
              "infusion step 2 '20min': write TIME:DOSE/TIME (0s:4g/20min), TIME:RATE (20min:1g/h), TIME:stop or "
              "TIME:DOSE im (3h:5g im), separated by commas");
    EXPECT_THAT(refusal("soon:1g/h"), testing::HasSubstr("'soon' is no time"));
    EXPECT_THAT(refusal("20min:1g/h,0s:4g/20min"), testing::HasSubstr("step 2 '0s:4g/20min': stands before"));
    for (const char* text : {"0s:1", "0s:1g", "0s:1mg/h", "0s:1g/min", "0s:g/h", "0s:", "0s:1g/hour", "0s:4g/0min",
                             "0s:4g/-5min", "0s:4g//20min", "0s:5gim x", "0s:halt", "0s:1e2g/h", "0s:4g/20"})
        EXPECT_THAT(refusal(text), testing::HasSubstr("write TIME:DOSE/TIME")) << text;
    for (const char* text : {"", " ", ",", "0s:1g/h,", ":1g/h", "-5s:1g/h", "1:1g/h"})
        EXPECT_NE(refusal(text), "accepted") << text;
}

TEST(InfusionPlan, ImplausibleDosesAreRefused)
{
    EXPECT_THAT(refusal("0s:0g/h"), testing::HasSubstr("ended by 'stop'"));
    EXPECT_THAT(refusal("0s:-1g/h"), testing::HasSubstr("above 0"));
    EXPECT_THAT(refusal("0s:4000g/20min"), testing::HasSubstr("no plausible dose"));
    EXPECT_THAT(refusal("0s:1000g/h"), testing::HasSubstr("no plausible dose"));
}
