// An oxygen probe on the arm of the cuff: the saturation dips whenever the pressure is taken.
#include "rules/patient/cuff_arm.hpp"

#include <gtest/gtest.h>

#include "rules/base/archive.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// A saturation each second, and a pressure every 5 min.
struct Probe {
    CuffArm arm;
    Instant now{0};
    int taken = 0;

    void oxygen(Duration length, std::optional<double> percent)
    {
        for (Duration t{}; t < length; t += 1s) {
            now = now + 1s;
            arm.oxygen(now, percent);
        }
    }
    // Calm before it, then so much while the cuff is tight.
    bool measure(std::optional<double> calm, std::optional<double> tight, bool with_time = true)
    {
        oxygen(4min, calm);
        oxygen(50s, tight);
        ++taken;
        return arm.pressure(now, WallTime{with_time ? taken : 0}, 100 + taken);
    }
};

TEST(CuffArm, ThreeMeasurementsWithADipAreToldAndOneWithoutEndsIt)
{
    Probe probe;
    EXPECT_FALSE(probe.measure(97, 90));
    EXPECT_FALSE(probe.measure(97, 94)) << "3 below is a dip";
    EXPECT_FALSE(probe.arm.suspected());
    EXPECT_TRUE(probe.measure(97, 80));
    EXPECT_TRUE(probe.arm.suspected());
    EXPECT_FALSE(probe.measure(97, 90)) << "nothing new";
    EXPECT_TRUE(probe.measure(97, 94.9 + 0.2)) << "no dip, and it is over";
    EXPECT_FALSE(probe.arm.suspected());
}

TEST(CuffArm, ASignalThatIsLostUnderTheCuffIsADip)
{
    Probe probe;
    for (int i = 0; i < 3; ++i) (void)probe.measure(97, std::nullopt);
    EXPECT_TRUE(probe.arm.suspected());
}

TEST(CuffArm, WithoutACalmTimeBeforeItOrAnySampleAMeasurementSaysNothing)
{
    Probe probe;
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(probe.measure(std::nullopt, 90)) << "calm was not usable";
    Probe silent;
    for (int i = 0; i < 5; ++i) {
        silent.oxygen(4min, 97);
        silent.now = silent.now + 70s; // nothing is heard while the cuff is tight
        EXPECT_FALSE(silent.arm.pressure(silent.now, WallTime{i + 1}, 100 + i));
    }
    Probe fresh;
    EXPECT_FALSE(fresh.arm.pressure(fresh.now, WallTime{1}, 100)) << "nothing was heard at all";
    EXPECT_FALSE(probe.arm.suspected() || silent.arm.suspected() || fresh.arm.suspected());
}

TEST(CuffArm, APressureThatIsToldAgainIsNoMeasurement)
{
    Probe probe;
    (void)probe.measure(97, 90);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(probe.arm.pressure(probe.now, WallTime{probe.taken}, 200 + i)) << "of the same time";
    EXPECT_FALSE(probe.arm.suspected());
    Probe untimed; // the device tells no time: a pressure is new if it is another one
    for (int i = 0; i < 2; ++i) (void)untimed.measure(97, 90, false);
    EXPECT_FALSE(untimed.arm.pressure(untimed.now, WallTime{0}, 100 + untimed.taken));
    EXPECT_FALSE(untimed.arm.suspected());
    EXPECT_TRUE(untimed.measure(97, 90, false));
}

TEST(CuffArm, ContinuesAcrossASaveAndRefusesATimeBeforeTime)
{
    Probe probe;
    for (int i = 0; i < 2; ++i) (void)probe.measure(97, 90);
    const Bytes bytes = to_bytes(probe.arm);
    const auto back = from_bytes<CuffArm>(as_text(bytes));
    ASSERT_TRUE(back);
    probe.arm = *back;
    EXPECT_TRUE(probe.measure(97, 90));
    Bytes damaged;
    Writer{damaged}(std::array<std::uint8_t, 18>{}, std::int64_t{-1}, 0, WallTime{}, 0.0);
    EXPECT_FALSE(from_bytes<CuffArm>(as_text(damaged)));
}

} // namespace
} // namespace magwatch
