// What is built in is not in a pack as well: one thing rings once.
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
    Configuration c = Rig::configuration();
    c.pack_name = pack.filename().string();
    c.pack_text = effective_pack_text(pack);
    rig.step(c);
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

} // namespace
} // namespace magwatch::test
