// Whatever may have parted bed, devices and patient asks a person whether they still belong together.
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t monitor = 0, pump = 1, other_monitor = 2;

class Association : public testing::Test {
protected:
    // Two beds with a monitor each, both watched.
    void bind()
    {
        configuration.sources[0].bed = "bed-1";
        configuration.sources[2].bed = "bed-2";
        rig.step(configuration);
        rig.watch(0);
        rig.watch(1);
        stream_both(monitor, other_monitor);
    }
    void stream_both(std::uint16_t first, std::uint16_t second)
    {
        for (int i = 0; i < 5; ++i) {
            rig.observe(Signal::rr, 16 + i % 2, first, 0);
            rig.observe(Signal::rr, 18 + i % 2, second, 1);
            rig.pass(1s);
        }
    }
    // Time with a monitor that is heard.
    void heard_for(Duration length)
    {
        for (Duration t{}; t < length; t += Duration{5s}) {
            rig.observe(Signal::rr, t.count() % 2000 == 0 ? 16 : 17, monitor, 0);
            rig.pass(5s);
        }
    }
    [[nodiscard]] bool confirmed(std::size_t bed = 0) const { return rig.view().beds.at(bed).association_confirmed; }
    void confirm(std::uint16_t bed = 0) { rig.act(WatchConfirm{BedId{bed}}); }
    void restart_after(Duration unwatched, bool known = true)
    {
        Started started;
        started.incarnation = ++incarnation;
        started.unwatched = unwatched;
        started.unwatched_known = known;
        rig.step(started);
    }

    Rig rig;
    Configuration configuration = Rig::configuration();
    std::uint32_t incarnation = 1;
};

TEST_F(Association, MonitorsThatChangedTheirBedsAskAtBoth)
{
    bind();
    rig.step(configuration);
    EXPECT_TRUE(confirmed(0) && confirmed(1)) << "a reload that changes no device asks nothing";
    std::swap(configuration.sources[0].bed, configuration.sources[2].bed);
    rig.step(configuration);
    EXPECT_FALSE(confirmed(0));
    EXPECT_FALSE(confirmed(1));
    confirm(0);
    EXPECT_TRUE(confirmed(0));
    EXPECT_FALSE(confirmed(1)) << "each bed is looked at";
}

TEST_F(Association, AMonitorThatLeftIsNotCalledSilentAtItsOldBed)
{
    bind();
    configuration.sources[2].bed = "bed-1";
    rig.step(configuration);
    rig.effects.clear();
    heard_for(1min);
    rig.observe(Signal::rr, 17, other_monitor, 0);
    for (const Effect& effect : rig.effects) {
        const auto* transition = std::get_if<AlarmTransition>(&effect);
        if (transition == nullptr || transition->bed != BedId{1}) continue;
        EXPECT_EQ(transition->message.find("No data"), std::string::npos) << transition->message;
    }
}

TEST_F(Association, ADeviceAtAnotherAddressIsAnotherDevice)
{
    bind();
    configuration.sources[0].place = "10.0.0.7:502 unit 2";
    rig.step(configuration);
    EXPECT_FALSE(confirmed(0));
    EXPECT_TRUE(confirmed(1));
}

TEST_F(Association, ADeviceThatIsAddedToAWatchedBedAsks)
{
    bind();
    configuration.sources.push_back({"pump-9", SourceKind::pump, "bed-2", Duration{1000}, false});
    configuration.sources.push_back({"gateway", SourceKind::messages, "bed-1", Duration{1000}, false});
    rig.step(configuration);
    EXPECT_TRUE(confirmed(0)) << "a gateway stands at no bed";
    EXPECT_FALSE(confirmed(1));
}

TEST_F(Association, AnotherMonitorThatSaysWhatOneSaidAsksOnce)
{
    rig.watch();
    heard_for(10s);
    rig.observe(Signal::sbp, 120, other_monitor);
    rig.observe(Signal::pump_rate, 10, pump);
    EXPECT_TRUE(confirmed()) << "a cuff and a pump join the monitor";
    rig.watch(1);
    rig.observe(Signal::rr, 16, monitor, 1);
    rig.observe(Signal::rr, 17, other_monitor, 1);
    EXPECT_FALSE(confirmed(1));
    confirm(1);
    rig.observe(Signal::rr, 18, monitor, 1);
    rig.observe(Signal::rr, 19, other_monitor, 1);
    EXPECT_TRUE(confirmed(1)) << "both are known now";
    EXPECT_TRUE(confirmed(0));
}

