#include "tools/simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace magwatch::simulator {
namespace {

using testing::HasSubstr;

constexpr std::string_view good = R"(
name = "two beds"
seed = 7
physiology_speed = 120
[[beds]]
id = "bed-1"
link = "modbus"
port = 0
cuff_on_oximeter_arm = true
[beds.patient]
magnesium = 1.6
epidural = true
[beds.pump]
port = 1
rate = 25
concentration = 0.04
[[beds.holds]]
reflex_at_most = 1
[[beds]]
id = "bed-2"
link = "hl7"
location = "LD^^BED2"
interval = "2 s"
infusion = 1
[[events]]
at = "10 s"
do = "flow bed-1 300"
say = "the load bag is left on"
[[events]]
when_bed = "bed-1"
when_rr_at_most = 10
do = "stop-pump bed-1"
)";

TEST(Scenario, ReadsEveryField)
{
    const ScenarioResult result = parse_scenario(good, "a.toml");
    for (const Diagnostic& mistake : result.mistakes) ADD_FAILURE() << mistake.text();
    ASSERT_TRUE(result.scenario);
    const Scenario& s = *result.scenario;
    EXPECT_EQ(s.seed, 7U);
    EXPECT_EQ(s.physiology_speed, 120);
    ASSERT_EQ(s.beds.size(), 2U);
    EXPECT_TRUE(s.beds[0].patient.epidural);
    EXPECT_TRUE(s.beds[0].noise.cuff_on_oximeter_arm);
    ASSERT_TRUE(s.beds[0].pump);
    EXPECT_EQ(s.beds[0].pump->rate_ml_h, 25);
    EXPECT_EQ(s.beds[0].holds.at(0).reflex_at_most, 1);
    EXPECT_EQ(s.beds[1].link, Link::hl7);
    EXPECT_EQ(s.beds[1].interval_ms, 2000);
    ASSERT_EQ(s.events.size(), 2U);
    EXPECT_EQ(s.events[0].at_ms, 10'000);
    EXPECT_EQ(s.events[1].when.rr_at_most, 10);
}

std::string mistakes_of(std::string_view text)
{
    std::string out;
    const ScenarioResult result = parse_scenario(text, "a.toml");
    EXPECT_FALSE(result.scenario);
    for (const Diagnostic& mistake : result.mistakes) out += mistake.text() + "\n";
    return out;
}

TEST(Scenario, NamesEveryMistakeWithItsPlace)
{
    const std::string found = mistakes_of("physiology_sped = 2\n"
                                          "[[beds]]\nid = \"bed-1\"\nlink = \"serial\"\nport = 0\n"
                                          "[beds.patient]\nrr = 500\n");
    EXPECT_THAT(found, HasSubstr("a.toml:1:"));
    EXPECT_THAT(found, HasSubstr("physiology_sped"));
    EXPECT_THAT(found, HasSubstr("a.toml:4:"));
    EXPECT_THAT(found, HasSubstr("a.toml:7:"));
}

TEST(Scenario, RefusesWhatCannotBeMeant)
{
    EXPECT_THAT(mistakes_of("name = \"empty\"\n"), HasSubstr("[[beds]]"));
    const std::string bed = "[[beds]]\nid = \"b\"\nlink = \"modbus\"\nport = 0\n";
    EXPECT_THAT(mistakes_of(bed + bed), HasSubstr("two beds are called 'b'"));
    EXPECT_THAT(mistakes_of(bed + "[[events]]\ndo = \"status\"\n"), HasSubstr("an event needs"));
    EXPECT_THAT(mistakes_of(bed + "[[events]]\nwhen_bed = \"c\"\nwhen_rr_at_most = 3\nsay = \"x\"\n"),
                HasSubstr("unknown bed 'c'"));
    EXPECT_THAT(mistakes_of(bed + "[beds.pump]\nport = 0\n"), HasSubstr("two devices have port 0"));
    EXPECT_THAT(mistakes_of(bed + "[[beds.holds]]\n"), HasSubstr("exactly one"));
    EXPECT_THAT(mistakes_of("beds = ["), HasSubstr("a.toml:1:"));
}

} // namespace
} // namespace magwatch::simulator
