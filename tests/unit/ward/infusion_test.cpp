#include <gtest/gtest.h>

#include "rules/patient/infusion.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr Instant at(Duration d) { return Instant{} + d; }

TEST(Infusion, CountsABolusThenTheMaintenance)
{
    Infusion infusion;
    infusion.bolus(4, 20min, at(0s), at(0s));
    infusion.advance(at(20min));
    EXPECT_NEAR(infusion.dose_total(), 4, 1e-6);
    EXPECT_FALSE(infusion.bolus_running(at(20min)));
    infusion.rate(1, at(20min), at(20min));
    infusion.advance(at(80min));
    EXPECT_NEAR(infusion.dose_total(), 5, 1e-6);
    EXPECT_NEAR(infusion.dose_in(1h, at(80min)), 1, 0.02);
}

TEST(Infusion, ADoseWindowForgetsWhatIsOlder)
{
    Infusion infusion;
    infusion.intramuscular(10, at(0s), at(0s));
    infusion.advance(at(2h));
    EXPECT_NEAR(infusion.dose_in(24h, at(2h)), 10, 1e-9);
    infusion.advance(at(25h));
    EXPECT_NEAR(infusion.dose_in(24h, at(25h)), 0, 1e-9);
    EXPECT_NEAR(infusion.dose_total(), 10, 1e-9);
}

TEST(Infusion, AFreshPumpWinsOverTheChart)
{
    Infusion infusion;
    infusion.rate(1, at(0s), at(0s));
    infusion.pump(12, at(10s), 30s);
    EXPECT_EQ(infusion.rate_now(), 12);
    infusion.advance(at(41s));
    EXPECT_FALSE(infusion.rate_now()) << "a pump that fell silent leaves the rate unknown";
    infusion.advance(at(10s + 1h));
    EXPECT_NEAR(infusion.dose_total(), 12.0 + 10.0 / 3600, 1e-3) << "counted on at the last rate";
    EXPECT_EQ(infusion.on_board(at(2h), on_board_for), true);
}

TEST(Infusion, LateChartedDosesAreAddedForTheTimeThatPassed)
{
    Infusion rate;
    rate.rate(2, at(0s), at(30min));
    EXPECT_NEAR(rate.dose_total(), 1, 1e-6);
    Infusion bolus;
    bolus.bolus(4, 20min, at(0s), at(10min));
    EXPECT_NEAR(bolus.dose_total(), 2, 1e-6);
    bolus.advance(at(40min));
    EXPECT_NEAR(bolus.dose_total(), 4, 1e-6);
}

TEST(Infusion, MagnesiumStaysOnBoardAfterTheStop)
{
    Infusion infusion;
    EXPECT_FALSE(infusion.on_board(at(0s), on_board_for).has_value()) << "nobody said anything";
    infusion.rate(1, at(0s), at(0s));
    infusion.stop(at(1h), at(1h));
    EXPECT_EQ(infusion.on_board(at(12h), on_board_for), true);
    EXPECT_EQ(infusion.on_board(at(13h), on_board_for), false);
    EXPECT_EQ(infusion.on_board(at(13h), on_board_for_renal), true);
    EXPECT_EQ(infusion.next_change(at(1h), on_board_for), at(13h));
}

TEST(Infusion, TwoDaysAreRememberedMoreCoarsely)
{
    Infusion infusion;
    const auto poll = [&](int from, int to) {
        for (int s = from * 3600; s < to * 3600; s += 10) infusion.pump(1, at(std::chrono::seconds{s}), 30s);
    };
    poll(0, 5);
    infusion.intramuscular(10, at(5h), at(5h));
    poll(5, 52);
    EXPECT_NEAR(infusion.dose_in(48h, at(52h)), 58, 0.05) << "the injection lies within";
    EXPECT_NEAR(infusion.dose_in(24h, at(52h)), 24, 0.02);
    poll(52, 54);
    EXPECT_NEAR(infusion.dose_in(48h, at(54h)), 48, 0.05) << "the injection is forgotten";
    poll(54, 120);
    EXPECT_NEAR(infusion.dose_in(48h, at(120h)), 48, 0.05);
    EXPECT_LT(to_bytes(infusion).size(), 110'000U);
}

TEST(Infusion, ADayOfPollingStaysSmallAndExact)
{
    Infusion infusion;
    for (int s = 0; s < 30 * 3600; s += 5) infusion.pump(1, at(std::chrono::seconds{s}), 30s);
    EXPECT_NEAR(infusion.dose_total(), 30, 0.01);
    EXPECT_NEAR(infusion.dose_in(24h, at(30h)), 24, 0.05);
    EXPECT_LT(to_bytes(infusion).size(), 100'000U);
}

} // namespace
} // namespace magwatch
