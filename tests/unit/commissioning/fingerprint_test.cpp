// What a record is bound to changes with everything that gives a value another meaning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/app/fingerprints.hpp"
#include "daemon/commissioning/readings.hpp"

namespace magwatch {
namespace {

TEST(Fingerprint, OfAMapIsTheSha256OfItsFile)
{
    EXPECT_EQ(fingerprint_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Fingerprint, OfAProfileChangesWithWhatItSays)
{
    Hl7SourceConfig profile;
    profile.application = "GW";
    const std::string before = profile_text(profile);
    const std::vector<void (*)(Hl7SourceConfig&)> changes{
        [](auto& p) { p.application = "GX"; }, [](auto& p) { p.facility = "ICU"; }, [](auto& p) { p.zone = "+01:00"; },
        [](auto& p) { p.bed_pattern = "{PV1-3.3}"; }, [](auto& p) { p.beds["B1"] = "bed-1"; },
        [](auto& p) { p.codes.push_back({"1", Signal::mg, Unit::mmol_per_l}); },
        [](auto& p) { p.codes.push_back({"1", Signal::mg, std::nullopt}); },
        [](auto& p) { p.pumps_give_magnesium = true; }, [](auto& p) { p.charting = true; },
        [](auto& p) { p.usable_with_status_x = true; }, [](auto& p) { p.accept_test_data = true; }};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        Hl7SourceConfig changed = profile;
        changes[i](changed);
        EXPECT_NE(profile_text(changed), before) << i;
    }
    Hl7SourceConfig slower = profile;
    slower.period = Duration{5000};
    EXPECT_EQ(profile_text(slower), before);
}

TEST(Fingerprint, OfAPlaceNamesAddressUnitBedAndKind)
{
    ModbusDeviceConfig device;
    device.address = {"192.0.2.7", 502};
    device.unit = 3;
    device.bed = "bed-3";
    EXPECT_EQ(place_of(device), "Modbus TCP 192.0.2.7:502, unit 3, monitor of bed-3");
    device.kind = SourceKind::pump;
    device.serial.path = "/dev/ttyUSB0";
    device.serial.baud = 9600;
    EXPECT_EQ(place_of(device), "Modbus RTU /dev/ttyUSB0 9600 baud 8N1, unit 3, pump of bed-3");
}

TEST(Fingerprint, TheSmallestStepOfARegisterIsItsScaleInTheSignalsUnit)
{
    const auto loaded = adapters::modbus::parse_register_map(
        "name = \"m\"\nmodel = \"m\"\n"
        "[[register]]\nsignal = \"spo2\"\nfunction = 3\naddress = 0\ntype = \"u16\"\nunit = \"%\"\nscale = 0.1\n"
        "[[register]]\nsignal = \"sbp\"\nfunction = 3\naddress = 1\ntype = \"u16\"\nunit = \"kPa\"\nscale = 0.1\n"
        "[[register]]\nsignal = \"temp\"\nfunction = 3\naddress = 2\ntype = \"f32\"\norder = \"ABCD\"\nunit = \"Cel\"\n",
        "t.toml");
    ASSERT_TRUE(loaded.map) << loaded.errors.front().text();
    EXPECT_TRUE(loaded.map->commissioned) << "no word about it: the record decides";
    const auto signals = signals_of(*loaded.map);
    ASSERT_EQ(signals.size(), 3U);
    EXPECT_NEAR(signals[0].step, 0.1, 1e-9);
    EXPECT_EQ(signals[1].signal, Signal::temp);
    EXPECT_EQ(signals[1].step, 0);
    EXPECT_NEAR(signals[2].step, 0.750062, 1e-5);
}

TEST(Readings, HoldTheNewestOfEachAndForgetWhatSaysNothingOfNow)
{
    Readings readings;
    Observation o;
    o.bed = BedId{0};
    o.source = SourceId{1};
    o.signal = Signal::hr;
    o.value = 72;
    readings.take(o, true, Duration{1000});
    readings.take(RefusedValue{BedId{0}, SourceId{1}, true, Signal::hr, Refusal::too_late}, true, Duration{2000});
    ASSERT_EQ(readings.all().size(), 1U);
    EXPECT_EQ(readings.all()[0].value, 72);
    EXPECT_TRUE(readings.all()[0].unverified);
    readings.take(RefusedValue{BedId{0}, SourceId{1}, true, Signal::hr, Refusal::sentinel}, true, Duration{3000});
    EXPECT_FALSE(readings.all()[0].value);
    EXPECT_EQ(readings.all()[0].why, "sentinel for no reading");
    o.validity = Validity::questionable;
    readings.take(o, true, Duration{4000});
    EXPECT_EQ(readings.all()[0].why, "questionable");
    readings.clear();
    EXPECT_TRUE(readings.all().empty());
}

} // namespace
} // namespace magwatch
