#include "tools/simulator/device_model.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace magwatch::simulator {
namespace {

MonitorReading usual()
{
    MonitorReading r;
    r.hr = 86;
    r.rr = 17;
    r.spo2 = 98;
    r.pulse = 85;
    r.temp = 36.8;
    r.cuff = CuffReading{140, 90, 106, 0};
    return r;
}

TEST(MonitorDevice, PutsEveryValueIntoItsRegister)
{
    MonitorDevice monitor;
    for (const std::uint16_t word : {monitor.input()[0], monitor.input()[3], monitor.input()[9]})
        EXPECT_EQ(word, no_reading);
    monitor.second(usual(), {});
    const std::vector<std::uint16_t> expected = {86, 17, 980, 140, 90, 106, 368, 0, 1, 85};
    EXPECT_EQ((std::vector<std::uint16_t>{monitor.input().begin(), monitor.input().end()}), expected);
    EXPECT_EQ(monitor.holding()[0], not_charted);
}

TEST(MonitorDevice, AMissingValueIsNoReadingAndNeverZero)
{
    MonitorDevice monitor;
    MonitorReading reading = usual();
    reading.rr.reset();
    reading.spo2.reset();
    monitor.second(reading, {});
    EXPECT_EQ(monitor.input()[1], no_reading);
    EXPECT_EQ(monitor.input()[2], no_reading);
}

TEST(MonitorDevice, AFrozenMonitorStandsStillToTheLastRegister)
{
    MonitorDevice monitor;
    monitor.second(usual(), {});
    const std::vector<std::uint16_t> before{monitor.input().begin(), monitor.input().end()};
    MonitorReading worse = usual();
    worse.rr = 4;
    for (int i = 0; i < 10; ++i) monitor.second(worse, {.frozen = true});
    EXPECT_EQ((std::vector<std::uint16_t>{monitor.input().begin(), monitor.input().end()}), before);
    monitor.second(worse, {});
    EXPECT_EQ(monitor.input()[1], 4);
    EXPECT_EQ(monitor.input()[8], before[8] + 1);
}

TEST(MonitorDevice, LeadsAndProbeOffTakeTheirValuesAndSetTheirBits)
{
    MonitorDevice monitor;
    monitor.second(usual(), {.leads_off = true});
    EXPECT_EQ(monitor.input()[0], no_reading);
    EXPECT_EQ(monitor.input()[1], no_reading);
    EXPECT_EQ(monitor.input()[2], 980);
    EXPECT_EQ(monitor.input()[7], 0b000011);
    monitor.second(usual(), {.probe_off = true});
    EXPECT_EQ(monitor.input()[2], no_reading);
    EXPECT_EQ(monitor.input()[9], no_reading);
    EXPECT_EQ(monitor.input()[7], 0b100010);
}

TEST(MonitorDevice, RaisesItsOwnAlarms)
{
    MonitorDevice monitor;
    MonitorReading reading = usual();
    reading.rr = 0;
    reading.spo2 = 80;
    reading.hr = 44;
    for (int i = 0; i < 19; ++i) monitor.second(reading, {});
    EXPECT_FALSE(monitor.bit(MonitorBit::apnoea));
    EXPECT_TRUE(monitor.bit(MonitorBit::desaturation));
    EXPECT_TRUE(monitor.bit(MonitorBit::bradycardia));
    monitor.second(reading, {});
    EXPECT_TRUE(monitor.bit(MonitorBit::apnoea));
    monitor.second(usual(), {});
    EXPECT_EQ(monitor.input()[7], 0);
}

TEST(MonitorDevice, ChartingCountsItsSequence)
{
    MonitorDevice monitor;
    monitor.chart_reflex_knee(1);
    monitor.chart_reflex_arm(2);
    monitor.chart_avpu(0);
    EXPECT_EQ((std::vector<std::uint16_t>{monitor.holding().begin(), monitor.holding().end()}),
              (std::vector<std::uint16_t>{1, 2, 0, 3}));
}

TEST(PumpDevice, TellsFlowLowWordFirstAndCountsTheVolume)
{
    PumpDevice pump{300, 0.04};
    EXPECT_DOUBLE_EQ(pump.grams_per_hour(), 12);
    for (int i = 0; i < 36'000; ++i) pump.advance(100); // one hour
    pump.second(false);
    const auto in = pump.input();
    EXPECT_EQ(in[0], 1);
    EXPECT_EQ(std::bit_cast<float>(std::uint32_t{in[2]} << 16 | in[1]), 300.0F);
    EXPECT_EQ(in[3], 40);
    EXPECT_NEAR(double(std::uint32_t{in[4]} << 16 | in[5]), 3000, 1);
    EXPECT_EQ(in[6], 1);
    pump.set_flow(0);
    pump.second(false);
    EXPECT_EQ(pump.input()[0], 0);
}

} // namespace
} // namespace magwatch::simulator