TEST_F(Association, AMonitorThatComesBackToItsBedIsNoOther)
{
    bind();
    configuration.sources[0].bed.clear();
    rig.step(configuration); // bound to no bed: nobody waits for it
    rig.observe(Signal::rr, 15, monitor, 0);
    EXPECT_TRUE(confirmed()) << "her newest value is its own";
}

TEST_F(Association, AMonitorThatWasAwayForTenMinutesAsks)
{
    rig.watch();
    heard_for(10s);
    rig.pass(9min + 30s);
    heard_for(10s);
    EXPECT_TRUE(confirmed()) << "a cable, not another bed";
    rig.pass(10min);
    heard_for(5s);
    EXPECT_FALSE(confirmed());
}

TEST_F(Association, AfterTenMinutesInWhichNobodyWatchedEveryBedAsks)
{
    rig.watch(0);
    rig.watch(1);
    restart_after(9min);
    EXPECT_TRUE(confirmed(0) && confirmed(1));
    restart_after(10min);
    EXPECT_FALSE(confirmed(0) || confirmed(1));
    confirm(0);
    restart_after({}, false);
    EXPECT_FALSE(confirmed(0)) << "nobody can tell how long it was";
}

TEST_F(Association, NothingThatIsSentAfterATransferLeadsToTheBedSheLeft)
{
    configuration.people[0].channels.push_back({"smtp", "mail", "a"}); // the next one, if the first brings nothing
    configuration.people[1].channels.push_back({"smtp", "mail", "b"});
    rig.step(configuration);
    rig.watch(0);
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const Page told = rig.pages().back();
    rig.step(Receipt{told.key, PageOutcome::accepted, "message 7"});
    rig.pass(61s); // the next rung, of which nobody knows the outcome
    rig.act(WatchTransfer{BedId{0}, BedId{1}});
    rig.effects.clear();
    restart_after(2s);
    rig.pass(1min);
    EXPECT_GE(rig.pages().size(), 4U);
    for (const Page& page : rig.pages()) EXPECT_EQ(page.place, "Ward L4 Bed 2") << page.key.text();
    const WardView view = rig.view();
    EXPECT_EQ(view.pages.front().page.place, "Ward L4 Bed 1") << "what a channel took stands as it was";
}

TEST_F(Association, WhatNobodyConfirmsIsToldAndOverWhenItIsConfirmed)
{
    bind();
    configuration.sources[0].place = "another";
    rig.step(configuration);
    heard_for(9min);
    EXPECT_TRUE(rig.events("technical.association").empty());
    heard_for(2min);
    EXPECT_EQ(rig.events("technical.association"), (std::vector<std::string>{"raised"}));
    confirm();
    rig.pass(1s);
    EXPECT_EQ(rig.events("technical.association").back(), "cleared");
}

TEST_F(Association, AMonitorThatComesBackWithoutAProbeOnHerAsksToo)
{
    bind();
    rig.pass(10min);
    rig.step(RefusedValue{BedId{0}, SourceId{monitor}, true, Signal::rr, Refusal::no_value});
    EXPECT_FALSE(confirmed());
    confirm();
    heard_for(10s);
    EXPECT_TRUE(confirmed()) << "once";
}

TEST_F(Association, AConfirmationAnswersWhatItSaysAndNothingElse)
{
    rig.act(WatchStart{BedId{0}, {}, false, true, {}});
    EXPECT_EQ(rig.events("technical.preparation"), std::vector<std::string>{"raised"});
    confirm();
    rig.pass(1s);
    EXPECT_EQ(rig.events("technical.preparation"), std::vector<std::string>{"raised"}) << "no calcium is at the bed";
    rig.act(WatchConfirm{BedId{0}, true, {}, true});
    EXPECT_EQ(rig.events("technical.preparation"), (std::vector<std::string>{"raised", "cleared"}));
    rig.act(WatchConfirm{BedId{0}, {}, false, {}});
    EXPECT_EQ(rig.events("technical.preparation"), (std::vector<std::string>{"raised", "cleared", "raised"}));
}

} // namespace
} // namespace magwatch::test
