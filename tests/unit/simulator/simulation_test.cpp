#include "tools/simulator/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/simulator/hl7_message.hpp"
#include "tools/simulator/text.hpp"

namespace magwatch::simulator {
namespace {

using testing::HasSubstr;

constexpr std::string_view ward = R"(
physiology_speed = 100
[[beds]]
id = "bed-3"
link = "modbus"
port = 0
patient = {magnesium = 1.8, clearance = 3, central_volume = 18, peripheral_volume = 19, sensitivity = 1.2}
pump = {port = 1, rate = 25, concentration = 0.04}
holds = [{reflex_at_most = 1}, {rr_at_most = 9}]
[[beds]]
id = "bed-5"
link = "hl7"
location = "LD^^BED5"
infusion = 1
[[events]]
at = "10 s"
do = "flow bed-3 300"
[[events]]
when_bed = "bed-3"
when_rr_at_most = 9
do = "stop-pump bed-3"
)";

Scenario scenario()
{
    ScenarioResult result = parse_scenario(ward, "ward.toml");
    EXPECT_TRUE(result.scenario);
    return *result.scenario;
}

std::string text_of(const StoryLine& line)
{
    return std::to_string(line.at_ms) + " " + line.bed + " " + line.text + "\n";
}

// Everything that leaves the simulation, second by second.
std::string everything(Simulation& simulation, int seconds, std::int64_t step_ms)
{
    std::string out;
    for (int s = 0; s < seconds; ++s) {
        for (std::int64_t done = 0; done < 1000; done += step_ms) simulation.step(step_ms);
        for (const SimulatedBed& bed : simulation.beds()) {
            for (const std::uint16_t word : bed.monitor.input()) out += std::to_string(word) + " ";
            for (const std::uint16_t word : bed.pump.input()) out += std::to_string(word) + " ";
            const MessageHead head{"M" + std::to_string(s), "LD^^X", 1'700'000'000'000 + s * 1000, simulation.now_ms()};
            out += observation_report(head, bed.monitor);
        }
        for (const StoryLine& line : simulation.take_story()) out += text_of(line);
        if (s == 40) (void)simulation.command("go bed-3");
        if (s == 60) (void)simulation.command("go bed-3");
    }
    return out + simulation.status_json();
}

TEST(Simulation, TwoRunsAreEqualToTheByteHoweverTimeIsCut)
{
    Simulation a{scenario()}, b{scenario()}, other{scenario(), 99};
    const std::string first = everything(a, 300, 1000);
    EXPECT_EQ(first, everything(b, 300, 100));
    EXPECT_NE(first, everything(other, 300, 1000));
}

// The bytes of one run, fixed: another compiler, library or machine must make the same. A change of the models
// changes this number, and says so by changing it here.
TEST(Simulation, ARunHasTheSameBytesOnEveryMachine)
{
    Simulation simulation{scenario()};
    std::uint64_t hash = 14695981039346656037ULL; // FNV-1a
    for (const char c : everything(simulation, 300, 1000)) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211ULL;
    }
    EXPECT_EQ(hash, 4016879691038602785ULL);
}

TEST(Simulation, HoldsTheBodyAtItsMarksUntilToldToGoOn)
{
    Simulation simulation{scenario()};
    simulation.step(60'000);
    const SimulatedBed* bed = simulation.find("bed-3");
    ASSERT_NE(bed, nullptr);
    EXPECT_TRUE(bed->holding);
    EXPECT_EQ(bed->patient.truth().reflex_knee, 1);
    EXPECT_GT(bed->patient.truth().rr, 14);
    EXPECT_TRUE(simulation.command("go bed-3").ok);
    simulation.step(60'000);
    EXPECT_TRUE(bed->holding);
    EXPECT_LE(bed->patient.truth().rr, 9);
    EXPECT_GT(bed->patient.truth().rr, 7) << "a hold stops the body at its mark, not somewhere behind it";
    EXPECT_EQ(bed->pump.flow_ml_h(), 0) << "an event may wait for the body";
    EXPECT_TRUE(simulation.command("go bed-3").ok);
    simulation.step(200'000);
    EXPECT_GT(bed->patient.truth().rr, 14) << "recovers by physiology";
}

TEST(Simulation, HurryingShortensTheStoryAndNotTheDevices)
{
    Simulation simulation{scenario(), {}, 10};
    simulation.step(900);
    EXPECT_EQ(simulation.find("bed-3")->pump.flow_ml_h(), 25);
    simulation.step(100);
    EXPECT_EQ(simulation.find("bed-3")->pump.flow_ml_h(), 300);
    EXPECT_EQ(simulation.find("bed-3")->monitor.input()[8], 2) << "one at the start and one a second";
    simulation.step(10'000);
    EXPECT_EQ(simulation.find("bed-3")->patient.truth().reflex_knee, 1) << "held, however great the hurry";
}

TEST(Simulation, AnotherBedsOverdoseTouchesNobodyElse)
{
    Simulation simulation{scenario()};
    simulation.step(60'000);
    const PatientTruth& truth = simulation.find("bed-5")->patient.truth();
    EXPECT_EQ(truth.reflex_knee, 2);
    EXPECT_LT(truth.magnesium, 1.7);
}

TEST(Simulation, CommandsDoWhatTheySayOrSayWhyNot)
{
    Simulation simulation{scenario()};
    const SimulatedBed* bed = simulation.find("bed-3");
    EXPECT_TRUE(simulation.command("unplug bed-3").ok);
    EXPECT_TRUE(bed->unplugged);
    EXPECT_TRUE(simulation.command("replug bed-3").ok);
    EXPECT_FALSE(bed->unplugged);
    EXPECT_TRUE(simulation.command("freeze bed-3").ok);
    EXPECT_TRUE(bed->faults.frozen);
    EXPECT_TRUE(simulation.command("thaw bed-3").ok);
    EXPECT_TRUE(simulation.command("chart bed-3 knee 1").ok);
    EXPECT_EQ(bed->monitor.holding()[0], 1);
    const CommandResult flow = simulation.command("flow bed-3 300");
    EXPECT_THAT(flow.text, HasSubstr("12.0 g/h"));
    for (const char* wrong : {"", "flow bed-3", "flow bed-3 much", "flow bed-3 -1", "unplug bed-9", "dance bed-3",
                              "chart bed-3 knee 9", "speed nan", "opioid bed-3 2", "unplug"}) {
        const CommandResult result = simulation.command(wrong);
        EXPECT_FALSE(result.ok) << wrong;
        EXPECT_FALSE(result.text.empty());
    }
}

TEST(Simulation, StatusIsOneLineOfJson)
{
    Simulation simulation{scenario()};
    simulation.step(2000);
    const std::string status = simulation.command("status").text;
    EXPECT_EQ(status.find('\n'), std::string::npos);
    EXPECT_THAT(status, HasSubstr("\"id\":\"bed-3\""));
    EXPECT_THAT(status, HasSubstr("\"reflex_knee\":2"));
    EXPECT_EQ(json_text("a\"b\n"), "\"a\\\"b\\u000a\"");
}

} // namespace
} // namespace magwatch::simulator
