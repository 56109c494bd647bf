// Regimens that several tests give.
#pragma once

#include <gtest/gtest.h>

#include "rules/pharmacokinetics/prediction.hpp"

namespace magwatch::testing_courses {

using namespace std::chrono_literals;

inline Instant at(Duration since_start)
{
    return Instant{} + since_start;
}
inline Instant at_hours(double hours)
{
    return Instant{static_cast<std::int64_t>(hours * 3'600'000.0 + 0.5)};
}

// A load, then an infusion that runs on from its end.
inline Course regimen(double load_g, Duration over, double g_per_h)
{
    Course course;
    EXPECT_TRUE(course.bolus(at(0s), load_g, over));
    if (g_per_h > 0) {
        EXPECT_TRUE(course.rate(at(over), g_per_h));
    }
    return course;
}

// Creatinine 0.8 mg/dL, at which all models but Easterling's were centred.
inline Covariates woman(double kg, double creatinine_mg_dl = 0.8)
{
    return {kg, creatinine_mg_dl * 88.4, false};
}

} // namespace magwatch::testing_courses
