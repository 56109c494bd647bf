// Doses and rates as the rules count them.
#include "rules/patient/infusion.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

Instant at(Duration d) { return Instant{0} + d; }

TEST(Infusion, APumpThatIsLostTwiceIsLostSinceTheFirstTime)
{
    Infusion infusion;
    infusion.pump_lost(at(0s));
    EXPECT_EQ(infusion.rate_unknown_since(), std::nullopt) << "none was heard";
    infusion.pump(1, at(1min), 30s);
    infusion.pump_lost(at(70s));
    infusion.pump_lost(at(90s));
    EXPECT_EQ(infusion.rate_unknown_since(), at(70s));
    EXPECT_EQ(infusion.rate_now(), std::nullopt);
}

TEST(Infusion, ADoseIntoTheMuscleActsFromWhenItIsKnown)
{
    Infusion infusion;
    infusion.intramuscular(5, at(1h), at(3h));
    EXPECT_EQ(infusion.first_dose(), at(1h));
    EXPECT_EQ(infusion.last_dose(), at(3h));
    EXPECT_EQ(infusion.dose_total(), 5);
    EXPECT_EQ(infusion.on_board(at(15h) - 1ms, on_board_for), true);
    EXPECT_EQ(infusion.on_board(at(15h), on_board_for), false);
}

TEST(Infusion, SinceTheLastLookNothingIsCounted)
{
    Infusion infusion;
    infusion.rate(2, at(0s), at(0s));
    infusion.advance(at(1h));
    EXPECT_NEAR(infusion.dose_in(1h, at(1h)), 2, 1e-9);
    EXPECT_NEAR(infusion.dose_in(30min, at(1h)), 1, 1e-9);
    EXPECT_EQ(infusion.dose_in(10min, at(3h)), 0) << "it was not advanced so far";
}

TEST(Infusion, AWindowIsCutWithinThePointsOfItsCourse)
{
    Infusion infusion;
    infusion.rate(3.6, at(0s), at(0s)); // 1 mg a second
    for (Duration t{}; t <= 30h; t += 7s) infusion.advance(at(t));
    const Instant now = infusion.counted_to();
    EXPECT_NEAR(infusion.dose_in(1h, now), 3.6, 1e-6);
    EXPECT_NEAR(infusion.dose_in(24h, now), 86.4, 1e-6);
    EXPECT_NEAR(infusion.dose_in(29h, now), 3.6 * 29, 1e-6);
    EXPECT_NEAR(infusion.dose_in(48h, now), infusion.dose_total(), 1e-6);
}

} // namespace
} // namespace magwatch
