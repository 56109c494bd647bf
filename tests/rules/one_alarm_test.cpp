// What is built in is not in a pack as well: one thing rings once.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "daemon/config/pack_library.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

// Titles of the alarms that a pack raises for a monitored patient of whom nobody charted an infusion.
std::vector<std::string> raised_about_the_record(const std::filesystem::path& pack)
{
    std::ifstream in{pack};
    std::stringstream text;
    text << in.rdbuf();
    Rig rig;
    Configuration c = Rig::configuration();
    c.pack_name = pack.filename().string();
    const PackFolder library{pack.string()};
    c.pack_text = effective_text(text.str(), c.pack_name, &library).text;
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
    for (const auto& entry : std::filesystem::directory_iterator{MAGWATCH_SOURCE_DIR "/rules/packs"}) {
        const std::string name = entry.path().filename().string();
        if (!name.ends_with(".toml") || name.ends_with(".test.toml")) continue;
        ++packs;
        EXPECT_EQ(raised_about_the_record(entry.path()), std::vector<std::string>{"technical.infusion_record"})
            << name;
    }
    EXPECT_GE(packs, 2);
}

} // namespace
} // namespace magwatch::test
