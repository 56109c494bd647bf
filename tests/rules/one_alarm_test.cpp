// What is built in is not in a pack as well: one thing rings once.
#include <chrono>
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/packs.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

// Titles of the alarms that a pack raises for a monitored patient of whom nobody charted an infusion.
std::vector<std::string> raised_about_the_record(const std::filesystem::path& pack)
{
    Rig rig;
    rig.use_pack(pack.filename().string(), effective_pack_text(pack));
    rig.watch();
    for (int i = 0; i < 180; ++i) {
        rig.observe(Signal::rr, 16);
        rig.stream(Signal::spo2, 98, 1);
    }
    std::vector<std::string> raised;
    for (const auto& effect : rig.effects) {
        const auto* t = std::get_if<AlarmTransition>(&effect);
        if (t == nullptr || t->event != AlarmEvent::raised) continue;
        if (t->message.find("record") == std::string::npos) continue;
        EXPECT_EQ(t->priority, Priority::medium);
        raised.push_back(t->rule);
    }
    return raised;
}

TEST(OneAlarm, AMissingInfusionRecordRingsOnceUnderEveryPack)
{
    int packs = 0;
    for (const auto& path : shipped_packs()) {
        ++packs;
        EXPECT_EQ(raised_about_the_record(path), std::vector<std::string>{"technical.infusion_record"}) << path;
    }
    EXPECT_GE(packs, 2);
}

// US nursing practice counts every 15 min twice, after 30 min, hourly 8 times, 2-hourly 12 times, then 4-hourly; each count
// that does not come is overdue 15 min later, to the second.
TEST(Schedule, OfUsNursingCountsAsItsSourceSays)
{
    using namespace std::chrono_literals;
    std::vector<Duration> steps{15min, 15min, 30min};
    steps.insert(steps.end(), 8, 1h);
    steps.insert(steps.end(), 12, 2h);
    steps.insert(steps.end(), 2, 4h);
    for (std::size_t counted = 0; counted < steps.size(); ++counted) {
        Rig rig;
        rig.use_pack("us-nursing.toml", effective_pack_text(shipped_pack("us-nursing")));
        rig.watch();
        rig.chart(InfusionRateEntry{1, {}});
        for (std::size_t i = 0; i < counted; ++i) {
            rig.pass(steps[i]);
            rig.chart(ValueEntry{Signal::rr_counted, 16});
        }
        ASSERT_EQ(rig.events("check.breathing"), std::vector<std::string>{}) << counted << " counts in time";
        rig.pass(steps[counted] + 15min - 1s);
        EXPECT_EQ(rig.events("check.breathing"), std::vector<std::string>{}) << "after " << counted << " counts";
        rig.pass(1s);
        EXPECT_EQ(rig.events("check.breathing"), std::vector<std::string>{"raised"}) << "after " << counted << " counts";
    }
}

} // namespace
} // namespace magwatch::test
